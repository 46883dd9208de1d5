// SPDX-License-Identifier: Apache-2.0
#include "shrink/groups.h"

#include <functional>
#include <numeric>

#include "base/words.h"
#include "shrink/keep.h"

namespace mx {
namespace {

using Field = SizeUse::Field;

std::size_t product(const Shape& shape, std::size_t from, std::size_t to) {
  return std::accumulate(
      shape.begin() + static_cast<std::ptrdiff_t>(from),
      shape.begin() + static_cast<std::ptrdiff_t>(to), std::size_t{1},
      [](std::size_t a, std::int64_t b) { return a * static_cast<std::size_t>(b); });
}

// Follows one map's structures down the list. Each block type says whether they pass, end in it
// (read), or are spread over so that they cannot be cut there.
class Walk {
 public:
  Walk(const Network& network, std::size_t producer, std::size_t axis, StructureGroup group)
      : network_(network), shapes_(shapes(network)), axis_(axis), group_(std::move(group)) {
    for (at_ = producer + 1; at_ < network.blocks.size() && state_ == State::passing; ++at_) {
      std::visit([this](const auto& block) { pass(block); }, network.blocks[at_].any);
    }
  }
  // Whether another map reads the structures; if not they are outputs or cannot be cut.
  [[nodiscard]] bool cuttable() const { return state_ == State::read; }
  [[nodiscard]] StructureGroup& group() { return group_; }

 private:
  enum class State { passing, read, stuck };

  [[nodiscard]] const Shape& before() const { return shapes_[at_ - 1]; }
  [[nodiscard]] bool last_axis() const { return axis_ + 1 == before().size(); }
  [[nodiscard]] AxisUse use(const std::string& tensor, std::size_t axis) const {
    return {tensor, axis, outer_, inner_};
  }

  void pass(const Activation&) {}
  void pass(const Dropout&) {}
  void pass(const Flatten&) {
    outer_ *= product(before(), 0, axis_);
    inner_ *= product(before(), axis_ + 1, before().size());
    axis_ = 0;
  }
  void pass(const Pool2d&) {
    if (axis_ != 0) state_ = State::stuck;
  }
  void pass(const BatchNorm& norm) {
    if (axis_ != 0) return;
    normalize(norm.name);
    group_.keeps.push_back(use(norm.name + ".mean", 0));
    group_.keeps.push_back(use(norm.name + ".var", 0));
  }
  void pass(const LayerNorm& norm) {
    if (last_axis()) normalize(norm.name);
  }
  void normalize(const std::string& name) {
    group_.makes.push_back(use(name + ".weight", 0));
    group_.makes.push_back(use(name + ".bias", 0));
    group_.sizes.push_back({at_, Field::dim});
  }
  template <class T>
  void pass(const T& /*block*/) {
    state_ = State::stuck;
  }
  void pass(const Linear& linear) {
    if (last_axis()) read(linear.tied.empty() ? linear.name + ".weight" : linear.tied);
  }
  void pass(const Conv2d& conv) {
    if (axis_ != 0) {
      state_ = State::stuck;
      return;
    }
    read(conv.name + ".weight");
  }
  void read(const std::string& weight) {
    group_.reads.push_back(use(weight, 1));
    group_.sizes.push_back({at_, Field::in});
    state_ = State::read;
  }

  const Network& network_;
  std::vector<Shape> shapes_;
  std::size_t at_ = 0, axis_ = 0, outer_ = 1, inner_ = 1;
  State state_ = State::passing;
  StructureGroup group_;
};

StructureGroup group_of(std::string weight, std::int64_t out, const std::string& bias,
                        std::size_t block, const KeepNames& kept) {
  StructureGroup group;
  group.map = std::move(weight);
  group.structures = static_cast<std::size_t>(out);
  group.kept = kept.matches(group.map);
  group.makes.push_back({group.map, 0});
  if (!bias.empty()) group.makes.push_back({bias, 0});
  group.sizes.push_back({block, Field::out});
  return group;
}

void refuse_tied(const Network& network, const std::vector<StructureGroup>& groups) {
  for (const Block& block : network.blocks) {
    const auto* linear = std::get_if<Linear>(&block.any);
    if (linear == nullptr || linear->tied.empty()) continue;
    for (const StructureGroup& group : groups) {
      if (group.map != linear->tied && group.reads[0].tensor != linear->tied) continue;
      throw Error{Kind::usage,
                  fmt::format("{} is shared by '{}' (tied weights), so its rows and columns cannot "
                              "be cut",
                              printable(linear->tied), printable(linear->name)),
                  "use --pattern free or N:M, or protect it with --keep"};
    }
  }
}

}  // namespace

std::vector<StructureGroup> find_groups(const Network& network, Structure structure,
                                        const std::string& keep) {
  const KeepNames kept(keep);
  const std::vector<Shape> all_shapes = shapes(network);
  std::vector<StructureGroup> groups;
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    std::optional<Walk> walk;
    const Block& block = network.blocks[i];
    if (const auto* linear = std::get_if<Linear>(&block.any);
        linear != nullptr && structure == Structure::neurons) {
      const std::string weight = linear->tied.empty() ? linear->name + ".weight" : linear->tied;
      walk.emplace(
          network, i, all_shapes[i].size() - 1,
          group_of(weight, linear->out, linear->bias ? linear->name + ".bias" : "", i, kept));
    }
    if (const auto* conv = std::get_if<Conv2d>(&block.any);
        conv != nullptr && structure == Structure::channels) {
      walk.emplace(network, i, 0,
                   group_of(conv->name + ".weight", conv->out,
                            conv->bias ? conv->name + ".bias" : "", i, kept));
    }
    if (walk && walk->cuttable()) groups.push_back(std::move(walk->group()));
  }
  std::erase_if(groups, [](const StructureGroup& group) { return group.kept; });
  if (groups.empty()) {
    const bool neurons = structure == Structure::neurons;
    throw Error{
        Kind::usage, fmt::format("there are no {} to remove", neurons ? "neurons" : "channels"),
        neurons ? "neurons are rows of a linear map that another map reads; see --keep"
                : "channels are filters of a convolution that another map reads; see --keep"};
  }
  refuse_tied(network, groups);
  return groups;
}

}  // namespace mx
