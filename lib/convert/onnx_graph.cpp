// SPDX-License-Identifier: Apache-2.0
#include "convert/onnx_graph.h"

#include <cstring>

#include "base/checked.h"
#include "base/error.h"
#include "base/version.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::int64_t kIrVersion = 8, kOpset = 17, kMlOpset = 3;
constexpr std::string_view kMl = "ai.onnx.ml";
constexpr std::uint64_t kLargest = (std::uint64_t{1} << 31U) - 1;

// Numbers of fields in onnx.proto.
namespace model {
constexpr std::uint32_t kIr = 1, kProducer = 2, kProducerVersion = 3, kGraph = 7, kOpsets = 8,
                        kMetadata = 14;
}
namespace opset {
constexpr std::uint32_t kDomain = 1, kVersion = 2;
}
namespace graph {
constexpr std::uint32_t kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node {
constexpr std::uint32_t kInput = 1, kOutput = 2, kName = 3, kOperator = 4, kAttribute = 5,
                        kDomain = 7;
}
namespace attribute {
constexpr std::uint32_t kName = 1, kFloat = 2, kInt = 3, kInts = 8, kStrings = 9, kType = 20;
constexpr std::int64_t kIsFloat = 1, kIsInt = 2, kIsInts = 7, kIsStrings = 8;
}  // namespace attribute
namespace tensor {
constexpr std::uint32_t kDimensions = 1, kType = 2, kName = 8, kRaw = 9;
}
namespace value {
constexpr std::uint32_t kName = 1, kType = 2, kNote = 3, kTensorType = 1, kElement = 1, kShape = 2,
                        kDimension = 1, kSize = 1, kFree = 2;
}
namespace entry {
constexpr std::uint32_t kKey = 1, kValue = 2;
}

OnnxType type_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return OnnxType::f32;
    case DType::f16:
      return OnnxType::f16;
    case DType::bf16:
      return OnnxType::bf16;
    case DType::i64:
      return OnnxType::i64;
    default:
      fail(Kind::failed, "tensors of {} are not written to ONNX", name_of(dtype));
  }
}

ProtobufMessage message_of(const OnnxAttribute& one) {
  ProtobufMessage out;
  out.text(attribute::kName, one.name);
  std::int64_t type = attribute::kIsInt;
  if (const auto* number = std::get_if<std::int64_t>(&one.value)) {
    out.integer(attribute::kInt, *number);
  } else if (const auto* real = std::get_if<float>(&one.value)) {
    out.number(attribute::kFloat, *real);
    type = attribute::kIsFloat;
  } else if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&one.value)) {
    out.integers(attribute::kInts, *numbers);
    type = attribute::kIsInts;
  } else {
    for (const std::string& text : std::get<std::vector<std::string>>(one.value)) {
      out.text(attribute::kStrings, text);
    }
    type = attribute::kIsStrings;
  }
  out.integer(attribute::kType, type);
  return out;
}

ProtobufMessage value_of(const std::string& name, OnnxType type, const OnnxShape& shape,
                         const std::string& note) {
  ProtobufMessage dimensions;
  for (const OnnxDimension& one : shape) {
    ProtobufMessage dimension;
    if (const auto* size = std::get_if<std::int64_t>(&one)) {
      dimension.integer(value::kSize, *size);
    } else {
      dimension.text(value::kFree, std::get<std::string>(one));
    }
    dimensions.message(value::kDimension, dimension);
  }
  ProtobufMessage tensor_type;
  tensor_type.integer(value::kElement, static_cast<std::int64_t>(type));
  tensor_type.message(value::kShape, dimensions);
  ProtobufMessage any_type;
  any_type.message(value::kTensorType, tensor_type);
  ProtobufMessage out;
  out.text(value::kName, name);
  out.message(value::kType, any_type);
  if (!note.empty()) out.text(value::kNote, note);
  return out;
}

// LabelEncoder is the one operator in use that is not of ONNX's own domain.
std::string_view domain_of(std::string_view op) { return op == "LabelEncoder" ? kMl : ""; }

void add_opset(ProtobufMessage& to, std::string_view domain, std::int64_t version) {
  ProtobufMessage one;
  one.text(opset::kDomain, domain);
  one.integer(opset::kVersion, version);
  to.message(model::kOpsets, one);
}

}  // namespace

OnnxGraph::Value OnnxGraph::input(const std::string& name, OnnxType type, const OnnxShape& shape,
                                  const std::string& note) {
  values_.message(graph::kInput, value_of(name, type, shape, note));
  return name;
}

void OnnxGraph::output(const Value& value, const std::string& name, const OnnxShape& shape) {
  ProtobufMessage last;
  last.text(node::kInput, value);
  last.text(node::kOutput, name);
  last.text(node::kName, fmt::format("{}/Identity", name));
  last.text(node::kOperator, "Identity");
  nodes_.message(graph::kNode, last);
  values_.message(graph::kOutput, value_of(name, OnnxType::f32, shape, ""));
}

void OnnxGraph::say(const std::string& key, const std::string& value) {
  ProtobufMessage fact;
  fact.text(entry::kKey, key);
  fact.text(entry::kValue, value);
  facts_.message(model::kMetadata, fact);
}

std::vector<OnnxGraph::Value> OnnxGraph::add(std::string_view op, const std::vector<Value>& inputs,
                                             const OnnxAttributes& attributes,
                                             std::size_t outputs) {
  std::string name = place_.empty() ? std::string(op) : fmt::format("{}/{}", place_, op);
  const int count = counts_[name]++;
  if (count > 0) name += fmt::format("_{}", count);
  ProtobufMessage node;
  std::vector<Value> out;
  for (const Value& input : inputs) node.text(node::kInput, input);
  for (std::size_t i = 0; i < outputs; ++i) {
    out.push_back(outputs == 1 ? name : fmt::format("{}.{}", name, i));
    node.text(node::kOutput, out.back());
  }
  node.text(node::kName, name);
  node.text(node::kOperator, op);
  for (const OnnxAttribute& one : attributes) node.message(node::kAttribute, message_of(one));
  if (const std::string_view domain = domain_of(op); !domain.empty()) {
    node.text(node::kDomain, domain);
    domains_.emplace(domain);
  }
  nodes_.message(graph::kNode, node);
  return out;
}

OnnxGraph::Value OnnxGraph::add(std::string_view op, const std::vector<Value>& inputs,
                                const OnnxAttributes& attributes) {
  return add(op, inputs, attributes, 1).front();
}

OnnxGraph::Value OnnxGraph::constant(const Tensor& tensor) {
  std::string key = fmt::format("{}{}", name_of(tensor.dtype), to_string(tensor.shape));
  key += text(tensor.data.bytes());
  const auto [found, fresh] = constants_.emplace(key, "");
  if (fresh) {
    found->second = fmt::format("constant/{}", constants_.size() - 1);
    (void)stored(found->second, tensor.dtype, tensor.shape, [tensor] { return tensor; });
  }
  return found->second;
}

OnnxGraph::Value OnnxGraph::floats(std::span<const float> values, const Shape& shape) {
  return constant(tensor_of(shape, values));
}

OnnxGraph::Value OnnxGraph::integers(const std::vector<std::int64_t>& values) {
  Tensor tensor(DType::i64, {static_cast<std::int64_t>(values.size())});
  std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return constant(tensor);
}

OnnxGraph::Value OnnxGraph::integer(std::int64_t value) {
  Tensor tensor(DType::i64, {});
  std::memcpy(tensor.data.data(), &value, sizeof(value));
  return constant(tensor);
}

OnnxGraph::Value OnnxGraph::stored(const std::string& name, DType dtype, const Shape& shape,
                                   std::function<Tensor()> read) {
  (void)type_of(dtype);
  initializers_.push_back({name, dtype, shape, std::move(read)});
  return name;
}

// All of it but its bytes, which follow.
ProtobufMessage OnnxGraph::head_of(const Initializer& one) {
  const std::uint64_t bytes = byte_count(one.dtype, one.shape);
  ProtobufMessage tensor;
  tensor.integers(tensor::kDimensions, one.shape);
  tensor.integer(tensor::kType, static_cast<std::int64_t>(type_of(one.dtype)));
  tensor.text(tensor::kName, one.name);
  tensor.announce(tensor::kRaw, bytes);
  return tensor;
}

void OnnxGraph::write(io::Output& out) const {
  ProtobufMessage name;
  name.text(graph::kName, name_);
  std::uint64_t size = nodes_.size() + name.size() + values_.size();
  std::vector<std::pair<ProtobufMessage, ProtobufMessage>> heads;  // of the field, of the tensor
  for (const Initializer& one : initializers_) {
    auto& [field, tensor] = heads.emplace_back();
    tensor = head_of(one);
    field.announce(graph::kInitializer, tensor.size() + byte_count(one.dtype, one.shape));
    size = checked_add(size, field.size() + tensor.size(), "the graph");
    size = checked_add(size, byte_count(one.dtype, one.shape), "the graph");
  }
  ProtobufMessage front;
  front.integer(model::kIr, kIrVersion);
  front.text(model::kProducer, "mx");
  front.text(model::kProducerVersion, version());
  front.announce(model::kGraph, size);
  ProtobufMessage opsets;
  add_opset(opsets, "", kOpset);
  if (domains_.contains(kMl)) add_opset(opsets, kMl, kMlOpset);
  const std::uint64_t all = front.size() + size + opsets.size() + facts_.size();
  if (all > kLargest) {
    throw Error{
        Kind::usage,
        fmt::format("the network would take {} as ONNX, and such a file holds at most 2 GiB",
                    human_bytes(all)),
        "write safetensors, or make the model smaller with mx-prune or mx-distill"};
  }
  for (const ByteView part : {front.bytes(), nodes_.bytes(), name.bytes()}) out.write(part);
  for (std::size_t i = 0; i < initializers_.size(); ++i) {
    const Initializer& one = initializers_[i];
    out.write(heads[i].first.bytes());
    out.write(heads[i].second.bytes());
    const Tensor tensor = one.read();
    if (tensor.dtype != one.dtype || tensor.shape != one.shape) {
      fail(Kind::failed, "the tensor {} is {} of {}, not as announced", one.name,
           to_string(tensor.shape), name_of(tensor.dtype));
    }
    out.write(tensor.data.bytes());
  }
  for (const ByteView part : {values_.bytes(), opsets.bytes(), facts_.bytes()}) out.write(part);
  out.commit();
}

}  // namespace mx
