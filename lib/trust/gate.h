// SPDX-License-Identifier: Apache-2.0
// Asked before any data is opened: do the licences of models and data allow what is to be done?
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "data/dataset.h"
#include "file/model.h"
#include "trust/licenses.h"

namespace mx {

class Gate {
 public:
  // made: the output, for messages. reason: why a missing permission is overridden; empty: it is
  // not. The table must outlive the gate.
  Gate(const LicenseTable& table, std::string made, std::string reason);

  // The operation ("distil") takes this model, of the file `path`.
  void model(Permission permission, std::string_view operation, const Model& from,
             const std::string& path) {
    model(permission, operation, from.header.rights, from.lineage, path);
  }
  void model(Permission permission, std::string_view operation, const Rights& rights,
             const Lineage& lineage, const std::string& path);
  // ... and the data of these options, asked before any of it is opened;
  void data(std::string_view operation, const DataOptions& options);
  // ... and what it turned out to be: prepared text brings the licences it was made under.
  void data(std::string_view operation, const std::vector<DataUsed>& used);

  // Throws Kind::input with the way to what forbids it, unless that is overridden.
  void check() const;
  // The same; says what is overridden, and gives what is recorded of it. Nothing was refused:
  // nothing is recorded.
  [[nodiscard]] std::optional<PermissionOverride> settle(Log& log) const;

 private:
  void data(std::string_view operation, const std::string& license, const std::string& shown);
  void refuse(PermissionOverride::Refusal refusal, const std::string& way, bool of_data);

  const LicenseTable& table_;
  std::string made_, reason_;
  std::vector<PermissionOverride::Refusal> refusals_;     // each once
  std::set<std::pair<std::string, Permission>> refused_;  // what is among them
  std::vector<std::string> lines_;                        // the first few are shown with their way
};

// Each override in a model's history, in words.
[[nodiscard]] std::vector<std::string> overrides_of(const Lineage& lineage);

}  // namespace mx
