// SPDX-License-Identifier: Apache-2.0
#include "infer/merge.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "file/head.h"
#include "file/reader.h"

namespace mx {
namespace {

struct Change {
  Weight* weight;
  bool coded;
  Tensor a, b;
};

const Weight& part(const Model& adapter, const std::string& name) {
  const Weight* const found = find_weight(adapter, name);
  if (found == nullptr) fail(Kind::input, "the adapter has no {}", tensor_label(name));
  return *found;
}

std::vector<Change> changes(Model& model, const Model& adapter, const std::string& path) {
  const std::vector<TensorSpec> maps = linear_maps(model.header.network);
  std::vector<Change> out;
  for (const Weight& weight : adapter.weights) {
    if (!weight.name.ends_with(kLoraA)) continue;
    const std::string name = weight.name.substr(0, weight.name.size() - kLoraA.size());
    const auto map = std::ranges::find(maps, name, &TensorSpec::name);
    if (map == maps.end()) {
      fail(Kind::input, "{} is for a map '{}', which its base has not", printable(path),
           printable(name));
    }
    Change change{nullptr, false, to_f32(weight),
                  to_f32(part(adapter, name + std::string(kLoraB)))};
    if (change.a.shape[1] != map->shape[1] || change.b.shape[0] != map->shape[0]) {
      fail(Kind::input, "{} is for a map '{}' of {}, but its base's is {}", printable(path),
           printable(name), to_string({change.b.shape[0], change.a.shape[1]}),
           to_string(map->shape));
    }
    change.weight = &*std::ranges::find(model.weights, name, &Weight::name);
    change.coded = change.weight->scheme != Scheme::plain;
    out.push_back(std::move(change));
  }
  return out;
}

// Returns how many zeros were filled.
std::uint64_t add(const Change& change, float scale) {
  const auto rank = static_cast<std::size_t>(change.a.shape[0]);
  const auto in = static_cast<std::size_t>(change.a.shape[1]);
  const std::span<const float> a = change.a.as<float>(), b = change.b.as<float>();
  const std::span<float> all = change.weight->values.as<float>();
  std::vector<float> sum(in);
  std::uint64_t filled = 0;
  for (std::size_t o = 0; o * in < all.size(); ++o) {
    std::ranges::fill(sum, 0.0F);
    for (std::size_t r = 0; r < rank; ++r) {
      const float factor = b[o * rank + r];
      const std::span<const float> from = a.subspan(r * in, in);
      for (std::size_t i = 0; i < in; ++i) sum[i] += factor * from[i];
    }
    const std::span<float> row = all.subspan(o * in, in);
    for (std::size_t i = 0; i < in; ++i) {
      const float before = row[i];
      row[i] = before + scale * sum[i];
      filled += before == 0 && row[i] != 0 ? 1 : 0;
    }
  }
  return filled;
}

}  // namespace

MergeFacts& MergeFacts::operator+=(const MergeFacts& other) {
  numbers += other.numbers;
  filled += other.filled;
  coded += other.coded;
  return *this;
}

MergeFacts merge_adapter(Model& model, const Model& adapter, const std::string& path,
                         ThreadPool& pool) {
  const Header& header = adapter.header;
  if (header.kind != FileKind::adapter) {
    throw Error{Kind::input, fmt::format("{} is no adapter", printable(path)),
                "mx-train --init BASE --lora RANK makes one"};
  }
  if (header.base != model.identity) {
    throw Error{Kind::input,
                fmt::format("{} is an adapter of the model {}, but this is {}", printable(path),
                            to_hex(*header.base), to_hex(model.identity)),
                "give it with the very file that it was trained on"};
  }
  const auto scale = static_cast<float>(adapter_facts(header).scale());
  std::vector<Change> all = changes(model, adapter, path);
  MergeFacts facts;
  for (const Change& change : all) {
    Weight& weight = *change.weight;
    if (change.coded) ++facts.coded;
    if (change.coded || weight.values.dtype != DType::f32) {
      weight = {.name = weight.name, .values = to_f32(weight)};
    }
    facts.numbers += weight.values.count();
  }
  std::vector<std::uint64_t> filled(all.size());
  pool.run(all.size(), [&](std::size_t i) { filled[i] = add(all[i], scale); });
  for (std::size_t i = 0; i < all.size(); ++i) facts.filled += all[i].coded ? 0 : filled[i];
  if (model.header.schema.is_null()) model.header.schema = header.schema;
  return facts;
}

void merge_adapters(Model& model, const std::vector<std::string>& paths, const ReadOptions& reading,
                    ThreadPool& pool) {
  for (const std::string& path : paths) {
    (void)merge_adapter(model, read_model(path, pool, reading), path, pool);
  }
}

}  // namespace mx
