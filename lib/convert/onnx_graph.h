// SPDX-License-Identifier: Apache-2.0
// A graph of ONNX as it is put together, and the file it becomes: opset 17 in IR version 8, which
// onnxruntime has read since 1.12 (https://onnx.ai/onnx/repo-docs/IR.html, onnx/onnx.proto).
// Values are named; a node's are called by where it stands and what it does ("0.attn/MatMul_2").
// Weights are read one at a time as the file is written: sizes are known from their shapes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "convert/protobuf.h"
#include "io/output.h"
#include "tensor/tensor.h"

namespace mx {

enum class OnnxType { f32 = 1, i64 = 7, text = 8, boolean = 9, f16 = 10, bf16 = 16 };
// As Cast's "to".
inline constexpr auto kOnnxF32 = static_cast<std::int64_t>(OnnxType::f32);
inline constexpr auto kOnnxBoolean = static_cast<std::int64_t>(OnnxType::boolean);

using OnnxDimension = std::variant<std::int64_t, std::string>;  // a size, or the name of a free one
using OnnxShape = std::vector<OnnxDimension>;

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>, std::vector<std::string>> value;
};
using OnnxAttributes = std::vector<OnnxAttribute>;

class OnnxGraph {
 public:
  using Value = std::string;  // its name
  explicit OnnxGraph(std::string name) : name_(std::move(name)) {}

  // What the nodes that are added next belong to; gives back what it was before.
  std::string enter(std::string_view place) { return std::exchange(place_, std::string(place)); }
  // `note`: for people.
  Value input(const std::string& name, OnnxType type, const OnnxShape& shape,
              const std::string& note);
  void output(const Value& value, const std::string& name, const OnnxShape& shape);  // f32
  void say(const std::string& key, const std::string& value);  // of the model, in metadata_props

  Value add(std::string_view op, const std::vector<Value>& inputs,
            const OnnxAttributes& attributes = {});
  std::vector<Value> add(std::string_view op, const std::vector<Value>& inputs,
                         const OnnxAttributes& attributes, std::size_t outputs);

  // Numbers; equal ones are kept once. An empty shape: one number that is no list.
  Value floats(std::span<const float> values, const Shape& shape);
  Value number(float value) { return floats({&value, 1}, {}); }
  Value integers(const std::vector<std::int64_t>& values);  // a list
  Value integer(std::int64_t value);                        // no list
  // Read when it is written, and then exactly of this type (f32, f16 or bf16) and shape.
  Value stored(const std::string& name, DType dtype, const Shape& shape,
               std::function<Tensor()> read);

  // Throws Kind::usage, before anything is written, when the file would be larger than Protocol
  // Buffers can be (2 GiB). Commits.
  void write(io::Output& out) const;

 private:
  struct Initializer {
    std::string name;
    DType dtype;
    Shape shape;
    std::function<Tensor()> read;
  };
  [[nodiscard]] Value constant(const Tensor& tensor);
  [[nodiscard]] static ProtobufMessage head_of(const Initializer& one);

  std::string name_, place_;
  ProtobufMessage nodes_, values_, facts_;
  std::vector<Initializer> initializers_;
  std::map<std::string, std::string> constants_;  // by type, shape and bytes
  std::map<std::string, int> counts_;             // of names
  std::set<std::string, std::less<>> domains_;    // other than ONNX's own
};

}  // namespace mx
