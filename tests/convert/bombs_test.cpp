// SPDX-License-Identifier: Apache-2.0
// Small files that ask for much: refused by the limit before it is allocated, and read in time that
// grows with them.
#include <zlib.h>

#include <cstring>

#include "convert/helpers.h"
#include "convert/mapping.h"
#include "convert/sharded.h"
#include "convert/zip.h"
#include "data/npy.h"
#include "io/decompress.h"
#include "io/folder.h"

namespace mx {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

// bits: -15 for a member of a zip, 31 for a .gz
std::string deflated(std::string_view bytes, int bits) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A zip whose members are all deflated (PKWARE APPNOTE 4.3).
Bytes deflated_zip(const std::vector<std::pair<std::string, std::string>>& members) {
  ByteWriter out, directory;
  for (const auto& [name, bytes] : members) {
    const std::string packed = deflated(bytes, -15);
    const auto at = static_cast<std::uint32_t>(out.size());
    const auto facts = [&](ByteWriter& to) {
      to.u16(0);  // flags
      to.u16(8);  // deflated
      to.u32(0);  // time
      to.u32(crc32_of(view(bytes)));
      to.u32(static_cast<std::uint32_t>(packed.size()));
      to.u32(static_cast<std::uint32_t>(bytes.size()));
      to.u16(static_cast<std::uint16_t>(name.size()));
      to.u16(0);  // extra
    };
    out.u32(0x04034b50);
    out.u16(20);
    facts(out);
    out.put(view(name));
    out.put(view(packed));
    directory.u32(0x02014b50);
    directory.u16(20);
    directory.u16(20);
    facts(directory);
    directory.u16(0);  // comment
    directory.u16(0);  // disk
    directory.u16(0);
    directory.u32(0);  // attributes
    directory.u32(at);
    directory.put(view(name));
  }
  const auto at = static_cast<std::uint32_t>(out.size());
  out.put(directory.bytes());
  out.u32(0x06054b50);
  out.u32(0);
  out.u16(static_cast<std::uint16_t>(members.size()));
  out.u16(static_cast<std::uint16_t>(members.size()));
  out.u32(static_cast<std::uint32_t>(directory.size()));
  out.u32(at);
  out.u16(0);
  return out.take();
}

std::string zeros(bool column_major) {
  std::string header = npy_header(DType::u8, {4096, 4096});
  if (column_major) header.replace(header.find("False"), 5, "True ");
  return header + std::string(16 * kMiB, '\0');
}

std::string refused_within(std::unique_ptr<io::Input> in, std::uint64_t limit) {
  try {
    (void)test::read_through(*open_source(std::move(in), limit));
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CHECK(error.hint() == "raise it with --max-memory if you trust the file");
    return error.message();
  }
  return {};
}

std::string refused_within(const Bytes& bytes, std::uint64_t limit) {
  return refused_within(io::memory_input(bytes, "x"), limit);
}

// Counts what is read of the bytes.
class Counted final : public io::Input {
 public:
  Counted(const Bytes& bytes, std::uint64_t& count)
      : in_(io::memory_input(bytes, "x")), count_(count) {}
  std::size_t read(std::span<std::uint8_t> out) override { return in_->read(out); }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    count_ += out.size();
    in_->read_at(offset, out);
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return in_->size(); }

 private:
  std::unique_ptr<io::Input> in_;
  std::uint64_t& count_;
};

std::string number(std::uint32_t value) {
  std::string out = "J....";
  std::memcpy(out.data() + 1, &value, 4);
  return out;
}

// `count` tensors of `size` bytes each, all in one storage of `storage` bytes, tensor i from i on.
Bytes views(std::uint32_t count, std::uint32_t size, std::uint32_t storage) {
  std::string pickle = "\x80\x02}"s;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name = std::to_string(i);
    pickle += "X" + number(static_cast<std::uint32_t>(name.size())).substr(1) + name;
    pickle +=
        "ctorch._utils\n_rebuild_tensor_v2\n(("
        "X\x07\0\0\0storagectorch\nByteStorage\nX\x01\0\0\0"
        "0X\x03\0\0\0cpu"s +
        number(storage) + "tQ" + number(i) + number(size) + "\x85K\x01\x85\x89}tRs"s;
  }
  return deflated_zip({{"x/data.pkl", pickle + "."}, {"x/data/0", std::string(storage, '\0')}});
}

}  // namespace

TEST_CASE("members of an npz are held to the limit by their inflated size") {
  const Bytes plain = deflated_zip({{"a.npy", zeros(false)}});
  CHECK(plain.size() < 32768);
  CHECK(refused_within(plain, 8 * kMiB) ==
        "x: tensor a asks for 16.78 MB of memory, over the limit of 8.39 MB");
  CHECK(refused_within(plain, 17 * kMiB).empty());
  // Columns first are there twice while they are turned.
  const Bytes turned = deflated_zip({{"a.npy", zeros(true)}});
  CHECK(refused_within(turned, 17 * kMiB) ==
        "x: tensor a asks for 33.55 MB of memory, over the limit of 17.83 MB");
  CHECK(refused_within(turned, 33 * kMiB).empty());
}

TEST_CASE("a compressed array is held to the limit with what is made of it") {
  for (const bool column_major : {false, true}) {
    const std::string packed = deflated(zeros(column_major), 31);
    const auto open = [&] { return io::decompressed(io::memory_input(view(packed), "x.npy.gz")); };
    CHECK(refused_within(open(), 8 * kMiB) == "x.npy.gz holds more than the limit of 8.39 MB");
    CHECK(refused_within(open(), 20 * kMiB).starts_with("x.npy.gz: tensor x.npy.gz asks for "));
    CHECK(refused_within(open(), (column_major ? 49 : 33) * kMiB).empty());
    if (column_major) CHECK_FALSE(refused_within(open(), 33 * kMiB).empty());
  }
}

TEST_CASE("numbers that many tensors view are inflated once, and held to the limit") {
  const Bytes file = views(200, 1000, 4 * kMiB);
  CHECK(refused_within(file, 3 * kMiB) ==
        "x: what its tensors share asks for 4.19 MB of memory, over the limit of 3.15 "
        "MB");
  std::uint64_t read = 0;
  const auto source = open_source(std::make_unique<Counted>(file, read), 16 * kMiB);
  const std::uint64_t opened = read;
  CHECK(test::read_through(*source).entries.size() == 200);
  CHECK(read - opened <= file.size());
}

TEST_CASE("tensors do not make much out of few numbers") {
  CHECK(test::refusal(views(3, 200, 203)).empty());
  CHECK(test::refusal(views(400, 1000, 1400)) ==
        "x: its tensors repeat their numbers over 16 times");
}

TEST_CASE("compressed shards are held to the limit together") {
  const test::Folder folder;
  Json map = Json::object();
  for (const char* const name : {"a", "b", "c"}) {
    const std::string file = name + ".npy.gz"s;
    const std::string array = npy_header(DType::u8, {std::int64_t{1} << 20}) + std::string(kMiB, 0);
    test::write_file(folder / file, deflated(array, 31));
    map[file] = file;
  }
  test::write_file(folder / "x.index.json", dump_json(Json{{"weight_map", map}}));
  CHECK(open_shards(folder / "x.index.json", 5 * kMiB).source->entries().size() == 3);
  CHECK_THROWS_AS((void)open_shards(folder / "x.index.json", 5 * kMiB / 2), Error);
}

TEST_CASE("many tensors of one shape are matched and written in time that grows with them") {
  constexpr std::int64_t kTensors = 40'000;
  Network network{{{InputBlock{{1}}}}};
  std::vector<TensorEntry> entries;
  for (std::int64_t i = 0; i < kTensors / 2; ++i) {
    network.blocks.push_back({Linear{.name = std::to_string(i), .in = 1, .out = 1}});
    entries.push_back({fmt::format("layer{}.weight", i), DType::f32, {1, 1}, Scheme::plain});
    entries.push_back({fmt::format("layer{}.bias", i), DType::f32, {1}, Scheme::plain});
  }
  const Mapping mapping = map_names(network, entries);
  CHECK(mapping.by == MappedBy::order);
  CHECK(mapping.entry.size() == entries.size());
  Bytes out;
  const auto to = io::memory_output(out);
  const auto sink = open_sink(Foreign::safetensors, *to, entries);
  CHECK(out.size() > 16 * entries.size());
}

}  // namespace mx
