// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/checked.h"
#include "base/words.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

constexpr std::size_t kBlockLimit = 65536, kTensorLimit = 65536;

// f(block, its BlockType)
template <class F>
auto with_type(const Block& block, F&& f) {
  return std::visit([&]<class T>(const T& one) { return f(one, block_type<T>()); }, block.any);
}

// "block 3.1 (linear '0')": counted from 0 as in the list, inside a residual block from 0 again.
std::string position(const std::string& at, const Block& block) {
  const std::string_view name = name_of(block);
  return name.empty() ? fmt::format("block {} ({})", at, type_of(block))
                      : fmt::format("block {} ({} '{}')", at, type_of(block), printable(name));
}

std::vector<Block> read_blocks(const Json& list, const std::string& prefix, std::string_view where,
                               std::size_t& count);

// The block type T when the list's key names it.
template <class T>
bool read_as(std::string_view key, JsonObject& object, Block& block) {
  const BlockType<T> type = block_type<T>();
  if (key != type.type) return false;
  T one{};
  BlockFields<T> fields(one, object.where(), &object, nullptr);
  type.fields(fields);
  object.finish();
  block.any = std::move(one);
  return true;
}

template <class... T>
bool read_any(std::variant<T...>* /*types*/, std::string_view key, JsonObject& object,
              Block& block) {
  return (read_as<T>(key, object, block) || ...);
}

Block read_block(const Json& item, const std::string& position, std::string_view where,
                 std::size_t& count) {
  const std::string at = fmt::format("{}: block {}", where, position);
  if (!item.is_object() || item.size() != 1) {
    fail(Kind::input, "{} is not an object with the block's type as its one key", at);
  }
  const std::string& key = item.begin().key();
  if (key == block_type<Residual>().type) {
    return {Residual{read_blocks(item.begin().value(), position + ".", where, count)}};
  }
  JsonObject object(item.begin().value(), fmt::format("{} ({})", at, printable(key)));
  Block block;
  Block::Any* const types = nullptr;
  if (!read_any(types, key, object, block)) {
    fail(Kind::input, "{}: the block type '{}' is not known", at, printable(key));
  }
  return block;
}

// `count`: blocks read so far, those inside residual blocks too.
std::vector<Block> read_blocks(const Json& list, const std::string& prefix, std::string_view where,
                               std::size_t& count) {
  if (!list.is_array()) {
    fail(Kind::input, "{}: {} is not a list of blocks", where,
         prefix.empty() ? "the network" : "block " + prefix.substr(0, prefix.size() - 1));
  }
  std::vector<Block> out;
  for (const Json& item : list) {
    if (++count > kBlockLimit) {
      fail(Kind::input, "{}: the network has over {} blocks", where, kBlockLimit);
    }
    out.push_back(read_block(item, prefix + std::to_string(out.size()), where, count));
  }
  return out;
}

Json list_of(const std::vector<Block>& blocks) {
  Json list = Json::array();
  for (const Block& block : blocks) {
    with_type(block, [&]<class T>(const T& one, const BlockType<T>& type) {
      Json value = Json::object();
      if constexpr (std::is_same_v<T, Residual>) {
        value = list_of(one.blocks);
      } else {
        T copy = one;  // fields are read and written alike
        BlockFields<T> fields(copy, "the network", nullptr, &value);
        type.fields(fields);
      }
      list.push_back(Json{{std::string(type.type), std::move(value)}});
    });
  }
  return list;
}

void check_fields(const Block& block, const std::string& where) {
  with_type(block, [&]<class T>(T one, const BlockType<T>& type) {
    BlockFields<T> fields(one, where, nullptr, nullptr);
    type.fields(fields);
  });
}

using Names = std::map<std::string, std::string, std::less<>>;  // and where they stand

struct Counts {
  std::size_t blocks = 0, tensors = 0;
};

// All that can be said of each block by itself, before any shape is computed.
void check_blocks(const std::vector<Block>& blocks, const std::string& prefix, Names& names,
                  Counts& count) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string at = prefix + std::to_string(i);
    const std::string where = position(at, blocks[i]);
    if (++count.blocks > kBlockLimit) {
      fail(Kind::input, "the network has over {} blocks", kBlockLimit);
    }
    check_fields(blocks[i], where);
    count.tensors += with_type(
        blocks[i], [](const auto& one, const auto& type) { return type.tensors(one).size(); });
    if (count.tensors > kTensorLimit) {
      fail(Kind::input, "the network has over {} tensors", kTensorLimit);
    }
    const std::string_view name = name_of(blocks[i]);
    if (!name.empty()) {
      const auto [before, fresh] = names.emplace(name, at);
      if (!fresh) fail(Kind::input, "{} has the name of block {}", where, before->second);
    }
    if (const auto* residual = std::get_if<Residual>(&blocks[i].any)) {
      check_blocks(residual->blocks, at + ".", names, count);
    }
  }
}

Shape output_of(const Block& block, const Shape& input, const std::string& where) {
  Shape out = with_type(
      block, [&](const auto& one, const auto& type) { return type.output(one, input, where); });
  (void)byte_count(DType::f32, out);
  return out;
}

// visit(block, where, in, out) for all of `blocks` and those inside them; the shape behind them.
template <class Visit>
Shape follow(const std::vector<Block>& blocks, Shape shape, const std::string& prefix,
             const Visit& visit) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const std::string at = prefix + std::to_string(i);
    const std::string where = position(at, block);
    if (std::holds_alternative<InputBlock>(block.any) != (prefix.empty() && i == 0)) {
      fail(Kind::input, "{}: the network opens with its input, and has one only", where);
    }
    Shape out = output_of(block, shape, where);
    visit(block, where, shape, out);
    if (const auto* residual = std::get_if<Residual>(&block.any)) {
      const Shape inside = follow(residual->blocks, shape, at + ".", visit);
      if (inside != shape) {
        fail(Kind::input, "{} makes {} of {}, which cannot be added", where, to_string(inside),
             to_string(shape));
      }
    }
    shape = std::move(out);
  }
  return shape;
}

// Tokens go to an embedding and nowhere else, and nothing else makes a table of them.
void check_tokens(const Network& network) {
  walk(network, [&](const Block& block, const Shape&, const Shape&) {
    const bool second = network.blocks.size() > 1 && &block == &network.blocks[1];
    const bool embeds = std::holds_alternative<Embedding>(block.any);
    if (embeds != (second && takes_tokens(network))) {
      fail(Kind::input, "an embedding is what follows an input of tokens, and only that");
    }
  });
}

void check_tied(const Network& network) {
  const std::vector<TensorSpec> specs = tensors(network);
  std::map<std::string_view, const Shape*> shapes;
  for (const TensorSpec& spec : specs) shapes.emplace(spec.name, &spec.shape);
  follow(network.blocks, {}, "",
         [&](const Block& block, const std::string& where, const Shape&, const Shape&) {
           const auto* linear = std::get_if<Linear>(&block.any);
           if (linear == nullptr || linear->tied.empty()) return;
           const Shape wanted = {linear->out, linear->in};
           const auto found = shapes.find(linear->tied);
           if (found != shapes.end() && *found->second == wanted) return;
           fail(Kind::input, "{} is tied to '{}', but there is no such tensor of shape {}", where,
                printable(linear->tied), to_string(wanted));
         });
}

}  // namespace

std::string_view type_of(const Block& block) {
  return with_type(block, [](const auto&, const auto& type) { return type.type; });
}

std::string_view name_of(const Block& block) {
  return std::visit(
      [](const auto& one) -> std::string_view {
        if constexpr (requires { one.name; }) return one.name;
        return {};
      },
      block.any);
}

Network network_from_json(const Json& json, std::string_view where) {
  std::size_t count = 0;
  Network network{read_blocks(json, "", where, count)};
  check_network(network);
  return network;
}

Json to_json(const Network& network) { return list_of(network.blocks); }

void check_network(const Network& network) {
  if (network.empty()) fail(Kind::input, "the network has no blocks");
  Names names;
  Counts count;
  check_blocks(network.blocks, "", names, count);
  check_tokens(network);
  (void)cost(network);
  check_tied(network);
}

std::vector<Shape> shapes(const Network& network) {
  std::vector<Shape> out;
  const Block* next = network.blocks.data();
  walk(network, [&](const Block& block, const Shape&, const Shape& behind) {
    if (&block != next) return;  // inside another
    out.push_back(behind);
    ++next;
  });
  return out;
}

void walk(const Network& network, const BlockVisit& visit) {
  follow(network.blocks, {}, "",
         [&](const Block& block, const std::string&, const Shape& in, const Shape& out) {
           visit(block, in, out);
         });
}

bool takes_tokens(const Network& network) {
  if (network.empty()) return false;
  const auto* input = std::get_if<InputBlock>(&network.blocks[0].any);
  return input != nullptr && input->tokens > 0;
}

std::int64_t context_of(const Network& network) {
  if (!takes_tokens(network)) fail(Kind::usage, "the network takes no tokens");
  return std::get<InputBlock>(network.blocks[0].any).tokens;
}

std::int64_t vocabulary_of(const Network& network) {
  if (!takes_tokens(network)) fail(Kind::usage, "the network takes no tokens");
  return std::get<Embedding>(network.blocks.at(1).any).vocab;
}

Shape output_shape(const Network& network) {
  if (network.empty()) fail(Kind::input, "the network has no blocks");
  return shapes(network).back();
}

std::vector<TensorSpec> tensors(const Network& network) {
  std::vector<TensorSpec> out;
  const Linear* last = nullptr;
  walk(network, [&](const Block& block, const Shape&, const Shape& behind) {
    const auto* linear = std::get_if<Linear>(&block.any);
    if (linear != nullptr && behind.size() == 2) last = linear;
    std::ranges::move(
        with_type(block, [](const auto& one, const auto& type) { return type.tensors(one); }),
        std::back_inserter(out));
  });
  // A language model's head scores the vocabulary: it is pruned no more than the embedding is.
  if (takes_tokens(network) && last != nullptr && output_shape(network).size() == 2) {
    for (TensorSpec& spec : out) spec.prunable &= spec.name != last->name + ".weight";
  }
  return out;
}

std::vector<TensorSpec> linear_maps(const Network& network) {
  std::vector<TensorSpec> out = tensors(network);
  std::erase_if(out,
                [](const TensorSpec& spec) { return !spec.prunable || spec.shape.size() != 2; });
  return out;
}

Cost cost(const Network& network) {
  Cost out;
  walk(network, [&](const Block& block, const Shape&, const Shape& behind) {
    const std::uint64_t macs =
        with_type(block, [&](const auto& one, const auto& type) { return type.macs(one, behind); });
    out.macs = checked_add(out.macs, macs, "the network");
  });
  for (const TensorSpec& spec : tensors(network)) {
    const std::size_t bytes = byte_count(DType::f64, spec.shape);
    if (spec.trained) out.parameters = checked_add(out.parameters, bytes / 8, "the network");
  }
  return out;
}

void check_tensors(const Network& network, const std::vector<NamedShape>& stored) {
  std::map<std::string_view, const Shape*> left;
  for (const NamedShape& one : stored) {
    if (!left.emplace(one.name, one.shape).second) {
      fail(Kind::input, "the tensor '{}' stands twice", printable(one.name));
    }
  }
  for (const TensorSpec& spec : tensors(network)) {
    const auto found = left.find(spec.name);
    if (found == left.end()) fail(Kind::input, "the tensor '{}' is missing", spec.name);
    if (*found->second != spec.shape) {
      fail(Kind::input, "the tensor '{}' has the shape {}, but the network wants {}", spec.name,
           to_string(*found->second), to_string(spec.shape));
    }
    left.erase(found);
  }
  if (!left.empty()) {
    fail(Kind::input, "the tensor '{}' is not the network's", printable(left.begin()->first));
  }
}

}  // namespace mx
