// SPDX-License-Identifier: Apache-2.0
// Changing the weights of one linear map so that its outputs on calibration rows change least: for
// each row w of the weight, the least (w - v)^T H (w - v) over the v that are allowed, H being the
// second moment of the map's inputs. GPTQ (Frantar et al. 2023) with activation order finds v;
// coordinate descent over codes and scales goes on from there. Pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "shrink/levels.h"
#include "shrink/moments.h"
#include "tensor/tensor.h"

namespace mx {

// Of a Hessian: by falling diagonal, or as the weight's.
enum class ColumnOrder { falling, natural };

// H made ready to solve with.
class Hessian {
 public:
  // damping: share of the mean diagonal that is added to the diagonal; ten times as much as long as
  // the matrix has no factor in single precision. Throws Kind::input when none helps (inputs not
  // finite).
  Hessian(const Moments& moments, double damping, ThreadPool& pool,
          ColumnOrder columns = ColumnOrder::falling);

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::span<const std::size_t> order() const { return order_; }
  [[nodiscard]] double damping() const { return damping_; }
  // Row i of H, and of the upper factor U of its inverse U^T U.
  [[nodiscard]] std::span<const float> row(std::size_t i) const { return row_of(matrix_, i); }
  [[nodiscard]] std::span<const float> factor(std::size_t i) const { return row_of(factor_, i); }
  // The unconstrained best rows for weights that were wanted on the reference's inputs (GPTAQ, Li
  // et al. 2025): w + H^-1 S w of each row w of the weight, [rows, ...], S being the moments'
  // shift. Columns in the order of the weight.
  [[nodiscard]] Tensor targets(const Tensor& weight, ThreadPool& pool) const;
  // The sum of w^T H w over the weight's rows.
  [[nodiscard]] double square(const Tensor& weight, ThreadPool& pool) const;

 private:
  [[nodiscard]] std::span<const float> row_of(const std::vector<float>& all, std::size_t i) const {
    return std::span(all).subspan(i * size(), size());
  }
  [[nodiscard]] std::vector<float> ordered(const Tensor& weight) const;
  std::vector<std::size_t> order_;
  std::vector<float> matrix_, factor_, shift_;
  double damping_ = 0;
};

// A row of a weight in codes: code[i] belongs to column i, levels[i / group] to it.
struct CodedRow {
  std::vector<int> codes;
  std::vector<Levels> levels;
  double error = 0;  // (w - v)^T H (w - v)
};

struct RowOptions {
  std::size_t group = 0;  // columns that share levels
  int scale_bits = kScaleBits;
  bool move_scales = true;        // levels without a table: scales may change
  double rate = 0;                // error that one bit is worth
  std::vector<double> bits = {};  // of the codes from `lowest` on: what each costs
  int lowest = 0;
};
// target: what is wanted, in the weight's column order; frozen: columns whose value stays zero (or
// empty). start: levels of each group.
[[nodiscard]] CodedRow solve_row(const Hessian& hessian, std::span<const float> target,
                                 std::span<const std::uint8_t> frozen, std::vector<Levels> start,
                                 const RowOptions& options);

}  // namespace mx
