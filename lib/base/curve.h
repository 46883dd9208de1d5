// SPDX-License-Identifier: Apache-2.0
// The reports of one run over its steps, thinned out, so that a checkpoint and a page of a long run
// stay small. Which ones are kept depends on the reports alone: a run that was stopped and gone on
// with, from what was kept of it, ends with the same ones as a run that was not.
#pragma once

#include <vector>

#include "base/json.h"

namespace mx {

class Curve {
 public:
  static constexpr std::size_t kMost = 256;

  // Steps rise; a report of no later step than the last one begins the curve anew. Above kMost the
  // one goes whose neighbours are closest, but never the first, the last or the one with the lowest
  // "valid_loss".
  void add(Json report);
  [[nodiscard]] const std::vector<Json>& reports() const { return reports_; }

 private:
  void thin_out();

  std::vector<Json> reports_;
};

// What the object holds as a number under this key, else `otherwise`.
[[nodiscard]] double number_in(const Json& object, const char* key, double otherwise);

}  // namespace mx
