// SPDX-License-Identifier: Apache-2.0
#include "cli/common.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "file/memory.h"
#include "io/age.h"
#include "io/input.h"
#include "io/output.h"

namespace mx::cli {
namespace {

constexpr Word kWhen[] = {{"auto", static_cast<int>(When::automatic)},
                          {"always", static_cast<int>(When::always)},
                          {"never", static_cast<int>(When::never)}};

Choice when(When& member) { return choice(member, {std::begin(kWhen), std::end(kWhen)}); }

void add_output(Fields& out, Common& common, const Honours& honours) {
  if (honours.output) {
    out.push_back({"Output",
                   honours.output_name,
                   "Write to this file; - is standard output",
                   &common.output,
                   {},
                   Affects::run,
                   Holds::file,
                   'o'});
  }
  if (honours.output || honours.report) {
    out.push_back({"Output",
                   "force",
                   "Replace an output that exists",
                   &common.force,
                   {},
                   Affects::run,
                   Holds::value,
                   'f'});
  }
  if (honours.output && honours.models) {
    out.push_back({"Output",
                   "recipient",
                   "Seal the output to this recipient of age's (repeatable: any of them opens it)",
                   &common.recipients,
                   {},
                   Affects::run,
                   Holds::value,
                   0,
                   "AGE1..."});
  }
  if (honours.json) {
    out.push_back({"Output",
                   "json",
                   "Print the result as one JSON document",
                   &common.json,
                   {},
                   Affects::run});
  }
  if (honours.metrics) {
    out.push_back({"Output",
                   "metrics",
                   "Append one JSON object per report to this file",
                   &common.metrics,
                   {},
                   Affects::run,
                   Holds::file});
  }
  if (honours.report) {
    out.push_back({"Output",
                   "report",
                   "Write a page about the run to this HTML file: curves, sizes, all numbers",
                   &common.report,
                   {},
                   Affects::run,
                   Holds::file});
  }
}

void add_running(Fields& out, Common& common, const Honours& honours) {
  constexpr double kLargestSeed = 9007199254740991;  // 2^53 - 1: exact in every JSON reader
  if (honours.seed) {
    out.push_back({"Running", "seed", "Start of all random numbers; drawn and shown when not given",
                   &common.seed, Range{0, kLargestSeed}, Affects::run});
  }
  if (honours.threads) {
    out.push_back({"Running", "threads", "Threads to use; all usable cores when not given",
                   &common.threads, Range{1, 1024}, Affects::run});
  }
  if (honours.device) {
    out.push_back({"Running",
                   "device",
                   "Where to compute: cpu, cuda, cuda:N, or auto",
                   &common.device,
                   {},
                   Affects::run,
                   Holds::value,
                   0,
                   "cpu,cuda,cuda:N,auto"});
  }
  if (honours.max_memory) {
    out.push_back(
        {"Running",
         "max-memory",
         "Refuse what needs more memory, as 2GiB or 500MB; half of the machine's when not "
         "given",
         &common.max_memory,
         {},
         Affects::run,
         Holds::value,
         0,
         "SIZE"});
  }
  if (honours.models) append(out, common.trust.fields());
  if (honours.models || honours.policy) {
    out.push_back({"Trust",
                   "policy",
                   "Take only models that meet this YAML file: signers, licences, size, probes, "
                   "quality; it may say otherwise what licences allow",
                   &common.policy,
                   {},
                   Affects::run,
                   Holds::file});
  }
  if (honours.dry_run) {
    out.push_back({"Running",
                   "dry-run",
                   "Check everything, say what would be done, write nothing",
                   &common.dry_run,
                   {},
                   Affects::run});
  }
}

void add_always(Fields& out, Common& common) {
  constexpr Affects kRun = Affects::run;
  constexpr Holds kFile = Holds::file;
  constexpr Holds kValue = Holds::value;
  append(
      out,
      {{"Settings",
        "config",
        "Read options from this YAML file; flags win, later files win",
        &common.config,
        {},
        kRun,
        kFile},
       {"Settings",
        "result-config",
        "Read options from this YAML file that somebody else wrote: such as change the result, and "
        "no names of files; others are refused, and --config wins",
        &common.result_config,
        {},
        kRun,
        kFile},
       {"Settings",
        "dump-config",
        "Print the options in force as YAML, and end",
        &common.dump_config,
        {},
        kRun},
       {"Messages",
        "progress",
        "Show progress; auto: on a terminal",
        when(common.progress),
        {},
        kRun},
       {"Messages",
        "color",
        "Color messages; auto: on a terminal, unless NO_COLOR is set",
        when(common.color),
        {},
        kRun},
       {"Messages", "quiet", "Show warnings and errors only", &common.quiet, {}, kRun, kValue, 'q'},
       {"Messages", "verbose", "Say more", &common.verbose, {}, kRun, kValue, 'v'},
       {"Messages", "help", "Show this page", &common.help, {}, kRun, kValue, 'h'},
       {"Messages",
        "version",
        "Show the version; with -v formats and libraries too",
        &common.version,
        {},
        kRun},
       {"", "generate-man", "Print the manual page", &common.generate_man, {}, kRun},
       {"",
        "generate-completion",
        "Print the completion for bash, zsh or fish",
        &common.generate_completion,
        {},
        kRun,
        kValue,
        0,
        "SHELL"}});
}

void add_files(const Field& field, std::vector<std::string>& inputs) {
  const bool output = field.letter == 'o' || field.name == "metrics" || field.name == "report";
  if (field.holds != Holds::file || output) return;
  const Json value = to_json(field);
  if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    inputs.push_back(value.get<std::string>());
  }
  if (value.is_array()) {
    for (const Json& item : value) inputs.push_back(item.get<std::string>());
  }
}

void check_report(const Common& common, bool output_to_stdout, io::Existing existing,
                  const std::vector<std::string>& inputs) {
  if (common.report == "-" && (output_to_stdout || common.json || common.metrics == "-")) {
    throw Error{Kind::usage, "--report and something else both need standard output",
                "--report FILE writes the page to a file"};
  }
  for (const auto& [name, path] :
       {std::pair("the output", common.output), std::pair("--metrics", common.metrics)}) {
    if (io::same_target(common.report, path)) {
      throw Error{Kind::usage, fmt::format("--report and {} are the same file", name),
                  "write the page to another name"};
    }
  }
  io::check_output(common.report, existing, inputs);
}

// Whether it is empty, or its first line is a JSON object, as --metrics writes them.
bool holds_metrics(const std::string& path) {
  constexpr std::size_t kLongest = 1 << 20;
  const auto in = io::open_document(path);
  io::LineReader lines(*in, kLongest);
  std::string_view line;
  try {
    return !lines.next(line) || parse_json(line, path).is_object();
  } catch (const Error&) {
    return false;
  }
}

// Lines are appended to it.
void check_metrics(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored) || holds_metrics(path)) return;
  throw Error{Kind::usage, fmt::format("{} exists and holds no metrics", printable(path)),
              "name another file with --metrics, or move this one"};
}

}  // namespace

Fields common_fields(Common& common, const Honours& honours) {
  Fields out;
  add_output(out, common, honours);
  add_running(out, common, honours);
  add_always(out, common);
  return out;
}

namespace {

// What a run would keep beside its output lies there unsealed.
void refuse_unsealed(const Options& options) {
  for (const Option& option : options) {
    const std::string_view name = option.field.name;
    const bool keeps = name == "report" || name == "cache" || name == "importance" ||
                       name == "checkpoint" || name == "checkpoint-every";
    if (!keeps || option.origin == "default") continue;
    throw Error{Kind::usage,
                fmt::format("--{} would keep, unsealed, what comes of sealed models", name),
                "leave it out, or give models that are not sealed without --identity and "
                "--passphrase-file"};
  }
}

}  // namespace

void check_outputs(const Common& common, const Honours& honours, const Options& options,
                   const std::vector<std::string>& words) {
  std::vector<std::string> inputs = words;
  for (const Option& option : options) add_files(option.field, inputs);
  if (honours.output && common.output.empty() && honours.output_required) {
    throw Error{Kind::usage, "the output is missing", "-o FILE names it; - is standard output"};
  }
  const bool to_stdout =
      honours.output && honours.output_binary && (common.output == "-" || common.output.empty());
  if (to_stdout && common.output.empty() && ::isatty(STDOUT_FILENO) == 1) {
    throw Error{Kind::usage, "the result is binary and is not written to a terminal",
                "-o FILE writes it to a file, -o - to the terminal all the same"};
  }
  if (to_stdout && common.json) {
    throw Error{Kind::usage, "--json and the output both need standard output",
                "-o FILE writes the output to a file"};
  }
  if (common.trust.opens_sealed()) refuse_unsealed(options);
  for (const std::string& text : common.recipients) (void)io::parse_recipient(text);
  const io::Existing existing = common.force ? io::Existing::replace : io::Existing::refuse;
  std::error_code ignored;
  const bool folder =
      honours.output_folder && std::filesystem::is_directory(common.output, ignored);
  if (honours.output && !common.output.empty() && !folder) {
    io::check_output(common.output, existing, inputs);
  }
  if (!common.report.empty()) check_report(common, to_stdout, existing, inputs);
  if (common.metrics.empty()) return;
  if (common.metrics == "-" && (to_stdout || common.json)) {
    throw Error{Kind::usage, "--metrics and the result both need standard output",
                "--metrics FILE writes them to a file"};
  }
  if (io::same_target(common.metrics, common.output)) {
    throw Error{Kind::usage, "--metrics and the output are the same file", ""};
  }
  io::check_output(common.metrics, io::Existing::replace, inputs);
  check_metrics(common.metrics);
}

std::string settle_device(const std::string& asked, const Tool& tool, bool& fell_back) {
  const int count = asked == "cpu" || !tool.cuda_devices ? 0 : tool.cuda_devices();
  fell_back = asked == "auto" && count == 0;
  if (asked == "cpu" || fell_back) return "cpu";
  int number = 0;
  if (asked.starts_with("cuda:")) {
    const char* const end = asked.data() + asked.size();
    const auto [at, status] = std::from_chars(asked.data() + 5, end, number);
    if (at != end || status != std::errc() || number < 0) number = -1;
  }
  if ((asked != "cuda" && asked != "auto" && !asked.starts_with("cuda:")) || number < 0) {
    throw Error{Kind::usage, fmt::format("--device: '{}' is no device", printable(asked)),
                "devices are cpu, cuda, cuda:N and auto"};
  }
  if (number >= count) {
    throw Error{Kind::usage,
                count == 0 ? std::string("there is no CUDA device that can be used")
                           : fmt::format("there is no device {}: {} CUDA devices can be used",
                                         asked, count),
                "--device auto takes the processor when there is none"};
  }
  return fmt::format("cuda:{}", number);
}

std::uint64_t settle_memory(const std::string& asked) {
  if (asked.empty()) return default_max_memory();
  try {
    return parse_bytes(asked);
  } catch (const Error& e) {
    throw Error{Kind::usage, "--max-memory: " + e.message(), e.hint()};
  }
}

}  // namespace mx::cli
