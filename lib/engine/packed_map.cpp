// SPDX-License-Identifier: Apache-2.0
#include "engine/packed_map.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "engine/step.h"

namespace mx::engine {
namespace {

// Less than this many multiply-adds are done sooner by one thread than shared out.
constexpr std::size_t kShared = 1U << 19U;

// [columns, k] -> panels of `panel` columns, each [k, panel], the last one filled up with zeros.
template <class W>
Buffer pack(std::span<const W> weight, std::size_t columns, std::size_t k, std::size_t panel) {
  const std::size_t whole = (columns + panel - 1) / panel * panel;
  Buffer out = zeros(checked_mul(checked_mul(whole, k, "a weight"), sizeof(W), "a weight"));
  W* to = reinterpret_cast<W*>(out.data());
  for (std::size_t c = 0; c < columns; ++c) {
    W* at = to + c / panel * panel * k + c % panel;
    for (std::size_t i = 0; i < k; ++i) at[i * panel] = weight[c * k + i];
  }
  return out;
}

template <class T>
const T* values(const Buffer& buffer) {
  return buffer.size() == 0 ? nullptr : reinterpret_cast<const T*>(buffer.data());
}

}  // namespace

Buffer padded(std::span<const float> values, std::size_t panel) {
  Buffer out = zeros((values.size() + panel - 1) / panel * panel * sizeof(float));
  if (!values.empty()) std::memcpy(out.data(), values.data(), values.size() * sizeof(float));
  return out;
}

PackedMap::PackedMap(const Weight& weight, const Kernels& kernels, MapObserver* observer)
    : kernels_(kernels),
      k_(static_cast<std::size_t>(weight.values.shape.back())),
      columns_(static_cast<std::size_t>(weight.values.shape.front())),
      quantized_(weight.scheme == Scheme::channel),
      observer_(observer),
      name_(weight.name) {
  if (quantized_) {
    packed_ = pack(weight.values.as<std::int8_t>(), columns_, k_, kernels_.panel);
    scale_ = padded(weight.scales.as<float>(), kernels_.panel);
  } else {
    const Tensor plain = to_f32(weight);
    packed_ = pack(plain.as<float>(), columns_, k_, kernels_.panel);
  }
}

void PackedMap::run(const float* x, std::size_t rows, const Buffer& bias, float* y,
                    ThreadPool* pool) const {
  if (observer_ != nullptr) observer_->see(name_, {x, rows * k_});
  const std::size_t threads = pool == nullptr ? 1 : pool->threads();
  if (threads == 1 || rows * k_ * columns_ < kShared) {
    run_part(x, rows, bias, y, 0, columns_);
  } else if (rows == 1) {
    const std::size_t panels = (columns_ + kernels_.panel - 1) / kernels_.panel;
    const std::size_t wide = (panels + threads - 1) / threads * kernels_.panel;
    pool->run((columns_ + wide - 1) / wide, [&](std::size_t i) {
      run_part(x, 1, bias, y + i * wide, i * wide, std::min(wide, columns_ - i * wide));
    });
  } else {
    const std::size_t share = (rows + threads - 1) / threads;
    const std::size_t piece = (share + kernels_.tile - 1) / kernels_.tile * kernels_.tile;
    pool->run((rows + piece - 1) / piece, [&](std::size_t i) {
      run_part(x + i * piece * k_, std::min(piece, rows - i * piece), bias,
               y + i * piece * columns_, 0, columns_);
    });
  }
}

void PackedMap::run_part(const float* x, std::size_t rows, const Buffer& bias, float* y,
                         std::size_t first, std::size_t count) const {
  const auto args = [&]<class W>(const W* packed) {
    const auto from = [&](const float* all) { return all == nullptr ? nullptr : all + first; };
    return LinearArgs<W>{.x = x,
                         .rows = rows,
                         .k = k_,
                         .columns = count,
                         .packed = packed + first * k_,
                         .scale = from(values<float>(scale_)),
                         .bias = from(values<float>(bias)),
                         .y = y};
  };
  if (quantized_) {
    kernels_.linear_i8(args(values<std::int8_t>(packed_)));
  } else {
    kernels_.linear_f32(args(values<float>(packed_)));
  }
}

void PackedMap::row(std::size_t number, float* out) const {
  const std::size_t panel = kernels_.panel;
  const std::size_t at = number / panel * panel * k_ + number % panel;
  if (quantized_) {
    const float scale = values<float>(scale_)[number];
    const std::int8_t* const from = values<std::int8_t>(packed_) + at;
    for (std::size_t i = 0; i < k_; ++i) out[i] = static_cast<float>(from[i * panel]) * scale;
  } else {
    const float* const from = values<float>(packed_) + at;
    for (std::size_t i = 0; i < k_; ++i) out[i] = from[i * panel];
  }
}

}  // namespace mx::engine
