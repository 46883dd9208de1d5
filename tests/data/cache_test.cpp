// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "data/cache_facts.h"
#include "data/cache_piece.h"
#include "data/log_steps.h"
#include "data/output_cache.h"
#include "file/reader.h"
#include "file/writer.h"

namespace mx {
namespace {

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

CacheFacts facts_of(std::uint64_t classes, std::uint64_t top, bool tokens,
                    std::vector<std::uint64_t> hidden = {}) {
  return {.teachers = {std::string(64, 'a')},
          .data = std::string(64, 'd'),
          .tokens = tokens,
          .rows = 5,
          .epochs = 1,
          .classes = classes,
          .top = top,
          .piece = 2,
          .hidden = std::move(hidden)};
}

// Piece `number` with numbers of its own.
CachePiece sample(const CacheFacts& facts, std::uint64_t number) {
  Random random(number);
  std::vector<std::uint32_t> counts;
  for (std::uint64_t i = 0; i < facts.rows_in(number); ++i) {
    counts.push_back(facts.tokens ? static_cast<std::uint32_t>(random.below(4)) : 1);
  }
  CachePiece out = make_piece(facts, number, counts);
  std::vector<std::int64_t> all(facts.classes);
  for (std::size_t at = 0; at < out.positions(); ++at) {
    std::iota(all.begin(), all.end(), 0);
    random.shuffle(std::span(all));
    std::vector<float> log_p(facts.top);
    for (float& value : log_p) value = static_cast<float>(-20 * random.uniform());
    set_position(facts, out, at, std::span(all).first(facts.top), log_p,
                 {.mass = 10, .evenness = static_cast<std::uint8_t>(at)});
  }
  if (facts.hidden.empty()) return out;
  // One token more than positions in each row, of layers that are 3 wide.
  for (std::uint32_t& count : counts) ++count;
  std::vector<float> numbers(3 * std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  std::vector<Tensor> layers;
  for (std::size_t i = 0; i < facts.hidden.size(); ++i) {
    for (float& value : numbers) value = static_cast<float>(random.normal());
    layers.push_back(tensor_of({static_cast<std::int64_t>(numbers.size() / 3), 3}, numbers));
  }
  set_hidden(facts, out, counts, layers);
  return out;
}

Model sample_cache(const CacheFacts& facts) {
  Model model;
  model.header.kind = FileKind::cache;
  model.header.extra = to_json(facts);
  for (std::uint64_t number = 0; number < facts.pieces(); ++number) {
    for (Weight& weight : take_weights(facts, sample(facts, number))) {
      model.weights.push_back(std::move(weight));
    }
  }
  return model;
}

struct File {
  explicit File(Model model) {
    ThreadPool pool(1);
    write_model(path, io::Existing::replace, model, pool);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path); }
  std::string path = std::filesystem::temp_directory_path() /
                     ("mx-cache-" + std::to_string(Random(draw_seed()).next()) + ".mx");
};

double log_sum(const std::vector<double>& log_p, double power) {
  double sum = 0;
  for (const double value : log_p) sum += std::exp(power * value);
  return std::log(sum);
}

}  // namespace

TEST_CASE("a log-probability of a byte is off by half a step at most, less where it weighs most") {
  for (double log_p = 0; log_p > -15.8; log_p -= 0.001) {
    const double half_step = (2 * std::sqrt(-log_p) * 64 + 1) / (64 * 64) / 2 + 1e-4;
    CHECK(std::fabs(log_p_of(steps_of(log_p)) - log_p) <= half_step);
  }
  CHECK(steps_of(-16) == kMostSteps);
  CHECK(steps_of(-INFINITY) == kMostSteps);
  CHECK(steps_of(1e-7) == 0);
}

TEST_CASE("what is left out is known at any temperature, better than spread evenly or as one") {
  Random random(3);
  for (const double power : {0.0, 0.8, 1.2, 1.6}) {
    // The tail of a power law, or of normal logits.
    std::vector<double> tail(5000);
    for (std::size_t i = 0; i < tail.size(); ++i) {
      const double noise = random.normal();
      tail[i] = power == 0 ? 2.5 * noise - 8 : -power * std::log(20.0 + static_cast<double>(i));
    }
    const double all = log_sum(tail, 1);
    for (double& value : tail) value += std::log(0.1) - all;  // a tenth of all
    const TailBytes bytes = tail_of(log_sum(tail, 1), log_sum(tail, 0.5), tail.size());
    for (const double t : {1.0, 1.5, 2.0, 3.0, 4.0, 8.0}) {
      const double right = log_sum(tail, 1 / t);
      const double even = std::log(0.1) / t + (1 - 1 / t) * std::log(tail.size());
      const double one = std::log(0.1) / t;
      const double error = std::fabs(log_tail(bytes, tail.size(), t) - right);
      CAPTURE(power);
      CAPTURE(t);
      CHECK(error < (t == 1 || t == 2 ? 0.03 : 0.1));
      if (t > 1) CHECK(error <= std::fabs(even - right) + 0.02);
      if (t > 1) CHECK(error < std::fabs(one - right));
    }
  }
  CHECK(tail_of(-INFINITY, -INFINITY, 3).mass == kMostSteps);
  CHECK(std::isfinite(log_tail(tail_of(-INFINITY, -INFINITY, 3), 3, 0.5)));
}

TEST_CASE("a cache gives back the ids and steps that were set, likeliest first") {
  for (const bool tokens : {false, true}) {
    for (const std::uint64_t classes : {7U, 300U, 70000U}) {
      for (const std::uint64_t top : {std::uint64_t{3}, std::min<std::uint64_t>(classes, 300)}) {
        const CacheFacts facts = facts_of(classes, top, tokens);
        const File file(sample_cache(facts));
        ThreadPool pool(1);
        const OutputCache cache(file.path, facts, 8, pool, 0);
        for (std::uint64_t row = 0; row < facts.rows; ++row) {
          const CachePiece piece = sample(facts, row / facts.piece);
          const OutputCache::Row found = cache.row(0, row);
          const std::uint32_t* const counts = piece.counts.values.as<std::uint32_t>().data();
          const std::size_t begin = row % 2 == 0 ? 0 : counts[0];
          REQUIRE(found.positions == counts[row % 2]);
          for (std::size_t at = 0; at < found.positions; ++at) {
            for_each_class(piece, begin + at, [&](std::size_t i, std::uint64_t id, unsigned steps) {
              CHECK(static_cast<std::uint64_t>(found.ids[at * top + i]) == id);
              CHECK(found.steps[at * top + i] == steps);
            });
            if (top < classes) CHECK(found.tails[at].evenness == begin + at);
          }
        }
      }
    }
  }
}

TEST_CASE("a cache of something else is refused by name, with both values") {
  const CacheFacts wanted = facts_of(7, 3, true);
  const auto refused = [&](auto&& change) {
    CacheFacts found = wanted;
    change(found);
    return message_of([&] { check_facts("c.mx", found, wanted); });
  };
  CHECK(refused([](CacheFacts&) {}).empty());
  CHECK(refused([](CacheFacts& facts) { facts.teachers = {std::string(64, 'b')}; }) ==
        "c.mx was made by another teacher: it has " + std::string(64, 'b') + ", this run " +
            std::string(64, 'a'));
  CHECK(refused([](CacheFacts& facts) { facts.data = std::string(64, 'e'); }) ==
        "c.mx was made from other rows: it has " + std::string(64, 'e') + ", this run " +
            std::string(64, 'd'));
  CHECK(refused([](CacheFacts& facts) { facts.top = 2; }) ==
        "c.mx was made with another --cache-top: it has 2, this run 3");
  CHECK(refused([](CacheFacts& facts) { facts.epochs = 2; }) ==
        "c.mx was made with another --cache-epochs: it has 2, this run 1");
  // More hidden states than are wanted are no harm.
  CHECK(refused([](CacheFacts& facts) { facts.hidden = {1, 3}; }).empty());
  const auto lacking = [](std::vector<std::uint64_t> has, std::vector<std::uint64_t> asked) {
    return message_of([&] {
      check_facts("c.mx", facts_of(7, 3, true, std::move(has)),
                  facts_of(7, 3, true, std::move(asked)));
    });
  };
  CHECK(lacking({0, 1, 3}, {1, 3}).empty());
  CHECK(lacking({1, 3}, {2, 3}) ==
        "c.mx was made with hidden states of other layers: it has 1,3, this run 2,3");
  CHECK(lacking({}, {0}) ==
        "c.mx was made with hidden states of other layers: it has none, this run 0");
}

TEST_CASE("hidden states come back as they were, to 8 bits of each token's largest") {
  for (const bool tokens : {false, true}) {
    const CacheFacts facts = facts_of(7, 3, tokens, {0, 2});
    const File file(sample_cache(facts));
    ThreadPool pool(1);
    const OutputCache cache(file.path, facts, 8, pool, 0);
    for (std::uint64_t row = 0; row < facts.rows; ++row) {
      const CachePiece piece = sample(facts, row / facts.piece);
      const auto lengths = piece.lengths.values.as<std::uint32_t>();
      const std::size_t begin = row % 2 == 0 ? 0 : lengths[0];
      for (const std::size_t layer : {std::size_t{0}, std::size_t{1}}) {
        const OutputCache::Hidden found = cache.hidden(layer, 0, row);
        REQUIRE(found.scales.size() == lengths[row % 2]);
        REQUIRE(found.width == 3);
        const Tensor right = to_f32(piece.hidden[layer]);
        for (std::size_t i = 0; i < found.codes.size(); ++i) {
          CHECK(found.scales[i / 3] * static_cast<float>(found.codes[i]) ==
                right.as<float>()[begin * 3 + i]);
        }
      }
    }
  }
}

TEST_CASE("a hostile cache is refused in words, by reader and check alike") {
  const CacheFacts facts = facts_of(300, 3, true, {1});
  const auto refused = [&](auto&& change) {
    Model model = sample_cache(facts);
    change(model);
    const File file(model);
    ThreadPool pool(1);
    const std::string reading =
        message_of([&] { (void)OutputCache(file.path, facts, 8, pool, 0); });
    const std::string checking =
        message_of([&] { check_cache(read_model(file.path, pool), "c.mx"); });
    CHECK(reading.ends_with(checking));
    CHECK(!checking.empty());
    return reading.substr(reading.find(": ") + 2);
  };
  const auto weight = [](Model& model, std::string_view name) -> Weight& {
    return *std::ranges::find(model.weights, name, &Weight::name);
  };
  CHECK(refused([&](Model& m) { weight(m, "ids.1").values.as<std::uint16_t>()[0] = 300; }) ==
        "tensor \"ids.1\" has the class 300 of 300");
  CHECK(refused([&](Model& m) {
          const auto ids = weight(m, "ids.1").values.as<std::uint16_t>();
          ids[1] = ids[0];
        }) == "tensor \"ids.1\" has classes twice or out of order");
  CHECK(refused([&](Model& m) {
          const auto ids = weight(m, "ids.1").values.as<std::uint16_t>();
          ids[0] = 7;
          ids[1] = 6;
          weight(m, "steps.1").values.as<std::uint8_t>()[1] = 0;
        }) == "tensor \"ids.1\" has classes twice or out of order");
  CHECK(refused([&](Model& m) {
          std::ranges::fill(weight(m, "steps.1").values.as<std::uint8_t>(), std::uint8_t{200});
        }) == "tensor \"steps.1\" goes beyond 255 steps");
  CHECK(refused([&](Model& m) { weight(m, "counts.1").values.as<std::uint32_t>()[0] += 1; }) ==
        "tensor \"ids.1\" does not belong there");
  CHECK(refused([&](Model& m) { weight(m, "tails.0").values.dtype = DType::i8; }) ==
        "tensor \"tails.0\" does not belong there");
  CHECK(refused([&](Model& m) { weight(m, "tails.0").name = "tails.9"; }) ==
        "tensor \"tails.9\" does not belong there");
  CHECK(refused([&](Model& m) { weight(m, "hidden.1.0").name = "hidden.2.0"; }) ==
        "tensor \"hidden.2.0\" does not belong there");
  CHECK(refused([&](Model& m) { weight(m, "lengths.2").values.as<std::uint32_t>()[0] += 1; }) ==
        "tensor \"hidden.1.2\" does not belong there");
  const auto wide = [](Weight& of, std::int64_t width) {
    of.values = Tensor(DType::i8, {of.values.shape[0], width});
    std::ranges::fill(of.values.data.bytes(), std::uint8_t{0});
  };
  ThreadPool pool(1);
  for (const auto& [name, width] : {std::pair("hidden.1.1", 4), std::pair("hidden.1.0", 0)}) {
    Model of_widths = sample_cache(facts);
    wide(weight(of_widths, name), width);
    const File file(std::move(of_widths));
    CHECK(message_of([&] { check_cache(read_model(file.path, pool), "c.mx"); }) ==
          "c.mx: hidden states of layer 1 have no width, or two");
  }
  const File whole(sample_cache(facts));
  CHECK(message_of([&] {
          (void)OutputCache(whole.path, facts, 1, pool, 0);
        }).ends_with("has more positions than its rows"));
  Model model = sample_cache(facts);
  model.weights.pop_back();
  const File short_one(model);
  CHECK(message_of([&] { check_cache(read_model(short_one.path, pool), "c.mx"); }) ==
        "c.mx has 17 tensors, not 6 for each of 3 pieces");
}

TEST_CASE("a cache of every format version is one today") {
  ThreadPool pool(1);
  Model model = read_model(std::string(MX_GOLDEN) + "/v2-cache.mx", pool);
  const CacheFacts facts = cache_facts(model.header, "v2-cache.mx");
  CHECK(facts.classes == 13);
  CHECK(facts.top == 4);
  CHECK(facts.rows == 68);
  check_cache(std::move(model), "v2-cache.mx");
  Model hidden = read_model(std::string(MX_GOLDEN) + "/v4-cache.mx", pool);
  CHECK(cache_facts(hidden.header, "v4-cache.mx").hidden == std::vector<std::uint64_t>{0, 1});
  check_cache(std::move(hidden), "v4-cache.mx");
}

TEST_CASE("facts that cannot be, and files of other kinds, are refused") {
  const Json right = to_json(facts_of(7, 3, true));
  const auto refused = [&](const char* key, const Json& value) {
    Header header;
    header.kind = FileKind::cache;
    header.extra = right;
    header.extra[key] = value;
    return message_of([&] { (void)cache_facts(header, "c.mx"); });
  };
  CHECK(refused("top", 3).empty());
  CHECK(!refused("top", 8).empty());
  CHECK(!refused("top", 0).empty());
  CHECK(!refused("rows", 0).empty());
  CHECK(!refused("classes", 1 << 25).empty());
  CHECK(!refused("data", "d").empty());
  CHECK(!refused("teachers", Json::array()).empty());
  CHECK(!refused("epochs", -1).empty());
  CHECK(!refused("piece", 0).empty());
  CHECK(!refused("more", 1).empty());
  Header header;
  CHECK(message_of([&] { (void)cache_facts(header, "m.mx"); }) ==
        "m.mx holds no outputs of a teacher");
}

TEST_CASE("rows that a teacher sees otherwise have another digest") {
  Dataset data{
      .rows = 2, .inputs = 2, .outputs = 0, .x = {1, 2, 3, 4}, .classes = {0, 1}, .targets = {}};
  const std::string before = rows_digest(data);
  CHECK(before.size() == 64);
  data.classes = {1, 1};  // no teacher sees these
  CHECK(rows_digest(data) == before);
  data.x[3] = 5;
  CHECK(rows_digest(data) != before);
}

}  // namespace mx
