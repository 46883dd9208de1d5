// SPDX-License-Identifier: Apache-2.0
// Files that NumPy, PyTorch and safetensors wrote (golden/, made by make_golden.py), and ours.
#include "convert/source.h"

#include <algorithm>
#include <map>

#include "base/random.h"
#include "convert/helpers.h"

using mx::test::golden;
using mx::test::golden_bytes;
using mx::test::Held;
using mx::test::read_through;
using mx::test::refusal;
using mx::test::same;
using mx::test::write_all;

namespace {

mx::Json expectations() {
  return mx::parse_json(mx::text(golden_bytes("golden.json")), "golden.json");
}

std::string refused_path(const std::string& name) {
  try {
    (void)mx::open_source(golden(name));
  } catch (const mx::Error& error) {
    return error.message().substr(golden(name).size());
  }
  return {};
}

}  // namespace

TEST_CASE("what NumPy, PyTorch and safetensors wrote is read bit by bit") {
  const mx::Json all = expectations();
  for (const auto& [file, tensors] : all.items()) {
    CAPTURE(file);
    const Held held = read_through(*mx::open_source(golden(file)));
    CHECK(held.entries.size() == tensors.size());
    for (std::size_t i = 0; i < held.entries.size(); ++i) {
      const mx::TensorEntry& entry = held.entries[i];
      CAPTURE(entry.name);
      REQUIRE(tensors.contains(entry.name));
      const mx::Json& expected = tensors[entry.name];
      CHECK(mx::name_of(entry.dtype) == expected["dtype"].get<std::string>());
      CHECK(entry.shape == expected["shape"].get<mx::Shape>());
      CHECK(mx::to_hex(held.values[i]) == expected["hex"].get<std::string>());
    }
  }
  CHECK(mx::open_source(golden("types.safetensors"))->metadata() ==
        mx::parse_json(R"({"format":"pt","note":"ä"})", "x"));
  CHECK(mx::open_source(golden("model.safetensors"))->metadata().is_null());
}

TEST_CASE("what is written comes back bit by bit") {
  for (const auto* file : {"types.safetensors", "stored.npz", "deflated.npz", "array.npy"}) {
    CAPTURE(file);
    const Held held = read_through(*mx::open_source(golden(file)));
    const mx::Bytes bytes = write_all(mx::Foreign::safetensors, held);
    const Held again = read_through(bytes);
    CHECK(same(again, held));
    CHECK(again.metadata == held.metadata);
    CHECK(write_all(mx::Foreign::safetensors, held) == bytes);
    if (held.metadata.is_null()) {
      CHECK(same(read_through(write_all(mx::Foreign::npz, held)), held));
    }
  }
  // What NumPy writes uncompressed we write byte for byte, but for the zip around it.
  const Held one = read_through(*mx::open_source(golden("array.npy")));
  const mx::Bytes npy = write_all(mx::Foreign::npy, one);
  CHECK(read_through(npy).values == one.values);
  CHECK_THROWS_AS(
      write_all(mx::Foreign::npz, read_through(*mx::open_source(golden("types.safetensors")))),
      mx::Error);
  CHECK_THROWS_AS(write_all(mx::Foreign::npy, read_through(*mx::open_source(golden("stored.npz")))),
                  mx::Error);
}

TEST_CASE("a sink holds what it gets against what was announced") {
  mx::Bytes bytes;
  const auto out = mx::io::memory_output(bytes);
  const std::vector<mx::TensorEntry> entries = {{"a", mx::DType::f32, {2}, mx::Scheme::plain}};
  const std::vector<mx::TensorEntry> twice = {entries[0], entries[0]};
  for (const mx::Foreign format : {mx::Foreign::npy, mx::Foreign::npz, mx::Foreign::safetensors}) {
    const auto sink = mx::open_sink(format, *out, entries);
    CHECK_THROWS_AS(sink->finish(), mx::Error);
    CHECK_THROWS_AS(sink->add(mx::Tensor(mx::DType::f32, {3})), mx::Error);
    CHECK_THROWS_AS((void)mx::open_sink(format, *out, twice), mx::Error);
  }
}

TEST_CASE("files that are something else are named") {
  CHECK(refused_path("objects.npz").find("holds Python objects (a pickle)") != std::string::npos);
  CHECK(refused_path("records.npy") == " holds records, not an array of numbers");
  CHECK(refused_path("big_endian.npy") == " holds elements of type '>f4', which is not supported");
  CHECK(refusal(mx::view("some,words\n1,2\n")) ==
        "x is a CSV table, not npz, npy, safetensors, GGUF or of PyTorch");
  CHECK(refusal({}) == "x is empty");
}

TEST_CASE("a pipe is read as a file is") {
  class Pipe final : public mx::io::Input {
   public:
    explicit Pipe(mx::Bytes bytes)
        : bytes_(std::move(bytes)), in_(mx::io::memory_input(bytes_, "pipe")) {}
    std::size_t read(std::span<std::uint8_t> out) override { return in_->read(out); }
    [[nodiscard]] const std::string& name() const override { return in_->name(); }

   private:
    mx::Bytes bytes_;
    std::unique_ptr<mx::io::Input> in_;
  };
  for (const auto* file : {"types.safetensors", "deflated.npz", "array.npy"}) {
    const Held held = read_through(*mx::open_source(golden(file)));
    const Held piped = read_through(*mx::open_source(std::make_unique<Pipe>(golden_bytes(file))));
    CHECK(piped.values == held.values);
    CHECK_THROWS_AS((void)mx::open_source(std::make_unique<Pipe>(golden_bytes(file)), 100),
                    mx::Error);
  }
}

TEST_CASE("a file cut at any byte is refused") {
  for (const auto* file : {"types.safetensors", "deflated.npz", "stored.npz", "array.npy"}) {
    CAPTURE(file);
    const mx::Bytes bytes = golden_bytes(file);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(refusal(mx::ByteView(bytes).first(size)).empty());
    }
  }
}

TEST_CASE("flipped bits are refused or give tensors in bounds; values in a zip never change") {
  mx::Random random(5);
  for (const auto* file : {"types.safetensors", "deflated.npz", "stored.npz", "array.npy"}) {
    CAPTURE(file);
    const mx::Bytes good = golden_bytes(file);
    const bool zip = std::string_view(file).ends_with(".npz");
    std::map<std::string, mx::Bytes> values;
    const Held held = read_through(good);
    for (std::size_t i = 0; i < held.entries.size(); ++i) {
      values[held.entries[i].name] = held.values[i];
    }
    for (int i = 0; i < 2000; ++i) {
      mx::Bytes bytes = good;
      bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      try {
        const Held read = read_through(bytes);
        for (std::size_t t = 0; zip && t < read.entries.size(); ++t) {
          const auto original = values.find(read.entries[t].name);
          if (original != values.end()) CHECK(read.values[t] == original->second);
        }
      } catch (const mx::Error& error) {
        CHECK(error.kind() == mx::Kind::input);
      }
    }
  }
}
