// SPDX-License-Identifier: Apache-2.0
#include "learn/train.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "base/error.h"
#include "data/table.h"
#include "file/reader.h"
#include "file/writer.h"
#include "io/folder.h"
#include "io/input.h"
#include "learn/checkpoint.h"
#include "learn/toy.h"
#include "model/initialize.h"

namespace mx {
namespace {

using test::Folder;

struct Interrupted {};

// Keeps the reports, and ends the run at a step as a kill would.
class Witness final : public Log {
 public:
  explicit Witness(std::uint64_t until = 0) : until_(until) {}
  void info(std::string_view) override {}
  void verbose(std::string_view) override {}
  void warn(std::string_view) override {}
  void progress(const Progress&) override {}
  void metrics(const Json& report) override {
    reports.push_back(report);
    if (until_ != 0 && report["step"].get<std::uint64_t>() >= until_) throw Interrupted{};
  }
  void earlier(const Json& report) override { again.push_back(report); }
  std::vector<Json> reports, again;

 private:
  std::uint64_t until_;
};

struct Setup {
  Loaded data = ring_data();
  TrainJob job;
  Setup() {
    job.network = ring_network(24);
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

TEST_CASE("every optimizer learns the rings") {
  Setup setup;
  setup.job.options.epochs = 60;
  const auto learns = [&](Optimizer optimizer, double lr, std::int64_t epochs) {
    setup.job.options.optimizer = optimizer;
    setup.job.options.lr = lr;
    setup.job.options.epochs = epochs;
    const TrainResult result = setup.run();
    CAPTURE(static_cast<int>(optimizer));
    REQUIRE(result.valid_accuracy);
    CHECK(*result.valid_accuracy > 0.95);
    CHECK(*result.valid_loss < 0.2);
  };
  learns(Optimizer::adam, 0.02, 40);
  learns(Optimizer::adamw, 0.02, 40);
  learns(Optimizer::sgd, 0.05, 40);
  learns(Optimizer::gd, 0.5, 1500);
}

TEST_CASE("the same seed gives the same bytes, another seed others") {
  Setup setup;
  setup.job.network = ring_network(24, 0.2);
  const Bytes first = bytes_of(setup.run().weights);
  CHECK(bytes_of(setup.run().weights) == first);
  setup.job.seed = 6;
  CHECK(bytes_of(setup.run().weights) != first);
}

TEST_CASE("the tutorial's regression ends where PyTorch ends") {
  std::ifstream file(std::string(MX_GOLDEN) + "/regression.json");
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  const Json golden = parse_json(text.str(), "regression.json");

  Setup setup;
  setup.data = {};
  setup.data.schema.task = Task::regress;
  setup.data.schema.input = {10};
  Dataset& rows = setup.data.train;
  rows.inputs = rows.outputs = 10;
  const auto in = io::open_input(std::string(MX_GOLDEN) + "/regression-rows.csv");
  TableReader table(*in, TableFormat::csv);
  std::vector<std::string_view> cells;
  REQUIRE(table.next(cells));
  while (table.next(cells)) {
    for (std::size_t i = 0; i < 20; ++i) {
      double value = 0;
      REQUIRE(parse_number(cells[i], value));
      (i < 10 ? rows.x : rows.targets).push_back(static_cast<float>(value));
    }
    ++rows.rows;
  }

  setup.job.network = {{{InputBlock{{10}}},
                        {Linear{.name = "0", .in = 10, .out = 20}},
                        {Linear{.name = "head", .in = 20, .out = 10}}}};
  for (const TensorSpec& spec : tensors(setup.job.network)) {
    const auto first = golden["first"][spec.name].get<std::vector<float>>();
    setup.job.start.push_back({.name = spec.name, .values = tensor_of(spec.shape, first)});
  }
  setup.job.options.lr = 0.01;
  setup.job.options.epochs = 1000;
  setup.job.options.shuffle = false;
  const auto ends_alike = [&] {
    const TrainResult result = setup.run();
    CHECK(result.steps == 1000);
    CHECK(result.train_loss == doctest::Approx(golden["last_loss"].get<double>()).epsilon(1e-5));
    for (const Weight& weight : result.weights) {
      const auto last = golden["last"][weight.name].get<std::vector<float>>();
      const std::span<const float> ours = weight.values.as<float>();
      float largest = 0;
      float apart = 0;
      for (std::size_t i = 0; i < last.size(); ++i) {
        largest = std::max(largest, std::abs(last[i]));
        apart = std::max(apart, std::abs(last[i] - ours[i]));
      }
      CAPTURE(weight.name);
      CHECK(apart <= 1e-5F * largest);
    }
  };
  setup.job.options.optimizer = Optimizer::gd;
  ends_alike();
  setup.job.options.optimizer = Optimizer::sgd;
  setup.job.options.momentum = 0;
  setup.job.options.batch_size = 64;
  ends_alike();
  setup.job.options.batch_size = 16;  // four batches that make up the same step
  setup.job.options.accumulate = 4;
  ends_alike();
}

TEST_CASE("a run that was interrupted goes on to the same bytes") {
  const Folder folder;
  Setup setup;
  setup.job.network = ring_network(24, 0.2);
  setup.job.network.blocks.insert(setup.job.network.blocks.begin() + 2,
                                  Block{BatchNorm{.name = "norm", .dim = 24}});
  setup.job.options.eval_every = 7;
  setup.job.options.weight_decay = 0.01;
  setup.job.options.schedule = Schedule::cosine;
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adamw}) {
    setup.job.options.optimizer = optimizer;
    setup.job.checkpoint = {};
    const TrainResult whole = setup.run();
    setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "k"};
    for (const std::int64_t every : {1, 10}) {
      setup.job.options.checkpoint_every = every;
      for (const std::uint64_t until : {14, 35, 91, 140}) {
        Witness log(until);
        CHECK_THROWS_AS((void)train(setup.job, log), Interrupted);
      }
      const TrainResult parts = setup.run();
      CHECK(bytes_of(parts.weights) == bytes_of(whole.weights));
      CHECK(parts.train_loss == whole.train_loss);
      CHECK(parts.valid_loss == whole.valid_loss);
      CHECK(parts.valid_accuracy == whole.valid_accuracy);
      std::filesystem::remove(folder / "run.ckpt");
    }
  }
}

TEST_CASE("a run that is gone on with tells its earlier reports apart from the new ones") {
  const Folder folder;
  Setup setup;
  setup.job.options.eval_every = 7;
  setup.job.options.checkpoint_every = 1;
  Witness whole;
  (void)train(setup.job, whole);
  setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "k"};
  Witness cut(35), rest;
  CHECK_THROWS_AS((void)train(setup.job, cut), Interrupted);
  (void)train(setup.job, rest);
  CHECK(rest.again.size() == 4);
  CHECK(rest.reports.front()["step"] == 35);
  std::vector<Json> all = rest.again;
  all.insert(all.end(), rest.reports.begin(), rest.reports.end());
  REQUIRE(all.size() == whole.reports.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const char* key : {"step", "lr", "train_loss", "valid_loss", "valid_accuracy"}) {
      CHECK(all[i][key] == whole.reports[i][key]);
    }
  }
}

TEST_CASE("a checkpoint without reports is taken, one whose reports are no list is refused") {
  const Folder folder;
  ThreadPool pool(1);
  const std::string path = folder / "a.ckpt";
  save_checkpoint(path, {.key = "k", .reports = {{{"step", 7}}}}, pool);
  CHECK(load_checkpoint(path, pool).reports == std::vector<Json>{{{"step", 7}}});
  Model model = read_model(path, pool);
  model.header.extra.erase("reports");
  (void)write_model(path, io::Existing::replace, model, pool);
  CHECK(load_checkpoint(path, pool).reports.empty());
  model.header.extra["reports"] = 7;
  (void)write_model(path, io::Existing::replace, model, pool);
  CHECK_THROWS_AS((void)load_checkpoint(path, pool), Error);
}

TEST_CASE("a lesson with projections that was interrupted goes on to the same bytes") {
  const Folder folder;
  Setup setup;
  Model teacher;
  teacher.header.network = ring_network(9);
  teacher.weights = initialize(teacher.header.network, 3);
  const Teaching teaching{.teachers = {&teacher}, .options = {.match = "logits,hidden"}};
  setup.job.teaching = &teaching;
  setup.job.options.eval_every = 7;
  const Bytes whole = bytes_of(setup.run().weights);
  setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "k"};
  setup.job.options.checkpoint_every = 10;
  for (const std::uint64_t until : {14, 35, 91}) {
    Witness log(until);
    CHECK_THROWS_AS((void)train(setup.job, log), Interrupted);
  }
  CHECK(bytes_of(setup.run().weights) == whole);
}

TEST_CASE("a checkpoint of another run is refused, unless it is to be ignored") {
  const Folder folder;
  Setup setup;
  setup.job.options.epochs = 2;
  setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "one"};
  (void)setup.run();
  CHECK(find_checkpoint(setup.job.checkpoint.path)->key == "one");
  CHECK(find_checkpoint(setup.job.checkpoint.path)->seed == 5);
  CHECK_FALSE(find_checkpoint(folder / "none.ckpt"));
  setup.job.checkpoint.key = "two";
  try {
    (void)setup.run();
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    CHECK(error.hint().find("--resume never") != std::string::npos);
  }
  setup.job.options.resume = "never";
  CHECK(setup.run().steps == 20);
  setup.job.options.resume = folder / "none.ckpt";
  CHECK_THROWS_AS((void)setup.run(), Error);
}

TEST_CASE("zeros stay zeros through moments and decay, whatever the optimizer") {
  Setup setup;
  KeepMask mask{.name = "0.weight", .keep = std::vector<std::uint8_t>(48, 1)};
  for (std::size_t i = 0; i < 48; i += 3) mask.keep[i] = 0;
  for (const Optimizer optimizer :
       {Optimizer::gd, Optimizer::sgd, Optimizer::adam, Optimizer::adamw}) {
    setup.job.options.optimizer = optimizer;
    setup.job.options.weight_decay = 0.1;
    // In force from step 30 on, when moments are already moving what it removes.
    setup.job.mask_schedule =
        [&](std::uint64_t step, std::uint64_t,
            const CurrentWeights& weights) -> std::optional<std::vector<KeepMask>> {
      if (step != 15) return std::nullopt;
      CHECK(weights().size() == 4);
      return std::vector{mask};
    };
    const TrainResult result = setup.run();
    REQUIRE(result.masks.size() == 1);
    const std::span<const float> values = result.weights[0].values.as<float>();
    for (std::size_t i = 0; i < 48; ++i) CHECK((values[i] == 0) == (i % 3 == 0));
  }
}

TEST_CASE("the best weights are those of the lowest validation loss, and waiting for better ends") {
  Setup setup;
  setup.data.train = rings(60, 3);  // few rows, some labelled wrong: it will overfit
  for (std::size_t i = 0; i < 60; i += 7) setup.data.train.classes[i] = 1;
  setup.job.network = ring_network(100);
  setup.job.options.epochs = 400;
  setup.job.options.lr = 0.05;
  Witness log;
  const TrainResult all = train(setup.job, log);
  double best = 1e9;
  for (const Json& report : log.reports) best = std::min(best, report["valid_loss"].get<double>());
  CHECK(all.valid_loss == best);
  CHECK(log.reports.back()["valid_loss"].get<double>() > best);
  setup.job.options.patience = 20;
  Witness short_log;
  const TrainResult early = train(setup.job, short_log);
  CHECK(early.steps < all.steps);
  REQUIRE(short_log.reports.size() > 20);
  const Json& last_better = short_log.reports[short_log.reports.size() - 21];
  CHECK(early.valid_loss == last_better["valid_loss"].get<double>());
  for (const Json& report : short_log.reports) {
    CHECK(report["valid_loss"].get<double>() >= *early.valid_loss);
  }
  setup.data.valid = {};
  CHECK_THROWS_AS((void)setup.run(), Error);
}

TEST_CASE("a loss that is not finite stops the run with its step and a hint") {
  const Folder folder;
  Setup setup;
  setup.job.options.optimizer = Optimizer::sgd;
  setup.job.options.lr = 1e6;
  setup.job.checkpoint = {.path = folder / "run.ckpt", .key = "k"};
  try {
    (void)setup.run();
    FAIL("went on");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::failed);
    CHECK(error.message().find("at step ") != std::string::npos);
    CHECK(error.message().find("learning rate 1000000") != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
  CHECK(find_checkpoint(setup.job.checkpoint.path));
}

TEST_CASE("a student learns its teacher's answers without a label") {
  Setup setup;
  setup.job.options.epochs = 60;
  Model teacher;
  teacher.header.network = setup.job.network;
  teacher.weights = setup.run().weights;
  Teaching teaching{.teachers = {&teacher}, .options = {.temperature = 2, .alpha = 1}};
  for (std::int64_t& label : setup.data.train.classes) label = 0;  // of no use
  setup.job.teaching = &teaching;
  setup.job.network = ring_network(16);
  const TrainResult student = setup.run();
  CHECK(*student.valid_accuracy > 0.95);
  setup.job.network = {{{InputBlock{{2}}}, {Linear{.name = "head", .in = 2, .out = 4}}}};
  CHECK_THROWS_AS((void)setup.run(), Error);  // other outputs
}

TEST_CASE("logits of the executor come row by row in order") {
  const Network network = ring_network(8);
  const Dataset data = rings(3000, 4);
  const std::vector<Weight> weights = initialize(network, 1);
  const std::vector<float> all = torch_logits(network, weights, data.x, data.rows, 1);
  REQUIRE(all.size() == 9000);
  const std::vector<float> one =
      torch_logits(network, weights, std::span(data.x).subspan(2 * 2345, 2), 1, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(one[i] == doctest::Approx(all[3 * 2345 + i]).epsilon(1e-5));
  }
}

}  // namespace
}  // namespace mx
