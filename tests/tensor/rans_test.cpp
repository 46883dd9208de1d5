// SPDX-License-Identifier: Apache-2.0
#include "tensor/rans.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "tensor/plane_kernels.h"
#include "tensor/planes.h"

namespace mx {
namespace {

// Bytes like exponents: a few often, some rarely, one hardly ever.
Bytes exponents(std::size_t n, Random& random, double spread = 2) {
  Bytes out(n);
  for (std::uint8_t& byte : out) {
    byte = static_cast<std::uint8_t>(120 + std::lround(random.normal() * spread));
    if (random.below(5000) == 0) byte = static_cast<std::uint8_t>(random.next());
  }
  return out;
}

Bytes decoded(ByteView encoded, std::size_t n) {
  ByteReader in(encoded, "a plane");
  RansReader reader(in, n);
  Bytes out(n, 0xa5);
  for (std::size_t at = 0; at < n; at += kRansBlock) {
    reader.next(std::span(out).subspan(at, std::min(kRansBlock, n - at)));
  }
  reader.finish();
  in.finish();
  return out;
}

double entropy(ByteView bytes) {
  std::array<double, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  double bits = 0;
  for (const double count : counts) {
    if (count > 0) bits -= count * std::log2(count / static_cast<double>(bytes.size()));
  }
  return bits / 8;
}

}  // namespace

TEST_CASE("planes of any length and content come back, near their entropy where they are long") {
  Random random(1);
  for (const std::size_t n : {1UL, 127UL, 128UL, 129UL, 5000UL, 32768UL, 32769UL, 200001UL}) {
    for (const double spread : {0.0, 0.1, 2.0, 9.0}) {
      const Bytes plane = exponents(n, random, spread);
      ByteWriter out;
      if (!rans_encode(out, plane)) {
        CHECK(out.size() == 0);
        CHECK((n < 1000 || spread > 5));
        continue;
      }
      CHECK(out.size() < n);
      CHECK(decoded(out.bytes(), n) == plane);
      // An eighth of a bit for frequencies in 256 parts, tables and states.
      if (n > 100000) {
        const double limit = entropy(plane) + static_cast<double>(n) / 64 + 1000;
        CHECK(static_cast<double>(out.size()) < limit);
      }
    }
  }
}

TEST_CASE("all symbols, one symbol, and blocks that have nothing in common") {
  Bytes plane;
  for (int i = 0; i < 70000; ++i) plane.push_back(7);
  for (int i = 0; i < 70000; ++i) plane.push_back(static_cast<std::uint8_t>(i % 3));
  for (int i = 0; i < 256 * 100; ++i) plane.push_back(static_cast<std::uint8_t>(i));
  for (int i = 0; i < 70000; ++i)
    plane.push_back(static_cast<std::uint8_t>(i % 500 == 0 ? 0 : 255));
  ByteWriter out;
  REQUIRE(rans_encode(out, plane));
  CHECK(decoded(out.bytes(), plane.size()) == plane);
  Random random(2);
  Bytes noise(100000);
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.next());
  ByteWriter none;
  CHECK(!rans_encode(none, noise));
  CHECK(none.size() == 0);
}

TEST_CASE("every kernel takes apart, codes and puts together as the plain one does") {
  Random random(3);
  const planes::Kernel plain = planes::portable_kernel();
  planes::DecodeTable decode = {};
  planes::EncodeTable encode = {};
  // Three symbols of 100, 100 and 50 slots; all others share the last six.
  std::size_t slot = 0;
  for (std::size_t s = 0; s < 256; ++s) {
    const std::size_t frequency = s == 3 || s == 4 ? 100 : s == 200 ? 50 : 6;
    const std::size_t start = s == 3 ? 0 : s == 4 ? 100 : s == 200 ? 200 : 250;
    encode.frequency[s] = static_cast<std::uint8_t>(frequency);
    encode.start[s] = static_cast<std::uint8_t>(start);
    encode.low[s] = static_cast<std::uint8_t>(65536 / frequency);
    encode.high[s] = static_cast<std::uint8_t>(65536 / frequency >> 8);
    encode.escaped[s] = frequency == 6 ? 0xff : 0;
  }
  for (const std::size_t s : {3UL, 4UL, 200UL, 0UL}) {
    for (std::size_t f = 0; f < encode.frequency[s]; ++f, ++slot) {
      decode.symbol[slot] = static_cast<std::uint8_t>(s);
      decode.frequency[slot] = encode.frequency[s];
      decode.offset[slot] = static_cast<std::uint8_t>(f);
    }
  }
  REQUIRE(slot == planes::kSlots);
  decode.escapes = encode.escapes = true;
  decode.escape = 0;
  for (const std::size_t n : {1UL, 128UL, 300UL, 4096UL, 30000UL}) {
    Bytes symbols(n);
    for (std::uint8_t& symbol : symbols) {
      const std::uint64_t draw = random.below(256);
      symbol = static_cast<std::uint8_t>(draw < 100 ? 3 : draw < 200 ? 4 : draw < 250 ? 200 : draw);
    }
    Bytes reference;
    for (const planes::Kernel& kernel : planes::supported_kernels()) {
      CAPTURE(kernel.name);
      CAPTURE(n);
      Bytes room(2 * n + 2 * planes::kMargin + planes::kSpare, 0);
      planes::Encoder encoder;
      encoder.states.fill(planes::kFirstState);
      std::uint8_t* const middle = room.data() + planes::kSpare + n;
      encoder.bytes = middle;
      encoder.escapes = middle + n;
      kernel.encode(encoder, encode, symbols);
      Bytes stream(encoder.bytes, middle);
      stream.insert(stream.end(), encoder.escapes, middle + n);
      for (const std::uint16_t state : encoder.states) {
        stream.push_back(static_cast<std::uint8_t>(state));
        stream.push_back(static_cast<std::uint8_t>(state >> 8U));
      }
      if (reference.empty()) reference = stream;
      CHECK(stream == reference);
      for (const planes::Kernel& other : {kernel, plain}) {
        Bytes bytes(encoder.bytes, middle), escapes(encoder.escapes, middle + n);
        const std::size_t all = bytes.size(), some = escapes.size();
        bytes.resize(all + planes::kMargin);
        escapes.resize(some + planes::kMargin);
        planes::Decoder decoder;
        decoder.states = encoder.states;
        decoder.bytes = {bytes.data(), bytes.data() + bytes.size()};
        decoder.escapes = {escapes.data(), escapes.data() + escapes.size()};
        Bytes out(n, 0xa5);
        CHECK(other.decode(decoder, decode, out) == n);
        CHECK(out == symbols);
        CHECK(decoder.bytes.at == bytes.data() + all);
        CHECK(decoder.escapes.at == escapes.data() + some);
      }
    }
  }
  for (const planes::Kernel& kernel : planes::supported_kernels()) {
    for (const std::size_t size : {1UL, 2UL, 4UL, 8UL}) {
      constexpr std::size_t kCount = 1003;
      Bytes raw(size * kCount), first(raw.size()), second(raw.size()), back(raw.size());
      for (std::uint8_t& byte : raw) byte = static_cast<std::uint8_t>(random.next());
      planes::Split to = {}, same = {};
      planes::Merge from = {};
      for (std::size_t k = 0; k < size; ++k) {
        to[k] = first.data() + k * kCount;
        same[k] = second.data() + k * kCount;
        from[k] = to[k];
      }
      for (const int rotation : {0, 1}) {
        kernel.split(size, raw.data(), kCount, rotation, to);
        plain.split(size, raw.data(), kCount, rotation, same);
        CHECK(first == second);
        kernel.merge(size, from, kCount, rotation, back.data());
        CHECK(back == raw);
      }
    }
  }
}

TEST_CASE("a cut, changed or lengthened stream is refused or decoded within its bounds") {
  Random random(4);
  constexpr std::size_t kCount = 33000;
  const Bytes plane = exponents(kCount, random);
  ByteWriter out;
  REQUIRE(rans_encode(out, plane));
  const Bytes good = out.take();
  for (std::size_t cut = 0; cut < good.size(); cut += 1 + good.size() / 300) {
    CHECK_THROWS_AS((void)decoded(ByteView(good).first(cut), kCount), Error);
  }
  std::size_t refused = 0;
  for (int i = 0; i < 400; ++i) {
    Bytes bad = good;
    bad[random.below(bad.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
    try {
      const Bytes other = decoded(bad, kCount);
      CHECK(other != plane);  // an escape's own byte
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
      ++refused;
    }
  }
  CHECK(refused > 390);
  const auto with_table = [&](const Bytes& table) {
    Bytes bad = table;
    bad.insert(bad.end(), good.begin(), good.end());
    return bad;
  };
  for (const Bytes& table : {Bytes{0}, Bytes{1, 5, 0}, Bytes{2, 5, 200, 6, 57},
                             Bytes{2, 6, 9, 5, 9}, Bytes{2, 5, 9, 5, 9}}) {
    CHECK_THROWS_AS((void)decoded(with_table(table), 100), Error);
  }
}

}  // namespace mx
