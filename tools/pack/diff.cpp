// SPDX-License-Identifier: Apache-2.0
// mx-pack diff: what differs between two models; exit 0 when nothing does, else 1.
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/shown.h"
#include "base/words.h"
#include "cli/models.h"
#include "file/lineage.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

struct TensorDifference {
  std::string name, what;  // "values", "shape", "type", "only in A", "only in B"
  std::uint64_t numbers = 0, differing = 0;
  double largest = 0;  // of |a - b|; of numbers that are finite in both
};

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape &&
         std::equal(a.data.bytes().begin(), a.data.bytes().end(), b.data.bytes().begin());
}

std::optional<TensorDifference> compare(const Weight& a, const Weight& b) {
  if (a.scheme == b.scheme && a.group == b.group && same_bytes(a.values, b.values) &&
      same_bytes(a.scales, b.scales)) {
    return {};
  }
  TensorDifference out{a.name, "values"};
  if (a.values.shape != b.values.shape) {
    out.what = "shape";
    return out;
  }
  if (a.scheme != b.scheme || a.group != b.group || a.values.dtype != b.values.dtype) {
    out.what = "type";
  }
  const Tensor numbers_a = to_f32(a), numbers_b = to_f32(b);
  const std::span<const float> x = numbers_a.as<float>(), y = numbers_b.as<float>();
  out.numbers = x.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(x[i]) == std::bit_cast<std::uint32_t>(y[i])) continue;
    ++out.differing;
    const double distance = std::fabs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
    if (std::isfinite(distance)) out.largest = std::max(out.largest, distance);
  }
  return out;
}

struct Differences {
  std::vector<TensorDifference> tensors;
  bool kind = false, network = false, schema = false, rights = false, extra = false,
       lineage = false;
  [[nodiscard]] bool any() const {
    return !tensors.empty() || kind || network || schema || rights || extra || lineage;
  }
};

Differences compare(const Model& a, const Model& b) {
  Differences out;
  out.kind = a.header.kind != b.header.kind || a.header.base != b.header.base;
  out.network = to_json(a.header.network) != to_json(b.header.network);
  out.schema = a.header.schema != b.header.schema;
  out.rights = a.header.rights != b.header.rights;
  out.extra = a.header.extra != b.header.extra;
  out.lineage = to_json(a.lineage) != to_json(b.lineage);
  for (const Weight& weight : a.weights) {
    const Weight* other = find_weight(b, weight.name);
    if (other == nullptr) {
      out.tensors.push_back({weight.name, "only in A"});
    } else if (auto difference = compare(weight, *other)) {
      out.tensors.push_back(std::move(*difference));
    }
  }
  for (const Weight& weight : b.weights) {
    if (find_weight(a, weight.name) == nullptr) out.tensors.push_back({weight.name, "only in B"});
  }
  return out;
}

std::string line(const TensorDifference& tensor) {
  std::string out = fmt::format("tensor {}: ", printable(tensor.name));
  if (tensor.what != "values") out += tensor.what;
  if (tensor.what == "shape" || tensor.what == "type") out += " differs";
  if (tensor.numbers == 0) return out;
  return out + fmt::format("{}{} of {} numbers differ, the largest by {:g}",
                           tensor.what == "values" ? "" : ", ", grouped(tensor.differing),
                           grouped(tensor.numbers), tensor.largest);
}

std::string first_change(const Network& a, const Network& b) {
  const std::size_t common = std::min(a.blocks.size(), b.blocks.size());
  const Json x = to_json(a), y = to_json(b);
  for (std::size_t i = 0; i < common; ++i) {
    if (x[i] != y[i])
      return fmt::format("block {}: {} | {}", i, shown_json(dump_json(x[i])),
                         shown_json(dump_json(y[i])));
  }
  return fmt::format("{} | {} blocks", a.blocks.size(), b.blocks.size());
}

std::string text(const Differences& found, const Model& a, const Model& b) {
  std::string out;
  if (found.kind) out += "the kind of file or its base differs\n";
  if (found.network) {
    out += "network differs, " + first_change(a.header.network, b.header.network) + "\n";
  }
  for (const TensorDifference& tensor : found.tensors) out += line(tensor) + "\n";
  if (found.schema) out += "schema differs\n";
  if (found.rights) {
    out += fmt::format("rights differ: licence '{}' | '{}', owner '{}' | '{}'\n",
                       printable(a.header.rights.license), printable(b.header.rights.license),
                       printable(a.header.rights.owner), printable(b.header.rights.owner));
  }
  if (found.extra) out += "metadata differs\n";
  if (found.lineage) {
    out += fmt::format("lineage differs, {} | {} records\n", a.lineage.records.size(),
                       b.lineage.records.size());
  }
  return out;
}

Json document(const Differences& found) {
  Json tensors = Json::array();
  for (const TensorDifference& tensor : found.tensors) {
    Json one = {{"name", tensor.name}, {"what", tensor.what}};
    if (tensor.numbers > 0) {
      one["numbers"] = tensor.numbers;
      one["differing"] = tensor.differing;
      one["largest"] = tensor.largest;
    }
    tensors.push_back(std::move(one));
  }
  return {{"same", !found.any()},     {"kind", !found.kind},      {"network", !found.network},
          {"tensors", tensors},       {"schema", !found.schema},  {"rights", !found.rights},
          {"metadata", !found.extra}, {"lineage", !found.lineage}};
}

class Diff final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"diff",
            "Say what differs between two models; exit 0 when nothing does, 1 otherwise.",
            "[OPTIONS] A B",
            {"mx-pack diff digits.mx packed.mx", "mx-pack diff --ignore-lineage a.mx b.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.json = true, .threads = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{"Comparing",
             "ignore-lineage",
             "Models with different histories may be the same",
             &ignore_lineage_,
             {},
             Affects::run}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"A", "One model file", &a_}, {"B", "The other model file", &b_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (a_ == "-" && b_ == "-") {
      throw Error{Kind::usage, "standard input can only be one of the two models",
                  "name a file for the other one"};
    }
    ThreadPool pool(session.threads());
    const ReadOptions options = cli::reading(session);
    const Model a = read_model(a_, pool, options), b = read_model(b_, pool, options);
    Differences found = compare(a, b);
    if (ignore_lineage_) found.lineage = false;
    session.result(document(found), text(found, a, b));
    return found.any() ? static_cast<int>(Kind::answer) : 0;
  }

 private:
  std::string a_, b_;
  bool ignore_lineage_ = false;
};

}  // namespace

CommandPtr diff_command() { return std::make_unique<Diff>(); }

}  // namespace mx::pack
