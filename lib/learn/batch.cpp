// SPDX-License-Identifier: Apache-2.0
#include "learn/batch.h"

#include <torch/torch.h>

#include <algorithm>

namespace mx {
namespace {

std::int64_t size(std::size_t value) { return static_cast<std::int64_t>(value); }

// row(i): the number of the i-th of `count` rows. Of a masked language model's, some are hidden.
template <class F>
Batch tokens_of(const TokenRows& from, std::size_t count, std::uint64_t offset, F row,
                const Masking* masking = nullptr, Random* random = nullptr) {
  const auto context = static_cast<std::size_t>(from.context());
  std::vector<std::int32_t> ids(count * context), targets(ids.size()), documents(ids.size());
  std::size_t longest = 1;
  bool several = false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = [&](std::vector<std::int32_t>& all) {
      return std::span(all).subspan(i * context, context);
    };
    from.read(row(i), offset, {part(ids), part(targets), part(documents)});
    if (masking != nullptr) hide_tokens(part(ids), part(targets), *masking, *random);
    const auto real = std::ranges::find_if(part(ids), [](std::int32_t id) { return id < 0; });
    longest = std::max(longest, static_cast<std::size_t>(real - part(ids).begin()));
    several = several || std::ranges::any_of(part(documents), [](auto one) { return one > 0; });
  }
  const auto tensor = [&](const std::vector<std::int32_t>& all) {
    at::Tensor out = at::empty({size(count), size(longest)}, at::kLong);
    std::int64_t* to = out.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < count; ++i) {
      to = std::copy_n(all.data() + i * context, longest, to);
    }
    return out;
  };
  Batch out = {.x = tensor(ids), .classes = tensor(targets), .targets = {}, .documents = {}};
  if (several) out.documents = tensor(documents);
  return out;
}

}  // namespace

at::Tensor only_scored(Batch& batch) {
  const at::Tensor targets = batch.classes.flatten();
  const at::Tensor wanted = at::nonzero(targets.ge(0)).flatten();
  if (wanted.numel() == targets.numel() || wanted.numel() == 0) return {};
  batch.classes = targets.index_select(0, wanted).unsqueeze(0);
  return wanted;
}

double scored(const Batch& batch) {
  if (batch.x.scalar_type() != at::kLong) return static_cast<double>(batch.x.size(0));
  return batch.classes.ge(0).sum().item<double>();
}

BatchLoader::BatchLoader(const Dataset& data, std::uint64_t most) : data_(data) {
  if (data.tokens) return;
  all_.x = at::empty({size(most), size(data.inputs)}, at::kFloat);
  if (!data.classes.empty()) all_.classes = at::empty({size(most)}, at::kLong);
  if (!data.targets.empty()) {
    all_.targets = at::empty({size(most), size(data.outputs)}, at::kFloat);
  }
}

Batch BatchLoader::gather_tokens(std::span<const std::uint32_t> rows, std::uint64_t offset,
                                 const Masking* masking, Random& random) const {
  return tokens_of(
      *data_.tokens, rows.size(), offset, [&](std::size_t i) { return rows[i]; }, masking, &random);
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
  Batch part = {.x = all_.x.narrow(0, 0, count), .classes = {}, .targets = {}, .documents = {}};
  if (all_.classes.defined()) part.classes = all_.classes.narrow(0, 0, count);
  if (all_.targets.defined()) part.targets = all_.targets.narrow(0, 0, count);
  return part;
}

Batch slice(const Dataset& data, std::size_t begin, std::size_t count) {
  if (data.tokens) {
    return tokens_of(*data.tokens, count, 0, [&](std::size_t i) { return begin + i; });
  }
  const auto view = [&](const float* from, std::size_t width) {
    // The tensor is only read.
    return at::from_blob(const_cast<float*>(from + begin * width), {size(count), size(width)},
                         at::kFloat);
  };
  Batch out = {
      .x = view(data.x.data(), data.inputs), .classes = {}, .targets = {}, .documents = {}};
  if (!data.classes.empty()) {
    out.classes = at::from_blob(const_cast<std::int64_t*>(data.classes.data() + begin),
                                {size(count)}, at::kLong);
  }
  if (!data.targets.empty()) out.targets = view(data.targets.data(), data.outputs);
  return out;
}

}  // namespace mx
