// SPDX-License-Identifier: Apache-2.0
#include "convert/parts.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

template <class T>
void turn(const Tensor& from, Tensor& to) {
  const auto rows = static_cast<std::size_t>(from.shape[0]);
  const auto columns = static_cast<std::size_t>(from.shape[1]);
  const auto* const in = reinterpret_cast<const T*>(from.data.data());
  auto* const out = reinterpret_cast<T*>(to.data.data());
  constexpr std::size_t kTile = 32;  // of rows and columns, which stay in the nearest cache
  for (std::size_t top = 0; top < rows; top += kTile) {
    for (std::size_t left = 0; left < columns; left += kTile) {
      const std::size_t right = std::min(left + kTile, columns);
      for (std::size_t r = top; r < std::min(top + kTile, rows); ++r) {
        for (std::size_t c = left; c < right; ++c) out[c * rows + r] = in[r * columns + c];
      }
    }
  }
}

// Each row of a head from where `source` has it.
template <class Source>
Tensor heads_moved(const Tensor& from, std::size_t head, const Source& source) {
  Tensor out(from.dtype, from.shape);
  const auto rows = static_cast<std::size_t>(from.shape.at(0));
  const std::size_t row = rows == 0 ? 0 : from.data.size() / rows;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t at = r - r % head + source(r % head);
    std::memcpy(out.data.data() + r * row, from.data.data() + at * row, row);
  }
  return out;
}

class PartsOf final : public TensorSource {
 public:
  PartsOf(std::unique_ptr<TensorSource> source, const Network& network, const TensorPieces& parts)
      : source_(std::move(source)) {
    std::map<std::string, std::size_t> at;
    for (std::size_t i = 0; i < source_->entries().size(); ++i) {
      at[source_->entries()[i].name] = i;
    }
    for (const TensorSpec& spec : tensors(network)) {
      const auto part = parts.find(spec.name);
      if (part == parts.end()) fail(Kind::failed, "no part is {}", spec.name);
      const auto theirs = at.find(part->second.theirs);
      if (theirs == at.end()) {
        fail(Kind::input, "the tensor {} is missing", printable(part->second.theirs));
      }
      TensorEntry entry = source_->entries()[theirs->second];
      check(entry, part->second, spec);
      entry.name = spec.name;
      entry.shape = spec.shape;
      entries_.push_back(std::move(entry));
      parts_.push_back(part->second);
      from_.push_back(theirs->second);
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Json metadata() const override { return source_->metadata(); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override {
    return source_->glance(from_.at(i)) + static_cast<std::uint64_t>(parts_[i].begin);
  }
  // Each step has what it takes and what it gives.
  [[nodiscard]] std::uint64_t memory(std::size_t i) const override {
    const TensorEntry& whole = source_->entries()[from_.at(i)];
    return checked_add(source_->memory(from_[i]), byte_count(whole.dtype, whole.shape), "a tensor");
  }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    Tensor whole = source_->read(from_.at(i));
    const TensorPiece& part = parts_[i];
    if (part.turned) whole = turned(whole);
    if (part.rows >= 0) {
      Tensor out(whole.dtype, entries_[i].shape);
      const std::size_t row = whole.data.size() / static_cast<std::size_t>(whole.shape[0]);
      std::memcpy(out.data.data(), whole.data.data() + static_cast<std::size_t>(part.begin) * row,
                  out.data.size());
      whole = std::move(out);
    }
    return part.rotary > 0 ? rotary_first(whole, part.head_dim, part.rotary) : std::move(whole);
  }

 private:
  static void check(const TensorEntry& entry, const TensorPiece& part, const TensorSpec& spec) {
    Shape shape = entry.shape;
    if (part.turned && shape.size() == 2) std::swap(shape[0], shape[1]);
    const bool enough = part.rows < 0 || (!shape.empty() && shape[0] >= part.begin + part.rows);
    if (part.rows >= 0 && !shape.empty()) shape[0] = part.rows;
    if (enough && shape == spec.shape) return;
    fail(Kind::input, "the tensor {} is {}, which does not give {} its {}", printable(entry.name),
         to_string(entry.shape), spec.name, to_string(spec.shape));
  }

  std::unique_ptr<TensorSource> source_;
  std::vector<TensorEntry> entries_;
  std::vector<TensorPiece> parts_;
  std::vector<std::size_t> from_;
};

}  // namespace

Tensor turned(const Tensor& matrix) {
  Tensor out(matrix.dtype, {matrix.shape.at(1), matrix.shape.at(0)});
  with_unsigned(size_of(matrix.dtype),
                [&](auto type) { turn<typename decltype(type)::type>(matrix, out); });
  return out;
}

Tensor heads_turned(const Tensor& from, std::int64_t head_dim, std::int64_t first) {
  const auto head = static_cast<std::size_t>(head_dim), outer = static_cast<std::size_t>(first);
  return heads_moved(from, head,
                     [&](std::size_t row) { return row % outer * (head / outer) + row / outer; });
}

Tensor rotary_first(const Tensor& from, std::int64_t head_dim, std::int64_t rotary) {
  const auto half = static_cast<std::size_t>(head_dim / 2);
  const auto pairs = static_cast<std::size_t>(rotary / 2);
  return heads_moved(from, 2 * half, [&](std::size_t row) {
    if (row < half) return row < pairs ? row : row + pairs;
    return row - half < pairs ? row - half + pairs : row;
  });
}

std::unique_ptr<TensorSource> parts_of(std::unique_ptr<TensorSource> source, const Network& network,
                                       const TensorPieces& pieces) {
  return std::make_unique<PartsOf>(std::move(source), network, pieces);
}

}  // namespace mx
