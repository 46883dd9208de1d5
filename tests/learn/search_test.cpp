// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "learn/halving.h"
#include "learn/space.h"
#include "learn/trials.h"

namespace mx {
namespace {

struct File {
  explicit File(const std::string& text) : path("space-" + std::to_string(getpid()) + ".yaml") {
    std::ofstream(path) << text;
  }
  ~File() { unlink(path.c_str()); }
  std::string path;
};

TEST_CASE("drawn settings lie within their ranges, and depend on seed and number alone") {
  const File file(
      "lr: {low: 0.001, high: 0.1, log: true}\nbatch-size: {low: 2, high: 5}\n"
      "hidden: ['8', '16,8', 007]\n");
  const Space space = read_space(file.path);
  CHECK(dump_json(to_json(space)) ==
        "{\"lr\":{\"low\":0.001,\"high\":0.1,\"log\":true},\"batch-size\":{\"low\":2,\"high\":5},"
        "\"hidden\":[\"8\",\"16,8\",\"007\"]}");
  std::map<std::string, std::set<std::string>> seen;
  int small = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Settings settings = draw(space, 3, i);
    REQUIRE(settings.size() == 3);
    const double lr = std::stod(settings[0].value);
    CHECK((lr >= 0.001 && lr <= 0.1));
    small += lr < 0.01 ? 1 : 0;
    seen[settings[1].option].insert(settings[1].value);
    seen[settings[2].option].insert(settings[2].value);
    CHECK(draw(space, 3, i)[0].value == settings[0].value);
  }
  CHECK(std::abs(small - 100) < 30);  // half of them below the middle of the logarithms
  CHECK(seen["batch-size"] == std::set<std::string>{"2", "3", "4", "5"});
  CHECK(seen["hidden"] == std::set<std::string>{"8", "16,8", "007"});
  CHECK(draw(space, 4, 0)[0].value != draw(space, 3, 0)[0].value);
}

TEST_CASE("a space that is none is refused with its line") {
  const auto refusal = [](const std::string& text) {
    const File file(text);
    try {
      (void)read_space(file.path);
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::usage);
      return error.message();
    }
    return std::string();
  };
  CHECK(refusal("[1, 2]").find("no options") != std::string::npos);
  CHECK(refusal("dim: [64]\nlr: {low: 1}").find("line 2: lr lacks") != std::string::npos);
  CHECK(refusal("lr: {low: 1, high: 1}").find("not below") != std::string::npos);
  CHECK(refusal("lr: {low: 0, high: 1, log: true}").find("logarithm") != std::string::npos);
  CHECK(refusal("lr: {low: 0, high: 1, lag: true}").find("'lag'") != std::string::npos);
  CHECK(refusal("lr: 3").find("neither a list") != std::string::npos);
  CHECK(refusal("lr: []").find("no values") != std::string::npos);
}

TEST_CASE("rungs divide trials and multiply steps") {
  const std::vector<Rung> ladder = rungs(20, 900, 3);
  REQUIRE(ladder.size() == 3);
  CHECK((ladder[0].trials == 20 && ladder[0].steps == 100));
  CHECK((ladder[1].trials == 6 && ladder[1].steps == 300));
  CHECK((ladder[2].trials == 2 && ladder[2].steps == 900));
  CHECK(rungs(1, 5, 2).size() == 1);
  CHECK(rungs(64, 2, 4).front().trials == 64);  // too few steps for more rungs
  CHECK(rungs(64, 2, 4).back().steps == 2);
  CHECK_THROWS_AS((void)rungs(0, 1, 2), Error);
}

TEST_CASE("the best trials go on, failed ones are out, equal ones go by number") {
  std::map<std::uint64_t, std::uint64_t> steps;
  std::vector<std::uint64_t> out;
  const auto ranked = halve(
      rungs(9, 90, 3),
      [&](std::uint64_t trial, const Rung& rung) {
        steps[trial] = rung.steps;
        if (trial == 4) return std::nan("");
        return trial == 7 || trial == 2 ? 0.5 : 1.0 + static_cast<double>(trial);
      },
      [&](std::uint64_t trial) { out.push_back(trial); }, [] { return false; });
  CHECK(std::set(out.begin(), out.end()) == std::set<std::uint64_t>{0, 1, 3, 4, 5, 6, 7, 8});
  CHECK(out.size() == 8);
  REQUIRE(ranked.size() == 1);
  CHECK(ranked[0].trial == 2);
  CHECK(steps[2] == 90);
  CHECK(steps[7] == 30);
  CHECK(steps[0] == 30);
  CHECK(steps[1] == 10);
}

TEST_CASE("what a search has found is read again as it was") {
  const std::string path = "search-" + std::to_string(getpid()) + ".json";
  CHECK(!read_search(path));
  write_search(path, {"key", 1ULL << 52U, {{0, 3, 0.1 + 0.2, ""}, {1, 3, {}, "not finite"}}});
  const std::optional<Search> search = read_search(path);
  REQUIRE(search);
  CHECK(search->key == "key");
  CHECK(search->seed == 1ULL << 52U);
  REQUIRE(search->found.size() == 2);
  CHECK(search->found[0].loss == 0.1 + 0.2);
  CHECK((search->found[1].trial == 1 && !search->found[1].loss));
  CHECK(search->found[1].error == "not finite");
  std::ofstream(path) << "{\"key\": 3}";
  CHECK_THROWS_AS((void)read_search(path), Error);
  unlink(path.c_str());
}

}  // namespace
}  // namespace mx
