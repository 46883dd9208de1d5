// SPDX-License-Identifier: Apache-2.0
#include "file/adapter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/words.h"
#include "file/head.h"

namespace mx {
namespace {

constexpr std::string_view kAdapter = "the adapter";

std::string map_of(const TensorEntry& entry, std::string_view suffix) {
  if (!entry.name.ends_with(suffix) || entry.name.size() == suffix.size()) {
    fail(Kind::input, "{} has {} where NAME{} belongs", kAdapter, tensor_label(entry.name), suffix);
  }
  return entry.name.substr(0, entry.name.size() - suffix.size());
}

void check_pair(const TensorEntry& a, const TensorEntry& b, std::int64_t rank) {
  const std::string map = map_of(a, kLoraA);
  if (map != map_of(b, kLoraB)) {
    fail(Kind::input, "{} belongs to another map than {}", tensor_label(b.name),
         tensor_label(a.name));
  }
  const bool fits = a.shape.size() == 2 && b.shape.size() == 2 && a.shape[0] == rank &&
                    b.shape[1] == rank && rank <= a.shape[1] && rank <= b.shape[0];
  if (!fits) {
    fail(Kind::input, "{} {} and {} {} are no factors of rank {}", tensor_label(a.name),
         to_string(a.shape), tensor_label(b.name), to_string(b.shape), rank);
  }
}

}  // namespace

Json to_json(const AdapterFacts& facts) { return {{"rank", facts.rank}, {"alpha", facts.alpha}}; }

AdapterFacts adapter_facts(const Header& header) {
  JsonObject object(header.extra, std::string(kAdapter));
  AdapterFacts out;
  out.rank = object.integer("rank", 1, std::numeric_limits<std::int32_t>::max());
  out.alpha = object.number("alpha");
  object.finish();
  if (!std::isfinite(out.alpha) || out.alpha <= 0) {
    fail(Kind::input, "{} has alpha {}, which is not above 0", kAdapter, out.alpha);
  }
  return out;
}

std::vector<std::string> adapted_maps(const Header& header) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < header.tensors.size(); i += 2) {
    out.push_back(map_of(header.tensors[i], kLoraA));
  }
  return out;
}

void check_adapter(const Header& header) {
  if (!header.base) fail(Kind::input, "{} names no base", kAdapter);
  if (!header.network.empty()) {
    fail(Kind::input, "{} has a network, which is its base's to say", kAdapter);
  }
  const AdapterFacts facts = adapter_facts(header);
  if (header.tensors.empty() || header.tensors.size() % 2 != 0) {
    fail(Kind::input, "{} holds {} tensors, not two for each map", kAdapter, header.tensors.size());
  }
  for (std::size_t i = 0; i < header.tensors.size(); i += 2) {
    check_pair(header.tensors[i], header.tensors[i + 1], facts.rank);
  }
}

void refuse_adapter(const Header& header, const std::string& path) {
  if (header.kind != FileKind::adapter) return;
  throw Error{Kind::input, fmt::format("{} is an adapter, not a model", input_name(path)),
              "mx-infer BASE --adapter FILE uses it; mx-pack BASE --adapter FILE -o MERGED makes a "
              "model of both"};
}

}  // namespace mx
