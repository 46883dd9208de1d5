// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>

#include "cli/sample.h"
#include "io/folder.h"
#include "sample.h"

namespace mx::cli::test {
namespace {

using mx::test::Folder;
using mx::test::write_file;
using std::chrono::milliseconds;

// A Terminal whose words can be read.
struct Listened {
  explicit Listened(Terminal::Settings settings) {
    REQUIRE(::pipe(ends.data()) == 0);
    settings.tool = "mx-sample";
    settings.descriptor = ends[1];
    terminal.emplace(std::move(settings));
  }
  std::string end() {
    terminal.reset();
    ::close(ends[1]);
    std::string out(1 << 16, '\0');
    out.resize(
        static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ends[0], out.data(), out.size()))));
    ::close(ends[0]);
    return out;
  }
  std::array<int, 2> ends = {};
  std::optional<Terminal> terminal;
};

TEST_CASE("progress is one line, at most six times a second, with the time left") {
  Listened listened({.updating_line = true});
  const Terminal::Clock::time_point start{};
  for (std::uint64_t i = 0; i <= 1000; ++i) {
    listened.terminal->progress({"step", i, 2000, "loss 0.5"}, start + milliseconds(i));
  }
  const std::string text = listened.end();
  std::size_t updates = 0;
  for (std::size_t at = 0; (at = text.find("\rmx-sample: step", at)) != std::string::npos; ++at) {
    ++updates;
  }
  CHECK(updates == 5);
  CHECK(has(text, "\rmx-sample: step 501/2000, 25 %, loss 0.5, 1.5 s left"));
  CHECK(!has(text, "\n"));
  CHECK(text.ends_with("\r"));  // cleared at the end
}

TEST_CASE("the time left counts from where a run went on") {
  Listened listened({.updating_line = true});
  const Terminal::Clock::time_point start{};
  listened.terminal->progress({"step", 900, 1000, ""}, start);
  listened.terminal->progress({"step", 910, 1000, ""}, start + milliseconds(1000));
  CHECK(has(listened.end(), "step 910/1000, 91 %, 9.0 s left"));
}

TEST_CASE("a message clears the line of progress first") {
  Listened listened({.updating_line = true});
  const Terminal::Clock::time_point start{};
  listened.terminal->progress({"row", 0, 0, ""}, start);
  listened.terminal->progress({"row", 5, 0, ""}, start + milliseconds(200));
  listened.terminal->warn("odd");
  CHECK(listened.end() == "\rmx-sample: row 5\r                \rmx-sample: warning: odd\n");
}

TEST_CASE("a line of progress fits its terminal, cut between characters") {
  CHECK(progress_text({"step", 1, 2, "loss \xc3\xa4"}, -1, 100) == "step 1/2, 50 %, loss \xc3\xa4");
  CHECK(progress_text({"step", 1, 2, "loss \xc3\xa4"}, -1, 22) == "step 1/2, 50 %, loss ");
  CHECK(progress_text({"step", 1, 2, "loss"}, -1, 0).empty());
}

TEST_CASE("quiet leaves warnings and errors, verbose adds, colors mark labels only") {
  const auto words = [](Terminal::Settings settings) {
    Listened listened(std::move(settings));
    listened.terminal->info("info");
    listened.terminal->verbose("verbose");
    listened.terminal->metrics({{"loss", 0.123456789}, {"step", 3}, {"list", {1}}, {"at", "a\nb"}});
    listened.terminal->warn("warning");
    listened.terminal->error("a\x1b[1m");
    listened.terminal->hint("hint");
    return listened.end();
  };
  CHECK(words({.quiet = true, .verbose = true}) ==
        "mx-sample: warning: warning\nmx-sample: error: a\\x1b[1m\nmx-sample: hint: hint\n");
  CHECK(words({}).starts_with("mx-sample: info\nmx-sample: warning: "));
  CHECK(words({.report_lines = true})
            .starts_with("mx-sample: info\nmx-sample: loss 0.12346, step 3, at a\\x0ab\nmx-"));
  CHECK(has(words({.verbose = true}), "mx-sample: verbose\nmx-sample: loss 0.12346"));
  CHECK(has(words({.color = true}), "mx-sample: \x1b[1;31merror: \x1b[0ma\\x1b[1m\n"));
}

TEST_CASE("verbose begins with the command line, ready to be pasted") {
  CHECK(run_sample({"show", "-v", "-q"}).err.empty());
  CHECK(run_sample({"fail", "a b'c", "-v"}).err == "mx-sample: mx-sample fail 'a b'\\''c' -v\n");
}

TEST_CASE("on a terminal progress is shown and colors are used, elsewhere not") {
  const Outcome terminal = run_on_terminal({"fail", "progress"}, "", {"TERM=xterm"});
  CHECK(terminal.code == 0);
  CHECK(has(terminal.out, "\rmx-sample: step 1/3, 33 %, loss 0.5, "));
  CHECK(has(terminal.out, "mx-sample: all steps are done\r\n"));
  CHECK(!has(terminal.out, "0.12346"));
  const Outcome pipe = run_sample({"fail", "progress"});
  CHECK(pipe.err == "mx-sample: step 3, loss 0.12346\nmx-sample: all steps are done\n");
  CHECK(run_sample({"fail", "progress", "--progress", "never"}).err ==
        "mx-sample: all steps are done\n");
  CHECK(has(run_sample({"fail", "progress", "--progress", "always"}).err, "\rmx-sample: step 1/3"));
  CHECK(!has(run_on_terminal({"fail", "progress", "--progress=never"}).out, "step 1"));
  CHECK(run_on_terminal({"fail", "progress", "-q"}).out.empty());

  const auto colored = [](const Outcome& got) { return has(got.out + got.err, "\x1b["); };
  CHECK(colored(run_on_terminal({"fail", "warn"}, "", {"TERM=xterm"})));
  CHECK(!colored(run_on_terminal({"fail", "warn"}, "", {"TERM=dumb"})));
  CHECK(!colored(run_on_terminal({"fail", "warn"}, "", {"TERM=xterm", "NO_COLOR=1"})));
  CHECK(colored(run_on_terminal({"fail", "warn"}, "", {"TERM=xterm", "NO_COLOR="})));
  CHECK(!colored(run_on_terminal({"fail", "warn", "--color=never"}, "", {"TERM=xterm"})));
  CHECK(!colored(run_sample({"fail", "warn"})));
  CHECK(
      colored(run_sample({"fail", "warn", "--color", "always"}, {.environment = {"NO_COLOR=1"}})));
}

TEST_CASE("a terminal is never waited for silently, nor filled with bytes unasked") {
  const Outcome filter = run_on_terminal({"filter"});
  CHECK(filter.code == 2);
  CHECK(filter.out ==
        "usage: mx-sample filter [FROM]\r\ntry 'mx-sample filter --help' for more\r\n");
  CHECK(run_sample({"filter"}, {.input = "piped"}).out == "piped");
  const Folder folder;
  write_file(folder / "in", "bytes");
  const Outcome refused = run_on_terminal({"filter", folder / "in"});
  CHECK(refused.code == 2);
  CHECK(has(refused.out, "binary and is not written to a terminal"));
  const Outcome forced = run_on_terminal({"filter", folder / "in", "-o", "-"});
  CHECK(forced.code == 0);
  CHECK(forced.out == "bytes");
  const Outcome typed = run_on_terminal({"filter", "-", "-o", "/dev/null"}, "x\n\x04");
  CHECK(typed.code == 0);
}

TEST_CASE("a reader that goes away ends a filter quietly and a long run with an error") {
  const auto code = [](const std::string& how) {
    std::array<int, 2> ends = {};
    REQUIRE(::pipe(ends.data()) == 0);
    ::close(ends[0]);
    const Outcome got = run_sample(
        {how == "save" ? "save" : "fail", how == "save" ? "-o" : how, how == "save" ? "-" : "-q"},
        {.out_path = "/dev/fd/" + std::to_string(ends[1])});
    ::close(ends[1]);
    return got;
  };
  const Outcome filter = code("lines");
  CHECK(filter.code == 141);
  CHECK(filter.err.empty());
  const Outcome save = code("save");
  CHECK(save.code == 4);
  CHECK(save.err == "mx-sample: error: cannot write standard output: Broken pipe\n");
}

}  // namespace
}  // namespace mx::cli::test
