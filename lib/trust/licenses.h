// SPDX-License-Identifier: Apache-2.0
// What licences allow and ask for: a table of starting values (license_table.cpp), each with its
// source, open to change by a policy (policy.h). No legal advice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "file/model.h"
#include "io/yaml.h"

namespace mx {

// What has to be done in return.
enum class Duty : std::uint8_t {
  license_text,      // pass the licence's text on
  notices,           // keep copyright notices and NOTICE texts
  changes,           // say that it was changed
  attribution,       // name the author and the licence
  same_license,      // pass on what is made from it under the same licence
  source,            // offer what it was made of
  network_source,    // offer it to those who use it over a network, too
  non_commercial,    // use it for no money
  use_restrictions,  // keep to the restrictions of use and pass them on
  name_prefix,       // begin the names of models made from it with LicenseRow::name_prefix
  display,           // show LicenseRow::display
  users              // ask for a licence above the number of users it names
};
// Words of the table; unknown ones throw Kind::usage with `where`.
[[nodiscard]] std::string_view name_of(Duty duty);
[[nodiscard]] Duty duty_from(std::string_view word, std::string_view where);

struct LicenseRow {
  std::string id, title;
  std::vector<std::string> also;  // other spellings of its id
  std::vector<std::string> like;  // other licences that say the same
  Permissions permissions;
  bool binds_students = true;  // a model taught by the answers of one under it is bound, too
  std::vector<Duty> duties;
  std::string name_prefix, display, notice;  // as the licence demands them
  std::string source;                        // where it says so
};

class LicenseTable {
 public:
  // The starting values. The default has no rows.
  [[nodiscard]] static LicenseTable standard();
  // Rows to add, or to put in place of those with the same id: YAML, as license_table.cpp has it.
  // Throws Kind::usage with file and line.
  void add(const io::Yaml& yaml, const std::string& at, const std::string& name);

  // By id or another name, in any case; null when it is not known.
  [[nodiscard]] const LicenseRow* find(std::string_view id) const;
  [[nodiscard]] const std::vector<LicenseRow>& rows() const { return rows_; }

 private:
  std::vector<LicenseRow> rows_;
};

// The starting values, as YAML.
[[nodiscard]] std::string_view license_yaml();

// An SPDX expression with the table's spelling of each id it knows; other text as it is.
[[nodiscard]] std::string spelled(const std::string& license, const LicenseTable& table);

inline constexpr std::string_view kNoLegalAdvice =
    "a reading of the licences by the makers of mx, and no legal advice";

}  // namespace mx
