// SPDX-License-Identifier: Apache-2.0
#include "engine/estimate.h"

#include <algorithm>
#include <set>

#include "base/checked.h"
#include "engine/conv_sizes.h"
#include "engine/kernels/kernels.h"
#include "engine/pieces.h"
#include "file/memory.h"

namespace mx {
namespace {

// A piece of work is so many rows through the whole network, that what lies between two blocks
// stays in the second-level cache.
constexpr std::size_t kCacheFloats = (768U << 10U) / sizeof(float);
constexpr std::size_t kMostRows = 192;
constexpr std::uint64_t kPanel = 32;   // of the widest kernels: the same numbers on every machine
constexpr std::uint64_t kPassing = 8;  // multiply-adds for a number that passes a block

constexpr std::string_view kWhat = "what the network takes to run";

std::uint64_t product(std::uint64_t a, std::uint64_t b) { return checked_mul(a, b, kWhat); }
std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return checked_add(a, b, kWhat); }
void add(std::uint64_t& to, std::uint64_t more) { to = sum(to, more); }
std::uint64_t size(std::int64_t value) { return narrow<std::uint64_t>(value, kWhat); }

// What one piece (pieces.h) takes for a token, or for a row of a network on rows.
struct Taken {
  std::uint64_t floats = 0;   // beside what comes in
  std::uint64_t scratch = 0;  // floats of a thread
  std::uint64_t work = 0, cached = 0, pair = 0;
};

class Taking {
 public:
  Taking(bool tokens, std::span<const Weight> weights) : tokens_(tokens) {
    for (const Weight& weight : weights) {
      if (weight.scheme == Scheme::channel) int8_.insert(weight.name);
    }
  }
  [[nodiscard]] std::uint64_t bytes() const { return sum(packed_, largest_); }

  // Numbers of a token or row in front of a piece and behind it.
  [[nodiscard]] std::uint64_t in(const engine::Piece& piece) const {
    const bool ids = tokens_ && std::holds_alternative<Embedding>(piece.block->any);
    return ids || piece.in.empty() ? 1 : numbers(piece.in);
  }
  [[nodiscard]] std::uint64_t out(const engine::Piece& piece) const {
    const bool ids = tokens_ && std::holds_alternative<InputBlock>(piece.block->any);
    return ids ? 1 : numbers(piece.out);
  }

  [[nodiscard]] Taken of(const engine::Piece& piece) {
    now_ = {};
    in_ = in(piece);
    out_ = out(piece);
    if (piece.kind == engine::Piece::Kind::keep || piece.kind == engine::Piece::Kind::add) {
      now_.work = in_;
    } else {
      std::visit([&](const auto& block) { take(piece, block); }, piece.block->any);
      add(now_.floats, out_);
      add(now_.work, product(kPassing, sum(in_, out_)));
    }
    return now_;
  }

 private:
  [[nodiscard]] std::uint64_t numbers(const Shape& shape) const {
    return tokens_ ? size(shape.back()) : element_count(shape);
  }
  // A map [columns, k], applied to `lines` lines.
  void map(const std::string& name, std::uint64_t columns, std::uint64_t k, std::uint64_t lines) {
    const std::uint64_t whole = sum(columns, kPanel - 1) / kPanel * kPanel;
    const std::uint64_t numbers = product(whole, k);
    add(now_.work, product(numbers, lines));
    // A network on rows packs a map for each block that uses it, one on tokens once.
    if (tokens_ && !packed_maps_.insert(name).second) return;
    const bool small = int8_.contains(name);
    add(packed_, product(numbers, small ? 1 : sizeof(float)));
    add(packed_, product(whole, 2 * sizeof(float)));  // scales, bias
    if (!small) largest_ = std::max(largest_, product(product(columns, k), sizeof(float)));
  }
  void plain(std::uint64_t numbers) {
    const std::uint64_t bytes = product(numbers, sizeof(float));
    add(packed_, bytes);
    largest_ = std::max(largest_, bytes);
  }

  void take(const engine::Piece& /*piece*/, const Linear& block) {
    map(block.tied.empty() ? block.name + ".weight" : block.tied, size(block.out), size(block.in),
        in_ / size(block.in));
  }
  void take(const engine::Piece& piece, const Conv2d& block) {
    const engine::ConvSizes sizes = engine::conv_sizes(block, piece.in, piece.out, kPanel);
    now_.scratch = sizes.scratch();
    plain(product(sizes.out, sum(sizes.k, 1)));
    add(packed_, product(sizes.k, sizeof(std::size_t)));
    add(now_.work, product(product(sizes.out, sizes.k), sizes.positions));
    add(now_.work, sum(sizes.bordered, sizes.windows));
  }
  void take(const engine::Piece& /*piece*/, const Pool2d& block) {
    add(now_.work, product(out_, product(size(block.size), size(block.size))));
  }
  void take(const engine::Piece& /*piece*/, const BatchNorm& block) {
    plain(product(4, size(block.dim)));
  }
  void take(const engine::Piece& /*piece*/, const LayerNorm& block) {
    plain(product(2, size(block.dim)));
  }
  void take(const engine::Piece& /*piece*/, const RmsNorm& block) { plain(size(block.dim)); }
  void take(const engine::Piece& /*piece*/, const Embedding& block) {
    map(block.name + ".tokens", size(block.vocab), size(block.dim), 0);
    plain(product(sum(size(block.positions), size(block.types)), size(block.dim)));
  }
  void take(const engine::Piece& piece, const Attention& block) {
    const std::uint64_t wide = product(size(block.heads), size(block.head_dim));
    const std::uint64_t shared = product(size(block.kv_heads), size(block.head_dim));
    const std::uint64_t dim = size(block.dim);
    if (piece.kind == engine::Piece::Kind::last) {
      map(block.name + ".output", dim, wide, 1);
      add(now_.floats, wide);
      return;
    }
    map(block.name + ".query", wide, dim, 1);
    map(block.name + ".key", shared, dim, 1);
    map(block.name + ".value", shared, dim, 1);
    plain(product(8, size(block.head_dim)));  // norms of heads, what positions turn
    now_.floats = product(2, wide);
    now_.cached = product(2, shared);
    now_.pair = product(2, wide);
  }
  void take(const engine::Piece& piece, const FeedForward& block) {
    const std::uint64_t hidden = size(block.hidden), dim = size(block.dim);
    if (piece.kind == engine::Piece::Kind::last) {
      map(block.name + ".down", dim, hidden, 1);
      add(now_.floats, hidden);
      return;
    }
    map(block.name + ".up", hidden, dim, 1);
    if (block.gated) map(block.name + ".gate", hidden, dim, 1);
    now_.floats = product(2, hidden);
  }
  template <class T>
  void take(const engine::Piece& /*piece*/, const T& /*block*/) {}

  bool tokens_;
  std::set<std::string, std::less<>> int8_, packed_maps_;
  std::uint64_t packed_ = 0, largest_ = 0;
  Taken now_;
  std::uint64_t in_ = 0, out_ = 0;
};

bool mixes(const Block& block) {
  if (std::holds_alternative<Embedding>(block.any) ||
      std::holds_alternative<Attention>(block.any) ||
      std::holds_alternative<TokenPool>(block.any)) {
    return true;
  }
  const auto* residual = std::get_if<Residual>(&block.any);
  return residual != nullptr && std::ranges::any_of(residual->blocks, mixes);
}

}  // namespace

RunEstimate::RunEstimate(const Network& network, std::span<const Weight> weights)
    : tokens_(takes_tokens(network)) {
  const std::vector<Block>& blocks = network.blocks;
  const auto last = std::find_if(blocks.rbegin(), blocks.rend(), mixes);
  const auto mixed = static_cast<std::size_t>(blocks.rend() - last);  // blocks up to there
  Taking taking(tokens_, weights);
  const std::vector<engine::Piece> pieces = engine::pieces(network);
  std::uint64_t kept = 0;  // the inputs of residual blocks
  for (const engine::Piece& piece : pieces) {
    const Taken taken = taking.of(piece);
    const std::uint64_t in = taking.in(piece);
    if (piece.kind == engine::Piece::Kind::keep) add(kept, in);
    Part& part = tokens_ && piece.top >= mixed ? apart_ : mixed_;
    part.floats = std::max(part.floats, sum(kept, sum(in, taken.floats)));
    add(part.work, taken.work);
    if (piece.kind == engine::Piece::Kind::add) kept -= in;
    add(cached_, taken.cached);
    add(pair_, taken.pair);
    scratch_ = std::max(scratch_, taken.scratch);
    widest_ = std::max({widest_, in, taking.out(piece)});
  }
  weights_ = taking.bytes();
  context_ = tokens_ ? static_cast<std::size_t>(context_of(network)) : 1;
  pooled_ = tokens_ && pieces.back().out.size() == 1;
  in_ = element_count(pieces.front().out);
  out_ = taking.out(pieces.back());
}

std::size_t RunEstimate::tokens_in(const RunSize& size) const {
  if (!tokens_) return 1;
  const std::size_t all = size.tokens == 0 ? context_ : std::min(size.tokens, context_);
  return all - std::min(all, size.past);
}

std::uint64_t RunEstimate::together(const RunSize& size) const {
  return std::min(size.rows,
                  engine::rows_together(size.rows, size.threads, widest_, engine::kernels().tile));
}

std::uint64_t RunEstimate::rows(const RunSize& size) const {
  if (size.given) return 0;
  const std::size_t lines = pooled_ || size.last ? 1 : tokens_in(size);
  return product(product(size.rows, sum(in_, product(lines, out_))), sizeof(float));
}

std::uint64_t RunEstimate::working(const RunSize& size) const {
  const std::uint64_t at_once = std::min(size.rows, size.threads);
  if (!tokens_) {
    const std::uint64_t floats = sum(product(together(size), product(2, widest_)), scratch_);
    return product(product(at_once, floats), sizeof(float));
  }
  const std::uint64_t now = tokens_in(size), all = sum(now, size.past);
  // A cache that grows may be twice as large as what is in it.
  std::uint64_t floats = product(product(cached_, all), size.past == 0 ? 1 : 2);
  add(floats, product(mixed_.floats, now));
  add(floats, product(apart_.floats, pooled_ || size.last ? 1 : now));
  // One row shares its heads out among threads; several are a thread's each.
  const std::uint64_t scores = sum(all, kPanel);
  add(floats, product(scores, size.rows == 1 ? size.threads : 1));
  return product(product(at_once, floats), sizeof(float));
}

std::uint64_t RunEstimate::work(const RunSize& size) const {
  const std::uint64_t now = tokens_in(size);
  std::uint64_t out = product(mixed_.work, now);
  add(out, product(apart_.work, pooled_ || size.last ? 1 : now));
  add(out, product(pair_, product(now, sum(now, tokens_ ? size.past : 0))));
  return product(out, size.rows);
}

void check_run(const RunEstimate& estimate, const RunSize& size, std::uint64_t max_memory) {
  check_memory("running the network",
               sum(estimate.weights(), sum(estimate.working(size), estimate.rows(size))),
               max_memory);
}

namespace engine {

std::size_t rows_together(std::size_t rows, std::size_t threads, std::size_t widest,
                          std::size_t tile) {
  const std::size_t share = (rows + threads - 1) / threads;
  const std::size_t cached = kCacheFloats / 2 / std::max<std::size_t>(widest, 1);
  const std::size_t most = std::clamp(std::min(share, cached), tile, kMostRows);
  return (most + tile - 1) / tile * tile;
}

}  // namespace engine
}  // namespace mx
