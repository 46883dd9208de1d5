// SPDX-License-Identifier: Apache-2.0
// Dense fp32 matrices in rows without gaps: products by the engine's kernels, and the factor that
// the layer solver needs. Nothing depends on the number of threads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/threads.h"
#include "engine/matmul.h"

namespace mx {

// All shares of it (engine/matmul.h).
void multiply(const engine::Product& product, ThreadPool& pool);

// The sum x^T x, [n, n], of x: [rows, n]. One half is computed, the other is its mirror.
[[nodiscard]] std::vector<float> gram(std::span<const float> x, std::size_t rows, std::size_t n,
                                      ThreadPool& pool);

// The upper triangular U with matrix^-1 = U^T U, in its place (zeros below); matrix: [n, n],
// symmetric, of which the upper half is read. False when it is not positive definite; what is in
// its place then means nothing.
// U is the inverse of R in matrix = R R^T, Cholesky's factor from the last row upwards: 2/3 n^3
// operations instead of the 2 n^3 of inverting and factoring anew. In blocks of 128, whose
// triangles are solved in double precision; all else is products in single precision.
[[nodiscard]] bool factor_inverse(std::span<float> matrix, std::size_t n, ThreadPool& pool);

}  // namespace mx
