// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/checked.h"
#include "refusal.h"

namespace mx {
namespace {

using test::refusal;

TEST_CASE("values are little-endian and come back as they were") {
  ByteWriter out;
  out.u8(1);
  out.u16(0x0302);
  out.u32(0x07060504);
  out.u64(0x0f0e0d0c0b0a0908);
  out.value(-1.5F);
  for (std::size_t i = 0; i < 15; ++i) CHECK(out.bytes()[i] == i + 1);
  ByteReader in(out.bytes(), "it");
  CHECK(in.u8() == 1);
  CHECK(in.u16() == 0x0302);
  CHECK(in.u32() == 0x07060504);
  CHECK(in.u64() == 0x0f0e0d0c0b0a0908);
  CHECK(in.value<float>() == -1.5F);
  CHECK(in.position() == 19);
  in.finish();
}

TEST_CASE("varints have one form each, the shortest") {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{128},
        std::uint64_t{300}, std::uint64_t{1} << 56, std::uint64_t{1} << 63, UINT64_MAX}) {
    ByteWriter out;
    out.varint(value);
    ByteReader in(out.bytes(), "it");
    CHECK(in.varint() == value);
    in.finish();
  }
  const auto read = [](Bytes bytes) {
    return refusal([&] { (void)ByteReader(bytes, "it").varint(); });
  };
  CHECK(read({0x80, 0x00}) == "it holds a damaged number");
  CHECK(read({0xff, 0x80, 0x00}) == "it holds a damaged number");
  CHECK(read({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}) ==
        "it holds a damaged number");
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}) ==
        "it holds a damaged number");
  CHECK(read({0x80}) == "it is incomplete");
}

TEST_CASE("reads stay within their bytes") {
  const Bytes bytes = {3, 'a', 'b', 'c', 'd'};
  ByteReader in(bytes, "it");
  CHECK(text(in.sized(3)) == "abc");
  CHECK(refusal([&] { in.finish(); }) == "it has 1 bytes too many");
  CHECK(refusal([&] { (void)in.u16(); }) == "it is incomplete");
  CHECK(refusal([&] { (void)in.take(SIZE_MAX); }) == "it is incomplete");
  CHECK(in.u8() == 'd');
  in.finish();
  ByteReader again(bytes, "it");
  CHECK(refusal([&] { (void)again.sized(2); }) == "it holds a length of 3, over 2");
  const Bytes huge = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  CHECK(refusal([&] { (void)ByteReader(huge, "it").sized(SIZE_MAX); }) == "it is incomplete");
}

TEST_CASE("hexadecimal digits are lower case and complete") {
  const Bytes bytes = {0x00, 0x9a, 0xff};
  CHECK(to_hex(bytes) == "009aff");
  Bytes back(3);
  from_hex("009aff", back);
  CHECK(back == bytes);
  CHECK(refusal([&] { from_hex("009AFF", back); }).find("no hexadecimal digit") !=
        std::string::npos);
  CHECK(refusal([&] { from_hex("009af", back); }) == "a digest has 5 digits, not 6");
}

TEST_CASE("sizes that do not fit are refused") {
  CHECK(checked_mul(3, 4, "it") == 12);
  CHECK(checked_add(3, 4, "it") == 7);
  CHECK(refusal([] { (void)checked_mul(SIZE_MAX / 2, 3, "it"); }) == "it is too large");
  CHECK(refusal([] { (void)checked_add(SIZE_MAX, 1, "it"); }) == "it is too large");
  CHECK(narrow<std::uint8_t>(255, "it") == 255);
  CHECK(refusal([] { (void)narrow<std::uint8_t>(256, "it"); }) == "it is out of range");
  CHECK(refusal([] { (void)narrow<std::uint32_t>(-1, "it"); }) == "it is out of range");
  CHECK(refusal([] { (void)narrow<std::int64_t>(UINT64_MAX, "it"); }) == "it is out of range");
}

}  // namespace
}  // namespace mx
