// SPDX-License-Identifier: Apache-2.0
#include "learn/lora.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "io/folder.h"
#include "learn/checkpoint.h"
#include "learn/toy.h"
#include "learn/train.h"
#include "model/initialize.h"

namespace mx {
namespace {

Network rings_network() {
  Network out = ring_network(24, 0.2);
  out.blocks.insert(out.blocks.begin() + 2, Block{BatchNorm{.name = "norm", .dim = 24}});
  return out;
}

struct AdapterSetup {
  Loaded data = ring_data();
  Network network = rings_network();
  std::vector<Weight> base = initialize(network, 3);
  LoraOptions lora;
  TrainJob job;
  AdapterSetup() {
    lora.rank = 2;
    lora.dropout = 0.1;
    job.network = network;
    job.low_rank = low_rank_of(lora, network);
    job.base = base;
    job.data = &data;
    job.options.lr = 0.02;
    job.options.epochs = 20;
    job.seed = 5;
  }
  TrainResult run() {
    NoLog log;
    return train(job, log);
  }
};

std::string refusal(const LoraOptions& options, const Network& network) {
  try {
    (void)low_rank_of(options, network);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    return error.message() + "; " + error.hint();
  }
  return {};
}

TEST_CASE("an adapter learns beside a base of which no byte changes") {
  AdapterSetup setup;
  const Bytes before = bytes_of(setup.base);
  const TrainResult result = setup.run();
  CHECK(bytes_of(setup.base) == before);
  CHECK(result.weights.size() == 4);
  CHECK(result.weights[0].name == "0.weight.lora_a");
  CHECK(result.weights[3].name == "head.weight.lora_b");
  CHECK(parameters_of(setup.job) == 2 * (2 + 24 + 24 + 3));
  setup.job.options.epochs.reset();
  setup.job.options.steps = 1;
  CHECK(*result.valid_loss < *setup.run().valid_loss - 0.1);
}

TEST_CASE("an adapter's training that was interrupted goes on to the same bytes") {
  const test::Folder folder;
  AdapterSetup setup;
  setup.job.options.optimizer = Optimizer::adamw;
  setup.job.options.weight_decay = 0.01;
  setup.job.options.eval_every = 7;
  const TrainResult whole = setup.run();
  setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "k"};
  for (const std::uint64_t until : {14, 35, 91}) {
    setup.job.pause_at = until;
    (void)setup.run();
    ThreadPool pool(1);
    for (const Weight& one : load_checkpoint(setup.job.checkpoint.path, pool).tensors) {
      CHECK(one.name.find(".lora_") != std::string::npos);
    }
  }
  setup.job.pause_at.reset();
  const TrainResult parts = setup.run();
  CHECK(bytes_of(parts.weights) == bytes_of(whole.weights));
  CHECK(parts.valid_loss == whole.valid_loss);
}

TEST_CASE("maps to adapt are chosen by name, and what cannot be adapted is refused") {
  const Network network = rings_network();
  LoraOptions options;
  options.rank = 2;
  CHECK(low_rank_of(options, network).maps.size() == 2);
  CHECK(low_rank_of(options, network).alpha == 2);
  options.alpha = 5;
  options.maps = "^head";
  const LowRank chosen = low_rank_of(options, network);
  CHECK(chosen.alpha == 5);
  REQUIRE(chosen.maps.size() == 1);
  CHECK(chosen.maps[0].name == "head.weight");

  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  options.maps = "query";
  CHECK(has(refusal(options, network), "means no map; there are 0.weight, head.weight"));
  options.maps = "(";
  CHECK(has(refusal(options, network), "not a regular expression"));
  options.maps = "";
  options.rank = 3;
  CHECK(has(refusal(options, network), "--lora 3 is more than the map '0.weight' of [24, 2]"));
  const Network convolution{{{InputBlock{{1, 4, 4}}},
                             {Conv2d{.name = "conv", .in = 1, .out = 2}},
                             {Flatten{}},
                             {Linear{.name = "head", .in = 8, .out = 3}}}};
  CHECK(low_rank_of(options, convolution).maps.size() == 1);
  options.maps = "conv";
  CHECK(has(refusal(options, convolution), "means 'conv.weight', a convolution"));
}

TEST_CASE("an option of an adapter without --lora is named") {
  LoraOptions options;
  CHECK(options.idle().empty());
  options.alpha = 2;
  CHECK(options.idle() == "lora-alpha");
  options.rank = 2;
  CHECK(options.idle().empty());
}

}  // namespace
}  // namespace mx
