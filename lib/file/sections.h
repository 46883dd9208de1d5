// SPDX-License-Identifier: Apache-2.0
// The sections of a model file, read and checked one by one. Shared by the stream, by the overview
// and by the reading of single tensors.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/threads.h"
#include "file/forward.h"
#include "file/layout.h"
#include "file/model.h"
#include "file/payload.h"

namespace mx {

// Runs `work`, whose errors get the file's name and the place in front.
template <class F>
auto in_place(const std::string& file, const std::string& what, F&& work) {
  try {
    return work();
  } catch (const PlacedError&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != Kind::input) throw;
    damaged(file, what, error.message());
  }
}
template <class F>
auto in_place(const Forward& in, F&& work) {
  return in_place(in.name(), in.what(), std::forward<F>(work));
}

// Decoding that threads share once all places are known: pieces of work that need no order.
using Later = std::vector<std::function<void()>>;

// Sets in.rules.version; throws when the file is of another kind, or newer (with both numbers).
void read_signature(Forward& in);
// Refuses what a file of its version cannot hold.
void check_codec(const Forward& in, Codec codec);
// The base of a file with differences; throws Kind::input, naming it, when it is not given.
[[nodiscard]] const BaseModel& needed_base(const Forward& in);

struct Opening {
  SectionKind kind = SectionKind::head;
  std::uint64_t body = 0, begin = 0;  // bytes of the body; where the section begins
};
// Begins the section's digest too.
[[nodiscard]] Opening read_opening(Forward& in);
// Throws unless exactly the body was read since; the fact that the index must state.
[[nodiscard]] SectionFact close_section(Forward& in, const Opening& opening, std::size_t tensors);

// A body that begins with the sum of the rest, at most `limit` bytes: the rest.
[[nodiscard]] Bytes read_summed(Forward& in, const Opening& opening, std::uint64_t limit);
// Sets in.rules.needs.
[[nodiscard]] Header read_head(Forward& in, const Opening& opening);

// The table and the pad of a section of one tensor; what follows is the payload of the first chunk.
// The fact's codec and bytes.
[[nodiscard]] TensorFact read_table(Forward& in, const Opening& opening, const TensorEntry& entry,
                                    std::vector<Chunk>& chunks);

// A section of one tensor. nullptr for `weight`: the sums are checked, nothing is decoded. With
// `later`, and where the input is seekable, its chunks are decoded by what is added there, as long
// as `in`'s input and `weight` are in their places; check_weight() is then left to the caller.
[[nodiscard]] TensorFact read_tensor(Forward& in, const Opening& opening, const TensorEntry& entry,
                                     ThreadPool& pool, Weight* weight, Later* later = nullptr);

// Index and end mark, nothing behind them. `body` is what the identity is made of.
struct ReadIndex {
  Index index;
  Sha256 identity = {};
};
[[nodiscard]] ReadIndex read_index(Forward& in, const Opening& opening, std::size_t tensors);

}  // namespace mx
