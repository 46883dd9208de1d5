// SPDX-License-Identifier: Apache-2.0
// Low-rank adapters (Hu et al. 2021, section 4.1): W + alpha / rank * B A stands in place of W, for
// chosen linear maps of one base. A file of its own (FORMAT.md, "Adapters"), of A [rank, in] and
// B [out, rank] for each map, that names its base by identity.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "file/model.h"

namespace mx {

// Behind the name of the weight that they belong to.
inline constexpr std::string_view kLoraA = ".lora_a", kLoraB = ".lora_b";

struct AdapterFacts {
  std::int64_t rank = 0;
  double alpha = 0;
  [[nodiscard]] double scale() const { return alpha / static_cast<double>(rank); }
};
[[nodiscard]] Json to_json(const AdapterFacts& facts);  // Header::extra
// Of an adapter's header. Throws Kind::input.
[[nodiscard]] AdapterFacts adapter_facts(const Header& header);
// The weights that it changes, in order; of a header that has passed check_header.
[[nodiscard]] std::vector<std::string> adapted_maps(const Header& header);

// What check_header asks of an adapter. Throws Kind::input.
void check_adapter(const Header& header);

// Where a model is wanted. Throws Kind::input for an adapter, and says how it is used; `path` is as
// the user gave it.
void refuse_adapter(const Header& header, const std::string& path);

}  // namespace mx
