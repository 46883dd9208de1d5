// SPDX-License-Identifier: Apache-2.0
// Line and dot plots as inline SVG, drawn for reading: round numbers on the axes, a logarithmic one
// where values span decades, names and last values beside the lines instead of a legend, the best
// value marked, an interval as a bar through its dot. Colors come from the page's style (classes
// s0 to s3).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mx::cli {

struct Dot {
  double x = 0, y = 0;
  std::optional<double> low = {}, high = {};  // of an interval around y
};

struct Series {
  std::string name;
  std::vector<Dot> dots;            // a line through them, in this order; one alone is a dot
  std::optional<std::size_t> best;  // marked, where it is not the last one; in words of one alone
};

struct Plot {
  std::string title;   // what is shown, with its unit
  std::string x_name;  // with its unit
  std::vector<Series> series;
  bool log_x = false, log_y = false;  // where values are positive and span decades
  bool percent = false;               // y: shares, shown as percent
  bool from_zero = false;             // y begins at 0
};

// Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, at most `most`, at
// least one where low < high; none where the ends are not finite or not in order.
[[nodiscard]] std::vector<double> ticks(double low, double high, std::size_t most);
// 1, 2 and 5 times powers of ten, or powers of ten alone, or every second one, ...: as many as fit.
// Both ends must be positive.
[[nodiscard]] std::vector<double> log_ticks(double low, double high, std::size_t most);
// "0.25", "20k", "1.5M": `step` is the distance to the next tick, which says how many digits
// differ.
[[nodiscard]] std::string tick_text(double value, double step);

// One figure with its title. Dots whose numbers are not finite are left out; a plot without any dot
// is nothing at all.
[[nodiscard]] std::string figure(const Plot& plot);

}  // namespace mx::cli
