// SPDX-License-Identifier: Apache-2.0
#include "pack/replay.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/lineage.h"

namespace mx::pack {
namespace {

constexpr std::string_view kStart = R"sh(set -euo pipefail
usage() { echo "usage: $0 --with DIR [-o OUTPUT]" >&2; exit 2; }
fail() { echo "replay: error: $*" >&2; exit 3; }
with='' output=''
while [ $# -gt 0 ]; do
  case $1 in
    --with) [ $# -gt 1 ] || usage; with=$2; shift 2 ;;
    -o) [ $# -gt 1 ] || usage; output=$2; shift 2 ;;
    *) usage ;;
  esac
done
[ -d "$with" ] || usage
[ -z "$output" ] || [ ! -e "$output" ] || fail "$output exists"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
identity() { mx-pack info "$1" 2>/dev/null | sed -n 's/^identity *//p'; }
find "$with" -type f -exec sha256sum {} + >"$work/data"
find "$with" -type f | while IFS= read -r file; do
  [ "$(head -c 3 "$file" | tr -dc MX)" != MX ] || printf '%s  %s\n' "$(identity "$file")" "$file"
done >"$work/models"
# find_in LIST DIGEST ROLE: the file that has it.
find_in() {
  sed -n "s/^$2  //p" "$work/$1" | head -n 1 | grep . || fail "no file under $with is the $3 $2"
}
data() { sed -n "s/^$1  //p" "$work/data" "$work/models" | head -n 1 | grep . || fail "no file under $with is the $2 data $1"; }
model() { find_in models "$1" "$2 model"; }
# is STEP IDENTITY: what the step made is what it made then.
is() {
  [ "$(identity "$work/$1.mx")" = "$2" ] ||
    fail "step $1 made $(identity "$work/$1.mx"), not $2: another version, processor or number of threads?"
}
)sh";

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
    return found(fmt::format("model {} {}", to_hex(parent.identity), shell_word(parent.role)));
  }
  [[nodiscard]] std::string data(const DataUsed& used) {
    return found(fmt::format("data {} {}", to_hex(used.sha256), shell_word(used.role)));
  }

  void file(const std::string& name, const std::string& text) {
    out_ += fmt::format("printf %s {} >\"$work/{}\"\n", shell_word(text), name);
  }

  void step(std::size_t number) {
    const Record& record = records_[number];
    const std::string own = std::to_string(number + 1);
    out_ += fmt::format("\necho {} >&2\n",
                        shell_word(fmt::format("step {} of {}: {}", own, records_.size(),
                                               printable(record.operation))));
    Json options = record.options;
    std::string words = command(number, options);
    words += rights(record, own);
    config(own, options);
    const std::string time = record.time ? fmt::format("SOURCE_DATE_EPOCH={} ", *record.time)
                                         : std::string("env -u SOURCE_DATE_EPOCH ");
    out_ += fmt::format("{}{} --config \"$work/{}.yaml\"{} -q -o \"$work/{}.mx\" >&2\nis {} {}\n",
                        time, words.substr(0, words.find('\n')), own,
                        words.substr(words.find('\n') + 1), own, own, to_hex(made_by(number)));
  }

  void config(const std::string& own, const Json& options) {
    std::string text;
    for (const auto& [key, value] : options.items()) {
      text += fmt::format("{}: {}\n", key, dump_json(value));
    }
    file(own + ".yaml", text);
  }

  // The tool with what stands alone, a line feed, and its flags for files. Takes from `options`
  // what is no option.
  [[nodiscard]] std::string command(std::size_t number, Json& options) {
    const Record& record = records_[number];
    const std::string own = std::to_string(number + 1);
    const std::string& operation = record.operation;
    if (options.contains("tokenizer")) {
      const std::string tokenizer = options["tokenizer"].get<std::string>();
      constexpr std::string_view kKinds[] = {"byte", "char", "bpe", "wordpiece"};
      if (std::ranges::find(kKinds, tokenizer) == std::end(kKinds)) {
        refuse(number, "its tokenizer came from a file");
      }
    }
    std::string alone, flags = rows(record);
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
      if (student.is_string()) return " --student " + shell_word(student.get<std::string>());
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
        licenses += " --data-license " + shell_word(used.license);
        sources += " --data-source " + shell_word(used.source);
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

  [[nodiscard]] std::string rights(const Record& record, const std::string& own) {
    const Rights& given = record.given;
    std::string out;
    const auto add = [&](const char* flag, const std::string& value) {
      if (!value.empty()) out += fmt::format(" --{} {}", flag, shell_word(value));
    };
    if (given.own.empty()) {
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
    if (record.override_permission) add("override-permission", record.override_permission->reason);
    return out;
  }

  const Overview& overview_;
  const std::vector<Record>& records_;
  std::string out_;
  std::size_t files_ = 0;
};

}  // namespace

std::string replay_script(const Overview& overview, const std::string& name) {
  return Script(overview, name).run();
}

}  // namespace mx::pack
