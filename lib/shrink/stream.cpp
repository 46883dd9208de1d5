// SPDX-License-Identifier: Apache-2.0
#include "shrink/stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/pieces.h"
#include "shrink/matrix.h"

namespace mx {
namespace {

using engine::Hidden;
using engine::Piece;
using engine::PieceRunner;

bool is_convolution(const Piece& piece) { return std::holds_alternative<Conv2d>(piece.block->any); }

// Numbers of one row behind the piece, those that residual blocks keep apart.
std::size_t numbers_behind(const Piece& piece) {
  if (piece.kind == Piece::Kind::inner) {
    const auto time = static_cast<std::size_t>(piece.in.front());
    const auto* attention = std::get_if<Attention>(&piece.block->any);
    const auto* forward = std::get_if<FeedForward>(&piece.block->any);
    if (attention != nullptr) {
      return time * static_cast<std::size_t>(attention->heads * attention->head_dim);
    }
    if (forward != nullptr) return time * static_cast<std::size_t>(forward->hidden);
  }
  return element_count(piece.out);
}

// How often a map is applied to one row.
std::size_t uses_of_row(const Piece& piece, bool tokens, std::size_t inputs) {
  if (is_convolution(piece)) return static_cast<std::size_t>(piece.out[1] * piece.out[2]);
  return tokens ? std::max<std::size_t>(1, inputs) : 1;
}

// What a convolution is applied to.
class Windows final : public MapObserver {
 public:
  void see(const std::string& /*name*/, std::span<const float> x) override {
    seen.insert(seen.end(), x.begin(), x.end());
  }
  std::vector<float> seen;
};

// All rows under way, at one place of the network.
class Flowing {
 public:
  Flowing(const CalibrationRows& rows, bool tokens, ThreadPool& pool)
      : pool_(pool), tokens_(tokens) {
    for (std::size_t r = 0; r < rows.rows; ++r) {
      const auto x = std::span(rows.x).subspan(r * rows.inputs, rows.inputs);
      Hidden one;
      if (tokens) {
        one.ids = token_ids(x);
        one.rows = one.ids.size();
        if (one.rows == 0) fail(Kind::input, "a row has no tokens");
      } else {
        one.x.assign(x.begin(), x.end());
        one.rows = 1;
      }
      rows_.push_back(std::move(one));
    }
  }

  void push(PieceRunner runner) { ahead_.push_back(std::move(runner)); }
  // Goes on through what was pushed.
  void advance() {
    pool_.run(rows_.size(), [&](std::size_t r) { run(rows_[r]); });
    ahead_.clear();
  }
  // What the piece is given, of rows [first, first + count).
  [[nodiscard]] std::vector<float> inputs(const Piece& piece, std::span<const Weight> weights,
                                          std::size_t first, std::size_t count) const {
    std::vector<std::vector<float>> seen(count);
    pool_.run(count, [&](std::size_t i) {
      if (ahead_.empty() && !is_convolution(piece)) return;
      Hidden hidden = rows_[first + i];
      run(hidden);
      if (is_convolution(piece)) {
        Windows windows;
        PieceRunner(piece, tokens_, weights, &windows).run(hidden);
        hidden.x = std::move(windows.seen);
      }
      seen[i] = std::move(hidden.x);
    });
    const auto of = [&](std::size_t i) -> const std::vector<float>& {
      return ahead_.empty() && !is_convolution(piece) ? rows_[first + i].x : seen[i];
    };
    std::vector<std::size_t> at = {0};
    for (std::size_t i = 0; i < count; ++i) at.push_back(at.back() + of(i).size());
    std::vector<float> out(at.back());
    pool_.run(count, [&](std::size_t i) {
      std::ranges::copy(of(i), out.begin() + static_cast<std::ptrdiff_t>(at[i]));
    });
    return out;
  }

 private:
  void run(Hidden& hidden) const {
    for (const PieceRunner& runner : ahead_) runner.run(hidden);
  }
  ThreadPool& pool_;
  bool tokens_;
  std::vector<Hidden> rows_;
  std::vector<PieceRunner> ahead_;
};

// Behind the last piece that is wanted.
std::size_t end_of(const std::vector<Piece>& all, const std::function<bool(const Stage&)>& wanted) {
  std::size_t end = 0;
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (!all[p].maps.empty() && wanted(all[p].maps)) end = p + 1;
  }
  return end;
}

void add(std::vector<double>& sum, const std::vector<float>& some, ThreadPool& pool) {
  const std::size_t share = (sum.size() + pool.threads() - 1) / pool.threads();
  pool.run(pool.threads(), [&](std::size_t part) {
    const std::size_t end = std::min(sum.size(), (part + 1) * share);
    for (std::size_t i = part * share; i < end; ++i) sum[i] += some[i];
  });
}

void add_squares(std::vector<double>& sum, const std::vector<float>& x, ThreadPool& pool) {
  const std::size_t n = sum.size(), share = (n + pool.threads() - 1) / pool.threads();
  pool.run(pool.threads(), [&](std::size_t part) {
    const std::size_t begin = std::min(n, part * share), end = std::min(n, begin + share);
    for (std::size_t at = 0; at < x.size(); at += n) {
      for (std::size_t i = begin; i < end; ++i)
        sum[i] += static_cast<double>(x[at + i]) * x[at + i];
    }
  });
}

}  // namespace

void visit_stages(const Network& network, const std::vector<Weight>& weights,
                  const std::vector<Weight>& reference, const CalibrationRows& rows,
                  const StreamOptions& options, const std::function<bool(const Stage&)>& wanted,
                  ThreadPool& pool, const StageVisit& visit) {
  const std::vector<Piece> all = engine::pieces(network);
  const bool tokens = takes_tokens(network);
  const bool keeps = stream_memory(network, rows.rows, wanted, options).inside <= options.inside;
  const std::size_t end = end_of(all, wanted);
  Flowing now(rows, tokens, pool), then(options.reference ? rows : CalibrationRows{}, tokens, pool);

  const auto observe = [&](const Piece& piece) {
    if (keeps) {
      now.advance();
      if (options.reference) then.advance();
    }
    Moments out;
    out.inputs = piece.width;
    (options.squares_only ? out.squares : out.own)
        .resize(options.squares_only ? piece.width : piece.width * piece.width);
    // A batch is what single precision sums up without harm, and memory holds twice.
    constexpr std::size_t kNumbers = 1024;
    const std::size_t batch =
        std::max<std::size_t>(1, kNumbers / uses_of_row(piece, tokens, rows.inputs));
    for (std::size_t first = 0; first < rows.rows; first += batch) {
      const std::size_t count = std::min(batch, rows.rows - first);
      const std::vector<float> x = now.inputs(piece, weights, first, count);
      const std::size_t seen = x.size() / piece.width;
      out.count += seen;
      if (options.squares_only) {
        add_squares(out.squares, x, pool);
      } else {
        add(out.own, gram(x, seen, piece.width, pool), pool);
      }
      if (!options.reference) continue;
      std::vector<float> off = then.inputs(piece, reference, first, count);
      for (std::size_t i = 0; i < off.size(); ++i) off[i] -= x[i];
      if (std::ranges::all_of(off, [](float value) { return value == 0; })) continue;
      out.shift.resize(piece.width * piece.width);
      std::vector<float> some(out.shift.size());
      multiply({.rows = piece.width,
                .columns = piece.width,
                .depth = seen,
                .a = x.data(),
                .b = off.data(),
                .c = some.data(),
                .a_transposed = true},
               pool);
      add(out.shift, some, pool);
    }
    for (std::vector<double>* sum : {&out.own, &out.shift, &out.squares}) {
      for (double& value : *sum)
        value /= static_cast<double>(std::max<std::uint64_t>(1, out.count));
    }
    return out;
  };

  for (std::size_t p = 0; p < end; ++p) {
    std::optional<PieceRunner> before;  // a visit may change what it is made of
    if (options.reference) before.emplace(all[p], tokens, reference);
    if (!all[p].maps.empty() && wanted(all[p].maps)) {
      visit(all[p].maps, [&] { return observe(all[p]); });
    }
    now.push(PieceRunner(all[p], tokens, weights));
    if (before) then.push(std::move(*before));
    if (p + 1 < end && all[p + 1].top != all[p].top) {
      now.advance();
      if (options.reference) then.advance();
    }
  }
}

StreamMemory stream_memory(const Network& network, std::size_t rows,
                           const std::function<bool(const Stage&)>& wanted,
                           const StreamOptions& options) {
  StreamMemory out;
  std::uint64_t now = 0, kept = 0, between = 0, most = 0;
  std::size_t width = 0;
  const std::vector<Piece> all = engine::pieces(network);
  for (std::size_t p = 0; p < end_of(all, wanted); ++p) {
    most = std::max(most, now + kept);
    if (p > 0 && all[p].top != all[p - 1].top) between = std::max(between, now);
    if (all[p].kind == Piece::Kind::keep) kept += now;
    if (all[p].kind == Piece::Kind::add) kept -= now;
    if (all[p].kind != Piece::Kind::keep) now = numbers_behind(all[p]);
    width = std::max(width, all[p].width);
  }
  const std::uint64_t streams = options.reference ? 2 : 1;
  out.hidden = streams * rows * between * sizeof(float);
  out.inside = streams * rows * most * sizeof(float) - out.hidden;
  if (!options.squares_only) {
    out.solving = streams * width * width * (sizeof(double) + 2 * sizeof(float));
  }
  return out;
}

}  // namespace mx
