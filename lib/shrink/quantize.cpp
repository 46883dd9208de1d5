// SPDX-License-Identifier: Apache-2.0
#include "shrink/quantize.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <regex>

#include "base/error.h"
#include "base/words.h"
#include "shrink/solver.h"
#include "shrink/stream.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 6> kCodes = {"none", "int8", "int4",
                                                    "int3", "int2", "codebook"};
constexpr std::string_view kGroup = "Quantizing";

std::vector<Word> words() {
  std::vector<Word> out;
  for (std::size_t i = 0; i < kCodes.size(); ++i) out.push_back({kCodes[i], static_cast<int>(i)});
  return out;
}

struct Override {
  std::regex names;
  Code code;
};

Override parse_override(const std::string& text) {
  const std::size_t at = text.rfind('=');
  const auto* const found =
      at == std::string::npos ? kCodes.end() : std::ranges::find(kCodes, text.substr(at + 1));
  if (found == kCodes.end()) {
    throw Error{Kind::usage, fmt::format("'{}' is no override", printable(text)),
                "write REGEX=CODE, a code being none, int8, int4, int3, int2 or codebook"};
  }
  try {
    return {std::regex(text.substr(0, at)), static_cast<Code>(found - kCodes.begin())};
  } catch (const std::regex_error&) {
    throw Error{Kind::usage,
                fmt::format("'{}' is no regular expression", printable(text.substr(0, at)))};
  }
}

// Where codes are solved for, they make up for scales of few bits.
Grid grid_of(Code code, const QuantizeOptions& options, bool solved) {
  constexpr int kFewBits = 3;
  const auto group = static_cast<std::size_t>(options.group);
  const int bits = solved ? kFewBits : kScaleBits;
  switch (code) {
    case Code::int4:
      return {4, group, options.asymmetric, bits};
    case Code::int3:
      return {3, group, options.asymmetric, bits};
    case Code::int2:
      return {2, group, options.asymmetric, bits};
    default:
      return {8, 0, false, kScaleBits};
  }
}

// A weight's numbers in rows, their levels, and what came of them.
class Coder {
 public:
  Coder(const Weight& weight, Code code, const QuantizeOptions& options, const Hessian* hessian,
        const Moments* moments)
      : name_(weight.name),
        numbers_(to_f32(weight)),
        code_(code),
        options_(options),
        hessian_(hessian),
        rows_(static_cast<std::size_t>(numbers_.shape[0])),
        width_(numbers_.count() / std::max<std::size_t>(1, rows_)),
        grid_(grid_of(code, options, hessian != nullptr)),
        group_(grid_.group == 0 ? width_ : std::min(grid_.group, width_)) {
    for (const float x : numbers_.as<float>()) {
      if (!std::isfinite(x) || std::abs(x) > 0x1p100F) {
        throw Error{
            Kind::input,
            fmt::format("tensor \"{}\" holds a number that cannot be quantized", printable(name_))};
      }
    }
    if (moments != nullptr) {
      for (std::size_t i = 0; i < width_; ++i) {
        importance_.push_back(static_cast<float>(moments->own[i * width_ + i]));
      }
    }
    if (code == Code::codebook) {
      std::vector<float> all;
      for (std::size_t r = 0; r < rows_ && !importance_.empty(); ++r) {
        all.insert(all.end(), importance_.begin(), importance_.end());
      }
      table_ = codebook(numbers_.as<float>(), all, static_cast<std::size_t>(options.codebook));
    }
  }

  Weight run(ThreadPool& pool, TensorResult& result) {
    starts_.resize(rows_);
    coded_.resize(rows_);
    if (hessian_ != nullptr) targets_ = hessian_->targets(numbers_, pool);
    pool.run(rows_, [&](std::size_t r) { starts_[r] = start(row_of(r)); });
    const auto solve = [&](const RowOptions& row) {
      pool.run(rows_, [&](std::size_t r) { coded_[r] = code_row(r, row); });
    };
    RowOptions row{.group = group_,
                   .scale_bits = grid_.scale_bits,
                   .move_scales = table_.empty() && code_ != Code::int8};
    solve(row);
    if (hessian_ != nullptr && options_.rate > 0 && code_ != Code::int8) {
      price(row);
      solve(row);
    }
    if (hessian_ != nullptr) result.error = lost_share(pool);
    return weight();
  }

 private:
  [[nodiscard]] std::span<const float> row_of(std::size_t r) const {
    return numbers_.as<float>().subspan(r * width_, width_);
  }

  // What solving a row begins with.
  struct Start {
    std::vector<Levels> levels;
    std::vector<std::uint8_t> zeros;  // columns that stay zero
  };
  [[nodiscard]] Start start(std::span<const float> row) const {
    Start out{levels(row), {}};
    if (hessian_ == nullptr) return out;
    for (const float x : row) out.zeros.push_back(x == 0 ? 1 : 0);
    return out;
  }

  [[nodiscard]] std::vector<Levels> levels(std::span<const float> row) const {
    std::vector<Levels> out;
    for (std::size_t at = 0; at < width_; at += group_) {
      const std::size_t count = std::min(group_, width_ - at);
      if (!table_.empty()) {
        out.push_back({.low = 0, .high = static_cast<int>(table_.size()) - 1, .table = table_});
        continue;
      }
      std::span<const float> counts = importance_;
      if (!counts.empty()) counts = counts.subspan(at, count);
      const ScaleRule rule =
          hessian_ != nullptr && code_ != Code::int8 ? ScaleRule::search : options_.scales;
      out.push_back(choose_levels(row.subspan(at, count), counts, grid_, rule));
    }
    return out;
  }

  [[nodiscard]] CodedRow code_row(std::size_t r, const RowOptions& options) const {
    const Start& start = starts_[r];
    if (hessian_ != nullptr) {
      return solve_row(*hessian_, targets_.as<float>().subspan(r * width_, width_), start.zeros,
                       start.levels, options);
    }
    const std::span<const float> row = row_of(r);
    CodedRow out{std::vector<int>(width_), start.levels, 0};
    for (std::size_t i = 0; i < width_; ++i) out.codes[i] = out.levels[i / group_].nearest(row[i]);
    return out;
  }

  // What each code costs in bits by how often it was taken, and what a bit may cost.
  void price(RowOptions& row) const {
    std::map<int, double> often;
    double error = 0;
    for (const CodedRow& one : coded_) {
      error += one.error;
      for (const int code : one.codes) ++often[code];
    }
    const auto all = static_cast<double>(rows_ * width_);
    row.rate = options_.rate * error / all;
    constexpr int kLowest = -128, kHighest = 255;  // of integers, of places in a codebook
    row.lowest = kLowest;
    row.bits.assign(kHighest - kLowest + 1, std::log2(all));
    for (const auto& [code, count] : often) {
      row.bits[static_cast<std::size_t>(code - row.lowest)] = -std::log2(count / all);
    }
  }

  // Of the outputs' square.
  [[nodiscard]] double lost_share(ThreadPool& pool) const {
    double lost = 0;
    for (const CodedRow& row : coded_) lost += row.error;
    const double all = hessian_->square(numbers_, pool);
    return all == 0 ? 0 : lost / all;
  }

  [[nodiscard]] Weight weight() const {
    Weight out;
    out.name = name_;
    if (!table_.empty()) {
      out.values = Tensor(DType::f32, numbers_.shape);
      each([&](std::size_t at, std::size_t r, std::size_t i) {
        out.values.as<float>()[at] = table_[static_cast<std::size_t>(coded_[r].codes[i])];
      });
      return out;
    }
    out.values = Tensor(DType::i8, numbers_.shape);
    each([&](std::size_t at, std::size_t r, std::size_t i) {
      out.values.as<std::int8_t>()[at] = static_cast<std::int8_t>(coded_[r].codes[i]);
    });
    const bool channel = code_ == Code::int8;
    out.scheme = channel ? Scheme::channel : Scheme::group;
    out.group = channel ? 0 : group_;
    std::vector<float> scales;
    for (const CodedRow& row : coded_) {
      for (const Levels& one : row.levels) scales.push_back(one.scale);
    }
    if (channel) {
      out.scales = tensor_of({numbers_.shape[0]}, scales);
      return out;
    }
    out.scales = Tensor(DType::bf16, scales_shape(numbers_.shape, group_));
    for (std::size_t i = 0; i < scales.size(); ++i) {
      const auto bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(scales[i]) >> 16U);
      std::memcpy(out.scales.data.data() + 2 * i, &bits, sizeof(bits));
    }
    return out;
  }

  template <class F>
  void each(F&& f) const {
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t i = 0; i < width_; ++i) f(r * width_ + i, r, i);
    }
  }

  std::string name_;
  Tensor numbers_, targets_;  // targets: what is solved for
  Code code_;
  const QuantizeOptions& options_;
  const Hessian* hessian_;
  std::size_t rows_, width_;
  Grid grid_;
  std::size_t group_;
  std::vector<float> importance_, table_;
  std::vector<Start> starts_;
  std::vector<CodedRow> coded_;
};

// Of the numbers' square, what is lost.
double lost_of_numbers(const Weight& before, const Weight& after) {
  const Tensor a = to_f32(before), b = to_f32(after);
  double lost = 0, all = 0;
  for (std::size_t i = 0; i < a.count(); ++i) {
    const double was = a.as<float>()[i], off = was - b.as<float>()[i];
    lost += off * off;
    all += was * was;
  }
  return all == 0 ? 0 : lost / all;
}

void round_others(std::vector<Weight>& weights) {
  for (Weight& weight : weights) {
    if (weight.values.shape.size() != 1 || weight.values.dtype != DType::f32) continue;
    for (float& x : weight.values.as<float>()) {
      if (x != 0 && std::isfinite(x)) x = round_scale(x, kScaleBits);
    }
  }
}

}  // namespace

std::string_view name_of(Code code) { return kCodes.at(static_cast<std::size_t>(code)); }

Fields QuantizeOptions::fields() {
  return {
      {kGroup, "quantize",
       "What the weights of linear maps and convolutions become: integers of so many bits with "
       "scales, or a few values for each tensor; embeddings and a language model's head become "
       "int8",
       choice(code, words())},
      {.group = kGroup,
       .name = "override",
       .help = "Another code (or none) for the tensors whose names this regular expression matches",
       .value = &overrides,
       .meaning = "REGEX=CODE"},
      {kGroup, "group", "Neighbours in a row that share a scale (int4, int3, int2)", &group,
       Range{2, 65536}},
      {kGroup, "asymmetric", "Let each group choose the place of its range around zero",
       &asymmetric},
      {kGroup, "scales",
       "How scales are chosen without --calibrate: to hold the largest number, or for the least "
       "squared error",
       choice(scales, {{"absmax", static_cast<int>(ScaleRule::absmax)},
                       {"search", static_cast<int>(ScaleRule::search)}})},
      {kGroup, "codebook-size", "Values of a codebook, zero among them", &codebook, Range{2, 256}},
      {kGroup, "calibration-rows",
       "Rows of --calibrate to solve on; default 4096, of text 256 windows", &rows, Range{1, 1e9}},
      {kGroup, "damping", "Share of the mean diagonal added to the moments of a map's inputs",
       &damping, Range{0, 1e3}},
      {kGroup, "round-others", "Round norms, biases and statistics to 8 significant bits as well",
       &round_others},
      {kGroup, "rate",
       "How much error a bit is worth when codes are chosen for --calibrate: 0 none, 1 the mean "
       "error of a number",
       &rate, Range{0, 1e3}},
  };
}

std::vector<TensorCode> codes_for(const Network& network, const QuantizeOptions& options) {
  std::vector<TensorCode> out;
  for (const TensorSpec& spec : tensors(network)) {
    if (spec.shape.size() < 2) continue;
    const bool other = options.code != Code::none && !spec.prunable;
    out.push_back({spec.name, other ? Code::int8 : options.code, false});
  }
  for (const std::string& text : options.overrides) {
    const Override one = parse_override(text);
    bool any = false;
    for (TensorCode& tensor : out) {
      if (!std::regex_search(tensor.name, one.names)) continue;
      tensor.code = one.code;
      tensor.fixed = true;
      any = true;
    }
    if (!any) {
      throw Error{Kind::usage, fmt::format("the override '{}' matches no tensor", printable(text)),
                  "mx-pack list shows the tensors; those of one dimension stay as they are"};
    }
  }
  std::erase_if(out, [](const TensorCode& tensor) { return tensor.code == Code::none; });
  return out;
}

void visit_layers(const Network& network, const std::vector<Weight>& weights,
                  const std::vector<TensorCode>& codes, const QuantizeOptions& options,
                  const CalibrationRows* rows, ThreadPool& pool, const LayerVisit& visit) {
  const auto coder = [&](const Hessian* hessian, const Moments* moments) -> LayerCoder {
    return [&, hessian, moments](const Weight& weight, Code code, TensorResult& result) {
      result = {weight.name, code, hessian != nullptr, 0, hessian ? hessian->damping() : 0};
      Weight plain;
      plain.name = weight.name;
      plain.values = to_f32(weight);
      Weight coded = hessian == nullptr && code == Code::int8
                         ? quantize_channel(plain)
                         : Coder(plain, code, options, hessian, moments).run(pool, result);
      if (hessian == nullptr) result.error = lost_of_numbers(plain, coded);
      return coded;
    };
  };
  const std::vector<Stage> all = rows == nullptr ? std::vector<Stage>() : stages(network);
  const std::vector<Weight> before = all.empty() ? std::vector<Weight>() : weights;
  // What no stage solves comes first: embeddings are inputs of everything.
  for (const TensorCode& tensor : codes) {
    const bool solved = std::ranges::any_of(
        all, [&](const Stage& stage) { return std::ranges::count(stage, tensor.name) > 0; });
    if (!solved) visit(tensor.name, coder(nullptr, nullptr));
  }
  if (all.empty()) return;
  const auto wanted = [&](const std::string& name) {
    return std::ranges::count(codes, name, &TensorCode::name) > 0;
  };
  visit_stages(
      network, weights, before, *rows, {},
      [&](const Stage& stage) { return std::ranges::any_of(stage, wanted); }, pool,
      [&](const Stage& stage, const Observe& observe) {
        const Moments moments = observe();
        const Hessian hessian(moments, options.damping, pool);
        for (const std::string& name : stage) {
          if (wanted(name)) visit(name, coder(&hessian, &moments));
        }
      });
}

std::vector<TensorResult> quantize(const Network& network, std::vector<Weight>& weights,
                                   const std::vector<TensorCode>& codes,
                                   const QuantizeOptions& options, const CalibrationRows* rows,
                                   ThreadPool& pool,
                                   const std::function<void(std::size_t, std::size_t)>& progress) {
  if (options.round_others && !codes.empty()) round_others(weights);
  std::vector<TensorResult> out;
  visit_layers(network, weights, codes, options, rows, pool,
               [&](const std::string& name, const LayerCoder& code_with) {
                 const auto weight = std::ranges::find(weights, name, &Weight::name);
                 if (weight == weights.end() || weight->scheme != Scheme::plain) return;
                 TensorResult result;
                 *weight = code_with(
                     *weight, std::ranges::find(codes, name, &TensorCode::name)->code, result);
                 out.push_back(std::move(result));
                 progress(out.size(), codes.size());
               });
  return out;
}

}  // namespace mx
