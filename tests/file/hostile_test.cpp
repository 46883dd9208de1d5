// SPDX-License-Identifier: Apache-2.0
// Files whose sums are right and whose contents break one rule each: every reader refuses them, and
// before memory is taken for what they state.
#include "file/hostile.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <functional>
#include <numeric>

#include "base/error.h"
#include "file/base_model.h"
#include "file/layout.h"
#include "file/mapped.h"
#include "file/sample.h"
#include "file/weight_reader.h"

using namespace mx;
using mx::testing::Hostile;
using mx::testing::HostileHead;
using mx::testing::HostilePart;
using mx::testing::PipeInput;

namespace {

constexpr std::uint64_t kMemory = 64U << 20U;
constexpr std::int64_t kHuge = std::int64_t{1} << 50U;
const HostilePart kZeros{1, {1, 0}};  // of one plane, as many as are wanted

TensorEntry bytes_entry(std::string name, std::int64_t count) {
  return {std::move(name), DType::u8, {count}};
}

HostileHead head_of(std::vector<TensorEntry> entries) {
  return {.kind = 1, .json = "{}", .entries = std::move(entries)};
}

// What a reader says of the bytes; "" where it takes them. Address space is bounded, so that what
// is sized by a number that the file states alone throws something else.
std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return "";
}

struct Answers {
  std::string overview, all, verified, pipe, piped_overview, stream, mapped;
};

Answers answers(const Bytes& bytes) {
  ThreadPool pool(1);
  const ReadOptions options{.max_memory = kMemory};
  ReadOptions verified = options;
  verified.verify_sections = true;
  const auto input = [&] { return io::memory_input(bytes, "h.mx"); };
  Answers out;
  out.overview = refusal([&] {
    const auto in = input();
    const Overview overview = read_overview(*in, options);
    WeightReader reader(*in, overview, pool, kMemory);
    for (std::size_t i = 0; i < overview.tensors.size(); ++i) (void)reader.read(i);
  });
  out.verified = refusal([&] { (void)read_overview(*input(), verified); });
  out.all = refusal([&] { (void)read_model(*input(), pool, options); });
  out.pipe = refusal([&] {
    PipeInput pipe(bytes);
    (void)read_model(pipe, pool, options);
  });
  out.piped_overview = refusal([&] {
    PipeInput pipe(bytes);
    (void)read_overview(pipe, options);
  });
  out.stream = refusal([&] {
    PipeInput pipe(bytes);
    ModelStream stream(pipe, pool, options);
    while (stream.next()) {
    }
    (void)stream.finish();
  });
  out.mapped = refusal([&] {
    const MappedContainer mapped(bytes, "h.mx", kMemory);
    for (std::size_t i = 0; i < mapped.overview().tensors.size(); ++i) {
      const TensorEntry& entry = mapped.overview().tensors[i].entry;
      const ByteView view = mapped.bytes(i, 0, byte_count(entry.dtype, entry.shape));
      CHECK(std::accumulate(view.begin(), view.end(), std::uint64_t{0}) < ~std::uint64_t{0});
    }
  });
  return out;
}

// All of them but those that are said to take it.
void check_refused(const Bytes& bytes, std::string_view why) {
  const Answers said = answers(bytes);
  for (const std::string* one : {&said.overview, &said.all, &said.verified, &said.pipe,
                                 &said.piped_overview, &said.stream, &said.mapped}) {
    CAPTURE(*one);
    CHECK(one->find(why) != std::string::npos);
  }
}

// A stored tensor that can be mapped, and its bytes.
Bytes mappable(std::int64_t count, std::function<void(Hostile&)> change = {}) {
  Hostile file;
  file.head(head_of({bytes_entry("t", count)}));
  file.tensor({{0, Bytes(static_cast<std::size_t>(count), 7)}}, 1);
  if (change) change(file);
  return file.finish();
}

}  // namespace

TEST_CASE("the hostile writer's sound files are taken by every reader") {
  const Answers said = answers(mappable(300'000));
  CHECK(said.overview.empty());
  CHECK(said.verified.empty());
  CHECK(said.all.empty());
  CHECK(said.pipe.empty());
  CHECK(said.piped_overview.empty());
  CHECK(said.stream.empty());
  CHECK(said.mapped.empty());
}

TEST_CASE("a table of chunks is as long as its section before it takes memory") {
  for (const std::int64_t count : {kHuge, std::int64_t{1} << 25U}) {
    Hostile file;
    file.head(head_of({bytes_entry("t", count)}));
    file.section(3, Bytes(18), 1);
    file.facts.push_back({});
    CAPTURE(count);
    const Bytes bytes = file.finish();
    CHECK(bytes.size() < 256);
    check_refused(bytes, count == kHuge ? "" : "its length is wrong");
    for (const std::string& one : {answers(bytes).overview, answers(bytes).pipe}) {
      CHECK_FALSE(one.empty());
    }
  }
}

TEST_CASE("what is to be decoded is held against the memory in every reader") {
  // 80 MiB of zeros in a few hundred bytes, all sums right.
  Hostile file;
  file.head(head_of({bytes_entry("t", 80 << 20)}));
  file.tensor(std::vector<HostilePart>(80, kZeros), 80);
  const Answers said = answers(file.finish());
  for (const std::string* one : {&said.overview, &said.all, &said.verified, &said.pipe,
                                 &said.piped_overview, &said.stream}) {
    CAPTURE(*one);
    CHECK(one->find("of memory, over the limit") != std::string::npos);
  }
  CHECK(said.mapped.find("is compressed") != std::string::npos);
}

TEST_CASE("small tensors of a mapped file are held against the memory together") {
  std::vector<TensorEntry> entries;
  Hostile file;
  for (int i = 0; i < 300; ++i) entries.push_back(bytes_entry(fmt::format("t{}", i), 256 << 10));
  file.head(head_of(entries));
  for (int i = 0; i < 300; ++i) file.group(1, {{kZeros}});
  CHECK(answers(file.finish()).mapped.find("over the limit") != std::string::npos);
}

TEST_CASE("a section is as long as the index states") {
  // The section of the first tensor ends early for the index, which gives the rest to the next.
  for (const bool longer : {false, true}) {
    Hostile file;
    file.head(head_of({bytes_entry("a", 300'000), bytes_entry("b", 300'000)}));
    file.tensor({{0, Bytes(300'000, 7)}}, 1);
    file.tensor({{0, Bytes(300'000, 7)}}, 1);
    const std::uint64_t moved = 200'000;
    file.sections[1].bytes += longer ? moved : -moved;
    file.sections[2].bytes -= longer ? moved : -moved;
    const Answers said = answers(file.finish());
    CHECK_FALSE(said.overview.empty());
    CHECK_FALSE(said.all.empty());
    CHECK_FALSE(said.pipe.empty());
    CHECK(said.mapped.find("it is not the section that the index states") != std::string::npos);
  }
}

TEST_CASE("a mapped tensor is as long as its entry") {
  // The last section lacks its payload, and the file ends right behind it.
  Hostile file;
  file.head(head_of({bytes_entry("t", 300'000)}));
  ByteWriter body;
  body.u8(0);
  body.put(Bytes(16));
  body.u8(0);
  file.section(3, body.bytes(), 1);
  file.facts.push_back({0, 300'017, 0});
  check_refused(file.finish(), "its length is wrong");
  // ... or states one that ends behind the file.
  Hostile other;
  other.head(head_of({bytes_entry("t", 300'000)}));
  other.section(3, body.bytes(), 1, 300'018);
  other.facts.push_back({0, 300'017, 0});
  other.sections.back().bytes = 300'022;
  const Answers said = answers(other.finish());
  CHECK_FALSE(said.overview.empty());
  CHECK_FALSE(said.all.empty());
  CHECK_FALSE(said.mapped.empty());
}

TEST_CASE("counts that nothing stands behind are refused") {
  HostileHead head = head_of({bytes_entry("t", 4)});
  SUBCASE("of the directory") {
    head.count = 65536;
    Hostile file;
    file.head(head);
    file.group(1, {{kZeros}});
    check_refused(file.finish(), "incomplete");
  }
  SUBCASE("of a section's tensors") {
    Hostile file;
    file.head(head);
    file.group(1'000'000, {{kZeros}});
    file.sections.back().tensors = 1;
    check_refused(file.finish(), "it holds 1000000 tensors");
  }
  SUBCASE("of the index' sections") {
    Hostile file;
    file.head(head);
    file.group(1, {{kZeros}});
    file.section_count = 60'000;
    check_refused(file.finish(), "the index lists too many sections");
  }
  SUBCASE("of a section of no tensors") {
    Hostile file;
    file.head(head);
    file.group(1, {{kZeros}});
    file.sections.push_back({2, 0, 0, {}});
    check_refused(file.finish(), "the index lists a section of nothing");
  }
  SUBCASE("of digests, and of probes") {
    for (const bool probes : {false, true}) {
      Hostile file;
      file.head(head);
      file.group(1, {{kZeros}});
      ByteWriter content;
      content.varint(probes ? 0 : 65536);
      if (probes) {
        content.put(mx::testing::raw_packed(view("[]")));
        content.varint(16);
      }
      file.summed(4, content.bytes());
      check_refused(file.finish(), probes ? "there are probes, but no network" : "incomplete");
    }
  }
  SUBCASE("of an index longer than it can be") {
    Hostile file;
    file.head(head);
    file.group(1, {{kZeros}});
    file.behind_facts = Bytes(1000);
    check_refused(file.finish(), "its length is wrong");
  }
  SUBCASE("in more bytes than they need") {
    Hostile file;
    file.head(head);
    Bytes body = file.index();
    file.summed(2, Bytes{0x81, 0x00, 1, 2, 1, 0}, 1);
    file.facts.push_back({1, 4, 0});
    CHECK_FALSE(answers(file.finish()).all.empty());
    CHECK_FALSE(answers(file.finish()).mapped.empty());
  }
}

TEST_CASE("a packed text is no longer than a head may be") {
  ByteWriter packed;
  packed.u8(1);
  packed.varint(std::uint64_t{1} << 40U);
  packed.sized(Bytes(8));
  Hostile file;
  file.head(packed.bytes());
  check_refused(file.finish(), "is over 16 MiB");
}

TEST_CASE("entries that repeat others stand behind those, which repeat none") {
  TensorEntry self = bytes_entry("b", 4), second = bytes_entry("c", 4);
  SUBCASE("itself") { self.same = 1; }
  SUBCASE("a later one") { self.same = 2; }
  SUBCASE("one that repeats itself") {
    self.same = 0;
    second.same = 1;
  }
  Hostile file;
  file.head(head_of({bytes_entry("a", 4), self, second}));
  file.group(1, {{kZeros}});
  const Answers said = answers(file.finish());
  CHECK_FALSE(said.overview.empty());
  CHECK_FALSE(said.pipe.empty());
  CHECK_FALSE(said.mapped.empty());
}

TEST_CASE("head and tail are those that the identity is of, in every reader") {
  for (const std::size_t changed : {std::size_t{0}, std::size_t{2}}) {
    Hostile file;
    file.head(head_of({bytes_entry("t", 4)}));
    file.group(1, {{kZeros}});
    file.tail(view("[]"));
    file.sections[changed].sha256[5] ^= 1;
    const Answers said = answers(file.finish());
    for (const std::string* one : {&said.overview, &said.all, &said.pipe, &said.piped_overview,
                                   &said.stream, &said.mapped, &said.verified}) {
      CHECK_FALSE(one->empty());
    }
  }
}

TEST_CASE(
    "weights are those that the identity is of, where one tensor is read or it is asked for") {
  for (const bool small : {true, false}) {
    Hostile file;
    file.head(head_of({bytes_entry("t", small ? 4 : 300'000)}));
    if (small) {
      file.group(1, {{kZeros}});
    } else {
      file.tensor({{0, Bytes(300'000, 7)}}, 1);
    }
    file.sections[1].sha256[5] ^= 1;
    const Bytes bytes = file.finish();
    const Answers said = answers(bytes);
    CHECK(said.overview.find("it is not in the section that the index states") !=
          std::string::npos);
    CHECK(said.verified.find("section 1 is not the one that was read") != std::string::npos);
    // As a base, and as what an adapter is for.
    ThreadPool pool(1);
    const BaseModel base(io::memory_input(bytes, "base.mx"), pool, kMemory);
    CHECK_THROWS_AS((void)base.like(bytes_entry("t", small ? 4 : 300'000)), Error);
    CHECK_THROWS_AS(
        (void)mx::testing::model_of(bytes, pool, {.max_memory = kMemory, .verify_sections = true}),
        Error);
  }
}

TEST_CASE("neighbours of a group are read in any order, the section once") {
  constexpr int kCount = 2000;
  std::vector<TensorEntry> entries;
  std::vector<std::vector<HostilePart>> parts;
  for (int i = 0; i < kCount; ++i) {
    entries.push_back(bytes_entry(fmt::format("t{:04}", i), 4));
    parts.push_back({{0, Bytes(4, static_cast<std::uint8_t>(i))}});
  }
  Hostile file;
  file.head(head_of(entries));
  file.group(kCount, parts);
  const Bytes bytes = file.finish();

  // Counts what is read.
  struct Counting final : io::Input {
    explicit Counting(ByteView all) : in(io::memory_input(all, "h.mx")) {}
    std::size_t read(std::span<std::uint8_t> out) override { return in->read(out); }
    [[nodiscard]] const std::string& name() const override { return in->name(); }
    [[nodiscard]] bool seekable() const override { return true; }
    [[nodiscard]] std::uint64_t size() const override { return in->size(); }
    void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      bytes += out.size();
      in->read_at(offset, out);
    }
    std::unique_ptr<io::Input> in;
    mutable std::uint64_t bytes = 0;
  };
  const Counting in(bytes);
  ThreadPool pool(1);
  const auto again = io::memory_input(bytes, "h.mx");
  const Overview overview = read_overview(*again);
  WeightReader reader(in, overview, pool);
  for (int i = kCount - 1; i >= 0; --i) {
    const Weight weight = reader.read(static_cast<std::size_t>(i));
    REQUIRE(weight.values.data.data()[0] == static_cast<std::uint8_t>(i));
  }
  CHECK(in.bytes < 2 * bytes.size());
}
