// SPDX-License-Identifier: Apache-2.0
#include "tensor/codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "base/error.h"
#include "tensor/coded.h"
#include "tensor/delta.h"
#include "tensor/planes.h"
#include "tensor/sparse.h"
#include "tensor/zstd_frame.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"store", "planes", "sparse", "shared",
                                                    "zstd",  "coded",  "delta"};

int zstd_level(Effort effort) {
  switch (effort) {
    case Effort::fast:
      return 1;
    case Effort::normal:
      return 9;
    case Effort::max:
      return 19;
  }
  return 9;
}

// Share of zero elements, in percent.
std::size_t zeros_percent(DType dtype, ByteView raw) {
  const std::size_t size = size_of(dtype), all = raw.size() / size;
  return all == 0 ? 0 : (all - count_masked(size, raw, ~std::uint64_t{0})) * 100 / all;
}

// The sizes of encodings of a part stand for those of the whole.
ByteView sample_of(ByteView raw) {
  constexpr std::size_t kWhole = 256 << 10, kSample = 32 << 10;
  if (raw.size() <= kWhole) return raw;
  return raw.subspan((raw.size() - kSample) / 2 / 64 * 64, kSample);
}

}  // namespace

std::string_view name_of(Codec codec) { return kNames.at(static_cast<std::size_t>(codec)); }

Codec codec_from(std::uint8_t code) {
  if (code >= kNames.size()) fail(Kind::input, "there is no codec number {}", code);
  return static_cast<Codec>(code);
}

bool may_code(Effort effort, std::size_t element_size, std::size_t bytes, std::size_t model) {
  constexpr std::size_t kBytes = 256 << 10;  // about 0.1 s to decode
  constexpr std::size_t kWords = 16 << 10;   // numbers of several bytes gain little
  constexpr std::size_t kModel = 4 << 20;
  if (effort == Effort::normal && element_size > 1 && model > kModel) return false;
  if (effort == Effort::normal) return bytes <= (element_size == 1 ? kBytes : kWords);
  return effort == Effort::max;
}

Bytes encode(Codec codec, DType dtype, ByteView raw, ChunkHint hint, Effort effort) {
  switch (codec) {
    case Codec::store:
      return {raw.begin(), raw.end()};
    case Codec::planes:
      return encode_planes(dtype, raw);
    case Codec::sparse:
      return encode_sparse(dtype, raw, hint, effort);
    case Codec::shared:
      if (const auto values = shared_values(dtype, raw)) {
        return encode_shared(dtype, raw, *values, hint, effort);
      }
      fail(Kind::failed, "codec shared was asked to hold over 256 different values");
    case Codec::zstd:
      return zstd_encode(raw, zstd_level(effort));
    case Codec::coded:
      return encode_coded(dtype, raw, hint);
    case Codec::delta:
      return encode_delta(dtype, raw, hint, effort);
  }
  fail(Kind::failed, "there is no such codec");
}

void decode(Codec codec, DType dtype, ByteView encoded, ChunkHint hint,
            std::span<std::uint8_t> raw) {
  switch (codec) {
    case Codec::store:
      if (encoded.size() != raw.size()) {
        fail(Kind::input, "{} bytes are stored where {} belong", encoded.size(), raw.size());
      }
      if (!raw.empty()) std::memcpy(raw.data(), encoded.data(), raw.size());
      return;
    case Codec::planes:
      return decode_planes(dtype, encoded, raw);
    case Codec::sparse:
      return decode_sparse(dtype, encoded, hint, raw);
    case Codec::shared:
      return decode_shared(dtype, encoded, hint, raw);
    case Codec::zstd:
      return zstd_decode(encoded, raw);
    case Codec::coded:
      return decode_coded(dtype, encoded, hint, raw);
    case Codec::delta:
      return decode_delta(dtype, encoded, hint, raw);
  }
  fail(Kind::failed, "there is no such codec");
}

bool can_share(DType dtype, ByteView raw) { return shared_values(dtype, raw).has_value(); }

Codec choose_codec(DType dtype, ByteView raw, ChunkHint hint, Effort effort) {
  const ByteView sample = sample_of(raw);
  if (sample.empty()) return Codec::store;
  const auto begin = static_cast<std::size_t>(sample.data() - raw.data());
  hint.start += begin / size_of(dtype);
  if (!hint.base.empty()) hint.base = hint.base.subspan(begin, sample.size());
  Codec best = Codec::store;
  std::size_t smallest = sample.size();
  const auto consider = [&](Codec codec, std::size_t bytes) {
    if (bytes < smallest) {
      smallest = bytes;
      best = codec;
    }
  };
  const auto measure = [&](Codec codec) {
    consider(codec, encode(codec, dtype, sample, hint, effort).size());
  };
  const bool zeros = zeros_percent(dtype, sample) >= 4;
  const bool shares = size_of(dtype) > 1 && can_share(dtype, sample) &&
                      (sample.size() == raw.size() || can_share(dtype, raw));
  // Where nothing else comes into question, encoding will show whether it helps.
  if (effort == Effort::fast && !zeros && !shares && hint.base.empty()) return Codec::planes;
  measure(Codec::planes);
  if (zeros) measure(Codec::sparse);
  if (shares) measure(Codec::shared);
  // Numbers that do not repeat are known from the fastest search for what repeats.
  const auto repeats = [&] {
    return effort == Effort::max || zstd_encode(sample, 1).size() < smallest + smallest / 8;
  };
  if (effort != Effort::fast && repeats()) measure(Codec::zstd);
  if (may_code(effort, size_of(dtype), std::max(hint.whole, raw.size()), hint.model))
    measure(Codec::coded);
  if (!hint.base.empty()) measure(Codec::delta);
  return best;
}

}  // namespace mx
