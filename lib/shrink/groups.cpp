// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "base/words.h"
#include "shrink/keep.h"
#include "shrink/structure.h"

namespace mx {
namespace {

using Field = SizeUse::Field;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

std::size_t product(const Shape& shape, std::size_t from, std::size_t to) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from),
                         shape.begin() + static_cast<std::ptrdiff_t>(to), std::size_t{1},
                         [](std::size_t a, std::int64_t b) { return a * size(b); });
}

std::string weight_of(const Linear& linear) {
  return linear.tied.empty() ? linear.name + ".weight" : linear.tied;
}

// A linear map inside a block: its weight, and its bias if it has one.
struct Part {
  std::string block, role;
  bool bias = false;
};

void make(StructureGroup& group, const Part& part, std::size_t inner) {
  group.makes.push_back({part.block + "." + part.role, 0, 1, inner});
  if (part.bias) group.makes.push_back({part.block + "." + part.role + "_bias", 0, 1, inner});
}

StructureGroup heads_of(const Attention& attention) {
  const std::size_t keys = size(attention.head_dim);
  const std::size_t queries = keys * size(attention.heads / attention.kv_heads);
  StructureGroup group{attention.name, size(attention.kv_heads)};
  make(group, {attention.name, "query", attention.bias}, queries);
  make(group, {attention.name, "key", attention.bias}, keys);
  make(group, {attention.name, "value", attention.bias}, keys);
  group.reads.push_back({attention.name + ".output", 1, 1, queries});
  group.sizes.push_back({attention.name, Field::heads});
  return group;
}

StructureGroup neurons_of(const FeedForward& map) {
  StructureGroup group{map.name, size(map.hidden)};
  make(group, {map.name, "up", map.bias}, 1);
  if (map.gated) make(group, {map.name, "gate", map.bias}, 1);
  group.reads.push_back({map.name + ".down", 1});
  group.sizes.push_back({map.name, Field::hidden});
  return group;
}

// Follows the structures of one map down the list that holds it. Each block type says whether they
// pass, end in it (read), or are spread over so that they cannot be cut there.
class Walk {
 public:
  using Shapes = std::map<const Block*, Shape>;  // before each block

  Walk(const std::vector<Block>& blocks, const Shapes& before, std::size_t producer,
       std::size_t axis, StructureGroup group)
      : before_(before), axis_(axis), group_(std::move(group)) {
    for (at_ = producer + 1; at_ < blocks.size() && state_ == State::passing; ++at_) {
      block_ = &blocks[at_];
      std::visit([this](const auto& block) { pass(block); }, block_->any);
    }
  }
  // Whether another map reads the structures; if not they are outputs or cannot be cut.
  [[nodiscard]] bool cuttable() const { return state_ == State::read; }
  [[nodiscard]] StructureGroup& group() { return group_; }

 private:
  enum class State { passing, read, stuck };

  [[nodiscard]] const Shape& before() const { return before_.at(block_); }
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
    group_.sizes.push_back({name, Field::dim});
  }
  template <class T>
  void pass(const T& /*block*/) {
    state_ = State::stuck;
  }
  void pass(const Linear& linear) {
    if (last_axis()) read(weight_of(linear), linear.name);
  }
  void pass(const Conv2d& conv) {
    if (axis_ != 0) {
      state_ = State::stuck;
      return;
    }
    read(conv.name + ".weight", conv.name);
  }
  void read(const std::string& weight, const std::string& name) {
    group_.reads.push_back(use(weight, 1));
    group_.sizes.push_back({name, Field::in});
    state_ = State::read;
  }

  const Shapes& before_;
  const Block* block_ = nullptr;
  std::size_t at_ = 0, axis_ = 0, outer_ = 1, inner_ = 1;
  State state_ = State::passing;
  StructureGroup group_;
};

StructureGroup group_of(std::string weight, std::int64_t out, const std::string& bias,
                        const std::string& block) {
  StructureGroup group{std::move(weight), size(out)};
  group.makes.push_back({group.name, 0});
  if (!bias.empty()) group.makes.push_back({bias, 0});
  group.sizes.push_back({block, Field::out});
  return group;
}

// Neurons, channels and heads, wherever their block stands.
class Finder {
 public:
  Finder(const Network& network, Structure structure) : structure_(structure) {
    walk(network, [this](const Block& block, const Shape& in, const Shape&) {
      before_.emplace(&block, in);
    });
    find(network.blocks);
  }
  [[nodiscard]] std::vector<StructureGroup>& groups() { return groups_; }

 private:
  void find(const std::vector<Block>& blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const Block::Any& any = blocks[i].any;
      if (const auto* residual = std::get_if<Residual>(&any)) find(residual->blocks);
      if (const auto* attention = std::get_if<Attention>(&any);
          attention != nullptr && structure_ == Structure::heads) {
        groups_.push_back(heads_of(*attention));
      }
      if (const auto* map = std::get_if<FeedForward>(&any);
          map != nullptr && structure_ == Structure::neurons) {
        groups_.push_back(neurons_of(*map));
      }
      std::optional<Walk> walk;
      if (const auto* linear = std::get_if<Linear>(&any);
          linear != nullptr && structure_ == Structure::neurons) {
        walk.emplace(blocks, before_, i, before_.at(&blocks[i]).size() - 1,
                     group_of(weight_of(*linear), linear->out,
                              linear->bias ? linear->name + ".bias" : "", linear->name));
      }
      if (const auto* conv = std::get_if<Conv2d>(&any);
          conv != nullptr && structure_ == Structure::channels) {
        walk.emplace(blocks, before_, i, 0,
                     group_of(conv->name + ".weight", conv->out,
                              conv->bias ? conv->name + ".bias" : "", conv->name));
      }
      if (walk && walk->cuttable()) groups_.push_back(std::move(walk->group()));
    }
  }

  Structure structure_;
  Walk::Shapes before_;
  std::vector<StructureGroup> groups_;
};

// What writes the output of a residual block: its last map, if nothing but dropout stands behind.
std::optional<StructureGroup::Whole> written_by(const Residual& residual, std::size_t position) {
  for (auto block = residual.blocks.rbegin(); block != residual.blocks.rend(); ++block) {
    if (std::holds_alternative<Dropout>(block->any)) continue;
    if (const auto* map = std::get_if<Attention>(&block->any)) {
      return {
          {position, map->name + ".output", map->output_bias ? map->name + ".output_bias" : ""}};
    }
    if (const auto* map = std::get_if<FeedForward>(&block->any)) {
      return {{position, map->name + ".down", map->bias ? map->name + ".down_bias" : ""}};
    }
    if (const auto* map = std::get_if<Linear>(&block->any); map != nullptr && map->tied.empty()) {
      return {{position, map->name + ".weight", map->bias ? map->name + ".bias" : ""}};
    }
    return {};
  }
  return {};
}

std::vector<StructureGroup> find_blocks(const Network& network, const KeepNames& kept) {
  StructureGroup group{"blocks"};
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const auto* residual = std::get_if<Residual>(&network.blocks[i].any);
    if (residual == nullptr) continue;
    const auto whole = written_by(*residual, i);
    if (whole && !kept.matches(whole->weight)) group.blocks.push_back(*whole);
  }
  group.structures = group.blocks.size();
  if (group.blocks.empty()) return {};
  return {std::move(group)};
}

// What a token is between residual blocks. None where it is not the embedding's width all the way.
class Width {
 public:
  explicit Width(const Network& network) {
    const auto first = std::ranges::find_if(network.blocks, [](const Block& block) {
      return std::holds_alternative<Embedding>(block.any);
    });
    if (first == network.blocks.end()) return;
    dim_ = std::get<Embedding>(first->any).dim;
    StructureGroup group{"width", size(dim_)};
    group_ = std::move(group);
    for (auto block = first; block != network.blocks.end() && open_ && group_; ++block) add(*block);
    if (open_) group_.reset();
  }
  [[nodiscard]] std::vector<StructureGroup> groups() const {
    if (!group_) return {};
    return {*group_};
  }

 private:
  void rows(const std::string& tensor) { group_->makes.push_back({tensor, 0}); }
  void columns(const std::string& tensor) { group_->reads.push_back({tensor, 1}); }
  void norm(const std::string& name, bool bias) {
    group_->makes.push_back({name + ".weight", 0});
    if (bias) group_->makes.push_back({name + ".bias", 0});
    group_->sizes.push_back({name, Field::dim});
  }
  void add(const Block& block) {
    if (const auto* residual = std::get_if<Residual>(&block.any)) {
      for (const Block& inner : residual->blocks) add(inner);
    } else if (const auto* table = std::get_if<Embedding>(&block.any)) {
      for (const auto& [role, there] : {std::pair{".tokens", table->vocab},
                                        {".positions", table->positions},
                                        {".types", table->types}}) {
        if (there > 0) group_->makes.push_back({table->name + role, 1});
      }
      group_->sizes.push_back({table->name, Field::dim});
    } else if (const auto* layer = std::get_if<LayerNorm>(&block.any)) {
      norm(layer->name, true);
    } else if (const auto* rms = std::get_if<RmsNorm>(&block.any)) {
      norm(rms->name, false);
    } else if (const auto* attention = std::get_if<Attention>(&block.any)) {
      for (const char* role : {".query", ".key", ".value"}) columns(attention->name + role);
      rows(attention->name + ".output");
      if (attention->output_bias) rows(attention->name + ".output_bias");
      group_->sizes.push_back({attention->name, Field::dim});
    } else if (const auto* map = std::get_if<FeedForward>(&block.any)) {
      columns(map->name + ".up");
      if (map->gated) columns(map->name + ".gate");
      rows(map->name + ".down");
      if (map->bias) rows(map->name + ".down_bias");
      group_->sizes.push_back({map->name, Field::dim});
    } else if (const auto* linear = std::get_if<Linear>(&block.any)) {
      if (linear->tied.empty()) columns(linear->name + ".weight");
      group_->sizes.push_back({linear->name, Field::in});
      open_ = false;
    } else if (!std::holds_alternative<Dropout>(block.any) &&
               !std::holds_alternative<TokenPool>(block.any)) {
      group_.reset();
    }
  }

  std::int64_t dim_ = 0;
  bool open_ = true;
  std::optional<StructureGroup> group_;
};

std::set<std::string> tied_tensors(const Network& network) {
  std::set<std::string> out;
  walk(network, [&](const Block& block, const Shape&, const Shape&) {
    const auto* linear = std::get_if<Linear>(&block.any);
    if (linear != nullptr && !linear->tied.empty()) out.insert(linear->tied);
  });
  return out;
}

std::vector<StructureGroup> named_groups(const Network& network, Structure structure,
                                         const KeepNames& kept) {
  std::vector<StructureGroup> groups = structure == Structure::blocks
                                           ? find_blocks(network, kept)
                                           : std::move(Finder(network, structure).groups());
  std::erase_if(groups, [&](const StructureGroup& group) { return kept.matches(group.name); });
  return groups;
}

std::vector<StructureGroup> without_tied(const Network& network,
                                         std::vector<StructureGroup> groups) {
  const std::set<std::string> tied = tied_tensors(network);
  std::erase_if(groups, [&](const StructureGroup& group) {
    return tied.contains(group.name) ||
           (!group.reads.empty() && tied.contains(group.reads[0].tensor));
  });
  return groups;
}

std::string_view meaning(Structure structure) {
  switch (structure) {
    case Structure::neurons:
      return "neurons are rows of a linear map that another map reads";
    case Structure::channels:
      return "channels are filters of a convolution that another map reads";
    case Structure::heads:
      return "heads are parts of attention blocks";
    case Structure::blocks:
      return "blocks are residual ones that end with a map";
    case Structure::width:
      return "only networks on tokens have one";
  }
  return "";
}

}  // namespace

std::string_view name_of(Structure structure) {
  constexpr std::array<std::string_view, 5> kNames = {"neurons", "channels", "heads", "blocks",
                                                      "width"};
  return kNames.at(static_cast<std::size_t>(structure));
}

std::vector<StructureGroup> groups_of(const Network& network, Structure structure) {
  if (structure == Structure::width) return Width(network).groups();
  return without_tied(network, named_groups(network, structure, KeepNames("")));
}

std::vector<StructureGroup> find_groups(const Network& network, Structure structure,
                                        const std::string& keep) {
  std::vector<StructureGroup> all = named_groups(network, structure, KeepNames(keep));
  const bool any = !all.empty();
  std::vector<StructureGroup> groups = without_tied(network, std::move(all));
  if (groups.empty() && any) {
    throw Error{Kind::usage,
                fmt::format("{} is shared by several maps (tied weights), so its rows and columns "
                            "cannot be cut",
                            printable(*tied_tensors(network).begin())),
                "use --pattern free or N:M"};
  }
  if (groups.empty()) {
    throw Error{Kind::usage, fmt::format("there are no {} to remove", name_of(structure)),
                fmt::format("{}; see --keep", meaning(structure))};
  }
  return groups;
}

}  // namespace mx
