// SPDX-License-Identifier: Apache-2.0
// What a cache of teachers' outputs depends on, kept in its head (FORMAT.md, "Caches"): two caches
// with equal facts hold the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "file/model.h"

namespace mx {

struct CacheFacts {
  std::vector<std::string> teachers;  // identities
  std::string data;                   // rows_digest() of the rows
  bool tokens = false;                // a row has a position for each scored token; else it is one
  std::uint64_t rows = 0;             // of an epoch
  // Text is cut into rows at this many places: in epoch e at number e mod epochs.
  std::uint64_t epochs = 1;
  std::uint64_t classes = 0, top = 0;  // there are; are kept, at most all
  std::uint64_t piece = 1;             // rows in a piece; the last has the rest
  // Layers of the first teacher (net/layers.h) whose hidden states are kept, ascending.
  std::vector<std::uint64_t> hidden = {};

  bool operator==(const CacheFacts&) const = default;
  [[nodiscard]] std::uint64_t pieces() const;
  [[nodiscard]] std::uint64_t rows_in(std::uint64_t number) const;  // of piece `number`
  // How far the rows of an epoch are moved on, of `context` tokens each.
  [[nodiscard]] std::uint64_t offset(std::uint64_t epoch, std::uint64_t context) const;
};
[[nodiscard]] Json to_json(const CacheFacts& facts);
// Throws Kind::input, with `name` in front, for a file of another kind and for facts that cannot
// be.
[[nodiscard]] CacheFacts cache_facts(const Header& header, const std::string& name);
// Throws Kind::usage unless `found`, of the file `name`, is `wanted`, or has more hidden states:
// says what differs, with both values.
void check_facts(const std::string& name, const CacheFacts& found, const CacheFacts& wanted);

// Digest of all that a network sees of the rows, and of which tokens are scored; with `labels` of
// what is to be said of them too.
[[nodiscard]] std::string rows_digest(const Dataset& data, bool labels = false);

}  // namespace mx
