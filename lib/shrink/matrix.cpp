// SPDX-License-Identifier: Apache-2.0
#include "shrink/matrix.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace mx {
namespace {

constexpr std::size_t kBlock = 128;
constexpr std::size_t kStrip = 256;  // columns of a triangle that are one piece of work
constexpr std::size_t kDepth = 512;  // rows of x that are turned at a time

std::size_t pieces_of(std::size_t count, std::size_t size) { return (count + size - 1) / size; }

// A triangle of at most kBlock rows in double precision.
class Triangle {
 public:
  // R with R R^T = the block at `from`, whose upper half is read; false: there is none.
  bool factor(const float* from, std::size_t stride, std::size_t size) {
    size_ = size;
    values_.assign(size * size, 0);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = i; j < size; ++j) at(i, j) = from[i * stride + j];
    }
    for (std::size_t k = size; k-- > 0;) {
      const double pivot = at(k, k);
      if (!(pivot > 0) || !std::isfinite(pivot)) return false;
      const double root = std::sqrt(pivot);
      for (std::size_t i = 0; i < k; ++i) at(i, k) /= root;
      at(k, k) = root;
      column_.resize(k);
      for (std::size_t i = 0; i < k; ++i) column_[i] = at(i, k);
      for (std::size_t i = 0; i < k; ++i) {
        double* const row = &at(i, 0);
        const double by = column_[i];
        for (std::size_t j = i; j < k; ++j) row[j] -= by * column_[j];
      }
    }
    return true;
  }
  // In the place of R.
  void invert() {
    // Row by row from below: U_i = (e_i - sum over k > i of R_ik U_k) / R_ii.
    std::vector<double> row(size_);
    for (std::size_t i = size_; i-- > 0;) {
      std::fill(row.begin(), row.end(), 0.0);
      row[i] = 1;
      for (std::size_t k = i + 1; k < size_; ++k) {
        const double by = at(i, k);
        const double* const other = &at(k, 0);
        for (std::size_t j = k; j < size_; ++j) row[j] -= by * other[j];
      }
      const double pivot = at(i, i);
      for (std::size_t j = i; j < size_; ++j) at(i, j) = row[j] / pivot;
    }
  }
  [[nodiscard]] std::vector<float> floats() const { return {values_.begin(), values_.end()}; }

 private:
  double& at(std::size_t i, std::size_t j) { return values_[i * size_ + j]; }
  std::size_t size_ = 0;
  std::vector<double> values_, column_;
};

// Work number i of `count` begins with the last strip, which is the longest.
void for_strips(std::size_t columns, ThreadPool& pool,
                const std::function<void(std::size_t, std::size_t)>& work) {
  const std::size_t strips = pieces_of(columns, kStrip);
  pool.run(strips, [&](std::size_t i) {
    const std::size_t begin = (strips - 1 - i) * kStrip;
    work(begin, std::min(columns, begin + kStrip));
  });
}

}  // namespace

void multiply(const engine::Product& product, ThreadPool& pool) {
  const engine::Kernels& kernels = engine::kernels();
  const std::size_t shares = pool.threads();
  pool.run(shares, [&](std::size_t share) { engine::multiply(kernels, product, share, shares); });
}

std::vector<float> gram(std::span<const float> x, std::size_t rows, std::size_t n,
                        ThreadPool& pool) {
  std::vector<float> out(n * n);
  for_strips(n, pool, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = 0; k < rows; k += kDepth) {
      engine::multiply(engine::kernels(),
                       {.rows = end,
                        .columns = end - begin,
                        .depth = std::min(kDepth, rows - k),
                        .a = x.data() + k * n,
                        .b = x.data() + k * n + begin,
                        .c = out.data() + begin,
                        .a_transposed = true,
                        .add = k > 0,
                        .a_stride = n,
                        .b_stride = n,
                        .c_stride = n},
                       0, 1);
    }
  });
  for_strips(n, pool, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < i; ++j) out[i * n + j] = out[j * n + i];
    }
  });
  return out;
}

bool factor_inverse(std::span<float> matrix, std::size_t n, ThreadPool& pool) {
  float* const m = matrix.data();
  const std::size_t blocks = pieces_of(n, kBlock);
  std::vector<std::vector<float>> inverses(blocks);  // of R's diagonal blocks
  std::vector<float> panel(n * kBlock), minus(n * kBlock);
  for (std::size_t b = blocks; b-- > 0;) {
    const std::size_t begin = b * kBlock, size = std::min(kBlock, n - begin);
    Triangle triangle;
    if (!triangle.factor(m + begin * n + begin, n, size)) return false;
    triangle.invert();
    inverses[b] = triangle.floats();
    if (begin == 0) break;
    // What stands above the block, A, becomes A R_bb^-T; the rest loses its product with itself.
    multiply({.rows = begin,
              .columns = size,
              .depth = size,
              .a = m + begin,
              .b = inverses[b].data(),
              .c = panel.data(),
              .b_transposed = true,
              .a_stride = n},
             pool);
    pool.run(pieces_of(begin, kStrip), [&](std::size_t part) {
      for (std::size_t i = part * kStrip; i < std::min(begin, (part + 1) * kStrip); ++i) {
        for (std::size_t j = 0; j < size; ++j) {
          m[i * n + begin + j] = panel[i * size + j];
          minus[i * size + j] = -panel[i * size + j];
        }
      }
    });
    for_strips(begin, pool, [&](std::size_t first, std::size_t last) {
      engine::multiply(engine::kernels(),
                       {.rows = last,
                        .columns = last - first,
                        .depth = size,
                        .a = minus.data(),
                        .b = panel.data() + first * size,
                        .c = m + first,
                        .b_transposed = true,
                        .add = true,
                        .c_stride = n},
                       0, 1);
    });
  }
  // U R = 1, one block of columns after the other: U_above,b = -(U R)_above,b U_bb.
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t begin = b * kBlock, size = std::min(kBlock, n - begin);
    const std::vector<float>& diagonal = inverses[b];
    for (std::size_t i = 0; i < begin; ++i) {
      for (std::size_t j = 0; j < size; ++j) minus[i * size + j] = -m[i * n + begin + j];
    }
    pool.run(pieces_of(begin, kBlock), [&](std::size_t part) {
      const std::size_t row = part * kBlock, rows = std::min(kBlock, begin - row);
      engine::multiply(engine::kernels(),
                       {.rows = rows,
                        .columns = size,
                        .depth = begin - row,
                        .a = m + row * n + row,
                        .b = minus.data() + row * size,
                        .c = panel.data() + row * size,
                        .a_stride = n},
                       0, 1);
      engine::multiply(engine::kernels(),
                       {.rows = rows,
                        .columns = size,
                        .depth = size,
                        .a = panel.data() + row * size,
                        .b = diagonal.data(),
                        .c = m + row * n + begin,
                        .c_stride = n},
                       0, 1);
    });
    for (std::size_t i = 0; i < size; ++i) {
      std::copy_n(diagonal.data() + i * size, size, m + (begin + i) * n + begin);
      std::fill_n(m + (begin + i) * n, begin, 0.0F);
    }
  }
  return true;
}

}  // namespace mx
