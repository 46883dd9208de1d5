// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include <map>

#include "base/checked.h"
#include "base/words.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

constexpr std::size_t kBlockLimit = 65536;

// f(block, its BlockType)
template <class F>
auto with_type(const Block& block, F&& f) {
  return std::visit([&]<class T>(const T& one) { return f(one, block_type<T>()); }, block.any);
}

// "block 3 (linear)", counted from 0 as in the list.
std::string position(std::size_t index, const Block& block) {
  const std::string_view name = name_of(block);
  return name.empty() ? fmt::format("block {} ({})", index, type_of(block))
                      : fmt::format("block {} ({} '{}')", index, type_of(block), printable(name));
}

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

Block read_block(const Json& item, std::size_t index, std::string_view where) {
  const std::string at = fmt::format("{}: block {}", where, index);
  if (!item.is_object() || item.size() != 1) {
    fail(Kind::input, "{} is not an object with the block's type as its one key", at);
  }
  const std::string& key = item.begin().key();
  JsonObject object(item.begin().value(), fmt::format("{} ({})", at, printable(key)));
  Block block;
  Block::Any* const types = nullptr;
  if (!read_any(types, key, object, block)) {
    fail(Kind::input, "{}: the block type '{}' is not known", at, printable(key));
  }
  return block;
}

void check_fields(const Block& block, const std::string& where) {
  with_type(block, [&]<class T>(T one, const BlockType<T>& type) {
    BlockFields<T> fields(one, where, nullptr, nullptr);
    type.fields(fields);
  });
}

Shape output_of(const Block& block, const Shape& input, const std::string& where) {
  Shape out = with_type(
      block, [&](const auto& one, const auto& type) { return type.output(one, input, where); });
  (void)byte_count(DType::f32, out);
  return out;
}

void check_tied(const Network& network) {
  const std::vector<TensorSpec> specs = tensors(network);
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const auto* linear = std::get_if<Linear>(&network.blocks[i].any);
    if (linear == nullptr || linear->tied.empty()) continue;
    const Shape wanted = {linear->out, linear->in};
    bool found = false;
    for (const TensorSpec& spec : specs) found |= spec.name == linear->tied && spec.shape == wanted;
    if (!found) {
      fail(Kind::input, "{} is tied to '{}', but there is no such tensor of shape {}",
           position(i, network.blocks[i]), printable(linear->tied), to_string(wanted));
    }
  }
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
  if (!json.is_array() || json.size() > kBlockLimit) {
    fail(Kind::input, "{}: the network is not a list of at most {} blocks", where, kBlockLimit);
  }
  Network network;
  for (const Json& item : json) {
    network.blocks.push_back(read_block(item, network.blocks.size(), where));
  }
  check_network(network);
  return network;
}

Json to_json(const Network& network) {
  Json list = Json::array();
  for (const Block& block : network.blocks) {
    Json object = Json::object();
    with_type(block, [&]<class T>(T one, const BlockType<T>& type) {
      BlockFields<T> fields(one, "the network", nullptr, &object);
      type.fields(fields);
      list.push_back(Json{{std::string(type.type), std::move(object)}});
    });
  }
  return list;
}

void check_network(const Network& network) {
  if (network.empty()) fail(Kind::input, "the network has no blocks");
  if (network.blocks.size() > kBlockLimit) {
    fail(Kind::input, "the network has {} blocks, over {}", network.blocks.size(), kBlockLimit);
  }
  std::map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const Block& block = network.blocks[i];
    const std::string where = position(i, block);
    check_fields(block, where);
    const std::string_view name = name_of(block);
    if (name.empty()) continue;
    const auto [before, fresh] = names.emplace(name, i);
    if (!fresh) fail(Kind::input, "{} has the name of block {}", where, before->second);
  }
  (void)cost(network);
  check_tied(network);
}

std::vector<Shape> shapes(const Network& network) {
  std::vector<Shape> out;
  out.reserve(network.blocks.size());
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const Block& block = network.blocks[i];
    const std::string where = position(i, block);
    if (std::holds_alternative<InputBlock>(block.any) != (i == 0)) {
      fail(Kind::input, "{}: the network opens with its input, and has one only", where);
    }
    out.push_back(output_of(block, i == 0 ? Shape{} : out.back(), where));
  }
  return out;
}

Shape output_shape(const Network& network) {
  if (network.empty()) fail(Kind::input, "the network has no blocks");
  return shapes(network).back();
}

std::vector<TensorSpec> tensors(const Network& network) {
  std::vector<TensorSpec> out;
  for (const Block& block : network.blocks) {
    for (TensorSpec& spec :
         with_type(block, [](const auto&one, const auto&type) { return type.tensors(one); })) {
      out.push_back(std::move(spec));
    }
  }
  return out;
}

Cost cost(const Network& network) {
  Cost out;
  const std::vector<Shape> behind = shapes(network);
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    const std::uint64_t macs = with_type(network.blocks[i], [&](const auto& one, const auto& type) {
      return type.macs(one, behind[i]);
    });
    out.macs = checked_add(out.macs, macs, "the network");
  }
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
