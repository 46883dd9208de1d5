// SPDX-License-Identifier: Apache-2.0
#include "engine/matmul.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace mx::engine {
namespace {

constexpr std::size_t kDepth = 512;    // of a packed part of b, which stays in the cache
constexpr std::size_t kColumns = 256;  // likewise
constexpr std::size_t kRows = 192;     // of a that are transposed together

struct Range {
  std::size_t begin = 0, end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

// Part `number` of `parts` of [0, count), cut at multiples of `unit`.
Range part_of(std::size_t count, std::size_t unit, std::size_t number, std::size_t parts) {
  const std::size_t units = (count + unit - 1) / unit;
  return {std::min(count, units * number / parts * unit),
          std::min(count, units * (number + 1) / parts * unit)};
}

std::size_t stride_of(std::size_t stride, std::size_t width) {
  return stride != 0 ? stride : width;
}
std::size_t stride_of_a(const Product& p) {
  return stride_of(p.a_stride, p.a_transposed ? p.rows : p.depth);
}
std::size_t stride_of_b(const Product& p) {
  return stride_of(p.b_stride, p.b_transposed ? p.depth : p.columns);
}

// Room of this thread's own, kept from call to call.
template <int Which>
float* room(std::size_t count) {
  static thread_local std::vector<float> kept;
  if (kept.size() < count) kept.resize(count);
  return kept.data();
}

// Panels of b's columns, each [depth.size(), panel], the last one filled up with zeros.
void pack(const Kernels& kernels, const Product& p, const Range& depth, const Range& columns,
          float* to) {
  const std::size_t panel = kernels.panel;
  const std::size_t stride = stride_of_b(p);
  const std::size_t rest = columns.size() % panel;
  if (rest != 0) {
    std::fill_n(to + (columns.size() - rest) * depth.size(), depth.size() * panel, 0.0F);
  }
  if (p.b_transposed) {
    for (std::size_t c = columns.begin; c < columns.end; c += panel, to += depth.size() * panel) {
      kernels.transpose({.from = p.b + c * stride + depth.begin,
                         .from_stride = stride,
                         .rows = depth.size(),
                         .columns = std::min(panel, columns.end - c),
                         .to = to,
                         .to_stride = panel});
    }
    return;
  }
  const float* from = p.b + depth.begin * stride;
  for (std::size_t k = 0; k < depth.size(); ++k, from += stride, to += panel) {
    for (std::size_t c = 0; c < columns.size(); c += panel) {
      std::memcpy(to + c * depth.size(), from + columns.begin + c,
                  std::min(panel, columns.size() - c) * sizeof(float));
    }
  }
}

void multiply_rows(const Kernels& kernels, const Product& p, const Range& rows,
                   const Range& columns) {
  const std::size_t panel = kernels.panel;
  const std::size_t c_stride = stride_of(p.c_stride, p.columns);
  std::size_t a_stride = stride_of_a(p);
  const float* a = p.a + rows.begin * (p.a_transposed ? 1 : a_stride);
  if (p.a_transposed) {
    float* const turned = room<0>(rows.size() * p.depth);
    kernels.transpose({.from = a,
                       .from_stride = a_stride,
                       .rows = rows.size(),
                       .columns = p.depth,
                       .to = turned,
                       .to_stride = p.depth});
    a = turned;
    a_stride = p.depth;
  }
  for (std::size_t first = columns.begin; first < columns.end; first += kColumns) {
    const Range wide = {first, std::min(columns.end, first + kColumns)};
    const std::size_t whole = (wide.size() + panel - 1) / panel * panel;
    float* const packed = room<1>(whole * (std::min(kDepth, p.depth) + 1));
    float* bias = nullptr;
    if (p.bias != nullptr) {
      bias = packed + whole * std::min(kDepth, p.depth);
      std::fill(std::copy(p.bias + wide.begin, p.bias + wide.end, bias), bias + whole, 0.0F);
    }
    for (std::size_t k = 0; k < p.depth; k += kDepth) {
      const Range depth = {k, std::min(p.depth, k + kDepth)};
      pack(kernels, p, depth, wide, packed);
      kernels.linear_f32({.x = a + k,
                          .rows = rows.size(),
                          .k = depth.size(),
                          .columns = wide.size(),
                          .packed = packed,
                          .scale = nullptr,
                          .bias = k == 0 ? bias : nullptr,
                          .y = p.c + rows.begin * c_stride + first,
                          .x_stride = a_stride,
                          .y_stride = c_stride,
                          .add = p.add || k > 0});
    }
  }
}

}  // namespace

void multiply(const Kernels& kernels, const Product& product, std::size_t share,
              std::size_t shares) {
  // What is packed once for all rows, or transposed once for all columns, is divided first.
  const std::size_t panels = (product.columns + kernels.panel - 1) / kernels.panel;
  const std::size_t tiles = (product.rows + kernels.tile - 1) / kernels.tile;
  const bool by_rows = product.a_transposed;
  const std::size_t outer = std::min(shares, by_rows ? tiles : panels);
  const std::size_t inner = std::min(shares / outer, by_rows ? panels : tiles);
  if (share >= outer * inner) return;
  const std::size_t row_share = by_rows ? share / inner : share % inner;
  const std::size_t column_share = by_rows ? share % inner : share / inner;
  const Range rows = part_of(product.rows, kernels.tile, row_share, by_rows ? outer : inner);
  const Range columns =
      part_of(product.columns, kernels.panel, column_share, by_rows ? inner : outer);
  if (columns.size() == 0) return;
  const std::size_t most = product.a_transposed ? kRows : rows.size();
  for (std::size_t row = rows.begin; row < rows.end; row += most) {
    multiply_rows(kernels, product, {row, std::min(rows.end, row + most)}, columns);
  }
}

}  // namespace mx::engine
