// SPDX-License-Identifier: Apache-2.0
#include "data/cache_piece.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "file/head.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

DType id_type(std::uint64_t classes) {
  if (classes <= 1U << 8U) return DType::u8;
  return classes <= 1U << 16U ? DType::u16 : DType::u32;
}

bool has_tails(const CacheFacts& facts) { return facts.top < facts.classes; }

std::string hidden_name(std::uint64_t layer, std::uint64_t number) {
  return fmt::format("hidden.{}.{}", layer, number);
}

std::int64_t size(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Weight weight(std::string_view what, std::uint64_t number, DType dtype, Shape shape) {
  return {.name = fmt::format("{}.{}", what, number), .values = Tensor(dtype, std::move(shape))};
}

}  // namespace

std::size_t CachePiece::positions() const { return static_cast<std::size_t>(ids.values.shape[0]); }

std::size_t tensors_in_piece(const CacheFacts& facts) {
  const std::size_t hidden = facts.hidden.empty() ? 0 : 1 + facts.hidden.size();
  return 2U + (facts.tokens ? 1U : 0U) + (has_tails(facts) ? 1U : 0U) + hidden;
}

std::vector<Weight> take_weights(const CacheFacts& facts, CachePiece piece) {
  std::vector<Weight> out;
  if (facts.tokens) out.push_back(std::move(piece.counts));
  out.push_back(std::move(piece.ids));
  out.push_back(std::move(piece.steps));
  if (has_tails(facts)) out.push_back(std::move(piece.tails));
  if (!facts.hidden.empty()) {
    out.push_back(std::move(piece.lengths));
    std::ranges::move(piece.hidden, std::back_inserter(out));
  }
  return out;
}

CachePiece make_piece(const CacheFacts& facts, std::uint64_t number,
                      std::span<const std::uint32_t> counts) {
  const auto positions = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  CachePiece out{
      .number = number,
      .counts = weight("counts", number, DType::u32, {size(counts.size())}),
      .ids = weight("ids", number, id_type(facts.classes), {size(positions), size(facts.top)}),
      .steps = weight("steps", number, DType::u8, {size(positions), size(facts.top)}),
      .tails = weight("tails", number, DType::u8, {size(positions), 2})};
  std::ranges::copy(counts, out.counts.values.as<std::uint32_t>().begin());
  return out;
}

void set_position(const CacheFacts& facts, CachePiece& piece, std::size_t at,
                  std::span<const std::int64_t> ids, std::span<const float> log_p,
                  const TailBytes& tail) {
  std::vector<std::pair<std::uint8_t, std::int64_t>> order;
  order.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) order.emplace_back(steps_of(log_p[i]), ids[i]);
  std::ranges::sort(order);
  with_unsigned(size_of(piece.ids.values.dtype), [&]<class T>(std::type_identity<T>) {
    T* const to = reinterpret_cast<T*>(piece.ids.values.data.data()) + at * ids.size();
    for (std::size_t i = 0; i < order.size(); ++i) to[i] = static_cast<T>(order[i].second);
  });
  std::uint8_t* const more = piece.steps.values.data.data() + at * ids.size();
  std::uint8_t before = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    more[i] = static_cast<std::uint8_t>(order[i].first - before);
    before = order[i].first;
  }
  if (!has_tails(facts)) return;
  piece.tails.values.data.data()[2 * at] = tail.mass;
  piece.tails.values.data.data()[2 * at + 1] = tail.evenness;
}

void set_hidden(const CacheFacts& facts, CachePiece& piece, std::span<const std::uint32_t> lengths,
                std::span<const Tensor> layers) {
  piece.lengths = weight("lengths", piece.number, DType::u32, {size(lengths.size())});
  std::ranges::copy(lengths, piece.lengths.values.as<std::uint32_t>().begin());
  piece.hidden.clear();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    piece.hidden.push_back(quantize_channel(
        {.name = hidden_name(facts.hidden[i], piece.number), .values = layers[i]}));
  }
}

CachePiece piece_of(const CacheFacts& facts, std::uint64_t number, std::span<Weight> weights) {
  const std::uint64_t rows = facts.rows_in(number);
  std::uint64_t positions = rows;
  CachePiece out;
  out.number = number;
  std::size_t next = 0;
  const auto take = [&](Weight& to, std::string_view what, DType dtype, const Shape& shape) {
    Weight& from = weights[next++];
    if (from.name != fmt::format("{}.{}", what, number) || from.scheme != Scheme::plain ||
        from.values.dtype != dtype || from.values.shape != shape) {
      fail(Kind::input, "{} does not belong there", tensor_label(from.name));
    }
    to = std::move(from);
  };
  if (facts.tokens) {
    take(out.counts, "counts", DType::u32, {size(rows)});
    const std::span<const std::uint32_t> counts = out.counts.values.as<std::uint32_t>();
    positions = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
  take(out.ids, "ids", id_type(facts.classes), {size(positions), size(facts.top)});
  take(out.steps, "steps", DType::u8, {size(positions), size(facts.top)});
  if (has_tails(facts)) take(out.tails, "tails", DType::u8, {size(positions), 2});
  if (!facts.hidden.empty()) {
    take(out.lengths, "lengths", DType::u32, {size(rows)});
    const std::span<const std::uint32_t> lengths = out.lengths.values.as<std::uint32_t>();
    const auto tokens = std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0});
    for (const std::uint64_t layer : facts.hidden) {
      Weight& from = weights[next++];
      const Shape& shape = from.values.shape;
      if (from.name != hidden_name(layer, number) || from.scheme != Scheme::channel ||
          shape.size() != 2 || shape[0] != size(tokens)) {
        fail(Kind::input, "{} does not belong there", tensor_label(from.name));
      }
      out.hidden.push_back(std::move(from));
    }
  }
  // Where each class was seen last.
  std::vector<std::uint32_t> seen(static_cast<std::size_t>(facts.classes));
  for (std::size_t at = 0; at < positions; ++at) {
    std::uint64_t id_before = 0;
    unsigned steps_before = 0;
    for_each_class(out, at, [&](std::size_t i, std::uint64_t id, unsigned steps) {
      if (id >= facts.classes) {
        fail(Kind::input, "{} has the class {} of {}", tensor_label(out.ids.name), id,
             facts.classes);
      }
      const auto mark = static_cast<std::uint32_t>(at + 1);
      if (seen[id] == mark || (i > 0 && steps == steps_before && id <= id_before)) {
        fail(Kind::input, "{} has classes twice or out of order", tensor_label(out.ids.name));
      }
      if (steps > kMostSteps) {
        fail(Kind::input, "{} goes beyond {} steps", tensor_label(out.steps.name), kMostSteps);
      }
      seen[id] = mark;
      id_before = id;
      steps_before = steps;
    });
  }
  return out;
}

}  // namespace mx
