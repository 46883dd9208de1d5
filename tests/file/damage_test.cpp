// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>

#include "base/bytes.h"
#include "file/digest.h"
#include "file/head.h"
#include "file/layout.h"
#include "file/packed.h"
#include "sample.h"

namespace mx {

using namespace testing;  // NOLINT: a test

namespace {

// What reading says; the empty string when the bytes are taken.
std::string refusal(ByteView bytes, ThreadPool& pool, bool pipe = false) {
  try {
    if (pipe) {
      PipeInput in(bytes);
      (void)read_model(in, pool);
    } else {
      (void)model_of(bytes, pool);
    }
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return {};
}

std::string overview_refusal(ByteView bytes) {
  try {
    const std::unique_ptr<io::Input> in = io::memory_input(bytes, "m.mx");
    (void)read_overview(*in);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A file of one section with a right checksum, then nothing.
Bytes with_head(ByteView content) {
  const Bytes packed = pack_text(content);
  ByteWriter out;
  out.put(kSignature);
  out.varint(2);
  out.put(section_opening(SectionKind::head, packed.size() + 16));
  out.put(xxh128(packed));
  out.put(packed);
  return out.take();
}

// The head of a file of tensors: one of the given shape.
Bytes head_of(std::string_view json, const std::vector<TensorEntry>& entries) {
  Header header;
  header.kind = FileKind::tensors;
  header.tensors = entries;
  Bytes content = encode_head(header);
  const std::string_view empty = "{}";
  const auto at = std::ranges::search(content, view(empty)).begin() - content.begin();
  ByteWriter out;
  out.put(ByteView(content).first(static_cast<std::size_t>(at) - 1));
  out.sized(view(json));
  out.put(ByteView(content).subspan(static_cast<std::size_t>(at) + 2));
  return with_head(out.bytes());
}

}  // namespace

TEST_CASE("a file cut at any byte is refused as incomplete") {
  ThreadPool pool(1);
  Model model = digits_model({12}, 0.8, true);
  const Bytes bytes = bytes_of(model, pool);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const ByteView part = ByteView(bytes).first(cut);
    CHECK(has(refusal(part, pool), "incomplete"));
    CHECK(has(refusal(part, pool, true), "incomplete"));
    CHECK(has(overview_refusal(part), "incomplete"));
  }
  CHECK(has(refusal({}, pool), "empty"));
}

TEST_CASE("a flipped bit is refused, wherever it is") {
  ThreadPool pool(1);
  Model model = digits_model({12}, 0.8, true);
  const Bytes bytes = bytes_of(model, pool);
  Bytes bad = bytes;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(refusal(bad, pool).empty());
    CHECK_FALSE(refusal(bad, pool, true).empty());
    bad[bit / 8] = bytes[bit / 8];
  }
}

TEST_CASE("2,000 flipped bits of a model with large tensors are refused, each") {
  ThreadPool pool(2);
  Model model = digits_model({512, 512}, 0.5, false);
  const Bytes bytes = bytes_of(model, pool, Effort::fast);
  Random random(11);
  Bytes bad = bytes;
  for (int i = 0; i < 2000; ++i) {
    const std::size_t bit = random.below(bytes.size() * 8);
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(refusal(bad, pool, i % 2 == 0).empty());
    bad[bit / 8] = bytes[bit / 8];
  }
}

TEST_CASE("damage inside a large tensor is named by the tensor, and read_weight refuses it") {
  ThreadPool pool(1);
  Model model = digits_model({512, 512}, 0, false);
  Bytes bytes = bytes_of(model, pool, Effort::fast);
  const std::unique_ptr<io::Input> good = io::memory_input(bytes, "m.mx");
  const Overview overview = read_overview(*good);
  const auto large = std::ranges::find_if(overview.tensors, [](const StoredTensor& stored) {
    return stored.entry.shape == Shape{512, 512};
  });
  REQUIRE(large != overview.tensors.end());
  const StoredSection& section = overview.sections[large->section];
  bytes[section.begin + section.fact.bytes / 2] ^= 4;
  CHECK(has(refusal(bytes, pool), tensor_label(large->entry.name)));
  CHECK_THROWS_AS((void)read_weight(*good, overview, large->entry.name, pool), Error);
  CHECK(overview_refusal(bytes).empty());  // info does not read weights
}

TEST_CASE("bytes behind the end are refused, and so are two files in one") {
  ThreadPool pool(1);
  Model model = digits_model({4}, 0, false);
  Bytes bytes = bytes_of(model, pool);
  Bytes twice = bytes;
  twice.insert(twice.end(), bytes.begin(), bytes.end());
  CHECK_FALSE(refusal(twice, pool).empty());
  CHECK_FALSE(refusal(twice, pool, true).empty());
  CHECK_FALSE(overview_refusal(twice).empty());
  bytes.push_back(0);
  CHECK(has(refusal(bytes, pool), "behind its end"));
  CHECK(has(refusal(bytes, pool, true), "behind its end"));
  PipeInput pipe(bytes);
  ModelStream stream(pipe, pool);
  CHECK_THROWS_WITH((void)stream.finish(), "standard input has bytes behind its end mark");
}

TEST_CASE("a newer version is refused with both numbers") {
  ThreadPool pool(1);
  Model model = digits_model({4}, 0, false);
  Bytes bytes = bytes_of(model, pool);
  bytes[8] = 7;
  const std::string message = refusal(bytes, pool);
  CHECK(has(message, "7"));
  CHECK(has(message, std::to_string(kVersion)));
  CHECK(has(overview_refusal(bytes), "version 7"));
}

TEST_CASE("other kinds of file are named") {
  ThreadPool pool(1);
  using std::string_view_literals::operator""sv;
  const std::vector<std::pair<std::string_view, std::string_view>> files = {
      {"PK\x03\x04 zip"sv, "zip"},
      {"GGUF\x03\x00"sv, "GGUF"},
      {"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":1}"sv, "safetensors"},
      {"\x80\x04\x95\x10"sv, "pickle"},
      {"\x28\xb5\x2f\xfd\x00"sv, "zstd"},
      {"\x1f\x8b\x08"sv, "gzip"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1"sv, "LFS"},
      {"age-encryption.org/v1\n-> X25519"sv, "age"},
      {"untrusted comment: signature"sv, "minisign"},
      {"a,b,c\n1,2,3\n"sv, "CSV"},
      {"{\"a\": 1}"sv, "JSON"},
      {"hello\n"sv, "text"},
      {"\x8dMX\n\x1a\n\x00\x01"sv, "text mode"},
      {"\x00\x01\x02\x03"sv, "unknown"},
  };
  for (const auto& [bytes, word] : files) {
    try {
      (void)model_of(view(bytes), pool);
      FAIL("was taken for a model");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
      CHECK(has(error.message() + error.hint(), word));
    }
  }
}

TEST_CASE("sizes that are declared are held against the limit before anything is allocated") {
  ThreadPool pool(1);
  const Bytes huge = head_of("{}", {{"w", DType::f64, {1 << 20, 1 << 20}, Scheme::plain}});
  PipeInput in(huge);
  try {
    (void)read_model(in, pool);
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(has(error.message(), "memory"));
  }
  PipeInput again(huge);
  CHECK_THROWS_AS(ModelStream(again, pool, {.max_memory = 1 << 20}), Error);
  Model model = digits_model({64}, 0, false);
  const Bytes bytes = bytes_of(model, pool);
  CHECK_THROWS_AS((void)model_of(bytes, pool, {.max_memory = 1000}), Error);
  CHECK(model_of(bytes, pool, {.max_memory = 1 << 20}).weights.size() == 4);
}

TEST_CASE("heads that break a rule are refused with the rule") {
  ThreadPool pool(1);
  const TensorEntry good{"w", DType::f32, {2}, Scheme::plain};
  const auto says = [&](const Bytes& file, std::string_view word) {
    PipeInput in(file);
    try {
      ModelStream stream(in, pool);
      FAIL("was taken");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
      CAPTURE(error.message());
      CHECK(has(error.message(), word));
    }
  };
  says(head_of("{\"a\":1}", {good}), "not known");
  says(head_of("{\"extra\":1,\"extra\":2}", {good}), "twice");
  says(head_of("{", {good}), "JSON");
  says(head_of("{\"network\":[]}", {good}), "network");
  says(head_of("{\"extra\":" + std::string(40, '[') + std::string(40, ']') + "}", {good}),
       "nested");
  says(head_of("{\"extra\":[" + std::string(600000, ',') + "]}", {good}), "values");
  says(head_of("{}", {good, good}), "twice");
  says(head_of("{}", {{"", DType::f32, {2}, Scheme::plain}}), "name");
  says(head_of("{}", {{"\xff", DType::f32, {2}, Scheme::plain}}), "name");
  says(head_of("{}", {{"w", DType::f32, Shape(9, 1), Scheme::plain}}), "dimensions");
  says(head_of("{}", {{"w", DType::f32, {1LL << 40, 1LL << 40}, Scheme::plain}}), "too large");
  says(head_of("{}", {{"w", DType::f32, {2}, Scheme::channel}}), "scales");
  says(head_of("{}", {{"w", DType::i8, {}, Scheme::channel}}), "scales");
  says(head_of("{}", {{"w", DType::f32, {2}, Scheme::group, 2}}), "scales");
  says(head_of("{}", {{"w", DType::i8, {2}, Scheme::group, 0}}), "a group has no numbers");
  says(head_of("{}", {{"w", DType::i8, {2}, Scheme::group, 65537}}), "groups of 65537");
  const TensorEntry first{"v", DType::f32, {2}, Scheme::plain};
  const auto repeating = [&](std::size_t number, DType dtype, std::int64_t size) {
    return TensorEntry{"x", dtype, {size}, Scheme::plain, 0, number};
  };
  says(head_of("{}", {repeating(0, DType::f32, 2), first}), "does not stand before it");
  says(head_of("{}", {first, repeating(1, DType::f32, 2)}), "does not stand before it");
  says(head_of("{}", {first, repeating(7, DType::f32, 2)}), "does not stand before it");
  says(head_of("{}", {first, repeating(0, DType::bf16, 2)}), "another type or shape");
  says(head_of("{}", {first, repeating(0, DType::f32, 3)}), "another type or shape");
  TensorEntry again = repeating(0, DType::f32, 2);
  again.name = "y";
  again.same = 1;
  says(head_of("{}", {first, repeating(0, DType::f32, 2), again}), "does not stand before it");
  Bytes old = head_of("{}", {first, repeating(0, DType::f32, 2)});
  old[8] = 1;
  says(old, "unknown number scheme");
}

TEST_CASE("100,000 entries are refused by their number, before they are looked at") {
  ThreadPool pool(1);
  std::vector<TensorEntry> entries;
  for (int i = 0; i < 100000; ++i) {
    entries.push_back({fmt::format("{:06}", i), DType::f32, {1}, Scheme::plain});
  }
  const Bytes bytes = head_of("{}", entries);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(has(refusal(bytes, pool), "over 65536 tensors"));
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  MESSAGE("refused in ", taken.count(), " ms");
}

TEST_CASE("a head that claims more than 16 MiB is refused before it is read") {
  ThreadPool pool(1);
  ByteWriter packed;
  packed.u8(1);
  packed.varint((16U << 20U) + 1);
  packed.sized(Bytes(100));
  ByteWriter out;
  out.put(kSignature);
  out.varint(2);
  out.put(section_opening(SectionKind::head, packed.bytes().size() + 16));
  out.put(xxh128(packed.bytes()));
  out.put(packed.bytes());
  CHECK(has(refusal(out.bytes(), pool), "the head"));
  ByteWriter longer;
  longer.put(kSignature);
  longer.varint(2);
  longer.put(section_opening(SectionKind::head, 1ULL << 40U));
  longer.put(Bytes(1000));
  CHECK(has(refusal(longer.bytes(), pool), "length is wrong"));
}

TEST_CASE("differences are refused without their base, and with another") {
  ThreadPool pool(1);
  const std::string path = std::string(MX_GOLDEN) + "/v2-delta.mx";
  try {
    (void)read_model(path, pool);
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CHECK(has(error.message(), "holds differences to the model 24f2df74"));
  }
  const BaseModel other(std::string(MX_GOLDEN) + "/v1-model.mx", pool);
  CHECK_THROWS_WITH_AS((void)read_model(path, pool, {.base = &other}),
                       doctest::Contains("the base is 41cae6e8"), Error);
  // A glance needs no base.
  CHECK(read_overview(*io::open_input(path)).header.base.has_value());
}

TEST_CASE("a model whose tensors are not its network's is neither written nor read") {
  ThreadPool pool(1);
  Model model = digits_model({4}, 0, false);
  Bytes out;
  model.weights[0].name = "other.weight";
  CHECK_THROWS_AS((void)bytes_of(model, pool), Error);
  model = digits_model({4}, 0, false);
  model.weights.pop_back();
  CHECK_THROWS_AS((void)bytes_of(model, pool), Error);
  model = digits_model({4}, 0, false);
  model.header.network = {};
  CHECK_THROWS_AS((void)bytes_of(model, pool), Error);
}

TEST_CASE("scales that are not finite are neither written nor read") {
  ThreadPool pool(1);
  Model model = digits_model({4}, 0, true);
  model.weights[0].scales.as<float>()[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS((void)bytes_of(model, pool), Error);
}

TEST_CASE("a writer that gets other tensors than it was told leaves nothing") {
  ThreadPool pool(1);
  Model model = digits_model({4}, 0, false);
  (void)bytes_of(model, pool);
  Bytes out;
  const std::unique_ptr<io::Output> to = io::memory_output(out);
  ModelWriter writer(*to, model.header, pool);
  CHECK_THROWS_AS(writer.add(model.weights[1]), Error);
  CHECK_THROWS_AS((void)writer.finish({}, {}), Error);
}

}  // namespace mx
