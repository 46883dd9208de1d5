// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>

#include "file/digest.h"
#include "file/head.h"
#include "file/layout.h"
#include "sample.h"

namespace mx {

using namespace testing;  // NOLINT: a test

namespace {

Model tensors_only() {
  Random random(3);
  Model model;
  model.header.kind = FileKind::tensors;
  model.header.extra = Json{{"format", "pt"}};
  const auto add = [&](std::string name, DType dtype, Shape shape) {
    Weight weight{std::move(name), Tensor(dtype, std::move(shape)), Scheme::plain, Tensor{}};
    for (std::uint8_t& byte : weight.values.data.bytes()) {
      byte = static_cast<std::uint8_t>(random.next());
    }
    model.weights.push_back(std::move(weight));
  };
  for (std::uint8_t code = 0; code < 15; ++code) {
    const DType dtype = dtype_from(code);
    const std::string name(name_of(dtype));
    add(name + ".empty", dtype, {0});
    add(name + ".hollow", dtype, {3, 0, 5});
    add(name + ".scalar", dtype, {});
    add(name + ".one", dtype, {1});
    add(name + ".some", dtype, {7, 3, 2});
  }
  add("large.noise", DType::u8, {1100, 1021});
  add("large.more", DType::f32, {300, 1000});
  add("ünïcode \"name\"\n", DType::i16, {4});
  return model;
}

}  // namespace

TEST_CASE("a model comes back as it was written, from memory and through a pipe") {
  ThreadPool pool(2);
  for (const bool quantized : {false, true}) {
    for (const Effort effort : {Effort::fast, Effort::normal, Effort::max}) {
      Model model = digits_model({512, 256}, 0.8, quantized);
      const Bytes bytes = bytes_of(model, pool, effort);
      CHECK(same(model, model_of(bytes, pool, {.verify_sections = true})));
      PipeInput pipe(bytes);
      CHECK(same(model, read_model(pipe, pool)));
    }
  }
}

TEST_CASE("tensors of every type and of empty shapes come back, bit for bit") {
  ThreadPool pool(2);
  Model model = tensors_only();
  const Bytes bytes = bytes_of(model, pool);
  CHECK(same(model, model_of(bytes, pool, {.verify_sections = true})));
}

TEST_CASE("tensors that repeat others are stored once, and come back however they are read") {
  ThreadPool pool(2);
  Model model = tensors_only();
  std::size_t repeats = 0;
  const auto repeat = [&](std::size_t number, std::string name) {
    model.weights.push_back(model.weights[number]);
    model.weights.back().name = std::move(name);
    ++repeats;
  };
  const auto number_of = [&](std::string_view name) {
    return static_cast<std::size_t>(find_weight(model, name) - model.weights.data());
  };
  const Bytes before = bytes_of(model, pool);
  repeat(number_of("large.more"), "large.again");
  repeat(number_of("f64.some"), "small.again");
  repeat(number_of("large.more"), "large.third");
  repeat(number_of("u16.some"), "u16.again");
  Weight& near = model.weights.emplace_back(model.weights[number_of("u16.some")]);
  near.name = "nearly";
  near.values.data.data()[near.values.data.size() - 1] ^= 1;
  const Bytes bytes = bytes_of(model, pool);
  CHECK(bytes.size() < before.size() + 250);
  CHECK(same(model, model_of(bytes, pool, {.verify_sections = true})));
  PipeInput pipe(bytes);
  ModelStream stream(pipe, pool, {.verify_sections = true});
  for (const Weight& weight : model.weights) {
    const std::optional<Weight> next = stream.next();
    REQUIRE(next);
    CHECK(next->name == weight.name);
    CHECK(std::ranges::equal(next->values.data.bytes(), weight.values.data.bytes()));
  }
  CHECK(!stream.next());
  CHECK(stream.finish().identity == model.identity);
  const std::unique_ptr<io::Input> in = io::memory_input(bytes, "m.mx");
  const Overview overview = read_overview(*in, {.verify_sections = true});
  std::size_t found = 0;
  std::uint64_t nonzero = 0;
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    const StoredTensor& stored = overview.tensors[i];
    if (stored.entry.same) {
      ++found;
      CHECK(stored.bytes == 0);
    }
    const Weight weight = read_weight(*in, overview, stored.entry.name, pool);
    CHECK(weight.name == model.weights[i].name);
    CHECK(std::ranges::equal(weight.values.data.bytes(), model.weights[i].values.data.bytes()));
    nonzero += count_nonzero(weight.values);
  }
  CHECK(found == repeats);
  CHECK(overview.nonzero == nonzero);
  // Through a pipe, what is to come again is held in memory, and counts.
  const std::size_t largest = 300 * 1000 * 4;
  PipeInput again(bytes);
  CHECK_THROWS_AS(ModelStream(again, pool, {.max_memory = largest + 1000}), Error);
  // A repetition that is none is not written.
  Bytes out;
  const std::unique_ptr<io::Output> to = io::memory_output(out);
  ModelWriter writer(*to, model.header, pool);
  for (std::size_t i = 0; i < number_of("large.again"); ++i) writer.add(model.weights[i]);
  Weight changed = model.weights[number_of("large.again")];
  changed.values.data.data()[5] ^= 1;
  CHECK_THROWS_WITH_AS(writer.add(changed), doctest::Contains("not what it was to repeat"), Error);
}

TEST_CASE("codes in groups come back, and a file of version 1 holds none") {
  ThreadPool pool(2);
  Model model = digits_model({16}, 0, false);
  Random random(4);
  for (Weight& weight : model.weights) {
    if (weight.values.shape.size() < 2) continue;
    weight.scheme = Scheme::group;
    weight.group = 24;  // does not divide the rows
    weight.values = Tensor(DType::i8, weight.values.shape);
    for (std::int8_t& code : weight.values.as<std::int8_t>()) {
      code = static_cast<std::int8_t>(random.below(15)) - 7;
    }
    weight.scales = Tensor(DType::bf16, scales_shape(weight.values.shape, weight.group));
    for (std::size_t i = 0; i < weight.scales.data.size(); i += 2) {
      weight.scales.data.data()[i] = 0;
      weight.scales.data.data()[i + 1] = static_cast<std::uint8_t>(0x3c + i % 3);
    }
  }
  const Bytes bytes = bytes_of(model, pool);
  const Model again = model_of(bytes, pool);
  CHECK(same(again, model));
  CHECK(again.weights[0].group == 24);
  const Tensor numbers = to_f32(again.weights[0]);
  const std::size_t at = 3 * 64 + 50;  // row 3, in the third group
  const Tensor scales = to_f32(again.weights[0].scales);
  CHECK(numbers.as<float>()[at] ==
        static_cast<float>(again.weights[0].values.as<std::int8_t>()[at]) *
            scales.as<float>()[3 * 3 + 2]);
  // The same head in a file of version 1, and a scale that is not finite.
  CHECK_NOTHROW((void)decode_head(encode_head(model.header), 2));
  CHECK_THROWS_WITH_AS((void)decode_head(encode_head(model.header), 1),
                       doctest::Contains("unknown number scheme"), Error);
  model.weights[0].scales.data.data()[1] = 0x7f;
  model.weights[0].scales.data.data()[0] = 0x80;
  CHECK_THROWS_WITH_AS((void)bytes_of(model, pool), doctest::Contains("not finite"), Error);
}

TEST_CASE("the same model gives the same bytes for every thread count") {
  ThreadPool one(1);
  ThreadPool three(3);
  Model model = tensors_only();
  CHECK(bytes_of(model, one) == bytes_of(model, three));
  Model digits = digits_model({600, 600}, 0.5, false);
  CHECK(bytes_of(digits, one) == bytes_of(digits, three));
}

TEST_CASE("an overview says what the model says without its weights, seekable or not") {
  ThreadPool pool(2);
  Model model = digits_model({512, 256}, 0.8, true);
  const Bytes bytes = bytes_of(model, pool);
  const std::unique_ptr<io::Input> file = io::memory_input(bytes, "m.mx");
  PipeInput pipe(bytes);
  for (io::Input* const in : {file.get(), static_cast<io::Input*>(&pipe)}) {
    const Overview overview = read_overview(*in, {.verify_sections = true});
    CHECK(overview.version == 5);
    CHECK(overview.bytes == bytes.size());
    CHECK(overview.identity == model.identity);
    CHECK(to_json(overview.lineage) == to_json(model.lineage));
    CHECK(overview.probes.size() == 2);
    REQUIRE(overview.tensors.size() == model.weights.size());
    std::uint64_t nonzero = 0;
    std::uint64_t encoded = 0;
    for (std::size_t i = 0; i < model.weights.size(); ++i) {
      CHECK(overview.tensors[i].entry.name == model.weights[i].name);
      nonzero += count_nonzero(model.weights[i].values);
      encoded += overview.tensors[i].bytes;
    }
    CHECK(overview.nonzero == nonzero);
    CHECK(encoded < bytes.size());
  }
}

TEST_CASE("one tensor is read by itself and is the one of the whole model") {
  ThreadPool pool(2);
  for (Model model : {digits_model({512, 512}, 0.5, true), tensors_only()}) {
    const Bytes bytes = bytes_of(model, pool);
    const std::unique_ptr<io::Input> in = io::memory_input(bytes, "m.mx");
    const Overview overview = read_overview(*in);
    for (const Weight& weight : model.weights) {
      CHECK(same(weight, read_weight(*in, overview, weight.name, pool)));
    }
    CHECK_THROWS_AS((void)read_weight(*in, overview, "no such", pool), Error);
  }
}

TEST_CASE("a stream gives one tensor after the other and then the tail") {
  ThreadPool pool(1);
  Model model = digits_model({512, 64}, 0.8, false);
  const Bytes bytes = bytes_of(model, pool);
  PipeInput pipe(bytes);
  ModelStream stream(pipe, pool);
  for (const Weight& weight : model.weights) {
    const std::optional<Weight> read = stream.next();
    REQUIRE(read.has_value());
    CHECK(same(weight, *read));
  }
  CHECK_FALSE(stream.next().has_value());
  CHECK(stream.finish().identity == model.identity);
}

TEST_CASE("payloads are never larger than the numbers, and large stored ones are aligned") {
  ThreadPool pool(2);
  Model model = tensors_only();
  const Bytes bytes = bytes_of(model, pool);
  const std::unique_ptr<io::Input> in = io::memory_input(bytes, "m.mx");
  const Overview overview = read_overview(*in);
  std::uint64_t raw = 0;
  std::uint64_t encoded = 0;
  for (const StoredTensor& stored : overview.tensors) {
    raw += byte_count(stored.entry.dtype, stored.entry.shape);
    encoded += stored.bytes;
  }
  CHECK(encoded <= raw + 4096);
  const Weight* const noise = find_weight(model, "large.noise");
  REQUIRE(noise != nullptr);
  const auto at = std::ranges::search(bytes, noise->values.data.bytes()).begin() - bytes.begin();
  CHECK(at < static_cast<std::ptrdiff_t>(bytes.size()));
  CHECK(at % 64 == 0);
}

TEST_CASE("the identity is the digest of the index and changes with any number") {
  ThreadPool pool(1);
  Model model = digits_model({8}, 0, false);
  (void)bytes_of(model, pool);
  const Sha256 before = model.identity;
  model.weights[0].values.as<float>()[3] += 1;
  (void)bytes_of(model, pool);
  CHECK(model.identity != before);
}

TEST_CASE("a small pruned int8 model with its lineage and probes stays small") {
  ThreadPool pool(1);
  Model model = digits_model({64}, 0.8, true);
  const Bytes bytes = bytes_of(model, pool);
  MESSAGE("64-64-10, 80 % sparse, int8, four records: ", bytes.size(), " bytes");
  CHECK(bytes.size() <= 4458);
}

}  // namespace mx
