// SPDX-License-Identifier: Apache-2.0
// What it takes to run a network, said from its sizes before a weight is packed or a number
// computed. Bytes are what the engine allocates beside the weights it is given; work is counted in
// multiply-adds as the kernels do them, 32 columns at a time, with 8 for each number that passes a
// block: the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

// What is run in one call.
struct RunSize {
  std::size_t rows = 1;
  std::size_t threads = 1;  // rows at the same time, at most
  // Of a network on tokens, of which each row is a sequence:
  std::size_t tokens = 0;  // in it, those before too; 0: the context
  std::size_t past = 0;    // of these, fed before
  bool last = false;       // outputs behind the last token alone, as Sequence::feed can
  bool given = false;      // room for inputs and outputs is there already
};

class RunEstimate {
 public:
  // The network was checked; a weight that is not among `weights` is taken to be plain. Throws
  // Kind::input when a size does not fit 64 bits.
  explicit RunEstimate(const Network& network, std::span<const Weight> weights = {});

  // Bytes: packed, and the largest once more on the way there.
  [[nodiscard]] std::uint64_t weights() const { return weights_; }
  // Bytes: what lies between blocks, scratch, keys and values.
  [[nodiscard]] std::uint64_t working(const RunSize& size) const;
  // Bytes of inputs and outputs, where they are not there.
  [[nodiscard]] std::uint64_t rows(const RunSize& size) const;
  [[nodiscard]] std::uint64_t work(const RunSize& size) const;  // multiply-adds

 private:
  // Floats and multiply-adds for each token (or row), up to the last block in which tokens meet and
  // behind it.
  struct Part {
    std::uint64_t floats = 0, work = 0;
  };
  [[nodiscard]] std::size_t tokens_in(const RunSize& size) const;   // now, without the past
  [[nodiscard]] std::uint64_t together(const RunSize& size) const;  // rows

  bool tokens_ = false, pooled_ = false;
  std::size_t context_ = 0, in_ = 0, out_ = 0, widest_ = 0;
  std::uint64_t weights_ = 0, scratch_ = 0;
  Part mixed_, apart_;
  std::uint64_t cached_ = 0;  // floats remembered of each token
  std::uint64_t pair_ = 0;    // multiply-adds for each token and token it sees
};

// Throws Kind::input, saying how much and what to type, when all of it together is over
// `max_memory` bytes (0: half of the machine's).
void check_run(const RunEstimate& estimate, const RunSize& size, std::uint64_t max_memory);

namespace engine {
// Rows that go through the whole network together, in a piece of work; widest: numbers.
[[nodiscard]] std::size_t rows_together(std::size_t rows, std::size_t threads, std::size_t widest,
                                        std::size_t tile);
}  // namespace engine

}  // namespace mx
