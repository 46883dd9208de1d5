// SPDX-License-Identifier: Apache-2.0
// The verbs of mx-infer, each in the file of its name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "base/words.h"
#include "cli/command.h"
#include "cli/models.h"
#include "file/adapter.h"
#include "file/reader.h"
#include "infer/merge.h"

namespace mx::infer {

[[nodiscard]] std::unique_ptr<cli::Command> predict_command();  // without a verb
[[nodiscard]] std::unique_ptr<cli::Command> eval_command();
[[nodiscard]] std::unique_ptr<cli::Command> compare_command();
[[nodiscard]] std::unique_ptr<cli::Command> bench_command();

// --adapter.
[[nodiscard]] inline Field adapter_field(std::vector<std::string>& adapters,
                                         std::string_view help) {
  return {.group = "Adapters",
          .name = "adapter",
          .help = help,
          .value = &adapters,
          .affects = Affects::run,
          .holds = Holds::file};
}
inline constexpr std::string_view kAdapterHelp =
    "Run the model with this adapter of it (mx-train --lora); several are added in their order.";

// To whoever uses its answers.
inline void say_whose(const Rights& rights, Log& log) {
  if (rights.output_terms.empty() && rights.responsible.empty()) return;
  std::string line;
  const auto add = [&](std::string_view what, const std::string& text) {
    if (text.empty()) return;
    if (!line.empty()) line += "; ";
    line += fmt::format("{}: {}", what, printable(text));
  };
  add("owner", rights.owner);
  add("contact", rights.contact);
  add("responsible", rights.responsible);
  add("terms of its answers", rights.output_terms);
  log.info(line);
}

// Identity::told: what is said of the model names its identity; an adapter asks for it too.
enum class Identity { unused, told };
// The model of a path or "-" with these adapters of it, within --max-memory.
[[nodiscard]] inline Model load(const std::string& path, const std::vector<std::string>& adapters,
                                ThreadPool& pool, cli::Session& session,
                                Identity identity = Identity::unused) {
  ReadOptions reading = cli::reading(session);
  reading.verify_sections = identity == Identity::told || !adapters.empty();
  Model model = read_model(path, pool, reading);
  refuse_adapter(model.header, path);
  say_whose(model.header.rights, session.log());
  merge_adapters(model, adapters, reading, pool);
  return model;
}

}  // namespace mx::infer
