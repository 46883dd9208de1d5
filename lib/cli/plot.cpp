// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "cli/markup.h"

namespace mx::cli {
namespace {

// In units of the drawing, which are about a pixel: it is shown 330 to 420 pixels wide.
constexpr double kWidth = 400, kHeight = 240;
constexpr double kLeft = 46, kTop = 20, kBottom = 40, kLabels = 124, kLine = 14;
constexpr double kDecades = 30;  // high / low from which on a logarithmic axis shows more
constexpr double kApart = 8;
constexpr std::size_t kColors = 4;

struct Scale {
  double low = 0, high = 1;  // of the values
  double from = 0, to = 1;   // of the drawing
  bool log = false;
  std::vector<double> marks = {};

  [[nodiscard]] double at(double value) const {
    const auto along = [&](double v) { return log ? std::log10(v) : v; };
    return from + (along(value) - along(low)) / (along(high) - along(low)) * (to - from);
  }
};

// Around the values, with a little room where all are alike.
Scale scale_of(const std::vector<double>& values, bool log_wanted, double from, double to,
               std::size_t most) {
  const auto [least, greatest] = std::ranges::minmax(values);
  Scale out{.low = least, .high = greatest, .from = from, .to = to};
  out.log = log_wanted && least > 0 && greatest / least >= kDecades;
  if (least == greatest) {
    const double room = least == 0 ? 1 : std::fabs(least) / 2;
    out.low = least - room;
    out.high = least + room;
  }
  out.marks = out.log ? log_ticks(out.low, out.high, most) : ticks(out.low, out.high, most);
  return out;
}

// A little more than the values need, so that no dot lies on the edge.
void widen(Scale& scale, double share) {
  if (scale.log) {
    const double factor = std::pow(scale.high / scale.low, share);
    scale.low /= factor;
    scale.high *= factor;
  } else {
    const double room = (scale.high - scale.low) * share;
    scale.low -= room;
    scale.high += room;
  }
}

double step_at(const std::vector<double>& marks, std::size_t i, bool log) {
  if (log || marks.size() < 2) return marks[i];
  return marks[1] - marks[0];
}

std::string value_text(double value, bool percent) {
  if (percent) return fmt::format("{:.1f} %", 100 * value);
  if (std::fabs(value) >= 1e5) return tick_text(value, value / 100);
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view style,
                    std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n",
                     x, y, anchor, style, words);
}

struct Label {
  double x = 0, y = 0;
  std::string_view anchor;
  std::string style, words;
};

// Moves labels apart that would stand on one another.
void spread(std::vector<Label>& labels) {
  std::ranges::stable_sort(labels, {}, &Label::y);
  for (std::size_t i = 1; i < labels.size(); ++i) {
    labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLine);
  }
  double floor = kHeight - kBottom + kLine / 3;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label, floor -= kLine) {
    label->y = std::min(label->y, floor);
  }
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {
    lines_ = std::ranges::any_of(plot.series, [](const Series& s) { return s.dots.size() > 1; });
    right_ = kWidth - (lines_ ? kLabels : 12);
    std::vector<double> xs, ys;
    for (const Series& series : plot.series) {
      for (const Dot& dot : series.dots) {
        xs.push_back(dot.x);
        ys.push_back(dot.y);
        if (dot.low) ys.push_back(*dot.low);
        if (dot.high) ys.push_back(*dot.high);
      }
    }
    if (plot.from_zero) ys.push_back(0);
    x_ = scale_of(xs, plot.log_x, kLeft + 6, right_, 5);
    y_ = scale_of(ys, plot.log_y, kHeight - kBottom - 6, kTop, 6);
    if (!lines_) widen(x_, 0.12);
    if (std::ranges::all_of(xs, [](double x) { return x == std::floor(x); })) {
      std::erase_if(x_.marks, [](double mark) { return mark != std::floor(mark); });
    }
  }

  std::string svg() {
    axes();
    place_ends();
    for (std::size_t i = 0; i < plot_.series.size(); ++i) draw(i);
    write(left_labels_);
    write(right_labels_);
    return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>",
                       kWidth, kHeight, told_, out_);
  }

 private:
  void axes() {
    for (std::size_t i = 0; i < y_.marks.size(); ++i) {
      const double y = y_.at(y_.marks[i]);
      const double step = step_at(y_.marks, i, y_.log);
      out_ += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, y, right_);
      out_ += text_at(kLeft - 5, y + 4, "end", "soft",
                      plot_.percent ? tick_text(100 * y_.marks[i], 100 * step) + " %"
                                    : tick_text(y_.marks[i], step));
    }
    for (std::size_t i = 0; i < x_.marks.size(); ++i) {
      const double x = x_.at(x_.marks[i]);
      out_ += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}v4\"/>", x, kHeight - kBottom);
      out_ += text_at(x, kHeight - kBottom + 16, "middle", "soft",
                      tick_text(x_.marks[i], step_at(x_.marks, i, x_.log)));
    }
    out_ += text_at((kLeft + right_) / 2, kHeight - 5, "middle", "soft", escaped(plot_.x_name));
  }

  void write(std::vector<Label>& labels) {
    spread(labels);
    for (const Label& label : labels) {
      out_ += text_at(label.x, label.y, label.anchor, label.style, label.words);
    }
  }

  void draw(std::size_t number) {
    const Series& series = plot_.series[number];
    const std::string style = fmt::format("s{}", number % kColors);
    std::string path;
    for (const Dot& dot : series.dots) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_.at(dot.x), y_.at(dot.y));
    }
    if (series.dots.size() > 1) {
      out_ += fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", style, path);
    }
    const Dot& last = series.dots.back();
    const double x = ends_[number];
    const double y = y_.at(last.y);
    if (last.low && last.high) {
      out_ += fmt::format("<path class=\"line {}\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", style, x,
                          y_.at(*last.low), y_.at(*last.high));
    }
    out_ += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", style,
                        x, y);
    const std::string words = escaped(series.name) + " " + value_text(last.y, plot_.percent);
    const bool left = !lines_ && x > kWidth * 0.6;
    const double beside = left ? beside_all(x, -1) - 7 : beside_all(x, 1) + 7;
    (left ? left_labels_ : right_labels_)
        .push_back({beside, y + 4, left ? "end" : "start", style, words});
    told_ += (told_.empty() ? "" : "; ") + words;
    if (series.best) mark(series.dots[*series.best], last, style);
  }

  void mark(const Dot& best, const Dot& last, const std::string& style) {
    const std::string words =
        fmt::format("best {} at {}", value_text(best.y, plot_.percent), value_text(best.x, false));
    told_ += ", " + words;
    if (best.x == last.x) return;
    const double x = x_.at(best.x), y = y_.at(best.y);
    out_ += fmt::format("<circle class=\"ring {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", style,
                        x, y);
    if (plot_.series.size() > 1 && plot_.series[1].best) return;  // there would be too many words
    const bool under = best.y < last.y;
    out_ += text_at(std::clamp(x, kLeft + 56, right_ - 56), under ? y + 18 : y - 10, "middle",
                    style, words);
  }

  // Where each series ends. Dots alone of the same size would hide one another.
  void place_ends() {
    for (const Series& series : plot_.series) {
      double x = x_.at(series.dots.back().x);
      const auto hides = [&](double other) { return std::fabs(other - x) < kApart - 1; };
      while (!lines_ && std::ranges::any_of(ends_, hides)) x += kApart;
      ends_.push_back(x);
    }
  }

  // The last of the dots that stand side by side with the one at `x`, in this direction.
  [[nodiscard]] double beside_all(double x, double direction) const {
    for (bool moved = true; moved;) {
      moved = false;
      for (const double other : ends_) {
        const double distance = (other - x) * direction;
        if (distance <= 0 || distance > 3 * kApart) continue;
        x = other;
        moved = true;
      }
    }
    return x;
  }

  const Plot& plot_;
  bool lines_ = false;
  double right_ = 0;
  Scale x_, y_;
  std::vector<double> ends_;
  std::vector<Label> left_labels_, right_labels_;  // of their dots
  std::string out_, told_;
};

bool is_finite(const Dot& dot) {
  constexpr double kMost = 1e300;  // so that differences are finite, too
  return std::ranges::all_of(std::array{dot.x, dot.y, dot.low.value_or(0), dot.high.value_or(0)},
                             [](double value) { return std::fabs(value) <= kMost; });
}

// Only dots that can be drawn; the best one keeps its place among them.
Series drawable(const Series& series) {
  Series out{.name = series.name, .dots = {}, .best = {}};
  for (std::size_t i = 0; i < series.dots.size(); ++i) {
    if (!is_finite(series.dots[i])) continue;
    if (series.best == i) out.best = out.dots.size();
    out.dots.push_back(series.dots[i]);
  }
  return out;
}

}  // namespace

std::vector<double> ticks(double low, double high, std::size_t most) {
  std::vector<double> out;
  if (!std::isfinite(high - low) || !(low < high) || most == 0) return out;
  constexpr std::array<double, 3> kRound = {1, 2, 5};
  for (int power = static_cast<int>(std::floor(std::log10(high - low))) - 3;; ++power) {
    for (const double round : kRound) {
      const double step = round * std::pow(10.0, power);
      // A hair of rounding must not cost the tick at the end.
      const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
      if (!(last - first + 1 <= static_cast<double>(most))) continue;
      for (int i = 0; i <= last - first; ++i) {
        // Dividing by a whole number is exact where multiplying by its inverse is not.
        const double at = (first + i) * round;
        out.push_back(power < 0 ? at / std::pow(10.0, -power) : at * std::pow(10.0, power));
      }
      return out;
    }
  }
}

std::vector<double> log_ticks(double low, double high, std::size_t most) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const auto within = [&](const std::vector<double>& digits, int every) {
    std::vector<double> out;
    for (int power = first; power <= last; power += every) {
      for (const double digit : digits) {
        const double value =
            power < 0 ? digit / std::pow(10.0, -power) : digit * std::pow(10.0, power);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push_back(value);
      }
    }
    return out;
  };
  std::vector<double> out = within({1, 2, 5}, 1);
  for (int every = 1; out.size() > most; ++every) out = within({1}, every);
  return out;
}

std::string tick_text(double value, double step) {
  constexpr std::array<std::string_view, 5> kSuffixes = {"", "k", "M", "G", "T"};
  std::size_t suffix = 0;
  double scaled = value;
  step = std::fabs(step);
  if (std::fabs(value) >= 10000) {
    while (std::fabs(scaled) >= 1000 && suffix + 1 < kSuffixes.size()) {
      scaled /= 1000;
      step /= 1000;
      ++suffix;
    }
  }
  if (scaled != 0 && std::fabs(scaled) < 1e-3) return fmt::format("{:.3g}", scaled);
  const int digits =
      step > 0 ? std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6) : 0;
  std::string out = fmt::format("{:.{}f}", scaled, digits);
  if (out == "-0") out = "0";
  return out + std::string(kSuffixes[suffix]);
}

std::string figure(const Plot& plot) {
  Plot drawn = plot;
  drawn.series.clear();
  for (const Series& series : plot.series) {
    Series left = drawable(series);
    if (!left.dots.empty()) drawn.series.push_back(std::move(left));
  }
  if (drawn.series.empty()) return {};
  return fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", escaped(plot.title),
                     Drawing(drawn).svg());
}

}  // namespace mx::cli
