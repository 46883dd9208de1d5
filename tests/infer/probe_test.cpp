// SPDX-License-Identifier: Apache-2.0
// Probes are run of every file that is looked at: within bounds.
#include "infer/probe.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "file/probe.h"
#include "net/families.h"

namespace mx {
namespace {

Model of(std::vector<Block> blocks) {
  Model out;
  out.header.network = {std::move(blocks)};
  check_network(out.header.network);
  for (const TensorSpec& spec : tensors(out.header.network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    for (float& value : weight.values.as<float>()) value = 0;
    out.weights.push_back(std::move(weight));
  }
  return out;
}

// `say` is in the message; stored probes are refused as those that are to be made.
void refused(Model model, const char* say) {
  ThreadPool pool(1);
  const auto check = [&](const auto& act) {
    try {
      act();
      FAIL("it was not refused");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
      CHECK(error.message().find(say) != std::string::npos);
      CHECK(!error.hint().empty());
    }
  };
  const Network& network = model.header.network;
  check([&] { set_probes(model, pool); });
  check([&] { check_probes(network, model.weights, model.max_memory); });
  check([&] { check_trained(network, model.weights, model.max_memory, "cuda"); });
  const ProbeSizes sizes = probe_sizes(network);
  model.probes.assign(2, {std::vector<float>(sizes.input, 0), std::vector<float>(sizes.output, 0)});
  check([&] { (void)run_probes(model, pool); });
}

TEST_CASE("probes of a network that would run for hours are refused by name") {
  std::vector<Block> blocks = {{InputBlock{{1, 256, 256}}},
                               {Conv2d{.name = "in", .in = 1, .out = 64, .kernel = 1}}};
  for (int i = 0; i < 64; ++i) {
    blocks.push_back(
        {Conv2d{.name = std::to_string(i), .in = 64, .out = 64, .kernel = 7, .padding = 3}});
  }
  blocks.push_back({Conv2d{.name = "out", .in = 64, .out = 1, .kernel = 1}});
  refused(of(std::move(blocks)), "multiply-adds");
}

TEST_CASE("probes of a network that is wide inside are refused by name") {
  Model model = of({{InputBlock{{1, 512, 512}}},
                    {Conv2d{.name = "0", .in = 1, .out = 512, .kernel = 1}},
                    {Conv2d{.name = "1", .in = 512, .out = 1, .kernel = 1}}});
  model.max_memory = 256U << 20U;
  refused(std::move(model), "of memory");
}

TEST_CASE("many stored probes of much work are refused as a few of more") {
  std::vector<Block> blocks = {{InputBlock{{1, 256, 256}}},
                               {Conv2d{.name = "in", .in = 1, .out = 64, .kernel = 1}}};
  for (int i = 0; i < 4; ++i) {
    blocks.push_back(
        {Conv2d{.name = std::to_string(i), .in = 64, .out = 64, .kernel = 7, .padding = 3}});
  }
  blocks.push_back({Conv2d{.name = "out", .in = 64, .out = 1, .kernel = 1}});
  Model model = of(std::move(blocks));
  check_probes(model.header.network, model.weights, 0);
  model.probes.assign(16, {std::vector<float>(65536), std::vector<float>(65536)});
  ThreadPool pool(1);
  CHECK_THROWS_AS((void)run_probes(model, pool), Error);
}

TEST_CASE("probes of well-known shapes are within the bounds") {
  // VGG-19 on large images, and a language model of 70 billion parameters: sizes alone.
  std::vector<Block> blocks = {{InputBlock{{3, 448, 448}}}};
  std::int64_t in = 3, number = 0;
  for (const auto& [out, count] : {std::pair{64, 2}, {128, 2}, {256, 4}, {512, 4}, {512, 4}}) {
    for (int i = 0; i < count; ++i, in = out) {
      blocks.push_back(
          {Conv2d{.name = std::to_string(number++), .in = in, .out = out, .padding = 1}});
      blocks.push_back({Activation{}});
    }
    blocks.push_back({Pool2d{}});
  }
  blocks.push_back({Flatten{}});
  blocks.push_back({Linear{.name = "fc0", .in = 512 * 14 * 14, .out = 4096}});
  blocks.push_back({Linear{.name = "fc1", .in = 4096, .out = 4096}});
  blocks.push_back({Linear{.name = "head", .in = 4096, .out = 1000}});
  constexpr std::uint64_t kEnough = std::uint64_t{1} << 40U;
  check_probes({std::move(blocks)}, {}, kEnough);
  const Network language = build_language_model({.family = Family::llama,
                                                 .layers = 80,
                                                 .heads = 64,
                                                 .dim = 8192,
                                                 .context = 8192,
                                                 .kv_heads = 8},
                                                128256);
  check_probes(language, {}, kEnough);
}

}  // namespace
}  // namespace mx
