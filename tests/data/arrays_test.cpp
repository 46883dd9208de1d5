// SPDX-License-Identifier: Apache-2.0
// IDX and .npy files: what NumPy wrote (tests/convert/golden) and what nobody should.
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/random.h"
#include "data/elements.h"
#include "data/idx.h"
#include "data/npy.h"

namespace {

std::string refusal(std::string_view bytes, bool idx = false) {
  const auto in = mx::io::memory_input(mx::view(bytes), "x");
  try {
    (void)(idx ? mx::read_idx(*in) : mx::read_npy(*in));
  } catch (const mx::Error& error) {
    CHECK(error.kind() == mx::Kind::input);
    return error.message();
  }
  return {};
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("an array comes back as it was written") {
  for (const mx::Shape& shape : {mx::Shape{}, mx::Shape{3}, mx::Shape{2, 3}, mx::Shape{0, 4}}) {
    const std::string header = mx::npy_header(mx::DType::i16, shape);
    CHECK(header.size() % 64 == 0);
    std::string bytes = header;
    for (std::size_t i = 0; i < 2 * mx::element_count(shape); ++i) bytes += static_cast<char>(i);
    const auto in = mx::io::memory_input(mx::view(bytes), "x");
    const mx::Tensor tensor = mx::read_npy(*in);
    CHECK(tensor.dtype == mx::DType::i16);
    CHECK(tensor.shape == shape);
    CHECK(mx::text(tensor.data.bytes()) == bytes.substr(header.size()));
  }
  CHECK_THROWS_AS((void)mx::npy_header(mx::DType::bf16, {1}), mx::Error);
}

TEST_CASE("arrays that are not numbers are refused by their kind") {
  const std::string good = mx::npy_header(mx::DType::u8, {2}) + "ab";
  CHECK(refusal(good).empty());
  CHECK(refusal(with(good, "|u1", "|O1")) == "x holds Python objects (a pickle)");
  CHECK(refusal(with(good, "|u1", ">f4")) ==
        "x holds elements of type '>f4', which is not supported");
  CHECK(refusal(with(good, "|u1", "<c8")) ==
        "x holds elements of type '<c8', which is not supported");
  CHECK(refusal(with(good, "'|u1'", "[('a'")) == "x holds records, not an array of numbers");
  CHECK(refusal(with(good, "(2,)", "(3,)")) == "x is incomplete");
  CHECK(refusal(good + "c") == "x has bytes behind its end");
  CHECK(refusal(with(good, "(2,)", "(-2)")).ends_with("its header is damaged"));
  CHECK(refusal(with(good, "'shape'", "'descr'")).ends_with("its header is damaged"));
  CHECK(refusal(with(good, "NUMPY", "NUMPI")) == "x is not a .npy file");
  const std::string wide = with(good, "'shape': (2,), }          ", "'shape': (99999999999999,)}");
  CHECK(refusal(wide) == "x is incomplete");
}

TEST_CASE("an array cut at any byte is refused, a flipped one refused or in bounds") {
  const std::string good = mx::npy_header(mx::DType::f32, {2, 2}) + std::string(16, 'x');
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(refusal(good.substr(0, size)).empty());
  }
  mx::Random random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = good;
    bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
    (void)refusal(bytes);
  }
}

TEST_CASE("IDX is bytes behind big-endian sizes") {
  const std::string good(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const auto in = mx::io::memory_input(mx::view(good), "x");
  const mx::Tensor tensor = mx::read_idx(*in);
  CHECK(tensor.shape == mx::Shape{2, 3});
  CHECK(mx::text(tensor.data.bytes()) == "abcdef");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(refusal(good.substr(0, size), true).empty());
  }
  CHECK_FALSE(refusal(good + "g", true).empty());
  CHECK(refusal(with(good, "\x08", "\x0d"), true) ==
        "x is an IDX file of element type 0x0d; unsigned bytes are read only");
  CHECK(refusal("abcdefgh", true) == "x is not an IDX file");
  std::string huge = good;
  huge[4] = huge[8] = '\xff';
  CHECK_FALSE(refusal(huge, true).empty());
}

TEST_CASE("a pipe that claims more than it has costs no memory") {
  class Pipe final : public mx::io::Input {
   public:
    std::size_t read(std::span<std::uint8_t> out) override {
      const std::size_t count = std::min<std::size_t>(out.size(), left_);
      left_ -= count;
      return count;
    }
    [[nodiscard]] const std::string& name() const override { return name_; }

   private:
    std::size_t left_ = 1000;
    std::string name_ = "pipe";
  } pipe;
  CHECK_THROWS_WITH_AS((void)mx::read_elements(pipe, mx::DType::f32, {1LL << 28}, 1ULL << 30U),
                       "pipe is incomplete", mx::Error);
  CHECK_THROWS_WITH_AS((void)mx::read_elements(pipe, mx::DType::f32, {1LL << 40}, 1ULL << 30U),
                       "pipe asks for 4.40 TB of memory, over the limit of 1.07 GB", mx::Error);
}
