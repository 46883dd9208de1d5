// SPDX-License-Identifier: Apache-2.0
#include "train/prepare.h"

#include "base/error.h"
#include "base/words.h"
#include "cli/models.h"
#include "data/prepare/prepare.h"
#include "file/digest.h"
#include "file/lineage.h"

namespace mx {
namespace {

// "exact-duplicates: documents dropped 12", one line for each count that is not zero.
std::string counts(const Json& report) {
  std::string out =
      fmt::format("read: {} documents, {}\n", report["documents_read"].get<std::uint64_t>(),
                  human_bytes(report["bytes_read"].get<std::uint64_t>()));
  for (const auto& [step, what] : report["steps"].items()) {
    for (const auto& [name, count] : what.items()) {
      if (count == 0) continue;
      std::string words = name;
      for (char& c : words) c = c == '_' ? ' ' : c;
      out += fmt::format("{}: {} {}\n", step, count.get<std::uint64_t>(), words);
    }
  }
  const Json& tokenizer = report["tokenizer"];
  out += fmt::format("tokenizer: {} of {} tokens", tokenizer["kind"].get<std::string>(),
                     tokenizer["tokens"].get<std::uint64_t>());
  if (tokenizer["unknown"] != 0) {
    out += fmt::format(", {} unknown", tokenizer["unknown"].get<std::uint64_t>());
  }
  out += '\n';
  for (const auto& [part, what] : report["parts"].items()) {
    out += fmt::format("{}: {} tokens, {} documents, {}\n", part,
                       what["tokens"].get<std::uint64_t>(), what["documents"].get<std::uint64_t>(),
                       human_bytes(what["bytes"].get<std::uint64_t>()));
  }
  return out;
}

class Prepare final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {
        "prepare",
        "Turn text into a data file that trains at once.",
        "[OPTIONS] INPUT... -o OUTPUT",
        {"mx-train prepare lines.txt --documents line --valid-fraction 0.2 -o lines.mx",
         "mx-train prepare tiny.txt --tokenizer char --split tail --test-fraction 0.1 -o tiny.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .json = true,
            .seed = true,
            .threads = true,
            .dry_run = true,
            .max_memory = true};
  }
  [[nodiscard]] Fields fields() override { return options_.fields(); }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"INPUT", "Text, JSON lines, CSV or TSV, also .gz and .zst; - is standard input.",
             &inputs_}};
  }

  [[nodiscard]] int run(cli::Session& session) override {
    ThreadPool pool(session.threads());
    options_.max_memory = session.max_memory();
    const auto out = cli::open_output(session);
    Record record = make_record("prepare", "mx-train", session.lineage_options());
    record.seed = session.seed();
    const Prepared prepared =
        prepare(inputs_, options_, session.seed(), std::move(record), *out, pool, session.log());
    Json result = prepared.report;
    result["bytes"] = out->written();
    result["identity"] = to_hex(prepared.identity);
    std::string human = counts(prepared.report);
    human += fmt::format("{}: {} bytes\n", session.common().dry_run ? "it would be" : "written",
                         out->written());
    session.result(result, human);
    if (prepared.unreadable == 0) return 0;
    throw Error{Kind::input,
                fmt::format("{} rows could not be read and were left out", prepared.unreadable),
                "the first: " + prepared.first_unreadable};
  }

 private:
  std::vector<std::string> inputs_;
  PrepareOptions options_;
};

}  // namespace

std::unique_ptr<cli::Command> prepare_command() { return std::make_unique<Prepare>(); }

}  // namespace mx
