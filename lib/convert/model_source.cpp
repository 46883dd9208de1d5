// SPDX-License-Identifier: Apache-2.0
#include "convert/model_source.h"

#include <utility>

#include "tensor/convert.h"

namespace mx {

std::vector<TensorEntry> plain_entries(std::vector<TensorEntry> entries, std::size_t& quantized) {
  for (TensorEntry& entry : entries) {
    if (entry.scheme == Scheme::plain) continue;
    entry.scheme = Scheme::plain;
    entry.dtype = DType::f32;
    ++quantized;
  }
  return entries;
}

ModelSource::ModelSource(std::unique_ptr<io::Input> in, ThreadPool& pool,
                         const ReadOptions& options)
    : in_(std::move(in)) {
  if (in_->seekable()) {
    overview_ = read_overview(*in_, {.max_memory = options.max_memory});
    reader_ = std::make_unique<WeightReader>(*in_, overview_, pool, options.max_memory);
  } else {
    Model model = read_model(*in_, pool, options);
    overview_.header = std::move(model.header);
    overview_.lineage = std::move(model.lineage);
    overview_.identity = model.identity;
    weights_ = std::move(model.weights);
  }
  entries_ = plain_entries(overview_.header.tensors, quantized_);
}

Tensor ModelSource::read(std::size_t i) const {
  Weight weight = reader_ ? reader_->read(i) : weights_.at(i);
  return weight.scheme == Scheme::plain ? std::move(weight.values) : to_f32(weight);
}

std::uint64_t ModelSource::glance(std::size_t i) const {
  const std::optional<std::size_t>& same = entries_.at(i).same;
  return same ? *same : i;
}

}  // namespace mx
