// SPDX-License-Identifier: Apache-2.0
// The tail section's content: lineage and probes. FORMAT.md, "Tail".
#pragma once

#include <vector>

#include "base/bytes.h"
#include "file/model.h"

namespace mx {

inline constexpr std::size_t kMaxProbes = 16;
inline constexpr std::size_t kMaxTail = 64 << 20;

[[nodiscard]] Bytes encode_tail(const Header& header, const Lineage& lineage,
                                const std::vector<Probe>& probes);
// Probes must fit the header's network; without one there are none. version: what is younger is
// refused.
void decode_tail(ByteView content, std::uint64_t version, const Header& header, Lineage& lineage,
                 std::vector<Probe>& probes);

}  // namespace mx
