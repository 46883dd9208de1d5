// SPDX-License-Identifier: Apache-2.0
// config.json of Transformers, read key by key: whatever is asked for and cannot be said by the
// blocks is refused by its name there, and so is a key that nobody read.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "net/network.h"

namespace mx {

class HfConfig {
 public:
  // `json` must outlive it; `name` is what messages begin with. Throws Kind::input, as all here do.
  HfConfig(const Json& json, std::string name);

  [[noreturn]] void refuse(std::string_view key,
                           const std::string& why = "which is not known here") const;
  // Null where it is missing or null.
  [[nodiscard]] const Json* find(std::string_view key);
  // 1 to 2^30.
  [[nodiscard]] std::int64_t size(std::string_view key, std::optional<std::int64_t> otherwise = {});
  [[nodiscard]] double number(std::string_view key, double otherwise);
  [[nodiscard]] bool flag(std::string_view key, bool otherwise);
  [[nodiscard]] Act act(std::string_view key);
  // Any other value than this one is refused.
  void only(std::string_view key, const Json& known);
  // After the last one: refuses what nobody read, unless it says nothing (null, false, 0, "") or
  // nothing of what a model answers (dropout, ids of special tokens, ...).
  void finish() const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const Json& json_;
  std::string name_;
  std::set<std::string, std::less<>> used_;
};

// Transformers' name of an activation; "" for none.
[[nodiscard]] std::string_view hf_name(Act act);

}  // namespace mx
