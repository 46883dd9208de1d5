// SPDX-License-Identifier: Apache-2.0
// Headers that lie: each lie is refused for what it is.
#include "base/random.h"
#include "convert/helpers.h"
#include "convert/zip.h"
#include "data/npy.h"

using mx::test::golden_bytes;
using mx::test::read_through;
using mx::test::refusal;

namespace {

mx::Bytes safetensors(std::string_view header, std::size_t bytes) {
  mx::ByteWriter out;
  out.u64(header.size());
  out.put(mx::view(header));
  for (std::size_t i = 0; i < bytes; ++i) out.u8(0);
  return out.take();
}

std::string entry(std::string_view name, std::string_view shape, int begin, int end) {
  return fmt::format(R"("{}":{{"dtype":"U8","shape":{},"data_offsets":[{},{}]}})", name, shape,
                     begin, end);
}

std::string refused(const std::string& entries, std::size_t bytes) {
  return refusal(safetensors("{" + entries + "}", bytes));
}

// A zip of stored members, each of which is the text as it is.
mx::Bytes zip(const std::vector<std::pair<std::string, std::string>>& members) {
  mx::Bytes out;
  const auto output = mx::io::memory_output(out);
  mx::ZipWriter writer(*output);
  for (const auto& [name, bytes] : members) {
    writer.begin(name, bytes.size(), mx::crc32_of(mx::view(bytes)));
    writer.write(mx::view(bytes));
  }
  writer.finish();
  return out;
}

std::string array() { return mx::npy_header(mx::DType::u8, {3}) + "abc"; }

// `bytes` with `value` in place of the number at `at` behind the first (or last) `mark`.
template <class T>
mx::Bytes patched(mx::Bytes bytes, std::string_view mark, std::size_t at, T value) {
  const std::size_t place = mx::text(bytes).rfind(mark);
  REQUIRE(place != std::string_view::npos);
  std::memcpy(&bytes.at(place + at), &value, sizeof value);
  return bytes;
}

constexpr std::string_view kCentral = "PK\x01\x02", kLocal = "PK\x03\x04", kEnd = "PK\x05\x06";

}  // namespace

TEST_CASE("safetensors: the header must describe every byte once") {
  CHECK(refused(entry("a", "[2]", 0, 2) + "," + entry("b", "[3]", 2, 5), 5).empty());
  CHECK(refused(entry("b", "[3]", 2, 5) + "," + entry("a", "[2]", 0, 2), 5).empty());
  CHECK(refused("", 0).empty());
  CHECK(refused(entry("a", "[2]", 0, 3), 3) ==
        "x: tensor a: its place in the file does not fit its shape [2]");
  CHECK(refused(entry("a", "[2]", 2, 0), 2).starts_with("x: tensor a: its place"));
  CHECK(refused(entry("a", "[2]", 0, 2) + "," + entry("b", "[2]", 1, 3), 3) ==
        "x: tensor b overlaps another");
  CHECK(refused(entry("a", "[2]", 0, 2) + "," + entry("b", "[2]", 3, 5), 5) ==
        "x: tensor b leaves a gap before it");
  CHECK(refused(entry("a", "[2]", 0, 2), 3) == "x has bytes behind its tensors");
  CHECK(refused(entry("a", "[2]", 0, 2), 1) == "x is incomplete");
  CHECK(refused(entry("a", "[2]", 0, 2) + "," + entry("a", "[2]", 2, 4), 4).find("twice") !=
        std::string::npos);
  CHECK_FALSE(refused(entry("a", "[-1]", 0, 2), 2).empty());
  CHECK_FALSE(refused(entry("a", "[9223372036854775807,9223372036854775807]", 0, 1), 1).empty());
  CHECK_FALSE(refused(entry("a", "[1,1,1,1,1,1,1,1,1]", 0, 1), 1).empty());
  CHECK_FALSE(refused(R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1})", 0).empty());
  CHECK(refused(R"("a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]})", 0) ==
        "x: tensor a has elements of type F4, which is not supported");
  CHECK_FALSE(refused(R"("__metadata__":{"a":1})", 0).empty());
  CHECK_FALSE(refusal(safetensors("[1]", 0)).empty());
  mx::Bytes huge = safetensors("{}", 0);
  huge[7] = 0x7f;
  CHECK_FALSE(refusal(huge).empty());
  huge[7] = 0;
  huge[2] = 0x10;
  CHECK(refusal(huge) == "x is incomplete");
}

TEST_CASE("npz: members are arrays and nothing else") {
  const mx::Bytes good = zip({{"a.npy", array()}, {"b.npy", array()}});
  CHECK(refusal(good).empty());
  CHECK(refusal(zip({})).empty());
  CHECK(refusal(zip({{"a.txt", "abc"}})) == "x: the member a.txt is not a .npy array");
  CHECK(refusal(zip({{"a.npy", array() + "d"}})) ==
        "x: the array a.npy is 131 bytes, its member 132");
  CHECK(refusal(zip({{"a.npy", array()}, {"a.npy", array()}})) ==
        "x is damaged: the member a.npy stands twice");
  CHECK(refusal(zip({{"\x1b[31m.npy", "abc"}})).find('\x1b') == std::string::npos);
}

TEST_CASE("zip: lies of the directory are refused") {
  const mx::Bytes good = zip({{"a.npy", array()}, {"b.npy", array()}});
  CHECK(refusal(patched<std::uint16_t>(good, kCentral, 8, 1)) ==
        "x: the member b.npy is encrypted");
  CHECK(refusal(patched<std::uint16_t>(good, kCentral, 10, 14)) ==
        "x: the member b.npy is compressed by method 14; stored and deflated are read");
  CHECK(refusal(patched<std::uint32_t>(good, kCentral, 16, 7)) ==
        "x: b.npy is damaged: its checksum differs");
  CHECK(refusal(patched<std::uint32_t>(good, kCentral, 24, 1U << 30U)) ==
        "x is damaged: the sizes of the member b.npy cannot be");
  CHECK(refusal(patched<std::uint32_t>(good, kCentral, 42, 0)) ==
        "x is damaged: the member b.npy overlaps another");
  CHECK(refusal(patched<std::uint32_t>(good, kCentral, 42, 0xfffffff0)) ==
        "x is damaged: the member b.npy is not where it should be");
  CHECK(refusal(patched<std::uint16_t>(good, kCentral, 34, 1)) ==
        "x is damaged: the sizes of the member b.npy cannot be");
  CHECK(refusal(patched<std::uint8_t>(good, kLocal, 30, 'c')) ==
        "x is damaged: the member b.npy is not where it should be");
  CHECK_FALSE(refusal(patched<std::uint16_t>(good, kLocal, 28, 60000)).empty());
  CHECK_FALSE(refusal(patched<std::uint16_t>(good, kCentral, 28, 60000)).empty());
  CHECK_FALSE(refusal(patched<std::uint16_t>(good, kCentral, 30, 60000)).empty());
  CHECK_FALSE(refusal(patched<std::uint16_t>(good, kEnd, 10, 1)).empty());
  CHECK_FALSE(refusal(patched<std::uint16_t>(good, kEnd, 4, 1)).empty());
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kEnd, 12, 0xfffffff0)).empty());
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kEnd, 16, 0)).empty());
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kEnd, 16, 0xffffffff)).empty());
  mx::Bytes prefixed = {'P', 'K', 3, 4, 0};
  prefixed.insert(prefixed.end(), good.begin(), good.end());
  CHECK_FALSE(refusal(prefixed).empty());
  mx::Bytes longer = good;
  longer.push_back(0);
  CHECK(refusal(longer) == "x is an incomplete zip archive");
}

TEST_CASE("zip: deflate can claim no more than deflate can reach") {
  const mx::Bytes good = golden_bytes("deflated.npz");
  CHECK(refusal(patched<std::uint32_t>(good, kCentral, 24, 1U << 30U)).find("cannot be") !=
        std::string::npos);
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kCentral, 24, 1000)).empty());
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kCentral, 24, 0)).empty());
  CHECK_FALSE(refusal(patched<std::uint32_t>(good, kCentral, 20, 10)).empty());
}

TEST_CASE("zip: more than four gigabytes, told by a directory alone") {
  class Counting final : public mx::io::Output {  // keeps what is small
   public:
    void write(mx::ByteView bytes) override {
      if (bytes.size() < 4096) kept.insert(kept.end(), bytes.begin(), bytes.end());
      written_ += bytes.size();
    }
    void flush() override {}
    void commit() override {}
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] std::uint64_t written() const override { return written_; }
    mx::Bytes kept;

   private:
    std::uint64_t written_ = 0;
    std::string name_ = "x";
  } out;
  // A file of holes: reading gives zeros wherever nothing small was written.
  constexpr std::uint64_t kLarge = 5ULL << 30U;
  const mx::Bytes block(1U << 20U);
  mx::ZipWriter writer(out);
  writer.begin("a", kLarge, 1);
  const std::size_t front = out.kept.size();
  for (std::uint64_t i = 0; i < kLarge / block.size(); ++i) writer.write(block);
  writer.begin("b", 3, mx::crc32_of(mx::view("abc")));
  writer.write(mx::view("abc"));
  writer.finish();

  class Holes final : public mx::io::Input {
   public:
    Holes(const mx::Bytes& kept, std::size_t front, std::uint64_t hole)
        : kept_(kept), front_(front), hole_(hole) {}
    std::size_t read(std::span<std::uint8_t>) override { return 0; }
    void read_at(std::uint64_t offset, std::span<std::uint8_t> to) const override {
      for (std::uint8_t& byte : to) {
        const std::uint64_t at = offset++;
        byte = at < front_           ? kept_.at(at)
               : at < front_ + hole_ ? std::uint8_t{0}
                                     : kept_.at(at - hole_);
      }
    }
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] bool seekable() const override { return true; }
    [[nodiscard]] std::uint64_t size() const override { return kept_.size() + hole_; }

   private:
    const mx::Bytes& kept_;
    std::size_t front_;
    std::uint64_t hole_;
    std::string name_ = "x";
  };
  const Holes in(out.kept, front, kLarge);
  const mx::ZipReader reader(in);
  REQUIRE(reader.members().size() == 2);
  CHECK(reader.members()[0].size == kLarge);
  CHECK(reader.members()[1].header > kLarge);
  const mx::Bytes read = mx::io::read_all(*reader.open(reader.members()[1]), 10);
  CHECK(mx::text(read) == "abc");
}
