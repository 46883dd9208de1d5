// SPDX-License-Identifier: Apache-2.0
// What may be done with a model, by its licence and those of the data it was trained on: the least
// of what each allows, and the duties of all.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "file/model.h"
#include "trust/licenses.h"

namespace mx {

struct Standing {
  // One licence that counts, with what it allows and asks for.
  struct Term {
    std::string license;  // as written: an id, or alternatives
    Permissions permissions;
    const LicenseRow* row = nullptr;  // none: own words, or not known
    bool of_data = false;
    Sha256 data = {};    // of_data
    std::string source;  // of_data: where it comes from
  };
  bool stated = false;  // a licence is named at all
  Permissions permissions = Permissions::all(Allowed::yes);
  std::vector<Term> terms;

  [[nodiscard]] std::set<Duty> duties() const;
  // What names of models under it must begin with, texts to be shown and to be kept.
  [[nodiscard]] std::vector<std::string> name_prefixes() const;
  [[nodiscard]] std::vector<std::string> displays() const;
  [[nodiscard]] std::vector<std::string> notices() const;
};

// Of alternatives the one that allows the most. A licence that is neither in the table nor the
// model's own is unknown. Nothing is said of a model that names none. The table must outlive it.
[[nodiscard]] Standing standing(const Rights& rights, const Lineage& lineage,
                                const LicenseTable& table);
[[nodiscard]] std::vector<Standing::Term> terms_of(const std::string& license,
                                                   const std::vector<OwnLicense>& own,
                                                   const LicenseTable& table);

// What a student that such a model teaches takes over: of its licence only what binds students.
[[nodiscard]] Rights as_teacher(const Rights& rights, const LicenseTable& table);

// The records behind the last one that a model's parameters or knowledge come from, and the data
// in them: not those that only a teacher saw, and not those that only measured.
struct DataUse {
  const Record* record;
  const DataUsed* data;
};
[[nodiscard]] std::vector<DataUse> learned_from(const Lineage& lineage);

}  // namespace mx
