// SPDX-License-Identifier: Apache-2.0
// mx-infer bench: how fast a model is here, and what share of the machine's limit that is.
#include <fstream>

#include "base/error.h"
#include "base/random.h"
#include "base/words.h"
#include "engine/engine.h"
#include "engine/peak.h"
#include "infer/commands.h"
#include "infer/timing.h"

namespace mx::infer {
namespace {

// Of this process's own memory (getrusage counts what the shell had before it became us).
std::uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

class Bench final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"bench",
            "Measure how fast a model is on this machine: rows, or tokens read and written.",
            "[OPTIONS] MODEL",
            {"mx-infer bench digits.mx", "mx-infer bench digits.mx --threads 1 --batch 1 --json",
             "mx-infer bench lm.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.json = true, .threads = true, .device = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Measuring",
             .name = "batch",
             .help = "Rows that are run together (not for language models).",
             .value = &batch_,
             .range = Range{1, 1 << 20}},
            {.group = "Measuring",
             .name = "seconds",
             .help = "How long to measure.",
             .value = &seconds_,
             .range = Range{0.01, 3600}},
            adapter_field(adapters_, kAdapterHelp)};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "Model file.", &model_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    ThreadPool pool(session.threads());
    const auto start = Clock::now();
    const Model model = load(model_, adapters_, pool, session);
    if (model.header.network.empty()) fail(Kind::input, "the file holds no network to run");
    Engine engine(model, pool);
    const double load_seconds = since(start);
    if (engine.token_network() != nullptr) return bench_tokens(engine, load_seconds, session);

    const auto rows = static_cast<std::size_t>(batch_);
    engine.check({.rows = rows});
    std::vector<float> x(rows * engine.input_size());
    std::vector<float> y(rows * engine.output_size());
    Random random(1);
    for (float& value : x) value = static_cast<float>(random.normal());
    const double batch_seconds = shortest(seconds_, [&] { engine.run(x, y, rows); });
    const double rate = static_cast<double>(rows) / batch_seconds;
    const std::uint64_t memory = peak_rss_bytes();
    const double operations = 2 * static_cast<double>(cost(model.header.network).macs) * rate;
    const double limit = engine::peak(pool);

    session.result({{"rows_per_second", rate},
                    {"batch", batch_},
                    {"load_seconds", load_seconds},
                    {"peak_rss_bytes", memory},
                    {"gflops", operations / 1e9},
                    {"peak_gflops", limit / 1e9},
                    {"share_of_peak", operations / limit},
                    {"kernels", std::string(kernel_name())},
                    {"threads", session.threads()}},
                   fmt::format("{:.4g} rows a second in batches of {}, {:.3g} GF/s: {:.0f} % of "
                               "this machine's {:.3g} ({}, {} thread{}); loaded in {:.2f} ms, {}",
                               rate, rows, operations / 1e9, 100 * operations / limit, limit / 1e9,
                               kernel_name(), session.threads(), session.threads() == 1 ? "" : "s",
                               1000 * load_seconds, human_bytes(memory)));
    return 0;
  }

 private:
  int bench_tokens(const Engine& engine, double load_seconds, cli::Session& session) const {
    if (session.given("batch")) {
      fail(Kind::usage, "--batch is for rows, but {} takes text", printable(model_));
    }
    const TokenSpeed speed = token_speed(engine, seconds_);
    const std::uint64_t memory = peak_rss_bytes();
    Json json = {{"prefill_tokens_per_second", speed.prefill},
                 {"decode_tokens_per_second", nullptr},
                 {"prompt_tokens", speed.prompt},
                 {"load_seconds", load_seconds},
                 {"peak_rss_bytes", memory},
                 {"kernels", std::string(kernel_name())},
                 {"threads", session.threads()}};
    std::string text = fmt::format("reads {:.4g} tokens a second", speed.prefill);
    if (speed.decode) {
      json["decode_tokens_per_second"] = *speed.decode;
      text += fmt::format(", writes {:.4g}", *speed.decode);
    }
    session.result(json, fmt::format("{} (prompt of {}; {}, {} thread{}); loaded in {:.2f} ms, {}",
                                     text, speed.prompt, kernel_name(), session.threads(),
                                     session.threads() == 1 ? "" : "s", 1000 * load_seconds,
                                     human_bytes(memory)));
    return 0;
  }

  std::vector<std::string> adapters_;
  std::string model_;
  std::int64_t batch_ = 256;
  double seconds_ = 0.5;
};

}  // namespace

std::unique_ptr<cli::Command> bench_command() { return std::make_unique<Bench>(); }

}  // namespace mx::infer
