// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/json.h"
#include "base/threads.h"
#include "cli/sample.h"
#include "io/folder.h"
#include "sample.h"

namespace mx::cli::test {
namespace {

using mx::test::Folder;
using mx::test::read_file;
using mx::test::write_file;
using Words = std::vector<std::string>;

Json shown(Words arguments) {
  arguments.insert(arguments.begin(), "show");
  arguments.emplace_back("--json");
  const Outcome got = run_sample(arguments);
  REQUIRE_MESSAGE(got.code == 0, got.err);
  return parse_json(got.out, "what show shows");
}

TEST_CASE("every type of field is set by its flag") {
  const Json json = shown({"--loud",   "--no-header", "--count", "7",      "--learning-rate=1e-3",
                           "--title",  "-x",          "--limit", "-4",     "--clip",
                           "+2.5",     "--data",      "a,b",     "--data", "c",
                           "--hidden", "3,4,5",       "--paint", "blue",   "--table",
                           "t"});
  CHECK(json["loud"] == true);
  CHECK(json["header"] == false);
  CHECK(json["count"] == 7);
  CHECK(json["learning-rate"] == 0.001);
  CHECK(json["title"] == "-x");
  CHECK(json["limit"] == -4);
  CHECK(json["clip"] == 2.5);
  CHECK(json["data"] == Json::array({"a,b", "c"}));
  CHECK(json["hidden"] == Json::array({3, 4, 5}));
  CHECK(json["paint"] == "blue");
  CHECK(json["given"].size() == 11);
  CHECK(!json["lineage"].contains("data"));  // files are kept by digest, not by name
  CHECK(json["lineage"]["hidden"] == Json::array({3, 4, 5}));
  CHECK(shown({"--count", "2", "--count", "3"})["count"] == 3);
  CHECK(shown({"--loud=false", "--hidden", ""})["hidden"] == Json::array());
}

TEST_CASE("a mistake names the option, the closest word and that option's help alone") {
  const auto message = [](Words arguments) {
    arguments.insert(arguments.begin(), "show");
    const Outcome got = run_sample(arguments);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    return got.err;
  };
  CHECK(message({"--lerning-rate", "1"}) ==
        "mx-sample: error: unknown option --lerning-rate\n"
        "mx-sample: hint: did you mean --learning-rate\n");
  CHECK(message({"--no-haeder"}) ==
        "mx-sample: error: unknown option --no-haeder\n"
        "mx-sample: hint: did you mean --no-header\n");
  CHECK(message({"--zzzzzz=3"}) == "mx-sample: error: unknown option --zzzzzz\n");
  CHECK(message({"--count", "eleven"}) ==
        "mx-sample: error: --count: 'eleven' is not a whole number\n"
        "mx-sample: hint: --count N: How many (default 3; 1 to 10)\n");
  CHECK(message({"--count", "11"}) ==
        "mx-sample: error: --count: 11 is not within 1 and 10\n"
        "mx-sample: hint: --count N: How many (default 3; 1 to 10)\n");
  CHECK(has(message({"--count", "1.5"}), "'1.5' is not a whole number"));
  CHECK(has(message({"--count", "99999999999999999999"}), "is too large"));
  CHECK(has(message({"--learning-rate", "nan"}), "'nan' is not a number"));
  CHECK(has(message({"--hidden", "1,,2"}), "'' is not a whole number"));
  CHECK(has(message({"--paint", "blu"}), "'blu' is none of red, green, blue; did you mean blue"));
  CHECK(has(message({"--loud=perhaps"}), "--loud"));
  CHECK(has(message({"--count"}), "--count needs a value\nmx-sample: hint: --count N"));
  CHECK(has(message({"--title", "a", "b"}), "'b' is one word too many"));
  CHECK(has(message({"--x\x1b[31m"}), "unknown option --x\\x1b[31m"));
  CHECK(has(message({"-loud"}), "did you mean --loud"));
}

TEST_CASE("a mistyped or misplaced verb is told") {
  CHECK(run_sample({"shwo"}).err ==
        "mx-sample: error: 'shwo' is neither a verb nor a file\n"
        "mx-sample: hint: did you mean show\n");
  CHECK(has(run_sample({"--loud", "show"}).err, "verbs come first: mx-sample show"));
}

TEST_CASE("config files give values, later ones win, flags win over all") {
  const Folder folder;
  write_file(folder / "a.yaml",
             "count: 4\nhidden: [1, 2]\ndata: [x, 007]\nloud: yes\nlimit: 5\ntitle: 12\n");
  write_file(folder / "b.yaml", "count: 5\nlimit: null\npaint: \"red\"\nhidden: 9\n");
  const Json json = shown({"--config", folder / "a.yaml", "--config", folder / "b.yaml",
                           "--learning-rate", "0.25", "--data", "z"});
  CHECK(json["count"] == 5);
  CHECK(json["hidden"] == Json::array({9}));
  CHECK(json["data"] == Json::array({"z"}));
  CHECK(json["loud"] == true);
  CHECK(json["limit"].is_null());
  CHECK(json["paint"] == "red");
  CHECK(json["title"] == "12");
  CHECK(json["learning-rate"] == 0.25);
  CHECK(shown({"--config", folder / "a.yaml"})["data"] == Json::array({"x", "007"}));
}

TEST_CASE("a wrong config file is refused with file and line") {
  const Folder folder;
  const std::string path = folder / "c.yaml";
  const auto message = [&](std::string_view text) {
    write_file(path, text);
    const Outcome got = run_sample({"show", "--config", path});
    CHECK(got.code == 2);
    return got.err.substr(std::min(got.err.size(), got.err.find(": error: ") + 9));
  };
  CHECK(message("count: 1\nlerning-rate: 1\n") ==
        path + ":2: unknown key 'lerning-rate'\nmx-sample: hint: did you mean learning-rate\n");
  CHECK(has(message("count: 1\ncount: 2\n"), path + ":2: the key 'count' stands twice"));
  CHECK(has(message("\n\ncount: many\n"), path + ":3: count: 'many' is not a whole number\n"));
  CHECK(has(message("count: many\n"), "hint: --count N: How many"));
  CHECK(has(message("count: [1]\n"), path + ":1: count: one value is needed, not a list"));
  CHECK(has(message("count: {a: 1}\n"), ":1: count: one value is needed, not keys"));
  CHECK(has(message("count:\n"), ":1: count: a value is missing"));
  CHECK(has(message("hidden: [1, [2]]\n"), ":1: hidden: its items must be single values"));
  CHECK(has(message("hidden: [1, x]\n"), ":1: hidden: 'x' is not a whole number"));
  CHECK(has(message("paint: gren\n"), "did you mean green"));
  CHECK(has(message("config: a\n"), "unknown key 'config'"));
  CHECK(has(message("generate-man: true\n"), "unknown key"));
  CHECK(has(message("- a\n"), "is not a list of keys"));
  CHECK(has(message("a: [\n"), path + ":"));
  CHECK(run_sample({"show", "--config", folder / "no.yaml"}).code == 2);
  write_file(path, "# nothing\n");
  CHECK(run_sample({"show", "--config", path}).code == 0);
}

TEST_CASE("dump-config says where values come from and can be read again") {
  const Folder folder;
  write_file(folder / "a.yaml", "count: 4\ntitle: 'it: \"is\"'\n");
  const Words arguments = {"show",         "--config", folder / "a.yaml", "--hidden", "1,2",
                           "--data",       "null",     "--data",          "a b",      "--table",
                           "x\x7f\xc3\xa4"};
  Words dumping = arguments;
  dumping.emplace_back("--dump-config");
  const Outcome dump = run_sample(dumping);
  CHECK(dump.code == 0);
  CHECK(dump.err.empty());
  CHECK(has(dump.out, "count: 4                                # " + folder / "a.yaml" + ":1\n"));
  CHECK(has(dump.out, "hidden: [1, 2]                          # flag\n"));
  CHECK(has(dump.out, "learning-rate: 0.5                      # default\n"));
  CHECK(has(dump.out, "limit: null "));
  CHECK(!has(dump.out, "dump-config:"));
  write_file(folder / "b.yaml", dump.out);
  const Json first = shown(Words(arguments.begin() + 1, arguments.end()));
  const Json again = shown({"--config", folder / "b.yaml"});
  for (const char* key : {"count", "title", "hidden", "data", "table", "paint", "limit"}) {
    CHECK(again[key] == first[key]);
  }
  const Outcome second = run_sample({"show", "--config", folder / "b.yaml", "--dump-config"});
  const auto values = [](const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      out += text.substr(at, std::min(end, text.find(" # ", at)) - at) + "\n";
      at = end + 1;
    }
    return out;
  };
  CHECK(values(second.out) == values(dump.out));
}

TEST_CASE("seed, threads, device and memory are always in force") {
  const Outcome drawn = run_sample({"show", "--json"});
  const Json json = parse_json(drawn.out, "it");
  CHECK(drawn.err == fmt::format("mx-sample: seed {}\n", json["seed"].get<std::uint64_t>()));
  CHECK(json["threads"] == usable_cores());
  CHECK(json["device"] == "cpu");
  CHECK(json["max-memory"].get<std::uint64_t>() > 1000000);
  const Json given = shown({"--seed", "7", "--threads", "3", "--max-memory", "2GiB"});
  CHECK(given["seed"] == 7);
  CHECK(given["threads"] == 3);
  CHECK(given["max-memory"] == std::uint64_t{2} << 30);
  CHECK(run_sample({"show", "--seed", "7"}).err.empty());
  CHECK(run_sample({"show", "--threads", "0"}).code == 2);
  CHECK(run_sample({"show", "--seed", "-1"}).code == 2);
  CHECK(has(run_sample({"show", "--max-memory", "much"}).err, "--max-memory: 'much' is no size"));
}

TEST_CASE("a named device that is missing is an error, auto falls back and says so") {
  const auto with = [](int devices) {
    return Setting{
        .change = [devices](Tool& tool) { tool.cuda_devices = [devices] { return devices; }; }};
  };
  CHECK(run_sample({"show", "--device", "cuda"}).code == 2);
  CHECK(run_sample({"show", "--device", "cuda"}, with(0)).code == 2);
  CHECK(run_sample({"show", "--device", "cuda:2"}, with(2)).code == 2);
  CHECK(has(run_sample({"show", "--device", "gpu"}, with(2)).err, "'gpu' is no device"));
  CHECK(run_sample({"show", "--device", "cuda:-1"}, with(2)).code == 2);
  const auto device = [&](const std::string& asked, int devices) {
    const Outcome got = run_sample({"show", "--json", "--device", asked}, with(devices));
    return parse_json(got.out, "it")["device"].get<std::string>();
  };
  CHECK(device("cuda", 2) == "cuda:0");
  CHECK(device("cuda:1", 2) == "cuda:1");
  CHECK(device("auto", 2) == "cuda:0");
  CHECK(device("auto", 0) == "cpu");
  CHECK(has(run_sample({"show", "--seed", "1", "--device", "auto"}).err, "no CUDA device"));
}

TEST_CASE("outputs are checked before any work") {
  const Folder folder;
  write_file(folder / "in", "text");
  write_file(folder / "old", "old");
  const auto code = [&](const std::string& to, bool force) {
    Words arguments = {folder / "in", "-o", to};
    if (force) arguments.emplace_back("-f");
    return run_sample(arguments).code;
  };
  CHECK(code(folder / "new", false) == 0);
  CHECK(read_file(folder / "new") == "text");
  CHECK(code(folder / "old", false) == 2);
  CHECK(read_file(folder / "old") == "old");
  CHECK(code(folder / "old", true) == 0);
  CHECK(read_file(folder / "old") == "text");
  CHECK(code(folder / "in", true) == 2);
  CHECK(code("/dev/null", false) == 0);
  CHECK(code("/dev/full", false) == 4);
  CHECK(code(folder / "no/where", false) == 4);
  // Before any work: the missing input is not even looked at.
  CHECK(run_sample({folder / "missing", "-o", folder / "old"}).code == 2);
  CHECK(run_sample({folder / "missing", "-o", folder / "fresh"}).code == 3);
  CHECK(has(run_sample({folder / "in"}).err, "the output is missing"));
  // A field that holds a file is an input as well.
  CHECK(run_sample({"/dev/null", "--table", folder / "old", "-f", "-o", folder / "old"}).code == 2);
  CHECK(run_sample({"/dev/null", "--data", folder / "old", "-f", "-o", folder / "old"}).code == 2);
  CHECK(run_sample({folder / "in", "-o", "-", "--json"}).code == 2);
  CHECK(folder.names() == Words{"in", "new", "old"});
}

TEST_CASE("standard output carries the result alone") {
  const Outcome copied =
      run_sample({"-", "-o", "-", "--seed", "1", "--progress", "never"}, {.input = "through"});
  CHECK(copied.code == 0);
  CHECK(copied.out == "through");
  CHECK(copied.err == "mx-sample: 7 bytes\n");
  const Outcome json =
      run_sample({"-", "-o", "/dev/null", "--seed", "1", "--json", "-q"}, {.input = "through"});
  CHECK(json.out == "{\"bytes\":7,\"nan\":null}\n");
  CHECK(json.err.empty());
  const Outcome text = run_sample({"-", "-o", "/dev/null", "--seed", "1"}, {.input = "through"});
  CHECK(text.out == "7 bytes\n");
  CHECK(text.err == "mx-sample: step 1, loss 0.25\n");
}

TEST_CASE("a full or closed standard output is an output error, a broken one ends a filter") {
  CHECK(run_sample({"show", "--seed", "1"}, {.out_path = "/dev/full"}).code == 4);
  CHECK(run_sample({"--help"}, {.out_path = "/dev/full"}).code == 4);
  CHECK(run_sample({"show", "--dump-config"}, {.out_path = "/dev/full"}).code == 4);
  const Outcome closed = run_sample({"show", "--seed", "1"}, {.closed = {STDOUT_FILENO}});
  CHECK(closed.code == 4);
  CHECK(closed.err == "mx-sample: error: cannot write standard output: Bad file descriptor\n");
  CHECK(run_sample({"fail", "warn"}, {.closed = {0, 1, 2}}).code == 0);
  CHECK(run_sample({"-", "-o", "/dev/null"}, {.closed = {STDIN_FILENO}}).code == 3);
}

TEST_CASE("each kind of failure has its exit code and its words") {
  CHECK(run_sample({"fail", "no"}).code == 1);
  CHECK(run_sample({"fail", "no"}).err.empty());
  const Outcome memory = run_sample({"fail", "memory"});
  CHECK(memory.code == 5);
  CHECK(memory.err == "mx-sample: error: out of memory\n");
  const Outcome bug = run_sample({"fail", "bug"});
  CHECK(bug.code == 5);
  CHECK(has(bug.err, "mx-sample: error: this is a bug: vector::at\nmx-sample: hint: report it"));
  CHECK(run_sample({"fail", "strange"}).code == 5);
  const Outcome input = run_sample({"fail", "input"});
  CHECK(input.code == 3);
  CHECK(input.err == "mx-sample: error: x\\x1b[31m is damaged\nmx-sample: hint: get it again\n");
  CHECK(run_sample({"fail", "warn", "-q"}).err == "mx-sample: warning: this is odd\n");
  CHECK(run_sample({"fail"}).code == 2);
}

TEST_CASE("signals end filters at once and let long runs save") {
  const Folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  CHECK(run_sample({"fail", "slow"}).code == 143);
  std::filesystem::current_path(before);
  CHECK(folder.names().empty());
  const Outcome saved = run_sample({"save", "-o", folder / "a"});
  CHECK(saved.code == 143);
  CHECK(saved.err == "mx-sample: saved\n");
}

TEST_CASE("metrics begin with the config, one object a line, and are kept") {
  const Folder folder;
  write_file(folder / "in", "text");
  const Words arguments = {folder / "in", "-o", "/dev/null", "--count",         "7",
                           "--seed",      "5",  "--metrics", folder / "m.jsonl"};
  CHECK(run_sample(arguments).code == 0);
  CHECK(run_sample(arguments).code == 0);
  std::vector<Json> lines;
  std::istringstream text(read_file(folder / "m.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(parse_json(line, "a line"));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0]["tool"] == "mx-sample");
  CHECK(lines[0]["config"]["count"] == 7);
  CHECK(lines[0]["seed"] == 5);
  CHECK(lines[0]["libraries"].contains("zstd"));
  CHECK(lines[1] == Json{{"step", 1}, {"loss", 0.25}});
  CHECK(lines[2] == lines[0]);
  Words full = arguments;
  full.back() = "/dev/full";
  CHECK(run_sample(full).code == 4);
  full.back() = folder / "in";
  CHECK(run_sample(full).code == 2);
  full.back() = folder / "no/m";
  CHECK(run_sample(full).code == 4);
}

}  // namespace
}  // namespace mx::cli::test
