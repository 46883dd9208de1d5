// SPDX-License-Identifier: Apache-2.0
// Models that the tests of this room write and read.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "file/lineage.h"
#include "file/model.h"
#include "file/probe.h"
#include "file/reader.h"
#include "file/writer.h"
#include "net/families.h"
#include "net/network.h"
#include "tensor/quantize.h"

namespace mx::testing {

inline Tensor random_tensor(Shape shape, Random& random, double zeros = 0, double size = 0.1) {
  Tensor out(DType::f32, std::move(shape));
  for (float& x : out.as<float>()) {
    x = random.uniform() < zeros ? 0.0F : static_cast<float>(random.normal() * size);
  }
  return out;
}

// A digit classifier of the given hidden sizes with made-up weights; weights of linear maps are
// `zeros` sparse and int8 when `quantized`.
inline Model digits_model(const std::vector<std::int64_t>& hidden, double zeros, bool quantized) {
  Random random(7);
  Model model;
  ModelOptions options;
  options.hidden = hidden;
  model.header.family = "mlp";
  model.header.network = build(options, {64}, 10);
  model.header.schema =
      Json::parse(R"({"task":"classify","features":[{"name":"p00","scale":16}],"label":"digit"})");
  model.header.rights.license = "CC-BY-4.0";
  for (const TensorSpec& spec : tensors(model.header.network)) {
    Weight weight{spec.name, random_tensor(spec.shape, random, spec.prunable ? zeros : 0),
                  Scheme::plain, Tensor{}};
    if (quantized && spec.prunable) weight = quantize_channel(weight);
    model.weights.push_back(std::move(weight));
  }
  Sha256 data{};
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random.next());
  const std::vector<std::string> steps = {"train", "distill", "prune", "pack"};
  Sha256 parent = data;
  for (const std::string& step : steps) {
    Record record;
    record.operation = step;
    record.tool = "mx-" + step;
    record.version = "0.1.0";
    record.options = {{"epochs", 40}, {"batch-size", 32}, {"lr", 0.001}, {"hidden", {64}}};
    record.seed = 1;
    parent[0] = static_cast<std::uint8_t>(parent[0] + 1);
    if (step != "train") record.parents.push_back({parent, "input"});
    record.data.push_back({data, 1437, "train", "CC-BY-4.0", ""});
    record.metrics = {{"loss", 0.0781}, {"accuracy", 0.9722}};
    model.lineage.records.push_back(std::move(record));
  }
  for (std::uint64_t k = 0; k < 2; ++k) {
    Probe probe{probe_input(64, k), {}};
    for (int i = 0; i < 10; ++i) probe.output.push_back(static_cast<float>(random.normal()));
    model.probes.push_back(std::move(probe));
  }
  return model;
}

inline Bytes bytes_of(Model& model, ThreadPool& pool, Effort effort = Effort::normal) {
  Bytes out;
  const std::unique_ptr<io::Output> to = io::memory_output(out);
  write_model(*to, model, pool, {.effort = effort});
  return out;
}

inline Model model_of(ByteView bytes, ThreadPool& pool, const ReadOptions& options = {}) {
  const std::unique_ptr<io::Input> in = io::memory_input(bytes, "m.mx");
  return read_model(*in, pool, options);
}

// Bytes that can be read forward only, a few at a time.
class PipeInput final : public io::Input {
 public:
  explicit PipeInput(ByteView bytes) : bytes_(bytes) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min({out.size(), bytes_.size() - at_, std::size_t{777}});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
  std::string name_ = "standard input";
};

inline bool same(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape &&
         std::ranges::equal(a.data.bytes(), b.data.bytes());
}

inline bool same(const Weight& a, const Weight& b) {
  return a.name == b.name && a.scheme == b.scheme && a.group == b.group &&
         same(a.values, b.values) && same(a.scales, b.scales);
}

inline bool same(const Model& a, const Model& b) {
  return a.header.kind == b.header.kind && a.header.family == b.header.family &&
         to_json(a.header.network) == to_json(b.header.network) &&
         a.header.schema == b.header.schema && a.header.extra == b.header.extra &&
         a.header.rights.owner == b.header.rights.owner &&
         a.header.rights.contact == b.header.rights.contact &&
         a.header.rights.license == b.header.rights.license && a.header.base == b.header.base &&
         std::ranges::equal(a.weights, b.weights,
                            [](const Weight& x, const Weight& y) { return same(x, y); }) &&
         to_json(a.lineage) == to_json(b.lineage) &&
         std::ranges::equal(a.probes, b.probes,
                            [](const Probe& x, const Probe& y) {
                              return x.input == y.input && x.output == y.output;
                            }) &&
         a.identity == b.identity;
}

}  // namespace mx::testing
