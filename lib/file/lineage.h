// SPDX-License-Identifier: Apache-2.0
// Lineage: one record per writing tool, oldest first. Its JSON, and how a tool makes its record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "file/model.h"

namespace mx {

// A record with this build's version and the time of SOURCE_DATE_EPOCH, if that is set (no number
// there: Kind::usage). The caller adds seed, parents, data and metrics.
[[nodiscard]] Record make_record(std::string operation, std::string tool, Json options);

// A model that another one is made from.
struct Past {
  const Lineage* lineage;
  Sha256 identity;
};
// The parents' records, those that several have in common once, in order, the last of each now
// saying which model it made; then `record`.
[[nodiscard]] Lineage extend(const std::vector<Past>& parents, Record record);
// The record that made this model; none in what is older than format version 5, or not there.
[[nodiscard]] const Record* maker_of(const Lineage& lineage, const Sha256& model);

// The models that a record names, each once, with all roles it has: "teacher, init".
[[nodiscard]] std::vector<Parent> distinct_parents(const Record& record);

// A record's parents and data as people and scripts see them, digests in hexadecimal.
[[nodiscard]] Json parents_json(const std::vector<Parent>& parents);
[[nodiscard]] Json data_json(const std::vector<DataUsed>& data);
[[nodiscard]] Json override_json(const PermissionOverride& overridden);

// The lineage with its digests taken out: `digests` in the order of first use, their numbers in the
// JSON. What files hold.
struct CompactLineage {
  std::vector<Sha256> digests;
  Json json;
};
[[nodiscard]] CompactLineage compact(const Lineage& lineage);
// Throws Kind::input for what that version of the format does not know.
[[nodiscard]] Lineage expand(const CompactLineage& compact, std::uint64_t version);

}  // namespace mx
