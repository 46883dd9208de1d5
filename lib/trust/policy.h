// SPDX-License-Identifier: Apache-2.0
// What an organisation asks of every model that its tools read: a YAML file.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "file/model.h"
#include "trust/licenses.h"

namespace mx {

struct Policy {
  struct Bound {
    std::string metric;
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
  };
  enum class Probes { any, present, agree };

  std::string file;                  // empty: there is none, and nothing is asked
  LicenseTable licenses;             // read_policy: the starting values, changed by `licenses`
  std::vector<std::string> signers;  // key files, found from the policy's folder
  // Licences. Not given: any; an empty list: none.
  std::optional<std::vector<std::string>> allowed;
  std::vector<Permission> permit;   // what each model must permit
  bool refuses_unlicensed = false;  // unlicensed: refuse
  std::optional<std::uint64_t> largest;
  Probes probes = Probes::any;
  std::vector<Bound> quality;  // of the newest record that measured it
};

// Throws Kind::usage with file and line for what is no policy: an unknown clause, a bad value.
[[nodiscard]] Policy read_policy(const std::string& path);

// The clauses that a model does not meet, each in words that begin with its name. Signers are asked
// for when a model is opened (file/signatures.h). model.bytes is the file's size.
[[nodiscard]] std::vector<std::string> unmet(const Policy& policy, const Model& model,
                                             ThreadPool& pool);

}  // namespace mx
