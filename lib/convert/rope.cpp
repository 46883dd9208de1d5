// SPDX-License-Identifier: Apache-2.0
#include "convert/rope.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"

namespace mx {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

struct Llama3 {
  double factor = 8, low = 1, high = 4, original = 8192;
};

std::vector<PairTurn> plain_turns(double base, std::int64_t head_dim) {
  Attention plain;
  plain.head_dim = head_dim;
  plain.rope = base;
  return pair_turns(plain);
}

// Pairs that turn slowly are slowed down, quick ones are not, and those between partly.
std::vector<double> llama3_factors(double base, std::int64_t head_dim, const Llama3& how) {
  std::vector<double> out;
  for (const PairTurn& turn : plain_turns(base, head_dim)) {
    const double turns = how.original * turn.speed / kTurn;  // within the original length
    const double share = std::clamp((turns - how.low) / (how.high - how.low), 0.0, 1.0);
    out.push_back(1 / ((1 - share) / how.factor + share));
  }
  return out;
}

struct Yarn {
  double factor = 1, fast = 32, slow = 1, original = 0;
  bool truncate = true;
};

std::vector<double> yarn_factors(double base, std::int64_t head_dim, const Yarn& how) {
  const auto dim = static_cast<double>(head_dim);
  // The pair (as a number of the head) that turns so often within the original length.
  const auto pair = [&](double turns) {
    return dim * std::log(how.original / (turns * kTurn)) / (2 * std::log(base));
  };
  double low = pair(how.fast), high = pair(how.slow);
  if (how.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dim - 1);
  if (low == high) high += 0.001;
  std::vector<double> out;
  for (std::int64_t i = 0; i < head_dim / 2; ++i) {
    const double slowed = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    out.push_back(1 / (slowed / how.factor + (1 - slowed)));
  }
  return out;
}

// One object of rope settings, every key of which must be known.
class Settings {
 public:
  Settings(HfConfig& config, std::string_view key, const Json& json, std::int64_t head_dim,
           std::int64_t context, Rope& out)
      : config_(config), key_(key), json_(json), head_dim_(head_dim), out_(out) {
    out.context = context;
  }

  void read() {
    out_.base = number("rope_theta", out_.base);
    (void)number("partial_rotary_factor", 1);  // read by rotary_of()
    const std::string kind = text("rope_type", text("type", "default"));
    (void)text("type", "");
    if (kind == "linear") {
      out_.factors.assign(pairs(), wanted("factor"));
    } else if (kind == "llama3") {
      const Llama3 how{wanted("factor"), wanted("low_freq_factor"), wanted("high_freq_factor"),
                       original()};
      if (how.high <= how.low) config_.refuse(key_);
      out_.factors = llama3_factors(out_.base, head_dim_, how);
    } else if (kind == "yarn") {
      yarn();
    } else if (kind == "longrope" || kind == "su") {
      longrope();
    } else if (kind != "default") {
      config_.refuse(key_);
    }
    if (!(out_.base > 1 && out_.base < 1e12)) config_.refuse(key_);
    for (const auto& [key, value] : json_.items()) {
      if (!used_.contains(key) && !value.is_null()) config_.refuse(key_);
    }
  }

 private:
  [[nodiscard]] std::size_t pairs() const { return static_cast<std::size_t>(head_dim_ / 2); }
  [[nodiscard]] const Json* find(const std::string& key) {
    used_.insert(key);
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) config_.refuse(key_);
    return value->get<std::string>();
  }
  [[nodiscard]] double number(const std::string& key, double otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) config_.refuse(key_);
    return value->get<double>();
  }
  // Above 0, and must be there.
  [[nodiscard]] double wanted(const std::string& key) {
    const double value = number(key, 0);
    if (!(value > 0 && value < 1e9)) config_.refuse(key_);
    return value;
  }
  // The length that the model was first trained for.
  [[nodiscard]] double original() {
    double length = number("original_max_position_embeddings", 0);
    if (length == 0) length = config_.number("original_max_position_embeddings", 0);
    if (length == 0) length = static_cast<double>(out_.context);
    if (!(length >= 1 && length <= 1e9)) config_.refuse(key_);
    return length;
  }

  void yarn() {
    const Yarn how{wanted("factor"), number("beta_fast", 32), number("beta_slow", 1), original(),
                   truncates()};
    if (!(how.fast > 0 && how.slow > 0)) config_.refuse(key_);
    out_.factors = yarn_factors(out_.base, head_dim_, how);
    out_.scale = number("attention_factor", how.factor <= 1 ? 1 : 0.1 * std::log(how.factor) + 1);
  }
  [[nodiscard]] bool truncates() {
    const Json* const value = find("truncate");
    return value == nullptr || *value != Json(false);
  }
  void longrope() {
    const auto context = static_cast<double>(out_.context);
    const double length = original();
    // Without a length of its own the settings hold for all of the context.
    const double factor = number("factor", context / length);
    const std::vector<double> near = list("short_factor"), far = list("long_factor");
    out_.factors = near;
    out_.scale = number("attention_factor",
                        factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(length)));
    if (near != far) out_.context = std::min(out_.context, static_cast<std::int64_t>(length));
  }
  [[nodiscard]] std::vector<double> list(const std::string& key) {
    const Json* const value = find(key);
    const bool fits = value != nullptr && value->is_array() && value->size() == pairs() &&
                      std::ranges::all_of(*value, [](const Json& v) { return v.is_number(); });
    if (!fits) config_.refuse(key_);
    return value->get<std::vector<double>>();
  }

  HfConfig& config_;
  std::string_view key_;
  const Json& json_;
  std::int64_t head_dim_;
  Rope& out_;
  std::set<std::string, std::less<>> used_;
};

bool close(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(
      a, b, [](double x, double y) { return std::fabs(x - y) <= 1e-6 * std::fabs(y); });
}

constexpr std::array<std::string_view, 2> kSettings = {"rope_scaling", "rope_parameters"};

// How many numbers of a head turn.
std::int64_t rotary_of(HfConfig& config, std::int64_t head_dim, bool partly) {
  constexpr const char* kKey = "partial_rotary_factor";
  double share = config.number(kKey, 1);
  std::string_view where = kKey;
  for (const std::string_view key : kSettings) {
    const Json* const json = config.find(key);
    if (json == nullptr || !json->is_object() || !json->contains(kKey)) continue;
    if (!(*json)[kKey].is_number()) config.refuse(key);
    share = (*json)[kKey].get<double>();
    where = key;
  }
  if (share == 1) return head_dim;
  if (!partly) config.refuse(where);
  if (!(share > 0 && share < 1)) config.refuse(where, "which is no share of a head");
  const auto out = static_cast<std::int64_t>(static_cast<double>(head_dim) * share);
  if (out < 2 || out % 2 != 0 || head_dim % 2 != 0) {
    config.refuse(where, "which is no number of pairs");
  }
  return out;
}

// The factors of a head's pairs out of those of its turning ones, which are slower the fewer they
// are; the others stand still (0).
void widen(Rope& rope, std::int64_t head_dim) {
  const std::vector<PairTurn> wide = plain_turns(rope.base, head_dim);
  const std::vector<PairTurn> own = plain_turns(rope.base, rope.rotary);
  std::vector<double> all(static_cast<std::size_t>(head_dim / 2));
  for (std::size_t i = 0; i < own.size(); ++i) {
    const double factor = rope.factors.empty() ? 1 : rope.factors[i];
    all[i] = factor * wide[i].speed / own[i].speed;
  }
  rope.factors = std::move(all);
}

}  // namespace

Rope read_rope(HfConfig& config, std::int64_t head_dim, std::int64_t context, bool partly) {
  Rope out;
  out.base = config.number("rope_theta", out.base);
  out.context = context;
  out.rotary = rotary_of(config, head_dim, partly);
  for (const std::string_view key : kSettings) {
    const Json* const json = config.find(key);
    if (json == nullptr) continue;
    if (!json->is_object()) config.refuse(key);
    Settings(config, key, *json, out.rotary, context, out).read();
  }
  (void)config.find("original_max_position_embeddings");
  if (out.rotary != head_dim) widen(out, head_dim);
  return out;
}

Json rope_parameters(const Attention& attention, std::int64_t context) {
  Json out = {{"rope_theta", attention.rope}, {"rope_type", "default"}};
  const std::vector<double>& factors = attention.rope_factors;
  if (factors.empty() && attention.rope_scale == 1) return out;
  const std::vector<double> all =
      factors.empty() ? std::vector<double>(static_cast<std::size_t>(attention.head_dim / 2), 1.0)
                      : factors;
  if (std::ranges::find(all, 0.0) != all.end()) {
    throw Error{Kind::usage, "only a part of each head turns, which no model has that is written",
                "--to onnx and safetensors have it"};
  }
  const Llama3 meta{.factor = all.back()};
  if (attention.rope_scale == 1 && close(all, std::vector<double>(all.size(), all[0]))) {
    out["rope_type"] = "linear";
    out["factor"] = all[0];
  } else if (attention.rope_scale == 1 &&
             close(all, llama3_factors(attention.rope, attention.head_dim, meta))) {
    out.update({{"rope_type", "llama3"},
                {"factor", meta.factor},
                {"low_freq_factor", meta.low},
                {"high_freq_factor", meta.high},
                {"original_max_position_embeddings", static_cast<std::int64_t>(meta.original)}});
  } else {
    out.update({{"rope_type", "longrope"},
                {"short_factor", all},
                {"long_factor", all},
                {"factor", 1.0},
                {"attention_factor", attention.rope_scale},
                {"original_max_position_embeddings", context}});
  }
  return out;
}

}  // namespace mx
