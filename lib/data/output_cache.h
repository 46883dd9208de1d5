// SPDX-License-Identifier: Apache-2.0
// What teachers said of training rows, in a file (FileKind::cache; FORMAT.md, "Caches"): of each
// position the likeliest classes with their log-probabilities, and what is left for the others. The
// file is read through once and checked; its numbers then lie in a temporary file that is mapped,
// so that memory does not grow with it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/threads.h"
#include "data/cache_facts.h"
#include "data/log_steps.h"

namespace mx {

class OutputCache {
 public:
  // Throws Kind::usage, as check_facts(), when it is no cache of `wanted`; Kind::input when it is
  // damaged, or a row has more positions or tokens than `context`, before these take room.
  OutputCache(const std::string& path, const CacheFacts& wanted, std::uint64_t context,
              ThreadPool& pool, std::uint64_t max_memory);
  ~OutputCache();
  OutputCache(OutputCache&&) noexcept;

  [[nodiscard]] const CacheFacts& facts() const;
  [[nodiscard]] const Sha256& identity() const;

  // Of a row in an epoch. Classes likeliest first.
  struct Row {
    std::size_t positions = 0, top = 0;
    std::span<const std::uint8_t> steps;     // [positions, top]: steps_of() their probabilities
    std::span<const TailBytes> tails;        // [positions]; empty where all classes are kept
    std::span<const std::int32_t> ids = {};  // [positions, top]
  };
  [[nodiscard]] Row row(std::uint64_t epoch, std::uint64_t number) const;

  // What a kept layer (facts().hidden[layer]) gives for a row's tokens: code * scale.
  struct Hidden {
    std::size_t width = 0;
    std::span<const float> scales;       // [tokens]
    std::span<const std::int8_t> codes;  // [tokens, width]
  };
  [[nodiscard]] Hidden hidden(std::size_t layer, std::uint64_t epoch, std::uint64_t number) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What mx-pack check asks of a cache beyond the container's own rules; takes its tensors. Throws
// Kind::input.
void check_cache(Model&& model, const std::string& name);

}  // namespace mx
