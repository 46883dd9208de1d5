// SPDX-License-Identifier: Apache-2.0
// One command of a tool: what it takes, what it says of itself, what it does.
//
// A tool is a list of commands; the one with an empty name runs when no verb is given. A command's
// class owns its option structs and lists their fields; cli/ makes flags, YAML keys, --dump-config,
// help, man pages and completion of that list, parses, and calls run(). run() throws mx::Error and
// returns an exit code (0, or 1 for "the answer is no", or what a signal demands).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/log.h"
#include "file/signatures.h"
#include "trust/policy.h"

namespace mx::cli {

struct About {
  std::string_view name;                   // the verb, or empty
  std::string_view purpose;                // one sentence
  std::string_view synopsis;               // "[OPTIONS] MODEL [ROWS...] -o OUTPUT"
  std::vector<std::string_view> examples;  // at least two; work when pasted (see tests/cli)
};

// What stands on the command line without a flag: input files, or words the command knows.
struct Positional {
  std::string_view name, help;                               // "MODEL"
  std::variant<std::string*, std::vector<std::string>*> to;  // the vector takes all that is left
  bool required = true;
  // Not given, it is standard input ("-"); when that is a terminal, usage is shown instead.
  bool else_stdin = false;
};

enum class When { automatic, always, never };

// Options that many commands share, defined once (cli/common.cpp) so that they read alike
// everywhere.
struct Common {
  std::vector<std::string> config, result_config;
  bool dump_config = false, json = false, force = false, dry_run = false;
  bool quiet = false, verbose = false;
  When progress = When::automatic, color = When::automatic;
  std::string metrics, report, max_memory, output;
  std::optional<std::int64_t> seed, threads;
  std::string device = "cpu";
  bool help = false, version = false, generate_man = false;
  std::string generate_completion;  // bash, zsh, fish
  Trust trust;
  std::string policy;
  std::vector<std::string> recipients;  // whom the output is sealed to
};

// Which of Common a command honours. --config, --result-config, --dump-config, -q, -v, --progress,
// --color, --help and --version are on every command.
struct Honours {
  bool output = false;                      // -o, --output, with -f, --force
  std::string_view output_name = "output";  // its long flag, where --output means another thing
  bool output_required = true;
  bool output_folder = false;  // a folder may be there, which the command looks at by itself
  bool output_binary = true;   // without -o goes to standard output, but never to a terminal
  bool json = false, seed = false, threads = false, device = false;
  bool dry_run = false, metrics = false;
  bool report = false;  // --report FILE: a page made of result() and of the log's metrics
  bool max_memory = false;
  // file/signatures.h's Trust, --recipient for an output, and --policy.
  bool models = false;
  bool policy = false;           // --policy alone
  bool saves_on_signal = false;  // signals finish the step (train, distil, prune)
};

class Session;

class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  [[nodiscard]] virtual About about() const = 0;
  [[nodiscard]] virtual Honours honours() const = 0;
  [[nodiscard]] virtual Fields fields() = 0;
  [[nodiscard]] virtual std::vector<Positional> positionals() { return {}; }
  [[nodiscard]] virtual int run(Session& session) = 0;
};

// What a running command gets. Seed and threads are always in force here: drawn or counted when not
// given (and a drawn seed was printed).
class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual Log& log() = 0;
  [[nodiscard]] virtual const Common& common() const = 0;
  [[nodiscard]] virtual std::uint64_t seed() const = 0;
  [[nodiscard]] virtual std::size_t threads() const = 0;
  [[nodiscard]] virtual const std::string& device()
      const = 0;                                               // "cpu", "cuda:0": `auto` is settled
  [[nodiscard]] virtual std::uint64_t max_memory() const = 0;  // bytes
  // Of --policy; without it one that asks nothing.
  [[nodiscard]] virtual const Policy& policy() const = 0;
  // What licences allow, by the policy.
  [[nodiscard]] virtual const LicenseTable& licenses() const = 0;
  [[nodiscard]] virtual bool given(std::string_view field) const = 0;  // by flag or config file
  // Options that affect the result, as lineage keeps them (file names left out by Holds::file).
  [[nodiscard]] virtual Json lineage_options() const = 0;
  // With --json: prints `result` as one document at the end. Without: prints `human` (may be
  // several lines, may be empty) on standard output, or on standard error when standard output is
  // the model itself. With --report, writes the page, too.
  virtual void result(const Json& result, std::string_view human) = 0;
};

}  // namespace mx::cli
