// SPDX-License-Identifier: Apache-2.0
#include "base/curve.h"

#include <limits>

namespace mx {
namespace {

double step_of(const Json& report) { return number_in(report, "step", 0); }

double loss_of(const Json& report) {
  return number_in(report, "valid_loss", std::numeric_limits<double>::infinity());
}

}  // namespace

double number_in(const Json& object, const char* key, double otherwise) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

void Curve::add(Json report) {
  if (!reports_.empty() && step_of(report) <= step_of(reports_.back())) reports_.clear();
  reports_.push_back(std::move(report));
  if (reports_.size() > kMost) thin_out();
}

void Curve::thin_out() {
  std::size_t best = 0;
  for (std::size_t i = 1; i < reports_.size(); ++i) {
    if (loss_of(reports_[i]) < loss_of(reports_[best])) best = i;
  }
  std::size_t goes = 0;
  double closest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i + 1 < reports_.size(); ++i) {
    const double gap = step_of(reports_[i + 1]) - step_of(reports_[i - 1]);
    if (i == best || gap >= closest) continue;
    closest = gap;
    goes = i;
  }
  reports_.erase(reports_.begin() + static_cast<std::ptrdiff_t>(goes));
}

}  // namespace mx
