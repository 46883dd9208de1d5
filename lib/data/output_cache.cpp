// SPDX-License-Identifier: Apache-2.0
#include "data/output_cache.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/cache_piece.h"
#include "file/reader.h"
#include "io/scratch.h"

namespace mx {
namespace {

constexpr std::string_view kPositions = "the number of positions";

// What the file has, from the directory alone.
struct Sizes {
  std::uint64_t positions = 0, tokens = 0;
  std::vector<std::uint64_t> widths = {};  // of each kept layer's hidden states
};

// `most`: positions, and tokens, that a row can have.
Sizes sizes_in(const Header& header, const CacheFacts& facts, std::uint64_t most,
               const std::string& name) {
  const std::size_t each = tensors_in_piece(facts), layers = facts.hidden.size();
  if (header.tensors.size() != checked_mul(each, facts.pieces(), "the number of pieces")) {
    fail(Kind::input, "{} has {} tensors, not {} for each of {} pieces", printable(name),
         header.tensors.size(), each, facts.pieces());
  }
  Sizes out;
  const auto first = [&](std::uint64_t piece, const Shape& shape) {
    const std::uint64_t here = shape.empty() ? 0 : static_cast<std::uint64_t>(shape[0]);
    if (here > checked_mul(facts.rows_in(piece), most, kPositions)) {
      fail(Kind::input, "{}: piece {} has more positions than its rows", printable(name), piece);
    }
    return here;
  };
  for (std::uint64_t piece = 0; piece < facts.pieces(); ++piece) {
    const std::size_t begin = piece * each, end = begin + each;
    out.positions =
        checked_add(out.positions,
                    first(piece, header.tensors[begin + (facts.tokens ? 1 : 0)].shape), kPositions);
    for (std::size_t i = 0; i < layers; ++i) {
      const Shape& shape = header.tensors[end - layers + i].shape;
      const std::uint64_t here = first(piece, shape);
      const std::uint64_t width = shape.size() == 2 ? static_cast<std::uint64_t>(shape[1]) : 0;
      if (piece == 0) out.widths.push_back(width);
      if (width == 0 || width != out.widths[i]) {
        fail(Kind::input, "{}: hidden states of layer {} have no width, or two", printable(name),
             facts.hidden[i]);
      }
      if (i == 0) out.tokens = checked_add(out.tokens, here, kPositions);
    }
  }
  return out;
}

}  // namespace

struct OutputCache::State {
  CacheFacts facts;
  Sha256 identity = {};
  std::vector<std::uint64_t> starts = {0};  // positions in front of each row
  std::unique_ptr<io::ScratchMap> ids, steps, tails;
  std::vector<std::uint64_t> token_starts = {0};  // tokens in front of each row
  struct Layer {
    std::size_t width;
    std::unique_ptr<io::ScratchMap> scales, codes;
  };
  std::vector<Layer> layers;

  // Where rows of `out` begin, and what is in them.
  void add(const CachePiece& piece) {
    const auto top = static_cast<std::size_t>(facts.top);
    const std::size_t begin = static_cast<std::size_t>(starts.back());
    const std::uint64_t rows = facts.rows_in(piece.number);
    for (std::uint64_t row = 0; row < rows; ++row) {
      starts.push_back(starts.back() +
                       (facts.tokens ? piece.counts.values.as<std::uint32_t>()[row] : 1));
    }
    add_hidden(piece);
    const std::span<std::int32_t> all_ids = ids->as<std::int32_t>();
    const std::span<std::uint8_t> all_steps = steps->as<std::uint8_t>();
    for (std::size_t at = 0; at < piece.positions(); ++at) {
      const std::size_t to = (begin + at) * top;
      for_each_class(piece, at, [&](std::size_t i, std::uint64_t id, unsigned more) {
        all_ids[to + i] = static_cast<std::int32_t>(id);
        all_steps[to + i] = static_cast<std::uint8_t>(more);
      });
    }
    if (facts.top == facts.classes) return;
    const std::span<TailBytes> all_tails = tails->as<TailBytes>().subspan(begin);
    const std::uint8_t* from = piece.tails.values.data.data();
    for (std::size_t at = 0; at < piece.positions(); ++at, from += 2) {
      all_tails[at] = {.mass = from[0], .evenness = from[1]};
    }
  }

  void add_hidden(const CachePiece& piece) {
    const auto begin = static_cast<std::size_t>(token_starts.back());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Weight& from = piece.hidden[i];
      std::ranges::copy(from.scales.as<float>(),
                        layers[i].scales->as<float>().begin() + static_cast<std::ptrdiff_t>(begin));
      std::ranges::copy(from.values.as<std::int8_t>(),
                        layers[i].codes->as<std::int8_t>().begin() +
                            static_cast<std::ptrdiff_t>(begin * layers[i].width));
    }
    if (layers.empty()) return;
    for (const std::uint32_t length : piece.lengths.values.as<std::uint32_t>()) {
      token_starts.push_back(token_starts.back() + length);
    }
  }
};

OutputCache::OutputCache(const std::string& path, const CacheFacts& wanted, std::uint64_t context,
                         ThreadPool& pool, std::uint64_t max_memory)
    : state_(new State) {
  const std::unique_ptr<io::Input> in = io::open_own(path);
  ModelStream stream(*in, pool, {.max_memory = max_memory, .verify_sections = true});
  state_->facts = cache_facts(stream.header(), path);
  const CacheFacts& facts = state_->facts;
  check_facts(path, facts, wanted);
  const Sizes sizes = sizes_in(stream.header(), facts, context, path);
  const std::uint64_t positions = sizes.positions;
  const std::uint64_t numbers = checked_mul(positions, facts.top, kPositions);
  state_->ids = std::make_unique<io::ScratchMap>("", numbers * sizeof(std::int32_t));
  state_->steps = std::make_unique<io::ScratchMap>("", numbers);
  state_->tails = std::make_unique<io::ScratchMap>(
      "", facts.top < facts.classes ? positions * sizeof(TailBytes) : 0);
  for (const std::uint64_t width : sizes.widths) {
    state_->layers.push_back(
        {static_cast<std::size_t>(width),
         std::make_unique<io::ScratchMap>("", sizes.tokens * sizeof(float)),
         std::make_unique<io::ScratchMap>("", checked_mul(sizes.tokens, width, kPositions))});
  }
  std::vector<Weight> weights(tensors_in_piece(facts));
  for (std::uint64_t number = 0; number < facts.pieces(); ++number) {
    for (Weight& weight : weights) weight = std::move(*stream.next());
    try {
      state_->add(piece_of(facts, number, weights));
    } catch (const Error& error) {
      throw Error{error.kind(), fmt::format("{}: {}", printable(path), error.message()),
                  "copy or make it again"};
    }
  }
  state_->identity = stream.finish().identity;
}

OutputCache::~OutputCache() = default;
OutputCache::OutputCache(OutputCache&&) noexcept = default;

const CacheFacts& OutputCache::facts() const { return state_->facts; }
const Sha256& OutputCache::identity() const { return state_->identity; }

OutputCache::Row OutputCache::row(std::uint64_t epoch, std::uint64_t number) const {
  const State& state = *state_;
  const auto at = static_cast<std::size_t>(epoch % state.facts.epochs * state.facts.rows + number);
  const auto begin = static_cast<std::size_t>(state.starts.at(at));
  const std::size_t count = static_cast<std::size_t>(state.starts.at(at + 1)) - begin;
  const auto top = static_cast<std::size_t>(state.facts.top);
  Row out{.positions = count,
          .top = top,
          .steps = state.steps->as<std::uint8_t>().subspan(begin * top, count * top),
          .tails = {},
          .ids = state.ids->as<std::int32_t>().subspan(begin * top, count * top)};
  if (state.facts.top < state.facts.classes) {
    out.tails = state.tails->as<TailBytes>().subspan(begin, count);
  }
  return out;
}

OutputCache::Hidden OutputCache::hidden(std::size_t layer, std::uint64_t epoch,
                                        std::uint64_t number) const {
  const State& state = *state_;
  const State::Layer& of = state.layers.at(layer);
  const auto at = static_cast<std::size_t>(epoch % state.facts.epochs * state.facts.rows + number);
  const auto begin = static_cast<std::size_t>(state.token_starts.at(at));
  const std::size_t count = static_cast<std::size_t>(state.token_starts.at(at + 1)) - begin;
  return {.width = of.width,
          .scales = of.scales->as<float>().subspan(begin, count),
          .codes = of.codes->as<std::int8_t>().subspan(begin * of.width, count * of.width)};
}

void check_cache(Model&& model, const std::string& name) {
  const CacheFacts facts = cache_facts(model.header, name);
  (void)sizes_in(model.header, facts, std::uint64_t{1} << 32U, name);
  const std::size_t each = tensors_in_piece(facts);
  for (std::uint64_t number = 0; number < facts.pieces(); ++number) {
    (void)piece_of(facts, number, std::span(model.weights).subspan(number * each, each));
  }
}

}  // namespace mx
