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

#include "shrink/levels.h"
#include "shrink/moments.h"

namespace mx {

// Of a Hessian: by falling diagonal, or as the weight's.
enum class ColumnOrder { falling, natural };

// H made ready to solve with.
class Hessian {
 public:
  // damping: share of the mean diagonal that is added to the diagonal; ten times as much as long as
  // the matrix has no Cholesky factor. Throws Kind::input when none helps (inputs not finite).
  Hessian(const Moments& moments, double damping, ColumnOrder columns = ColumnOrder::falling);

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::span<const std::size_t> order() const { return order_; }
  [[nodiscard]] double damping() const { return damping_; }
  // Row i of H, and of the upper factor U of its inverse U^T U.
  [[nodiscard]] std::span<const float> row(std::size_t i) const { return row_of(matrix_, i); }
  [[nodiscard]] std::span<const float> factor(std::size_t i) const { return row_of(factor_, i); }
  // The unconstrained best row for weights that were wanted on the reference's inputs (GPTAQ, Li et
  // al. 2025): H^-1 W w, both in the column order of the weight.
  [[nodiscard]] std::vector<float> target(std::span<const float> row) const;
  // w^T H w of such a row.
  [[nodiscard]] double square(std::span<const float> row) const;

 private:
  [[nodiscard]] std::span<const float> row_of(const std::vector<float>& all, std::size_t i) const {
    return std::span(all).subspan(i * size(), size());
  }
  std::vector<std::size_t> order_;
  std::vector<float> matrix_, factor_, target_;
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
