// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "base/signals.h"
#include "base/threads.h"
#include "base/version.h"
#include "base/words.h"
#include "cli/common.h"
#include "cli/config.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "io/output.h"

namespace mx::cli {
namespace {

// Nothing to work on was given: two lines of usage.
struct ShowUsage {
  std::string text;
};

// What the outermost catch needs to know of a run that ended early.
struct Ending {
  Terminal::Settings settings;
  bool filter = true;                            // a broken pipe ends it quietly
  std::optional<std::uint64_t> max_memory = {};  // of a command that takes --max-memory
};

// A closed standard descriptor would be taken by the next file that is opened. Opened the wrong way
// round, so that its use is an error.
void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

Command* find_command(const Tool& tool, std::string_view name) {
  for (const auto& command : tool.commands) {
    if (command->about().name == name) return command.get();
  }
  return nullptr;
}

// A word that is no file and looks like a verb.
void refuse_mistyped_verb(const Tool& tool, const std::vector<std::string>& words) {
  std::vector<std::string> verbs;
  for (const auto& command : tool.commands) {
    if (!command->about().name.empty()) verbs.emplace_back(command->about().name);
  }
  for (const std::string& word : words) {
    struct stat status = {};
    if (word.find_first_of("./") != std::string::npos || ::stat(word.c_str(), &status) == 0) {
      continue;
    }
    if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) {
      throw Error{Kind::usage, fmt::format("'{}' is a verb and not in its place", word),
                  fmt::format("verbs come first: {} {} ...", tool.name, word)};
    }
    const std::string hint = did_you_mean(word, verbs);
    if (!hint.empty()) {
      throw Error{Kind::usage, fmt::format("'{}' is neither a verb nor a file", printable(word)),
                  hint};
    }
  }
}

// Hands the words that stand alone to the command. Words it takes from standard input are added.
void place(const Tool& tool, Command& command, std::vector<std::string>& words) {
  const About about = command.about();
  const std::string usage = fmt::format("usage: {} {}", called(tool, about), about.synopsis);
  std::size_t at = 0;
  for (const Positional& positional : command.positionals()) {
    const bool missing = at == words.size();
    if (missing && positional.else_stdin) {
      if (::isatty(STDIN_FILENO) == 1) throw ShowUsage{usage_text(tool, about)};
      words.emplace_back("-");
    } else if (missing && positional.required) {
      throw Error{Kind::usage, fmt::format("{} is missing", positional.name), usage};
    } else if (missing) {
      continue;
    }
    if (std::string* const* one = std::get_if<std::string*>(&positional.to)) {
      **one = words[at++];
    } else {
      auto* const rest = std::get<std::vector<std::string>*>(positional.to);
      rest->assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
      at = words.size();
    }
  }
  if (at != words.size()) {
    throw Error{Kind::usage, fmt::format("'{}' is one word too many", printable(words[at])), usage};
  }
}

// Whether calling the command with nothing at all cannot be meant.
bool needs_arguments(Command& command) {
  const Honours honours = command.honours();
  if (honours.output && honours.output_required) return true;
  const std::vector<Positional> positionals = command.positionals();
  return std::any_of(positionals.begin(), positionals.end(),
                     [](const Positional& p) { return p.required; });
}

// Help, version and generated pages: asked for by flag, they come before anything is checked.
bool show_page(const Tool& tool, Described& described, Common& common) {
  for (const std::string_view name :
       {"help", "version", "verbose", "generate-man", "generate-completion"}) {
    const Option* option = find_option(described.options, name);
    if (!option->given.empty()) (void)assign(option->field, option->given);
  }
  if (common.help) {
    print(help_page(tool, described, std::clamp<std::size_t>(columns(STDOUT_FILENO), 60, 100)));
  } else if (common.version) {
    print(version_text(tool, common.verbose));
  } else if (common.generate_man) {
    print(man_page(tool));
  } else if (!common.generate_completion.empty()) {
    print(completion(tool, common.generate_completion));
  } else {
    return false;
  }
  return true;
}

Json lineage(Command& command) {
  Fields fields = command.fields();
  std::erase_if(fields, [](const Field& field) { return field.holds != Holds::value; });
  return result_options(fields);
}

// Whom the policy asks for must have signed, as those that are named.
void append_signers(Facts& facts) {
  std::vector<std::string>& required = facts.common.trust.required;
  for (const std::string& key : facts.policy.signers) {
    if (std::ranges::find(required, key) == required.end()) required.push_back(key);
  }
}

Facts settle(const Tool& tool, Command& command, const Options& options, const Common& common,
             Log& log) {
  const Honours honours = command.honours();
  Facts facts;
  facts.common = common;
  facts.threads = common.threads ? static_cast<std::size_t>(*common.threads) : usable_cores();
  bool fell_back = false;
  facts.device = settle_device(common.device, tool, fell_back);
  if (fell_back) log.info("no CUDA device can be used: computing on the processor");
  facts.max_memory = settle_memory(common.max_memory);
  facts.common.trust.max_memory = facts.max_memory;
  facts.common.trust.log = &log;
  facts.seed = common.seed ? static_cast<std::uint64_t>(*common.seed) : draw_seed();
  if (honours.seed && !common.seed) log.info(fmt::format("seed {}", facts.seed));
  for (const Option& option : options) {
    if (option.origin != "default") facts.given.emplace(option.field.name);
  }
  facts.lineage = lineage(command);
  if (!common.policy.empty()) {
    facts.policy = read_policy(common.policy);
    append_signers(facts);
  }
  facts.output_is_stdout =
      common.report == "-" ||
      (honours.output && honours.output_binary && (common.output == "-" || common.output.empty()));
  return facts;
}

Json metrics_head(const Tool& tool, const About& about, const Options& options,
                  const Facts& facts) {
  Json libraries = Json::object();
  for (const Library& library : common_libraries()) libraries[library.name] = library.version;
  for (const Library& library : tool.libraries) libraries[library.name] = library.version;
  return {{"tool", std::string(tool.name)},
          {"verb", std::string(about.name)},
          {"version", std::string(version())},
          {"git", std::string(git_id())},
          {"seed", facts.seed},
          {"threads", facts.threads},
          {"device", facts.device},
          {"config", config_json(options)},
          {"libraries", std::move(libraries)}};
}

// As it could be pasted into a shell again.
std::string command_line(const Tool& tool, const std::vector<std::string>& arguments) {
  std::string out(tool.name);
  for (const std::string& word : arguments) {
    out += ' ';
    out += shell_word(word);
  }
  return out;
}

// "mx-train: digits.mx": what was made, or else what was looked at.
std::string title_of(std::string title, const Common& common, std::vector<std::string> words) {
  if (!common.output.empty()) words = {common.output};
  for (std::size_t i = 0; i < words.size(); ++i) {
    title += (i == 0 ? ": " : ", ") + words[i].substr(words[i].rfind('/') + 1);
  }
  return title;
}

int run(const Tool& tool, std::vector<std::string> arguments, Ending& ending) {
  const std::string typed = command_line(tool, arguments);
  Command* command = arguments.empty() ? nullptr : find_command(tool, arguments[0]);
  if (command != nullptr && !arguments[0].empty()) {
    arguments.erase(arguments.begin());
  } else {
    command = find_command(tool, "");
  }
  if (command == nullptr) command = tool.commands.front().get();
  const Honours honours = command->honours();
  ending.filter = !honours.saves_on_signal;

  Common common;
  Described described = describe(*command, common);
  Options& options = described.options;
  const bool nothing_given = arguments.empty();
  std::vector<std::string> words = read_flags(options, std::move(arguments));
  if (show_page(tool, described, common)) return 0;
  for (const std::string& path : find_option(options, "result-config")->given) {
    read_config(options, path, Keys::plain_results);
  }
  for (const std::string& path : find_option(options, "config")->given) read_config(options, path);
  apply_flags(options);
  ending.settings = terminal_settings(tool.name, common);
  if (common.dump_config) {
    print(dump_config(options, fmt::format("{} {}", called(tool, described.about), version())));
    return 0;
  }
  if (nothing_given && needs_arguments(*command)) {
    throw ShowUsage{usage_text(tool, described.about)};
  }
  if (described.about.name.empty()) refuse_mistyped_verb(tool, words);
  place(tool, *command, words);
  check_outputs(common, honours, options, words);

  signals::install(honours.saves_on_signal ? signals::First::finish_step : signals::First::end);
  Terminal terminal(ending.settings);
  terminal.verbose(typed);
  Facts facts = settle(tool, *command, options, common, terminal);
  if (honours.max_memory) ending.max_memory = facts.max_memory;
  const Json head = metrics_head(tool, described.about, options, facts);
  std::optional<Report> report;
  if (!common.report.empty()) {
    report.emplace(
        ReportFacts{.path = common.report,
                    .existing = common.force ? io::Existing::replace : io::Existing::refuse,
                    .title = title_of(called(tool, described.about), common, words),
                    .command = typed,
                    .head = head,
                    .options = shown_options(options)});
  }
  Report* const page = report ? &*report : nullptr;
  const auto log = log_with_reports(terminal, page, common.metrics, head);
  const auto session = make_session(std::move(facts), *log, page);
  return command->run(*session);
}

// The one place where errors end: a message and the exit code. Called inside a catch.
int report(const Tool& tool, const Ending& ending) {
  Terminal terminal(ending.settings);
  const auto say = [&](Kind kind, std::string_view message, std::string_view hint) {
    terminal.error(message);
    if (!hint.empty()) terminal.hint(hint);
    return static_cast<int>(kind);
  };
  try {
    throw;
  } catch (const ShowUsage& usage) {
    terminal.plain(usage.text);
    return static_cast<int>(Kind::usage);
  } catch (const io::BrokenPipe&) {
    if (ending.filter) return 128 + SIGPIPE;
    return say(Kind::output, "cannot write standard output: Broken pipe", "");
  } catch (const Error& error) {
    return say(error.kind(), error.message(), error.hint());
  } catch (const std::bad_alloc&) {
    if (!ending.max_memory) return say(Kind::failed, "out of memory", "");
    return say(Kind::input,
               fmt::format("out of memory: the input needs more than there is, though less than "
                           "the limit of {}",
                           human_bytes(*ending.max_memory)),
               "--max-memory SIZE, with less than there is, says what needs it");
  } catch (const std::exception& error) {
    return say(
        Kind::failed, fmt::format("this is a bug: {}", printable(error.what())),
        fmt::format("report it with the command line and what {} --version -v prints", tool.name));
  } catch (...) {
    return say(Kind::failed, "this is a bug: an exception of no known type", "");
  }
}

// Buffers of the size of a chunk are used again and again: giving their pages back each time costs
// a fifth of the time of packing.
void keep_memory() {
#ifdef __GLIBC__
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);
  mallopt(M_TRIM_THRESHOLD, 128 * kMegabyte);
#endif
}

}  // namespace

int run_tool(const Tool& tool, int argc, char** argv) {
  keep_memory();
  keep_standard_descriptors();
  Ending ending{terminal_settings(tool.name, Common{})};
  int code = 0;
  try {
    code = run(tool, std::vector<std::string>(argv + std::min(argc, 1), argv + argc), ending);
  } catch (...) {
    code = report(tool, ending);
  }
  // What the system kept back may fail as late as here.
  if (::close(STDOUT_FILENO) != 0 && errno != EBADF && code == 0) {
    Terminal(ending.settings)
        .error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
    code = static_cast<int>(Kind::output);
  }
  return code;
}

}  // namespace mx::cli
