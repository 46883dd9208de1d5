// SPDX-License-Identifier: Apache-2.0
// GGUF files, held against what the gguf package says is in them, and files that lie.
#include <cmath>
#include <cstring>

#include "convert/ggml_types.h"
#include "helpers.h"
#include "tensor/convert.h"

using namespace std::string_view_literals;  // NOLINT: a test

namespace mx {
namespace {

using test::golden_bytes;
using test::read_through;
using test::refusal;

// A file put together by hand.
class Gguf {
 public:
  Gguf& raw(std::string_view bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  template <class T>
  Gguf& value(T number) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&number);
    out_.insert(out_.end(), bytes, bytes + sizeof(T));
    return *this;
  }
  Gguf& text(std::string_view words) { return value(std::uint64_t{words.size()}).raw(words); }
  Gguf& start(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
    return raw("GGUF").value(version).value(tensors).value(keys);
  }
  Gguf& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
               std::uint64_t offset) {
    text(name).value(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) value(size);
    return value(type).value(offset);
  }
  Gguf& data(std::size_t bytes) {
    out_.resize((out_.size() + 31) / 32 * 32);
    out_.resize(out_.size() + bytes, 1);
    return *this;
  }
  [[nodiscard]] const Bytes& bytes() const { return out_; }

 private:
  Bytes out_;
};

TEST_CASE("numbers are rounded to the bits that the gguf package writes") {
  const Json all = Json::parse(text(golden_bytes("gguf_rounded.json")));
  const auto given = all["numbers"].get<std::string>();
  Bytes raw(given.size() / 2);
  from_hex(given, raw);
  std::vector<float> numbers(raw.size() / sizeof(float));
  std::memcpy(numbers.data(), raw.data(), raw.size());
  for (const char* const type : {"F16", "BF16", "Q8_0", "Q4_0"}) {
    CAPTURE(type);
    const Bytes bytes = encode(*ggml_type(ggml_code(type)), numbers);
    CHECK(test::hex(bytes) == all[type].get<std::string>());
  }
}

TEST_CASE("16-bit floats are rounded to the nearest, ties to even") {
  // Every one of them comes back, and what lies between two goes to the nearer.
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float here = f16_to_f32(half), next = f16_to_f32(static_cast<std::uint16_t>(bits + 1));
    CHECK_EQ(f32_to_f16(here), half);
    CHECK_EQ(f32_to_f16(-here), half | 0x8000U);
    if (bits + 1 == 0x7C00) break;
    const float middle = here + (next - here) / 2;
    CHECK_EQ(f32_to_f16(middle), half + (bits & 1U));
    CHECK_EQ(f32_to_f16(std::nextafter(middle, 0.0F)), half);
    CHECK_EQ(f32_to_f16(std::nextafter(middle, 1e9F)), half + 1U);
  }
  CHECK(f32_to_f16(65519.0F) == 0x7BFF);
  CHECK(f32_to_f16(65520.0F) == 0x7C00);
  CHECK(f32_to_f16(-INFINITY) == 0xFC00);
  CHECK((f32_to_f16(NAN) & 0x7FFFU) > 0x7C00U);
  CHECK((f32_to_bf16(NAN) & 0x7FFFU) > 0x7F80U);
  CHECK(bf16_to_f32(f32_to_bf16(1.00390625F)) == 1.0F);       // a tie
  CHECK(bf16_to_f32(f32_to_bf16(1.01171875F)) == 1.015625F);  // a tie
}

TEST_CASE("every type stands for the numbers that the gguf package reads") {
  const Json all = Json::parse(text(golden_bytes("gguf.json")));
  const Bytes file = golden_bytes("types.gguf");
  const test::Held held = read_through(file);
  REQUIRE(held.entries.size() == all.size());
  CHECK(all.size() == 12);
  std::size_t i = 0;
  for (const auto& [name, tensor] : all.items()) {
    CAPTURE(name);
    CHECK(held.entries[i].name == name);
    CHECK(Json(held.entries[i].shape) == tensor["shape"]);
    CHECK(test::hex(held.values[i]) == tensor["bytes"].get<std::string>());
    ++i;
  }
  CHECK(held.metadata["general.name"] == "Every type");
  CHECK(held.metadata["general.license"] == "mit");
  CHECK(held.metadata["llama.block_count"] == "2");
  CHECK(!held.metadata.contains("tokenizer.ggml.tokens"));
  // Cut anywhere but in the padding behind the last tensor it is refused; a flipped bit may change
  // numbers, and nothing worse.
  for (std::size_t cut = 4; cut < file.size() - 28; ++cut) {
    CAPTURE(cut);
    CHECK(!refusal(ByteView(file).first(cut)).empty());
  }
  Bytes bad = file;
  for (std::size_t bit = 64; bit < file.size() * 8; ++bit) {
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    (void)refusal(bad);
    bad[bit / 8] = file[bit / 8];
  }
}

TEST_CASE("headers that lie are refused") {
  const auto said = [](const Gguf& file) { return refusal(file.bytes()); };
  CHECK(said(Gguf().start(1, 0).tensor("a", {4}, 0, 0).data(16)).empty());
  CHECK(said(Gguf().start(1, 0, 1)) == "x is GGUF of version 1; 2 and 3 are known");
  CHECK(said(Gguf().start(1ULL << 40U, 0)).starts_with("x lists 1099511627776 tensors"));
  CHECK(said(Gguf().start(1, 0).tensor("a", {4}, 0, 0).data(15)) == "x is incomplete");
  CHECK(said(Gguf().start(1, 0).tensor("a", {4}, 0, 0).data(80)) ==
        "x has bytes behind its tensors");
  CHECK(said(Gguf().start(1, 0).tensor("a", {4}, 10, 0)) ==
        "x: the tensor a is of the type Q2_K, which is not known here");
  CHECK(said(Gguf().start(1, 0).tensor("a", {4}, 99, 0)) ==
        "x: the tensor a is of the type number 99, which is not known here");
  CHECK(said(Gguf().start(1, 0).tensor("a", {33}, 8, 0)) ==
        "x: the rows of the tensor a are no whole blocks of Q8_0");
  CHECK(said(Gguf().start(2, 0).tensor("a", {4}, 0, 0).tensor("a", {4}, 0, 32).data(64)) ==
        "x: the tensor a stands twice");
  CHECK(said(Gguf().start(2, 0).tensor("a", {4}, 0, 0).tensor("b", {4}, 0, 0).data(64)) ==
        "x: the tensor b does not lie where the one before it ends");
  CHECK(said(Gguf().start(2, 0).tensor("a", {4}, 0, 0).tensor("b", {4}, 0, 64).data(96)) ==
        "x: the tensor b does not lie where the one before it ends");
  CHECK(said(Gguf().start(1, 0).tensor("a", std::vector<std::uint64_t>(9, 1), 0, 0)) ==
        "x: the tensor a has 9 dimensions");
  CHECK(!said(Gguf().start(1, 0).tensor("a", {1ULL << 62U, 8}, 0, 0)).empty());
  CHECK(!said(Gguf().start(1, 0).tensor("a", {~0ULL}, 0, 0)).empty());
  CHECK(said(Gguf().start(0, 2).text("k").value(4U).value(1U).text("k").value(4U).value(1U)) ==
        "x: the key k stands twice");
  CHECK(said(Gguf().start(0, 1).text("k").value(77U)) == "x: k is of an unknown kind (77)");
  CHECK(said(Gguf().start(0, 1).text("k").value(9U).value(9U).value(std::uint64_t{1})) ==
        "x: k is a list of an unknown kind (9)");
  CHECK(said(Gguf().start(0, 1).text("k").value(9U).value(8U).value(~std::uint64_t{0})) ==
        "x is incomplete");
  CHECK(!said(Gguf().start(0, 1).text("k").value(9U).value(10U).value(~std::uint64_t{0})).empty());
  CHECK(said(Gguf().start(0, 1).value(~std::uint64_t{0})) ==
        "x: a text in its header is over 16777216 bytes");
  CHECK(said(Gguf().start(0, 1).text("\xff")) == "x: a text in its header is not UTF-8");
  CHECK(said(Gguf().start(0, 1).text("k").value(7U).value(std::uint8_t{2})) ==
        "x: k is neither true nor false");
  CHECK(said(Gguf()
                 .start(1, 1)
                 .text("general.alignment")
                 .value(4U)
                 .value(3U)
                 .tensor("a", {4}, 0, 0)) == "x: an alignment of 3 is none");
  // A scale of infinity.
  Gguf endless;
  endless.start(1, 0)
      .tensor("a", {32}, 8, 0)
      .data(0)
      .raw("\x00\x7c"sv)
      .raw(std::string(32, '\x01'));
  CHECK(said(endless) == "x: the tensor a has scales that are not finite");
}

}  // namespace
}  // namespace mx
