// SPDX-License-Identifier: Apache-2.0
#include "pack/replay.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "cli/common.h"
#include "file/digest.h"
#include "file/license.h"
#include "file/lineage.h"
#include "trust/declare.h"

namespace mx::pack {
namespace {

constexpr std::string_view kStart = R"sh(set -euo pipefail
usage() { echo "usage: $0 --with DIR [-o OUTPUT] [--allow-overrides]" >&2; exit 2; }
fail() { echo "replay: error: $*" >&2; exit 3; }
with='' output='' overrides=''
while [ $# -gt 0 ]; do
  case $1 in
    --with) [ $# -gt 1 ] || usage; with=$2; shift 2 ;;
    -o) [ $# -gt 1 ] || usage; output=$2; shift 2 ;;
    --allow-overrides) overrides=yes; shift ;;
    *) usage ;;
  esac
done
[ -d "$with" ] || usage
asked=$with with=$(cd -- "$with" && pwd -P)
case $output in ''|/*) ;; *) output=$PWD/$output ;; esac
[ -z "$output" ] || { [ ! -e "$output" ] && [ ! -L "$output" ]; } || fail "$output exists"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Out of a pipe every byte is held against the identity.
identity() { { cat -- "$1" | mx-pack info -; } 2>/dev/null | sed -n 's/^identity *\([0-9a-f]\{64\}\)$/\1/p'; }
find "$with" -type f ! -path $'*\n*' -exec sha256sum {} + >"$work/data"
find "$with" -type f ! -path $'*\n*' -print0 | while IFS= read -r -d '' file; do
  [ "$(head -c 3 -- "$file" | tr -dc MX)" != MX ] || printf '%s  %s\n' "$(identity "$file")" "$file"
done >"$work/models"
# found DIGEST WHAT LIST...: the file that has it.
found() {
  local digest=$1 what=$2
  shift 2
  sed -n "/^$digest  /{s///p;q;}" "$@" | grep . || fail "no file under $asked is the $what $digest"
}
data() { found "$1" "$2 data" "$work/data" "$work/models"; }
model() { found "$1" "$2 model" "$work/models"; }
# overrides STEP REASON: what a licence forbids is done again only when whoever runs this says so.
overrides() { [ -n "$overrides" ] || fail "step $1 was done although a licence does not allow it ($2): --allow-overrides does it again"; }
# is STEP IDENTITY: what the step made is what it made then.
is() {
  [ "$(identity "$work/$1.mx")" = "$2" ] ||
    fail "step $1 made $(identity "$work/$1.mx"), not $2: another version, processor or number of threads?"
}
# Names that a step may take for a file's are looked for where there are none.
mkdir "$work/none" && cd "$work/none"
)sh";

// As options are called, with values that stand alone or in a list.
bool plain_option(const std::string& key, const Json& value) {
  const auto one = [](const Json& item) { return !item.is_structured(); };
  return !key.empty() &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == key.npos &&
         (one(value) || (value.is_array() && std::ranges::all_of(value, one)));
}

class Script {
 public:
  Script(const Overview& overview, const std::string& name)
      : overview_(overview), records_(overview.lineage.records) {
    out_ = fmt::format(
        "#!/usr/bin/env bash\n# Makes {} ({})\n# again, out of what it was made from.\n", name,
        to_hex(overview.identity));
    out_ += kStart;
  }

  std::string run() && {
    if (records_.empty()) fail(Kind::input, "it does not say how it was made");
    for (std::size_t i = 0; i < records_.size(); ++i) step(i);
    out_ += fmt::format(
        "[ -z \"$output\" ] || cp \"$work/{}.mx\" \"$output\"\n"
        "echo \"it is the same: {}\"\n",
        records_.size(), to_hex(overview_.identity));
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::size_t number, const std::string& why) const {
    throw Error{Kind::input,
                fmt::format("step {} ({}) cannot be repeated: {}", number + 1,
                            printable(records_[number].operation), why),
                "mx-pack lineage shows the steps"};
  }

  [[nodiscard]] Sha256 made_by(std::size_t number) const {
    if (number + 1 == records_.size()) return overview_.identity;
    if (!records_[number].model) {
      refuse(number, "files older than format version 5 do not say which model a step made");
    }
    return *records_[number].model;
  }

  // What this line of the script finds, or ends it; as a word.
  [[nodiscard]] std::string found(const std::string& by) {
    out_ += fmt::format("file{}=$({})\n", ++files_, by);
    return fmt::format("\"$file{}\"", files_);
  }
  // A model as a word of the script.
  [[nodiscard]] std::string model(const Parent& parent) {
    if (const Record* const maker = maker_of(overview_.lineage, parent.identity)) {
      return fmt::format("\"$work/{}.mx\"", maker - records_.data() + 1);
    }
    return found(fmt::format("model {} {}", to_hex(parent.identity), word(parent.role)));
  }
  [[nodiscard]] std::string data(const DataUsed& used) {
    return found(fmt::format("data {} {}", to_hex(used.sha256), word(used.role)));
  }
  // What the script only shows.
  [[nodiscard]] static std::string word(const std::string& text) {
    return shell_word(printable(text));
  }
  // A flag's value, whatever it begins with.
  [[nodiscard]] static std::string flag(std::string_view name, const std::string& value) {
    return fmt::format(" --{}{}{}", name, value.empty() ? ' ' : '=', shell_word(value));
  }

  void file(const std::string& name, const std::string& text) {
    out_ += fmt::format("printf %s {} >\"$work/{}\"\n", shell_word(text), name);
  }

  void step(std::size_t number) {
    const Record& record = records_[number];
    const std::string own = std::to_string(number + 1);
    out_ +=
        fmt::format("\necho {} >&2\n",
                    word(fmt::format("step {} of {}: {}", own, records_.size(), record.operation)));
    Json options = record.options;
    std::string words = command(number, options);
    words += rights(number);
    config(number, options);
    const std::string time = record.time ? fmt::format("SOURCE_DATE_EPOCH={} ", *record.time)
                                         : std::string("env -u SOURCE_DATE_EPOCH ");
    out_ += fmt::format(
        "{}{} --result-config \"$work/{}.yaml\"{} -q -o \"$work/{}.mx\" >&2\nis {} {}\n", time,
        words.substr(0, words.find('\n')), own, words.substr(words.find('\n') + 1), own, own,
        to_hex(made_by(number)));
  }

  // The tool refuses what does not change its result and what names files.
  void config(std::size_t number, const Json& options) {
    std::string text;
    for (const auto& [key, value] : options.items()) {
      if (!plain_option(key, value) || of_runs_.contains(key)) {
        refuse(number, fmt::format("'{}' is no option that makes a model", printable(key)));
      }
      text += fmt::format("{}: {}\n", key, dump_json(value));
    }
    file(fmt::format("{}.yaml", number + 1), text);
  }

  // Takes one of the options out, as text; none: not there.
  [[nodiscard]] std::optional<std::string> take(std::size_t number, Json& options,
                                                const std::string& key) const {
    if (!options.contains(key)) return std::nullopt;
    const Json value = options[key];
    options.erase(key);
    if (value.is_number_unsigned()) return dump_json(value);
    if (!value.is_string()) refuse(number, fmt::format("its {} is neither text nor a number", key));
    return value.get<std::string>();
  }

  // The tool with what stands alone, a line feed, and its flags for files. Takes from `options`
  // what is no option.
  [[nodiscard]] std::string command(std::size_t number, Json& options) {
    const Record& record = records_[number];
    const std::string own = std::to_string(number + 1);
    const std::string& operation = record.operation;
    std::string alone, flags = rows(record);
    if (const auto tokenizer = take(number, options, "tokenizer")) {
      constexpr std::string_view kKinds[] = {"byte", "char", "bpe", "wordpiece"};
      if (std::ranges::find(kKinds, *tokenizer) == std::end(kKinds)) {
        refuse(number, "its tokenizer came from a file");
      }
      flags += flag("tokenizer", *tokenizer);
    }
    if (const auto threads = take(number, options, "threads")) flags += flag("threads", *threads);
    if (record.seed) flags += fmt::format(" --seed {}", *record.seed);
    const auto add = [&](const char* role, std::string& to, const char* before) {
      for (const Parent& parent : record.parents) {
        if (parent.role == role) to += fmt::format(" {}{}", before, model(parent));
      }
    };
    if (operation == "train") {
      add("init", flags, "--init ");
      add("base", flags, "--init ");
      return "mx-train\n" + flags;
    }
    if (operation == "distill") {
      add("teacher", alone, "");
      flags += student(number, options);
      if (std::ranges::find(record.parents, "cache", &Parent::role) != record.parents.end()) {
        flags += fmt::format(" --cache \"$work/{}.cache.mx\"", own);
      }
      return "mx-distill" + alone + "\n" + flags;
    }
    if (operation == "prune") {
      add("input", alone, "");
      add("teacher", flags, "--teacher ");
      return "mx-prune" + alone + "\n" + flags;
    }
    if (operation == "pack" || operation == "quantize") {
      add("input", alone, "");
      add("base", flags, "--base ");
      return "mx-pack" + alone + "\n" + flags;
    }
    if (operation == "merge") {
      add("base", alone, "");
      add("adapter", flags, "--adapter ");
      return "mx-pack" + alone + "\n" + flags;
    }
    if (operation == "import" && !record.data.empty()) {
      // Several files are shards of one folder.
      alone = record.data.size() == 1 ? data(record.data.front())
                                      : fmt::format("\"$(dirname {})\"", data(record.data.front()));
      if (options.contains("network")) {
        file(own + ".network.yaml", dump_json(options["network"]));
        flags += fmt::format(" --network \"$work/{}.network.yaml\"", own);
        options.erase("network");
      }
      return "mx-pack import " + alone + "\n" + flags;
    }
    refuse(number, "this program does not know how");
  }

  [[nodiscard]] std::string student(std::size_t number, Json& options) {
    const Record& record = records_[number];
    if (options.contains("student")) {
      const Json student = options["student"];
      options.erase("student");
      if (student.is_string()) {
        const auto& text = student.get_ref<const std::string&>();
        if (!text.starts_with("auto:")) refuse(number, "its student came from a file");
        return flag("student", text);
      }
      file(fmt::format("{}.student.yaml", number + 1), dump_json(student));
      return fmt::format(" --student \"$work/{}.student.yaml\"", number + 1);
    }
    const auto init = std::ranges::find(record.parents, "init", &Parent::role);
    if (init == record.parents.end()) refuse(number, "it does not say who was taught");
    return " --student " + model(*init);
  }

  [[nodiscard]] std::string rows(const Record& record) {
    std::string out, licenses, sources;
    bool licensed = false, sourced = false;
    for (const DataUsed& used : record.data) {
      const std::string& role = used.role;
      if (role == "train") {
        out += " --data " + data(used);
        licenses += flag("data-license", used.license);
        sources += flag("data-source", used.source);
        licensed = licensed || !used.license.empty();
        sourced = sourced || !used.source.empty();
      } else if (role == "labels" && out.find(" --labels ") == std::string::npos) {
        out += " --labels " + data(used);
      } else if (role == "valid" || role == "test" || role == "calibrate") {
        out += fmt::format(" --{} {}", role, data(used));
      }
    }
    return out + (licensed ? licenses : "") + (sourced ? sources : "");
  }

  [[nodiscard]] std::string rights(std::size_t number) {
    const Record& record = records_[number];
    const Rights& given = record.given;
    const std::string own = std::to_string(number + 1);
    std::string out;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) out += flag(name, value);
    };
    if (given.own.empty()) {
      if (!given.license.empty() && !parse_license(given.license)) {
        refuse(number, fmt::format("'{}' is no licence", printable(given.license)));
      }
      add("license", given.license);
    } else {
      file(own + ".license", given.own.front().text);
      out += fmt::format(" --license \"$work/{}.license\" --permissions ", own);
      std::string permissions;
      for (const Permission one : kPermissions) {
        permissions += fmt::format("{}{}={}", permissions.empty() ? "" : ",", name_of(one),
                                   name_of(given.own.front().permissions[one]));
      }
      out += permissions;
    }
    add("name", given.name);
    add("owner", given.owner);
    add("contact", given.contact);
    add("responsible", given.responsible);
    add("output-terms", given.output_terms);
    for (std::size_t i = 0; i < given.notices.size(); ++i) {
      file(fmt::format("{}.notice{}", own, i), given.notices[i]);
      out += fmt::format(" --notice \"$work/{}.notice{}\"", own, i);
    }
    if (record.override_permission) {
      const std::string& reason = record.override_permission->reason;
      out_ += fmt::format("overrides {} {}\n", own, word(reason));
      add("override-permission", reason);
    }
    return out;
  }

  // How a run goes and whose the model is: never an option of its record.
  [[nodiscard]] static std::set<std::string, std::less<>> of_runs() {
    cli::Common common;
    RightsOptions rights;
    Fields fields = cli::common_fields(common, {.output = true,
                                                .json = true,
                                                .seed = true,
                                                .threads = true,
                                                .device = true,
                                                .dry_run = true,
                                                .metrics = true,
                                                .report = true,
                                                .max_memory = true,
                                                .models = true});
    append(fields, rights.fields());
    std::set<std::string, std::less<>> out;
    for (const Field& field : fields) out.emplace(field.name);
    return out;
  }

  const Overview& overview_;
  const std::vector<Record>& records_;
  const std::set<std::string, std::less<>> of_runs_ = of_runs();
  std::string out_;
  std::size_t files_ = 0;
};

}  // namespace

std::string replay_script(const Overview& overview, const std::string& name) {
  return Script(overview, name).run();
}

}  // namespace mx::pack
