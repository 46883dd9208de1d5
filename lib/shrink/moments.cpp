// SPDX-License-Identifier: Apache-2.0
#include "shrink/moments.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/packed_map.h"

namespace mx {
namespace {

// What one map sees, kept apart by the row of the batch that the thread works on.
class Collector final : public MapObserver {
 public:
  explicit Collector(std::string map) : map_(std::move(map)) {}
  void see(const std::string& name, std::span<const float> x) override {
    if (name != map_) return;
    std::vector<float>& to = seen_[row];
    to.insert(to.end(), x.begin(), x.end());
  }
  void begin(std::size_t rows) { seen_.assign(rows, {}); }
  // [inputs, all that was seen]: columns in the order of the rows.
  [[nodiscard]] Tensor transposed(std::size_t inputs) const {
    std::size_t all = 0;
    for (const auto& one : seen_) all += one.size() / inputs;
    Tensor out(DType::f32, {static_cast<std::int64_t>(inputs), static_cast<std::int64_t>(all)});
    float* to = out.as<float>().data();
    for (const auto& one : seen_) {
      for (std::size_t i = 0; i < one.size(); ++i) to[i % inputs * all + i / inputs] = one[i];
      to += one.size() / inputs;
    }
    return out;
  }
  static thread_local std::size_t row;

 private:
  std::string map_;
  std::vector<std::vector<float>> seen_;
};
thread_local std::size_t Collector::row = 0;

// sum += a b^T, by the engine's kernels; a, b: [inputs, columns].
void add_product(std::vector<double>& sum, const Tensor& a, const Tensor& b, ThreadPool& pool) {
  const engine::PackedMap map({.name = {}, .values = b}, engine::kernels());
  std::vector<float> product(sum.size());
  const auto rows = static_cast<std::size_t>(a.shape[0]);
  map.run(a.as<float>().data(), rows, {}, product.data(), &pool);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += product[i];
}

std::size_t inputs_of(std::span<const Weight> weights, const std::string& map) {
  for (const Weight& weight : weights) {
    if (weight.name != map) continue;
    const Shape& shape = weight.values.shape;
    return element_count({shape.begin() + 1, shape.end()});
  }
  fail(Kind::failed, "there is no linear map '{}'", map);
}

// How often a map is applied to one row.
std::size_t uses_of_row(const Network& network, const std::string& map, std::size_t inputs) {
  std::size_t uses = takes_tokens(network) ? std::max<std::size_t>(1, inputs) : 1;
  walk(network, [&](const Block& block, const Shape&, const Shape& out) {
    const auto* conv = std::get_if<Conv2d>(&block.any);
    if (conv != nullptr && conv->name + ".weight" == map) {
      uses = static_cast<std::size_t>(out[1] * out[2]);
    }
  });
  return uses;
}

}  // namespace

std::vector<Stage> stages(const Network& network) {
  std::vector<Stage> out;
  walk(network, [&](const Block& block, const Shape&, const Shape&) {
    if (const auto* linear = std::get_if<Linear>(&block.any)) {
      if (linear->tied.empty()) out.push_back({linear->name + ".weight"});
    } else if (const auto* conv = std::get_if<Conv2d>(&block.any)) {
      out.push_back({conv->name + ".weight"});
    } else if (const auto* attention = std::get_if<Attention>(&block.any)) {
      const std::string& name = attention->name;
      out.push_back({name + ".query", name + ".key", name + ".value"});
      out.push_back({name + ".output"});
    } else if (const auto* forward = std::get_if<FeedForward>(&block.any)) {
      Stage first = {forward->name + ".up"};
      if (forward->gated) first.push_back(forward->name + ".gate");
      out.push_back(std::move(first));
      out.push_back({forward->name + ".down"});
    }
  });
  return out;
}

std::size_t default_calibration_rows(const Network& network) {
  return takes_tokens(network) ? 256 : 4096;
}

CalibrationRows calibration_rows(const Dataset& data, std::size_t most) {
  const std::vector<std::size_t> taken = spread_rows(data.rows, most);
  CalibrationRows out{taken.size(), data.inputs, {}};
  for (const std::size_t row : taken) {
    if (data.tokens == nullptr) {
      const auto from = std::span(data.x).subspan(row * data.inputs, data.inputs);
      out.x.insert(out.x.end(), from.begin(), from.end());
      continue;
    }
    std::vector<std::int32_t> ids(data.inputs), targets(data.inputs), documents(data.inputs);
    data.tokens->read(row, 0, {ids, targets, documents});
    if (ids[0] < 0) ids[0] = 0;  // an empty document
    out.x.insert(out.x.end(), ids.begin(), ids.end());
  }
  return out;
}

Moments observe(const Network& network, std::span<const Weight> weights,
                std::span<const Weight> reference, const std::string& map,
                const CalibrationRows& rows, ThreadPool& pool) {
  ThreadPool alone(1);
  std::array<Collector, 2> seen = {Collector(map), Collector(map)};
  std::array<Engine, 2> engines = {Engine(network, weights, alone, &seen[0]),
                                   Engine(network, reference, alone, &seen[1])};
  Moments out;
  out.inputs = inputs_of(weights, map);
  out.own.resize(out.inputs * out.inputs);
  out.wanted.resize(out.own.size());
  // A batch is what single precision sums up without harm, and memory holds twice.
  constexpr std::size_t kNumbers = 4096;
  const std::size_t batch =
      std::max<std::size_t>(1, kNumbers / uses_of_row(network, map, rows.inputs));
  for (std::size_t first = 0; first < rows.rows; first += batch) {
    const std::size_t count = std::min(batch, rows.rows - first);
    for (Collector& one : seen) one.begin(count);
    pool.run(count, [&](std::size_t i) {
      Collector::row = i;
      std::vector<float> y(engines[0].output_size());
      const auto x = std::span(rows.x).subspan((first + i) * rows.inputs, rows.inputs);
      for (Engine& engine : engines) engine.run(x, y, 1);
    });
    const Tensor own = seen[0].transposed(out.inputs);
    out.count += static_cast<std::uint64_t>(own.shape[1]);
    add_product(out.own, own, own, pool);
    add_product(out.wanted, own, seen[1].transposed(out.inputs), pool);
  }
  for (std::vector<double>* sum : {&out.own, &out.wanted}) {
    for (double& value : *sum) value /= static_cast<double>(std::max<std::uint64_t>(1, out.count));
  }
  return out;
}

}  // namespace mx
