// SPDX-License-Identifier: Apache-2.0
#include "tensor/codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace mx {
namespace {

constexpr std::array kAllTypes = {DType::f32,     DType::f64,     DType::f16,    DType::bf16,
                                  DType::i8,      DType::u8,      DType::i16,    DType::u16,
                                  DType::i32,     DType::u32,     DType::i64,    DType::u64,
                                  DType::f8_e4m3, DType::f8_e5m2, DType::boolean};
constexpr std::array kAllCodecs = {Codec::store,  Codec::planes, Codec::sparse,
                                   Codec::shared, Codec::zstd,   Codec::coded};
constexpr std::array kAllEfforts = {Effort::fast, Effort::normal, Effort::max};

enum class Content { random, weights, sparse, few, zero, kLast = zero };

Bytes make(DType dtype, std::size_t elements, Content content, Random& random) {
  const std::size_t size = size_of(dtype);
  Bytes out(elements * size);
  std::array<std::uint64_t, 5> palette{};
  for (std::uint64_t& value : palette) value = random.next();
  for (std::size_t i = 0; i < elements; ++i) {
    std::uint64_t value = 0;
    const auto small = static_cast<float>(random.normal() * 0.02);
    switch (content) {
      case Content::random:
        value = random.next();
        break;
      case Content::weights:
        std::memcpy(&value, &small, sizeof small);
        if (size < 4) value >>= 16;
        break;
      case Content::sparse:
        value = random.below(5) == 0 ? random.next() : 0;
        break;
      case Content::few:
        value = palette[random.below(palette.size())];
        break;
      case Content::zero:
        break;
    }
    std::memcpy(out.data() + i * size, &value, size);
  }
  return out;
}

bool shareable(DType dtype, const Bytes& raw) {
  std::vector<std::uint64_t> seen;
  const std::size_t size = size_of(dtype);
  for (std::size_t i = 0; i < raw.size(); i += size) {
    std::uint64_t value = 0;
    std::memcpy(&value, raw.data() + i, size);
    seen.push_back(value);
  }
  std::ranges::sort(seen);
  return !seen.empty() && std::ranges::unique(seen).begin() - seen.begin() <= 256;
}

void check_round_trip(Codec codec, DType dtype, const Bytes& raw, ChunkHint hint, Effort effort) {
  const Bytes encoded = encode(codec, dtype, raw, hint, effort);
  Bytes back(raw.size(), 0xa5);
  decode(codec, dtype, encoded, hint, back);
  CHECK(back == raw);
  CHECK(encode(codec, dtype, raw, hint, effort) == encoded);
}

}  // namespace

TEST_CASE("every codec gives back every element type's bits, whatever they mean") {
  Random random(1);
  for (const DType dtype : kAllTypes) {
    for (const Codec codec : kAllCodecs) {
      for (int content = 0; content <= static_cast<int>(Content::kLast); ++content) {
        for (const std::size_t elements : {1U, 2U, 7U, 8U, 9U, 255U, 1000U, 4099U}) {
          const Bytes raw = make(dtype, elements, static_cast<Content>(content), random);
          if (codec == Codec::shared && !shareable(dtype, raw)) continue;
          CAPTURE(name_of(dtype));
          CAPTURE(name_of(codec));
          CAPTURE(elements);
          const std::size_t row = elements > 100 ? 37 : 0;
          check_round_trip(codec, dtype, raw, {.row = row, .start = elements / 3},
                           kAllEfforts.at(elements % 3));
        }
      }
    }
  }
}

TEST_CASE("NaN payloads, -0.0, infinities and denormals keep their bits") {
  const std::array<std::uint32_t, 10> bits = {0x7fc00001, 0xffc00001, 0x7f800001, 0x80000000, 0, 1,
                                              0x807fffff, 0x7f800000, 0xff800000, 0xffffffff};
  Bytes raw;
  for (int i = 0; i < 50; ++i) {
    for (const std::uint32_t value : bits) {
      const auto* const at = reinterpret_cast<const std::uint8_t*>(&value);
      raw.insert(raw.end(), at, at + 4);
    }
  }
  for (const Codec codec : kAllCodecs) {
    check_round_trip(codec, DType::f32, raw, {.row = 10}, Effort::normal);
    check_round_trip(codec, DType::bf16, raw, {.row = 10}, Effort::max);
    check_round_trip(codec, DType::f64, raw, {}, Effort::fast);
  }
}

TEST_CASE("differences to a base come back for every type, and near ones are small") {
  Random random(8);
  for (const DType dtype : kAllTypes) {
    for (int content = 0; content <= static_cast<int>(Content::kLast); ++content) {
      const Bytes raw = make(dtype, 700, static_cast<Content>(content), random);
      const Bytes base = make(dtype, 700, Content::weights, random);
      for (const Effort effort : kAllEfforts) {
        check_round_trip(Codec::delta, dtype, raw, {.row = 10, .base = base}, effort);
        check_round_trip(Codec::delta, dtype, raw, {.base = raw}, effort);
      }
    }
  }
  // Neighbours of floats, also across zero, are one apart.
  const std::vector<float> values = {1.0F, -0.0F, 0x1p-149F, -3.5F};
  const std::vector<float> others = {std::nextafter(1.0F, 2.0F), 0.0F, 0.0F,
                                     std::nextafter(-3.5F, 0.0F)};
  const auto bytes = [](const std::vector<float>& of) {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(of.data());
    return Bytes(data, data + of.size() * sizeof(float));
  };
  const Bytes raw = bytes(values), base = bytes(others);
  const Bytes small = encode(Codec::delta, DType::f32, raw, {.base = base}, Effort::normal);
  CHECK(small.size() < 12);
  Bytes out(raw.size());
  CHECK_THROWS_AS(decode(Codec::delta, DType::f32, small, {}, out), Error);
  Bytes nested = small;
  nested[0] = static_cast<std::uint8_t>(Codec::delta);
  CHECK_THROWS_AS(decode(Codec::delta, DType::f32, nested, {.base = base}, out), Error);
  const Bytes weights = make(DType::bf16, 50000, Content::weights, random);
  Bytes near = weights;
  for (std::size_t i = 0; i < near.size(); i += 8)
    near[i] = static_cast<std::uint8_t>(near[i] ^ 1U);
  CHECK(choose_codec(DType::bf16, near, {.base = weights}, Effort::fast) == Codec::delta);
  CHECK(encode(Codec::delta, DType::bf16, near, {.base = weights}, Effort::fast).size() <
        near.size() / 8);
}

TEST_CASE("a sample with few values does not stand for a block with many") {
  // Also among the nonzeros of a sparse block, whose middle is what is looked at.
  for (const std::size_t zeros : {std::size_t{0}, std::size_t{20}}) {
    std::vector<float> values;
    for (std::size_t i = 0; i < 200000; ++i) {
      values.push_back(i < 1000 ? static_cast<float>(i + 1) : 0.5F);
      values.insert(values.end(), zeros, 0.0F);
    }
    const auto* const data = reinterpret_cast<const std::uint8_t*>(values.data());
    const Bytes raw(data, data + values.size() * sizeof(float));
    for (const Effort effort : {Effort::fast, Effort::normal}) {
      const Codec codec = choose_codec(DType::f32, raw, {}, effort);
      CHECK(encode(codec, DType::f32, raw, {}, effort).size() < raw.size());
    }
  }
}

TEST_CASE("the codec that is chosen never makes a block much larger and suits its content") {
  Random random(2);
  for (const Effort effort : kAllEfforts) {
    for (const DType dtype : kAllTypes) {
      for (int content = 0; content <= static_cast<int>(Content::kLast); ++content) {
        const Bytes raw = make(dtype, 3000, static_cast<Content>(content), random);
        const Codec codec = choose_codec(dtype, raw, {.row = 100}, effort);
        // Each plane may cost a byte; who writes it then stores it.
        CHECK(encode(codec, dtype, raw, {.row = 100}, effort).size() <=
              raw.size() + size_of(dtype));
      }
    }
  }
  const Bytes noise = make(DType::u8, 5000, Content::random, random);
  CHECK(choose_codec(DType::u8, noise, {}, Effort::max) == Codec::store);
  const Bytes zeros(4000, 0);
  CHECK(encode(choose_codec(DType::f32, zeros, {}, Effort::normal), DType::f32, zeros, {},
               Effort::normal)
            .size() <= 12);
}

TEST_CASE("floats take the slow coder in small models only, and always at the most effort") {
  Random random(8);
  Bytes few = make(DType::f32, 300, Content::weights, random);
  const auto chosen = [&](std::size_t model, Effort effort) {
    return choose_codec(DType::f32, few, {.whole = few.size(), .model = model}, effort);
  };
  CHECK(chosen(100'000, Effort::normal) == Codec::coded);
  CHECK(chosen(100'000'000, Effort::normal) == Codec::planes);
  CHECK(chosen(100'000'000, Effort::max) == Codec::coded);
}

TEST_CASE("rounded numbers are found wherever in a tensor they lie") {
  Random random(6);
  constexpr std::size_t kCount = 1 << 18, kRounded = kCount / 8;
  const Bytes whole = make(DType::f32, kCount, Content::weights, random);
  const std::size_t plain = encode(Codec::planes, DType::f32, whole, {}, Effort::normal).size();
  for (const std::size_t first : {std::size_t{0}, kCount / 2, kCount - kRounded}) {
    Bytes rounded = whole;
    for (std::size_t i = first; i < first + kRounded; ++i) rounded[4 * i] = rounded[4 * i + 1] = 0;
    const Bytes coded = encode(Codec::planes, DType::f32, rounded, {}, Effort::normal);
    CHECK(coded.size() < plain - kRounded / 2);
    Bytes again(rounded.size());
    decode(Codec::planes, DType::f32, coded, {}, again);
    CHECK(again == rounded);
  }
}

TEST_CASE("a damaged block is refused or decoded within its bounds, never more") {
  Random random(3);
  for (const Codec codec : kAllCodecs) {
    for (const DType dtype : {DType::f32, DType::i8, DType::bf16}) {
      const Bytes raw = make(dtype, 700, Content::few, random);
      const ChunkHint hint{.row = 50};
      const Bytes good = encode(codec, dtype, raw, hint, Effort::normal);
      Bytes back(raw.size());
      for (std::size_t cut = 0; cut < good.size(); cut += 1 + good.size() / 200) {
        const ByteView part = ByteView(good).first(cut);
        try {
          decode(codec, dtype, part, hint, back);
          // The start of an arithmetic code can be the code of something else, and then is that.
          CHECK(codec != Codec::planes);
          CHECK(codec != Codec::zstd);
          if (codec == Codec::coded) {
            CHECK(std::ranges::equal(encode(codec, dtype, back, hint, Effort::normal), part));
          }
        } catch (const Error& error) {
          CHECK(error.kind() == Kind::input);
        }
      }
      for (int i = 0; i < 300; ++i) {
        Bytes bad = good;
        bad[random.below(bad.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
        try {
          decode(codec, dtype, bad, hint, back);
        } catch (const Error& error) {
          CHECK(error.kind() == Kind::input);
        }
      }
      Bytes longer = good;
      longer.push_back(0);
      longer.push_back(0);
      CHECK_THROWS_AS(decode(codec, dtype, longer, hint, back), Error);
    }
  }
}

}  // namespace mx
