// SPDX-License-Identifier: Apache-2.0
#include "trust/standing.h"

#include <algorithm>
#include <map>

#include "file/license.h"

namespace mx {
namespace {

using Term = Standing::Term;

int sum(const Permissions& permissions) {
  int out = 0;
  for (const Allowed one : permissions.of) out += static_cast<int>(one);
  return out;
}

Term term_of(const LicenseExpression& expression, const std::vector<OwnLicense>& own,
             const LicenseTable& table) {
  Term out;
  out.license = to_string(expression);
  out.row = table.find(expression.id);
  bool known = out.row != nullptr;
  if (known) out.permissions = out.row->permissions;
  // Whoever wrote the file may say more than once what one licence allows: the least counts.
  for (const OwnLicense& one : own) {
    if (one.id != expression.id) continue;
    out.permissions = known ? least(out.permissions, one.permissions) : one.permissions;
    known = true;
  }
  return out;
}

std::vector<Term> terms_of(const LicenseExpression& expression, const std::vector<OwnLicense>& own,
                           const LicenseTable& table) {
  using Is = LicenseExpression::Is;
  if (expression.is == Is::one) return {term_of(expression, own, table)};
  std::vector<Term> out;
  int best = -1;
  for (const LicenseExpression& part : expression.parts) {
    std::vector<Term> terms = terms_of(part, own, table);
    if (expression.is == Is::all) {
      std::ranges::move(terms, std::back_inserter(out));
      continue;
    }
    Permissions all = Permissions::all(Allowed::yes);
    for (const Term& term : terms) all = least(all, term.permissions);
    if (sum(all) <= best) continue;
    best = sum(all);
    out = std::move(terms);
  }
  return out;
}

template <class Member>
std::vector<std::string> each(const std::vector<Term>& terms, Member member) {
  std::vector<std::string> out;
  for (const Term& term : terms) {
    if (term.row == nullptr || (term.row->*member).empty()) continue;
    if (std::ranges::find(out, term.row->*member) == out.end()) out.push_back(term.row->*member);
  }
  return out;
}

}  // namespace

std::set<Duty> Standing::duties() const {
  std::set<Duty> out;
  for (const Term& term : terms) {
    if (term.row != nullptr) out.insert(term.row->duties.begin(), term.row->duties.end());
  }
  return out;
}

std::vector<std::string> Standing::name_prefixes() const {
  return each(terms, &LicenseRow::name_prefix);
}
std::vector<std::string> Standing::displays() const { return each(terms, &LicenseRow::display); }
std::vector<std::string> Standing::notices() const { return each(terms, &LicenseRow::notice); }

std::vector<Term> terms_of(const std::string& license, const std::vector<OwnLicense>& own,
                           const LicenseTable& table) {
  if (license.empty()) return {};
  if (const auto expression = parse_license(license)) return terms_of(*expression, own, table);
  Term words;
  words.license = license;
  return {words};
}

Standing standing(const Rights& rights, const Lineage& lineage, const LicenseTable& table) {
  Standing out;
  out.terms = terms_of(rights.license, rights.own, table);
  std::set<std::pair<Sha256, std::string>> seen;
  std::map<std::string, std::vector<Term>> read;  // many rows are under few licences
  for (const DataUse& use : learned_from(lineage)) {
    const std::string& license = use.data->license;
    if (license.empty() || !seen.insert({use.data->sha256, license}).second) continue;
    const auto [terms, fresh] = read.try_emplace(license);
    if (fresh) terms->second = terms_of(license, rights.own, table);
    for (Term term : terms->second) {
      term.of_data = true;
      term.data = use.data->sha256;
      term.source = use.data->source;
      out.terms.push_back(std::move(term));
    }
  }
  out.stated = !out.terms.empty();
  for (const Term& term : out.terms) out.permissions = least(out.permissions, term.permissions);
  return out;
}

Rights as_teacher(const Rights& rights, const LicenseTable& table) {
  Rights out = rights;
  std::vector<std::string> binding;
  for (const std::string& part : license_parts(rights.license)) {
    const std::vector<Term> terms = terms_of(part, rights.own, table);
    if (std::ranges::any_of(terms, [](const Term& term) {
          return term.row == nullptr || term.row->binds_students;
        })) {
      binding.push_back(part);
    }
  }
  out.license = all_licenses(binding);
  return out;
}

std::vector<DataUse> learned_from(const Lineage& lineage) {
  const std::vector<Record>& records = lineage.records;
  std::map<Sha256, std::size_t> makers;  // the first record that made it, as maker_of() says
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].model) makers.try_emplace(*records[i].model, i);
  }
  std::vector<bool> counts(records.size());
  if (!counts.empty()) counts.back() = true;
  // Parents stand before those that are made from them.
  for (std::size_t i = records.size(); i-- > 0;) {
    // Older than format version 5, which model it made is not known.
    if (i + 1 < records.size() && !records[i].model) counts[i] = true;
    if (!counts[i]) continue;
    for (const Parent& parent : records[i].parents) {
      if (parent.role == "teacher" || parent.role == "cache") continue;
      const auto maker = makers.find(parent.identity);
      if (maker != makers.end()) counts[maker->second] = true;
    }
  }
  std::vector<DataUse> out;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!counts[i]) continue;
    for (const DataUsed& data : records[i].data) {
      if (data.role != "valid" && data.role != "test") out.push_back({&records[i], &data});
    }
  }
  return out;
}

}  // namespace mx
