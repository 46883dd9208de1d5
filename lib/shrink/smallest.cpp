// SPDX-License-Identifier: Apache-2.0
#include "shrink/smallest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>

namespace mx {
namespace {

// Magnitudes are ordered as their bits are: the upper 16 of 31 are counted first, then the lower 15
// of those that share the upper ones with the number that is looked for.
constexpr std::uint32_t kMagnitude = 0x7fffffff, kInfinity = 0x7f800000;
constexpr std::uint32_t kLow = 15, kLowMask = (1U << kLow) - 1, kHighs = 1U << 16U;
constexpr std::size_t kChunk = 1U << 20U;  // numbers that are one piece of work

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x) & kMagnitude; }

template <class T>
struct Chunk {
  std::span<T> values;
};

template <class T>
std::vector<Chunk<T>> chunks_of(std::span<const std::span<T>> parts) {
  std::vector<Chunk<T>> out;
  for (const std::span<T>& part : parts) {
    for (std::size_t at = 0; at < part.size(); at += kChunk) {
      out.push_back({part.subspan(at, std::min(kChunk, part.size() - at))});
    }
  }
  return out;
}

void each(std::size_t count, ThreadPool* pool, const std::function<void(std::size_t)>& work) {
  if (pool != nullptr && count > 1) return pool->run(count, work);
  for (std::size_t i = 0; i < count; ++i) work(i);
}

using Counts = std::vector<std::uint64_t>;

// Sums of what `count` adds up for each chunk, by as many tables as there are threads.
template <class F>
Counts sum_up(const std::vector<Chunk<const float>>& chunks, std::size_t size, ThreadPool* pool,
              const F& count) {
  const std::size_t shares = pool == nullptr ? 1 : std::min(chunks.size(), pool->threads());
  std::vector<Counts> tables(std::max<std::size_t>(1, shares));
  each(shares, pool, [&](std::size_t share) {
    Counts table(size);
    for (std::size_t c = share; c < chunks.size(); c += shares) count(chunks[c].values, table);
    tables[share] = std::move(table);
  });
  for (std::size_t t = 1; t < tables.size(); ++t) {
    for (std::size_t i = 0; i < size; ++i) tables[0][i] += tables[t][i];
  }
  return std::move(tables[0]);
}

// Where the running sum reaches `count`, from which the sum before it is taken.
std::size_t place_of(const Counts& counts, std::size_t& count) {
  std::size_t at = 0;
  while (counts[at] < count) count -= counts[at++];
  return at;
}

}  // namespace

Least find_least(std::span<const std::span<const float>> parts, std::size_t count, ThreadPool* pool,
                 bool* finite) {
  const std::vector<Chunk<const float>> chunks = chunks_of(parts);
  // Neighbours often fall into the same place: two tables in turns keep them from waiting.
  const Counts both = sum_up(chunks, std::size_t{2} * kHighs, pool,
                             [](std::span<const float> values, Counts& table) {
                               std::uint64_t* const even = table.data();
                               std::uint64_t* const odd = even + kHighs;
                               std::size_t i = 0;
                               for (; i + 1 < values.size(); i += 2) {
                                 ++even[bits(values[i]) >> kLow];
                                 ++odd[bits(values[i + 1]) >> kLow];
                               }
                               if (i < values.size()) ++even[bits(values[i]) >> kLow];
                             });
  Counts highs(both.begin(), both.begin() + kHighs);
  for (std::size_t i = 0; i < kHighs; ++i) highs[i] += both[kHighs + i];
  if (finite != nullptr) {
    *finite = std::all_of(highs.begin() + (kInfinity >> kLow), highs.end(),
                          [](std::uint64_t some) { return some == 0; });
  }
  const auto high = static_cast<std::uint32_t>(place_of(highs, count));
  const Counts lows = sum_up(chunks, std::size_t{1} << kLow, pool,
                             [high](std::span<const float> values, Counts& table) {
                               for (const float value : values) {
                                 const std::uint32_t own = bits(value);
                                 if (own >> kLow == high) ++table[own & kLowMask];
                               }
                             });
  const auto low = static_cast<std::uint32_t>(place_of(lows, count));
  return {std::bit_cast<float>(high << kLow | low), count, lows[low] == count};
}

void zero_least(std::span<const std::span<float>> parts, const Least& least, ThreadPool* pool) {
  const std::vector<Chunk<float>> chunks = chunks_of(parts);
  const std::uint32_t limit = bits(least.limit);
  // Of those that equal the limit, how many go in each chunk.
  std::vector<std::size_t> equals(chunks.size());
  if (!least.all_equal) {
    each(chunks.size(), pool, [&](std::size_t c) {
      std::size_t some = 0;
      for (const float value : chunks[c].values) some += bits(value) == limit ? 1 : 0;
      equals[c] = some;
    });
    std::size_t left = least.equals;
    for (std::size_t& some : equals) {
      some = std::min(some, left);
      left -= some;
    }
  }
  each(chunks.size(), pool, [&](std::size_t c) {
    const std::span<float> values = chunks[c].values;
    // In front of the last that goes, equals go too.
    std::size_t i = 0;
    for (std::size_t gone = 0; i < values.size() && gone < equals[c]; ++i) {
      const std::uint32_t own = bits(values[i]);
      gone += own == limit ? 1 : 0;
      if (own <= limit) values[i] = 0;
    }
    const std::uint32_t over = least.all_equal ? limit + 1 : limit;
    for (; i < values.size(); ++i) values[i] = bits(values[i]) < over ? 0 : values[i];
  });
}

void drop_least(std::span<const float> scores, std::size_t count, std::span<std::uint8_t> keep) {
  if (count == 0) return;
  constexpr std::size_t kFew = 1U << 15U;  // sorted sooner than counted
  Least least;
  if (scores.size() < kFew) {
    std::vector<std::uint32_t> sorted;
    sorted.reserve(scores.size());
    for (const float score : scores) sorted.push_back(bits(score));
    const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(count - 1);
    std::ranges::nth_element(sorted, nth);
    const auto below =
        std::count_if(sorted.begin(), nth, [&](std::uint32_t other) { return other < *nth; });
    least = {std::bit_cast<float>(*nth), count - static_cast<std::size_t>(below), false};
  } else {
    least = find_least(std::array{scores}, count, nullptr);
  }
  const std::uint32_t limit = bits(least.limit);
  std::size_t equals = least.equals;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::uint32_t own = bits(scores[i]);
    const bool tied = own == limit && equals > 0;
    if (tied) --equals;
    if (tied || own < limit) keep[i] = 0;
  }
}

}  // namespace mx
