// SPDX-License-Identifier: Apache-2.0
#include "tensor/planes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "tensor/plane_kernels.h"
#include "tensor/rans.h"
#include "tensor/scratch.h"
#include "tensor/zstd_frame.h"

namespace mx {
namespace {

enum Mode : std::uint8_t { kRaw = 0, kConstant = 1, kFrame = 2, kRans = 4 };  // 3: see sparse.cpp

// Whether bytes are spread so evenly that entropy coding cannot pay: the chance that two of them
// are equal is within a thirty-second of 1/256. In integers, so that every machine decides alike.
bool spread_evenly(ByteView bytes) {
  std::array<std::uint64_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  std::uint64_t squares = 0;
  for (const std::uint64_t count : counts) squares += count * count;
  const std::uint64_t n = bytes.size();
  return squares * 256 < n * n + n * n / 32 + 256 * n;
}

// By samples all over the plane: rounded numbers often lie in one part of a tensor.
bool looks_random(ByteView plane) {
  constexpr std::size_t kSamples = 16, kSample = 4096;
  if (plane.size() <= 4 * kSample) return spread_evenly(plane);
  for (std::size_t i = 0; i < kSamples; ++i) {
    const std::size_t at = (plane.size() - kSample) * i / (kSamples - 1);
    if (!spread_evenly(plane.subspan(at, kSample))) return false;
  }
  return true;
}

void rotate(DType dtype, std::span<std::uint8_t> bytes, int by) {
  if (!is_float(dtype)) return;
  with_unsigned(size_of(dtype), [&]<class U>(std::type_identity<U>) {
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(U)) {
      U value;
      std::memcpy(&value, bytes.data() + i, sizeof(U));
      value = std::rotl(value, by);
      std::memcpy(bytes.data() + i, &value, sizeof(U));
    }
  });
}

}  // namespace

void rotate_up(DType dtype, std::span<std::uint8_t> bytes) { rotate(dtype, bytes, 1); }
void rotate_down(DType dtype, std::span<std::uint8_t> bytes) { rotate(dtype, bytes, -1); }

void write_plane(ByteWriter& out, ByteView plane) {
  if (plane.empty()) return;
  if (std::ranges::all_of(plane, [&](std::uint8_t byte) { return byte == plane.front(); })) {
    out.u8(kConstant);
    out.u8(plane.front());
    return;
  }
  if (!looks_random(plane)) {
    const std::size_t before = out.size();
    out.u8(kRans);
    const bool coded = rans_encode(out, plane);
    const std::size_t rans = coded ? out.size() - before : plane.size();
    // Short planes pay for the states; many different bytes want finer frequencies.
    constexpr std::size_t kLong = 64 << 10;
    Bytes frame;
    const bool frames = plane.size() < kLong || rans > plane.size() / 2;
    if (frames) frame = zstd_encode_literals(plane);
    const bool framed = frames && frame.size() + 4 < rans;
    if (coded && !framed) return;
    out.shrink(before);
    if (framed) {
      out.u8(kFrame);
      out.sized(frame);
      return;
    }
  }
  out.u8(kRaw);
  out.put(plane);
}

namespace {

// A plane as it is written, a block at a time.
class PlaneReader {
 public:
  // `room`: as many bytes as the plane has, for those that do not lie there already.
  PlaneReader(ByteReader& in, std::span<std::uint8_t> room) : whole_(room) {
    const std::size_t n = room.size();
    if (n == 0) return;
    switch (in.u8()) {
      case kRaw:
        whole_ = in.take(n);
        return;
      case kConstant:
        std::memset(room.data(), in.u8(), n);
        return;
      case kFrame:
        zstd_decode(in.sized(n), room);
        return;
      case kRans:
        rans_.emplace(in, n);
        return;
      default:
        fail(Kind::input, "a byte plane has an unknown mode");
    }
  }
  // The next bytes, kRansBlock or in the end the rest: in `block` or where they lie.
  const std::uint8_t* next(std::span<std::uint8_t> block) {
    const std::size_t at = at_;
    at_ += block.size();
    if (!rans_) return whole_.data() + at;
    rans_->next(block);
    return block.data();
  }
  [[nodiscard]] bool in_blocks() const { return rans_.has_value(); }
  [[nodiscard]] ByteView whole() const { return whole_; }
  void finish() const {
    if (rans_) rans_->finish();
  }

 private:
  ByteView whole_;  // unless rans_
  std::optional<RansReader> rans_;
  std::size_t at_ = 0;
};

// Calls with each block of `n`: where it begins, and how many there are.
template <class F>
void each_block(std::size_t n, F&& f) {
  for (std::size_t at = 0; at < n; at += kRansBlock) f(at, std::min(kRansBlock, n - at));
}

}  // namespace

ByteView read_plane(ByteReader& in, std::span<std::uint8_t> room) {
  PlaneReader reader(in, room);
  if (!reader.in_blocks()) return reader.whole();
  each_block(room.size(),
             [&](std::size_t at, std::size_t n) { (void)reader.next(room.subspan(at, n)); });
  reader.finish();
  return room;
}

Bytes encode_planes(DType dtype, ByteView raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  Buffer large;
  const std::span room = scratch<struct PlanesOut>(raw.size(), large);
  planes::Split planes = {};
  for (std::size_t k = 0; k < size; ++k) planes[k] = room.data() + k * n;
  planes::kernel().split(size, raw.data(), n, is_float(dtype) ? 1 : 0, planes);
  ByteWriter out;
  out.reserve(raw.size() + 64);
  for (std::size_t k = 0; k < size; ++k) write_plane(out, room.subspan(k * n, n));
  return out.take();
}

void decode_planes(DType dtype, ByteView encoded, std::span<std::uint8_t> raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  Buffer large;
  const std::span room = scratch<struct PlanesIn>(raw.size(), large);
  ByteReader in(encoded, "a block of byte planes");
  std::vector<PlaneReader> readers;
  readers.reserve(size);
  for (std::size_t k = 0; k < size; ++k) readers.emplace_back(in, room.subspan(k * n, n));
  in.finish();
  planes::Merge planes = {};
  each_block(n, [&](std::size_t at, std::size_t count) {
    for (std::size_t k = 0; k < size; ++k) {
      planes[k] = readers[k].next(room.subspan(k * n, count));
    }
    planes::kernel().merge(size, planes, count, is_float(dtype) ? 1 : 0, raw.data() + at * size);
  });
  for (const PlaneReader& reader : readers) reader.finish();
}

}  // namespace mx
