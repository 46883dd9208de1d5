// SPDX-License-Identifier: Apache-2.0
#include "prune/importance.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/words.h"
#include "file/reader.h"
#include "file/writer.h"
#include "io/input.h"

namespace mx::prune {
namespace {

constexpr std::string_view kOrder = "order";

Json to_json(const KnownImportance::Facts& facts) {
  return {{"importance",
           {{"model", facts.model},
            {"rows", facts.rows},
            {"criterion", facts.criterion},
            {"parts", facts.parts},
            {"keep", facts.keep}}}};
}

// numbers: [rows], or [rows, width] when that is above 1.
template <class T>
Weight tensor_of(std::string name, DType dtype, const std::vector<T>& numbers,
                 std::int64_t width = 1) {
  Shape shape{static_cast<std::int64_t>(numbers.size()) / width};
  if (width > 1) shape.push_back(width);
  Weight out{.name = std::move(name), .values = Tensor(dtype, shape)};
  std::ranges::copy(numbers, out.values.as<T>().begin());
  return out;
}

// Whether these are scores of that name, type and shape.
template <class T>
bool scores(const Weight& weight, const std::string& name, DType dtype, const Shape& shape) {
  return weight.name == name && weight.scheme == Scheme::plain && weight.values.dtype == dtype &&
         weight.values.shape == shape &&
         std::ranges::all_of(weight.values.as<T>(), [](T x) { return x >= 0; });
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

KnownImportance::KnownImportance(std::string file, Facts facts, Lineage lineage,
                                 std::uint64_t max_memory)
    : file_(std::move(file)),
      facts_(std::move(facts)),
      lineage_(std::move(lineage)),
      max_memory_(max_memory) {}

void KnownImportance::damaged(std::string_view what) const {
  fail(Kind::input, "{}: {}", printable(file_), what);
}

void KnownImportance::check(const Header& header) const {
  if (header.kind != FileKind::tensors || !header.extra.is_object() ||
      !header.extra.contains("importance")) {
    throw Error{Kind::usage, fmt::format("{} holds no importance", printable(file_)),
                "mx-prune --importance makes such files; name a new one"};
  }
  if (header.extra == to_json(facts_)) return;
  JsonObject object(header.extra["importance"], printable(file_));
  const auto differs = [&](std::string_view key, std::string_view what, const std::string& wanted) {
    const std::string found = object.text(key);
    if (found == wanted) return;
    const auto named = [](const std::string& text) {
      return text.empty() ? std::string("none") : printable(text);
    };
    throw Error{Kind::usage,
                fmt::format("{} was measured {}: it has {}, this run {}", printable(file_), what,
                            named(found), named(wanted)),
                "name another file with --importance, or remove this one"};
  };
  differs("model", "of another model", facts_.model);
  differs("criterion", "by another --criterion", facts_.criterion);
  differs("parts", "for another --pattern", facts_.parts);
  differs("keep", "with another --keep", facts_.keep);
  differs("rows", "on other rows", facts_.rows);
  damaged("its head has more than importance");
}

const std::vector<Weight>& KnownImportance::get(const std::function<std::vector<Weight>()>& measure,
                                                ThreadPool& pool) {
  if (!known_.empty()) return known_;
  if (!file_.empty() && exists(file_)) {
    const auto in = io::open_own(file_);
    ModelStream stream(*in, pool, {.max_memory = max_memory_});
    check(stream.header());
    while (auto weight = stream.next()) known_.push_back(std::move(*weight));
    return known_;
  }
  known_ = measure();
  if (file_.empty()) return known_;
  Model model;
  model.header.kind = FileKind::tensors;
  model.header.extra = to_json(facts_);
  model.lineage = lineage_;
  model.weights = known_;
  write_model(file_, io::Existing::refuse, model, pool);
  return known_;
}

std::vector<Tensor> KnownImportance::of_weights(const Network& network,
                                                const std::function<std::vector<Tensor>()>& measure,
                                                ThreadPool& pool) {
  std::vector<TensorSpec> specs = tensors(network);
  std::erase_if(specs, [](const TensorSpec& spec) { return !spec.prunable; });
  const std::vector<Weight>& known = get(
      [&] {
        std::vector<Weight> out;
        for (Tensor& values : measure()) {
          out.push_back({.name = specs[out.size()].name, .values = std::move(values)});
        }
        return out;
      },
      pool);
  if (known.size() != specs.size()) damaged("it has other weights than the model");
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!scores<float>(known[i], specs[i].name, DType::f32, specs[i].shape)) {
      damaged("it holds no scores of " + printable(specs[i].name));
    }
    out.push_back(known[i].values);
  }
  return out;
}

Importance KnownImportance::of_structures(const std::vector<StructureGroup>& groups,
                                          const std::function<Importance()>& measure,
                                          ThreadPool& pool) {
  const std::vector<Weight>& known = get(
      [&] {
        std::vector<Weight> out;
        for (const std::vector<double>& values : measure()) {
          out.push_back(tensor_of(groups[out.size()].name, DType::f64, values));
        }
        return out;
      },
      pool);
  if (known.size() != groups.size()) damaged("it has other structures than the model");
  Importance out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!scores<double>(known[g], groups[g].name, DType::f64,
                        {static_cast<std::int64_t>(groups[g].structures)})) {
      damaged("it holds no scores of " + printable(groups[g].name));
    }
    const auto values = known[g].values.as<double>();
    out.emplace_back(values.begin(), values.end());
  }
  return out;
}

Order KnownImportance::order(const std::vector<StructureGroup>& groups,
                             const std::function<Order()>& measure, ThreadPool& pool) {
  const std::vector<Weight>& known = get(
      [&] {
        std::vector<std::uint32_t> out;
        for (const auto& [group, structure] : measure()) {
          out.push_back(static_cast<std::uint32_t>(group));
          out.push_back(static_cast<std::uint32_t>(structure));
        }
        return std::vector<Weight>{tensor_of(std::string(kOrder), DType::u32, out, 2)};
      },
      pool);
  const bool one = known.size() == 1 && known.front().name == kOrder;
  const Shape shape = one ? known.front().values.shape : Shape();
  if (shape.size() != 2 || shape[1] != 2 || known.front().values.dtype != DType::u32) {
    damaged("it holds no order of structures");
  }
  Order out;
  std::set<std::pair<std::size_t, std::size_t>> seen;
  const auto numbers = known.front().values.as<std::uint32_t>();
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    out.emplace_back(numbers[i], numbers[i + 1]);
    if (numbers[i] >= groups.size() || numbers[i + 1] >= groups[numbers[i]].structures ||
        !seen.insert(out.back()).second) {
      damaged("its order has a structure twice, or one that is not there");
    }
  }
  return out;
}

}  // namespace mx::prune
