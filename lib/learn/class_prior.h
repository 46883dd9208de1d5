// SPDX-License-Identifier: Apache-2.0
// A classifier whose training rows had other class frequencies than those it will meet, corrected
// by the biases of its last map. A student that never saw a class, but a teacher that knew it,
// knows it too and believes it too rare (Hinton et al. 2015, section 3).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "net/network.h"

namespace mx {

// What --class-prior says: "uniform", "data" (as often as in `rows`, all of them), or a weight for
// each class. Sums to 1. Throws Kind::usage, also when a class of "data" has no row.
[[nodiscard]] std::vector<double> class_prior(const std::string& text, const Dataset& rows,
                                              std::size_t classes);
// Throws Kind::usage unless the network ends in a linear map with a bias of its own, over classes.
void check_class_prior(const Network& network, const Schema& schema);
// Adds log(prior / mean probability on the rows trained on) to the bias of each class: the logit
// adjustment of Saerens et al. 2002, eq. 2.4, the mean standing for the frequency learned, which is
// not 0 for a class without rows.
void correct_class_prior(const Network& network, std::vector<Weight>& weights, const Dataset& train,
                         const std::vector<double>& prior, std::size_t threads);
// The rows of all classes but those that are named in `without`. Throws Kind::usage for a class
// that is not in the schema, or where no rows are left.
[[nodiscard]] Dataset rows_without(const Dataset& rows, const Schema& schema,
                                   const std::vector<std::string>& without);

}  // namespace mx
