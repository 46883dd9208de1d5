// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/version.h"
#include "cli/sample.h"
#include "io/folder.h"
#include "sample.h"

namespace mx::cli::test {
namespace {

using mx::test::Folder;
using mx::test::read_file;
using mx::test::write_file;

bool installed(const std::string& program) {
  if (std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0) return true;
  MESSAGE("skipped: " << program << " is not installed");
  return false;
}

// What a shell command prints.
std::string printed(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), got);
  }
  ::pclose(pipe);
  return out;
}

TEST_CASE("help says purpose, usage, examples, arguments and grouped options with defaults") {
  const Outcome help = run_sample({"--help"});
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK(
      help.out.starts_with("mx-sample: Copy text.\n\nUsage: mx-sample [OPTIONS] FROM [MORE...] "
                           "-o TO\n       mx-sample VERB [OPTIONS] ...\n\nExamples:\n  mx-sample "
                           "a.txt -o b.txt\n  mx-sample --loud a.txt -o -\n"));
  CHECK(has(help.out, "\n  show        Show the options.\n"));
  CHECK(has(help.out, "\n  FROM        What is copied\n"));
  CHECK(has(help.out, "\nSample:\n      --loud                  Speak up\n"));
  CHECK(has(help.out, "      --count N               How many (default 3; 1 to 10)\n"));
  CHECK(has(help.out, "      --[no-]header           The first row holds names (on unless --no-"));
  CHECK(has(help.out, "\n  -o, --output FILE           "));
  CHECK(has(help.out, "      --paint red,green,blue  A color (default green)\n"));
  CHECK(!has(help.out, "generate"));
  for (std::size_t at = 0; at < help.out.size();) {
    const std::size_t end = help.out.find('\n', at);
    CHECK(end - at <= 80);
    at = end + 1;
  }
  // Asked for in any way, whatever else is wrong.
  CHECK(run_sample({"-h"}).out == help.out);
  CHECK(run_sample({"--nonsense", "a", "b", "--help"}).out == help.out);
  const Outcome show = run_sample({"show", "--help"});
  CHECK(show.out.starts_with("mx-sample show: Show the options.\n\nUsage: mx-sample show "));
  CHECK(!has(show.out, "Verbs"));
  CHECK(!has(show.out, "--force"));  // only what the command honours
}

TEST_CASE("version names tool, version and commit, and with -v formats and libraries") {
  const std::string first = fmt::format("mx-sample {} ({})\n", mx::version(), mx::git_id());
  CHECK(run_sample({"--version"}).out == first);
  CHECK(run_sample({"show", "--version"}).out == first);
  const Setting with_library = {.change = [](Tool& tool) {
    tool.libraries = {{"LibTorch", "2.11.0"}};
  }};
  const std::string detailed = run_sample({"--version", "-v"}, with_library).out;
  CHECK(detailed.starts_with(first + "reads: text, csv\nwrites: text\nlibraries: "));
  CHECK(has(detailed, ", zstd "));
  CHECK(has(detailed, ", LibTorch 2.11.0\n"));
}

TEST_CASE("nothing to work on is two lines of usage") {
  const Outcome got = run_sample({});
  CHECK(got.code == 2);
  CHECK(got.out.empty());
  CHECK(got.err ==
        "usage: mx-sample [OPTIONS] FROM [MORE...] -o TO\ntry 'mx-sample --help' for more\n");
  CHECK(run_sample({"fail"}).err ==
        "usage: mx-sample fail HOW\ntry 'mx-sample fail --help' for "
        "more\n");
  CHECK(run_sample({"-v"}).err ==
        "mx-sample: error: FROM is missing\n"
        "mx-sample: hint: usage: mx-sample [OPTIONS] FROM [MORE...] -o "
        "TO\n");
}

TEST_CASE("the manual page is sound roff with every verb and option") {
  const Outcome page = run_sample({"--generate-man"});
  CHECK(page.code == 0);
  CHECK(page.out.starts_with(".TH MX\\-SAMPLE 1 "));
  if (!installed("groff")) return;
  const Folder folder;
  write_file(folder / "page.1", page.out);
  CHECK(printed("groff -man -Tutf8 -ww -z " + folder / "page.1").empty());
  const std::string text =
      printed("MANWIDTH=100 groff -man -Tascii -P-c -P-b -P-u " + folder / "page.1");
  for (const std::string part : {"NAME", "mx-sample - Stands for the five tools.", "mx-sample show",
                                 "--learning-rate NUMBER", "What it's [called]: words", "EXAMPLES",
                                 "mx-sample --loud a.txt -o -", "EXIT STATUS", "VERB show"}) {
    CHECK_MESSAGE(has(text, part), part);
  }
}

TEST_CASE("bash completes verbs, flags and words of choices, each at its place") {
  if (!installed("bash")) return;
  const Folder folder;
  write_file(folder / "c", run_sample({"--generate-completion", "bash"}).out);
  CHECK(printed("bash -n " + folder / "c").empty());
  const auto completed = [&](const std::string& words) {
    return printed("bash -c 'source " + folder / "c" + "; compopt() { :; }; COMP_WORDS=(" + words +
                   "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _mx_sample; echo \"${COMPREPLY[*]}\"'");
  };
  CHECK(completed("mx-sample s") == "show save\n");
  CHECK(completed("mx-sample --pa") == "--paint\n");
  CHECK(completed("mx-sample --no-h") == "--no-header\n");
  CHECK(completed("mx-sample show --paint \"\"") == "red green blue\n");
  CHECK(completed("mx-sample show --progress al") == "always\n");
  CHECK(completed("mx-sample show --count \"\"") == "\n");
  CHECK(completed("mx-sample fail --pa") == "\n");
  CHECK(completed("mx-sample fail --qu") == "--quiet\n");
}

TEST_CASE("zsh loads its completion") {
  if (!installed("zsh")) return;
  const Folder folder;
  write_file(folder / "_mx-sample", run_sample({"--generate-completion", "zsh"}).out);
  CHECK(printed("zsh -n " + folder / "_mx-sample").empty());
  CHECK(printed("zsh -fc 'autoload -U compinit; compinit -u -D; source " + folder / "_mx-sample" +
                "; echo $_comps[mx-sample]'") == "_mx_sample\n");
}

TEST_CASE("fish completes verbs, flags and words of choices") {
  if (!installed("fish")) return;
  const Folder folder;
  write_file(folder / "c", run_sample({"--generate-completion", "fish"}).out);
  const auto completed = [&](const std::string& line) {
    return printed("HOME=" + folder.path() + " fish --no-config -c 'source " + folder / "c" +
                   "; complete -C \"" + line + "\"'");
  };
  CHECK(completed("mx-sample sho") == "show\tShow the options.\n");
  CHECK(completed("mx-sample show --paint r") == "red\tA color\n");
  CHECK(completed("mx-sample --no-h") == "--no-header\tThe first row holds names\n");
  CHECK(completed("mx-sample fail --pai").empty());
}

TEST_CASE("a shell without completion is refused") {
  const Outcome got = run_sample({"--generate-completion", "csh"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "bash, zsh and fish"));
}

}  // namespace
}  // namespace mx::cli::test
