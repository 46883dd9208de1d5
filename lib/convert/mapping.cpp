// SPDX-License-Identifier: Apache-2.0
#include "convert/mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/words.h"
#include "io/yaml.h"

namespace mx {
namespace {

struct Spelling {
  std::string_view theirs, ours;
};
constexpr std::array<Spelling, 4> kRoles = {
    {{"running_mean", "mean"}, {"running_var", "var"}, {"gamma", "weight"}, {"beta", "bias"}}};
constexpr std::array<std::string_view, 4> kOurRoles = {"weight", "bias", "mean", "var"};
constexpr std::array<std::string_view, 5> kWrappers = {"module.", "_orig_mod.", "model.", "net.",
                                                       "network."};
constexpr std::string_view kCounter = "num_batches_tracked";  // of batch norms, used by nothing

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::string our_role(std::string_view role) {
  for (const Spelling& spelling : kRoles) {
    if (spelling.theirs == role) return std::string(spelling.ours);
  }
  return std::string(role);
}

// As a name tells it; empty: it tells none, and any will do.
std::string role_in(std::string_view name) {
  std::string own = our_role(last_part(name));
  const bool known = std::find(kOurRoles.begin(), kOurRoles.end(), own) != kOurRoles.end();
  return known ? own : std::string();
}

// Whether a comes before b when the numbers in them count as numbers.
bool counts_before(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (digit(a[0]) && digit(b[0])) {
      const auto number = [&](std::string_view& text) {
        std::size_t size = 0;
        while (size < text.size() && digit(text[size])) ++size;
        std::string_view digits = text.substr(0, size);
        text.remove_prefix(size);
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        return digits;
      };
      const std::string_view x = number(a);
      const std::string_view y = number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a[0] != b[0]) return a[0] < b[0];
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

class Mapper {
 public:
  Mapper(const Network& network, const std::vector<TensorEntry>& entries) : entries_(entries) {
    mapping_.specs = tensors(network);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (last_part(entries[i].name) == kCounter) {
        mapping_.ignored.push_back(entries[i].name);
      } else {
        order_.push_back(i);
      }
    }
  }

  Mapping map() {
    if (by_name([](std::string_view name) { return std::string(name); })) {
      mapping_.by = MappedBy::name;
    } else if (by_name(spelling())) {
      mapping_.by = MappedBy::spelling;
    } else {
      by_order();
      mapping_.by = MappedBy::order;
    }
    return std::move(mapping_);
  }

 private:
  // The name without the wrappers that all names share, its role as ours.
  [[nodiscard]] std::function<std::string(std::string_view)> spelling() const {
    std::size_t cut = 0;
    for (bool more = !order_.empty(); more;) {
      more = false;
      for (const std::string_view wrapper : kWrappers) {
        const bool all = std::all_of(order_.begin(), order_.end(), [&](std::size_t i) {
          return std::string_view(entries_[i].name).substr(cut).starts_with(wrapper);
        });
        if (!all) continue;
        cut += wrapper.size();
        more = true;
      }
    }
    return [cut](std::string_view name) {
      name.remove_prefix(cut);
      const std::string_view role = last_part(name);
      return std::string(name.substr(0, name.size() - role.size())) + our_role(role);
    };
  }

  // Whether every tensor of the network has an entry of its name. Throws when it has and something
  // else is wrong.
  bool by_name(const std::function<std::string(std::string_view)>& spell) {
    std::map<std::string, std::size_t> at;
    for (const std::size_t i : order_) {
      if (!at.emplace(spell(entries_[i].name), i).second) return false;
    }
    std::vector<std::size_t> found;
    for (const TensorSpec& spec : mapping_.specs) {
      const auto entry = at.find(spec.name);
      if (entry == at.end()) return false;
      found.push_back(entry->second);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      const TensorEntry& entry = entries_[found[i]];
      if (entry.shape != mapping_.specs[i].shape) wrong_shape(mapping_.specs[i], entry);
    }
    mapping_.entry = std::move(found);
    check_left_over();
    return true;
  }

  void by_order() {
    // Sorted names were sorted by whoever wrote the file: their order is not the network's.
    const bool sorted = std::is_sorted(order_.begin(), order_.end(), [&](auto a, auto b) {
      return entries_[a].name < entries_[b].name;
    });
    if (sorted) {
      std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
        return counts_before(entries_[a].name, entries_[b].name);
      });
    }
    // Those of a shape and role that are not used yet, in their order.
    std::map<std::pair<Shape, std::string>, std::deque<std::size_t>> left;
    for (std::size_t at = 0; at < order_.size(); ++at) {
      const TensorEntry& entry = entries_[order_[at]];
      left[{entry.shape, role_in(entry.name)}].push_back(at);
    }
    std::vector<bool> used(order_.size());
    for (const TensorSpec& spec : mapping_.specs) {
      std::deque<std::size_t>* first = nullptr;
      for (const std::string& role : {std::string(spec.role), std::string()}) {
        const auto found = left.find({spec.shape, role});
        if (found == left.end() || found->second.empty()) continue;
        if (first == nullptr || found->second.front() < first->front()) first = &found->second;
      }
      if (first == nullptr) nothing_fits(spec, used);
      used[first->front()] = true;
      mapping_.entry.push_back(order_[first->front()]);
      first->pop_front();
    }
    check_left_over();
  }

  void check_left_over() const {
    std::vector<bool> used(entries_.size());
    for (const std::size_t i : mapping_.entry) used[i] = true;
    for (const std::size_t i : order_) {
      if (used[i]) continue;
      throw Error{Kind::input,
                  fmt::format("the network has no place for the tensor {} {}",
                              printable(entries_[i].name), to_string(entries_[i].shape)),
                  fmt::format("the file holds {} tensors, the network {}", order_.size(),
                              mapping_.specs.size())};
    }
  }

  static bool turned(const Shape& a, const Shape& b) {
    return a.size() == 2 && a != b && Shape{a[1], a[0]} == b;
  }

  [[noreturn]] static void wrong_shape(const TensorSpec& spec, const TensorEntry& entry) {
    throw Error{Kind::input,
                fmt::format("the tensor {} is {}; the network's {} is {}", printable(entry.name),
                            to_string(entry.shape), spec.name, to_string(spec.shape)),
                turned(entry.shape, spec.shape)
                    ? "weights are [outputs, inputs]: transpose it before it is saved"
                    : ""};
  }

  [[noreturn]] void nothing_fits(const TensorSpec& spec, const std::vector<bool>& used) const {
    std::string hint = fmt::format("the file holds {} tensors, the network {}", order_.size(),
                                   mapping_.specs.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const TensorEntry& entry = entries_[order_[i]];
      if (used[i] || !turned(entry.shape, spec.shape)) continue;
      hint = fmt::format("weights are [outputs, inputs]: is {} {} to be transposed",
                         printable(entry.name), to_string(entry.shape));
      break;
    }
    throw Error{Kind::input,
                fmt::format("no tensor of the file fits the network's {} {}", spec.name,
                            to_string(spec.shape)),
                hint};
  }

  const std::vector<TensorEntry>& entries_;
  std::vector<std::size_t> order_;  // entries that are to be used
  Mapping mapping_;
};

}  // namespace

Mapping map_names(const Network& network, const std::vector<TensorEntry>& entries) {
  return Mapper(network, entries).map();
}

std::vector<std::string> describe(const Mapping& mapping, const std::vector<TensorEntry>& entries) {
  const std::string_view how = mapping.by == MappedBy::name       ? "by name"
                               : mapping.by == MappedBy::spelling ? "by name, spelt otherwise"
                                                                  : "by order and shape";
  std::size_t theirs = 0;
  std::size_t ours = 0;
  std::size_t shapes = 0;
  for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
    theirs = std::max(theirs, printable(entries[mapping.entry[i]].name).size());
    ours = std::max(ours, mapping.specs[i].name.size());
    shapes = std::max(shapes, to_string(mapping.specs[i].shape).size());
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < mapping.specs.size(); ++i) {
    const TensorSpec& spec = mapping.specs[i];
    out.push_back(fmt::format("{:{}}  ->  {:{}}  {:{}}  {}",
                              printable(entries[mapping.entry[i]].name), theirs, spec.name, ours,
                              to_string(spec.shape), shapes, how));
  }
  for (const std::string& name : mapping.ignored) {
    out.push_back(fmt::format("{:{}}  ->  ignored", printable(name), theirs));
  }
  return out;
}

Network read_network(const std::string& path) {
  const io::Yaml yaml = io::read_yaml(path);
  try {
    return network_from_json(yaml.value, "the network");
  } catch (const Error& error) {
    throw Error{error.kind(), printable(path) + ": " + error.message(), error.hint()};
  }
}

}  // namespace mx
