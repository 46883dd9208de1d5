// SPDX-License-Identifier: Apache-2.0
#include "learn/batch.h"

#include <torch/torch.h>

#include <algorithm>

namespace mx {
namespace {

std::int64_t size(std::size_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

BatchLoader::BatchLoader(const Dataset& data, std::uint64_t most) : data_(data) {
  all_.x = at::empty({size(most), size(data.inputs)}, at::kFloat);
  if (!data.classes.empty()) all_.classes = at::empty({size(most)}, at::kLong);
  if (!data.targets.empty()) {
    all_.targets = at::empty({size(most), size(data.outputs)}, at::kFloat);
  }
}

Batch BatchLoader::gather(std::span<const std::uint32_t> rows, const Shift* shift, Random* random) {
  float* const x = all_.x.data_ptr<float>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<const float> from(data_.x.data() + rows[i] * data_.inputs, data_.inputs);
    const std::span<float> to(x + i * data_.inputs, data_.inputs);
    if (shift != nullptr) {
      shift->apply(from, to, *random);
    } else {
      std::copy(from.begin(), from.end(), to.begin());
    }
  }
  if (all_.classes.defined()) {
    std::int64_t* const classes = all_.classes.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < rows.size(); ++i) classes[i] = data_.classes[rows[i]];
  }
  if (all_.targets.defined()) {
    float* const targets = all_.targets.data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(data_.targets.data() + rows[i] * data_.outputs, data_.outputs,
                  targets + i * data_.outputs);
    }
  }
  const std::int64_t count = size(rows.size());
  if (count == all_.x.size(0)) return all_;
  Batch part = {.x = all_.x.narrow(0, 0, count), .classes = {}, .targets = {}};
  if (all_.classes.defined()) part.classes = all_.classes.narrow(0, 0, count);
  if (all_.targets.defined()) part.targets = all_.targets.narrow(0, 0, count);
  return part;
}

Batch slice(const Dataset& data, std::size_t begin, std::size_t count) {
  const auto view = [&](const float* from, std::size_t width) {
    // The tensor is only read.
    return at::from_blob(const_cast<float*>(from + begin * width), {size(count), size(width)},
                         at::kFloat);
  };
  Batch out = {.x = view(data.x.data(), data.inputs), .classes = {}, .targets = {}};
  if (!data.classes.empty()) {
    out.classes = at::from_blob(const_cast<std::int64_t*>(data.classes.data() + begin),
                                {size(count)}, at::kLong);
  }
  if (!data.targets.empty()) out.targets = view(data.targets.data(), data.outputs);
  return out;
}

}  // namespace mx
