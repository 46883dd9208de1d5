// SPDX-License-Identifier: Apache-2.0
// Files of ONNX read back field by field. That onnxruntime computes the same from them is held in
// tests/cli/pack.
#include "convert/onnx.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/checked.h"
#include "helpers.h"
#include "net/families.h"

namespace mx {
namespace {

struct Field {
  std::uint64_t number = 0, integer = 0;
  ByteView bytes = {};
};
std::vector<Field> fields_of(ByteView message) {
  std::vector<Field> out;
  ByteReader reader(message, "a message");
  while (reader.left() > 0) {
    const std::uint64_t key = reader.varint();
    Field& field = out.emplace_back();
    field.number = key >> 3U;
    switch (key & 7U) {
      case 0:
        field.integer = reader.varint();
        break;
      case 2:
        field.bytes = reader.sized(reader.left());
        break;
      default:
        REQUIRE((key & 7U) == 5);
        field.bytes = reader.take(4);
    }
  }
  return out;
}
std::vector<ByteView> all(ByteView message, std::uint64_t number) {
  std::vector<ByteView> out;
  for (const Field& field : fields_of(message)) {
    if (field.number == number) out.push_back(field.bytes);
  }
  return out;
}
std::string text_at(ByteView message, std::uint64_t number) {
  const std::vector<ByteView> found = all(message, number);
  return found.empty() ? "" : std::string(text(found[0]));
}
std::uint64_t integer_at(ByteView message, std::uint64_t number) {
  for (const Field& field : fields_of(message)) {
    if (field.number == number) return field.integer;
  }
  return 0;
}

struct Stored {
  std::uint64_t type = 0;
  Shape shape;
  Bytes bytes;
  [[nodiscard]] std::vector<float> floats() const {
    std::vector<float> out(bytes.size() / sizeof(float));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
};

struct Read {  // a model of ONNX, as far as the tests ask
  std::vector<std::string> operators;
  std::vector<std::string> inputs, outputs;  // "logits [batch, 3]"
  std::map<std::string, Stored> tensors;     // without the constants
  std::map<std::string, std::string> metadata, opsets;
};

std::string described(ByteView value) {
  const ByteView type = all(all(value, 2).at(0), 1).at(0);
  std::string out = text_at(value, 1) + " [";
  for (const ByteView dimension : all(all(type, 2).at(0), 1)) {
    if (!out.ends_with("[")) out += ", ";
    const std::string name = text_at(dimension, 2);
    out += name.empty() ? std::to_string(integer_at(dimension, 1)) : name;
  }
  return out + "]";
}

Read read_back(ByteView file) {
  Read out;
  CHECK(integer_at(file, 1) == 8);
  const ByteView graph = all(file, 7).at(0);
  std::vector<std::string> known = {""};
  for (const ByteView value : all(graph, 11)) {
    out.inputs.push_back(described(value));
    known.push_back(text_at(value, 1));
  }
  for (const ByteView tensor : all(graph, 5)) {
    known.push_back(text_at(tensor, 8));
    if (known.back().starts_with("constant/")) continue;
    Stored one{integer_at(tensor, 2), {}, {}};
    for (const Field& field : fields_of(tensor)) {
      if (field.number == 1) one.shape.push_back(static_cast<std::int64_t>(field.integer));
      if (field.number == 9) one.bytes.assign(field.bytes.begin(), field.bytes.end());
    }
    out.tensors[known.back()] = one;
  }
  for (const ByteView node : all(graph, 1)) {
    out.operators.push_back(text_at(node, 4));
    // Nodes stand behind what they need, and no name is given twice.
    for (const ByteView input : all(node, 1)) CHECK(std::ranges::count(known, text(input)) == 1);
    for (const ByteView output : all(node, 2)) known.emplace_back(text(output));
  }
  for (const ByteView value : all(graph, 12)) {
    out.outputs.push_back(described(value));
    CHECK(std::ranges::count(known, text_at(value, 1)) == 1);
  }
  for (const ByteView fact : all(file, 14)) out.metadata[text_at(fact, 1)] = text_at(fact, 2);
  for (const ByteView one : all(file, 8)) {
    out.opsets[text_at(one, 1)] = std::to_string(integer_at(one, 2));
  }
  return out;
}

// Tensors of a network that count up from 0.
class Counting final : public TensorSource {
 public:
  explicit Counting(const Network& network, DType dtype = DType::f32) {
    for (const TensorSpec& spec : tensors(network)) {
      entries_.push_back({spec.name, dtype, spec.shape, Scheme::plain});
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override {
    ++reads;
    Tensor out(entries_[i].dtype, entries_[i].shape);
    std::ranges::fill(out.data.bytes(), std::uint8_t{0});
    if (out.dtype != DType::f32) return out;
    float next = 0;
    for (float& value : out.as<float>()) value = next++;
    return out;
  }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return i; }

  mutable std::size_t reads = 0;

 private:
  std::vector<TensorEntry> entries_;
};

Header header_of(Network network) {
  Header out;
  out.network = std::move(network);
  return out;
}
Network network_of(const char* json) { return network_from_json(Json::parse(json), "a network"); }

Read written(const Header& header, DType dtype = DType::f32) {
  Bytes bytes;
  const auto out = io::memory_output(bytes);
  const Counting source(header.network, dtype);
  write_onnx(*out, header, source);
  CHECK(source.reads == source.entries().size());
  return read_back(bytes);
}
std::string refused(const Header& header, Kind kind) {
  Bytes bytes;
  const auto out = io::memory_output(bytes);
  const Counting source(header.network);
  try {
    write_onnx(*out, header, source);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    CHECK(source.reads == 0);
    CHECK(out->written() == 0);
    return error.message();
  }
  return "taken";
}

const char* const kTwoMaps =
    R"([{"input": {"shape": [2]}}, {"linear": {"name": "0", "in": 2, "out": 3}},
  {"activation": {"kind": "relu"}}, {"linear": {"name": "1", "in": 3, "out": 2, "bias": false}}])";

TEST_CASE("a network of maps becomes a graph of turned weights under their names") {
  Header header = header_of(network_of(kTwoMaps));
  header.rights = {.name = "two", .owner = "Some Lab", .license = "MIT"};
  const Read read = written(header);
  CHECK(read.operators == std::vector<std::string>{"MatMul", "Add", "Relu", "MatMul", "Identity"});
  CHECK(read.inputs == std::vector<std::string>{"input [batch, 2]"});
  CHECK(read.outputs == std::vector<std::string>{"logits [batch, 2]"});
  CHECK(read.tensors.size() == 3);
  CHECK(read.tensors.at("0.weight").shape == Shape{2, 3});
  CHECK(read.tensors.at("0.weight").floats() == std::vector<float>{0, 2, 4, 1, 3, 5});
  CHECK(read.tensors.at("0.bias").floats() == std::vector<float>{0, 1, 2});
  CHECK(read.tensors.at("0.weight").type == 1);
  CHECK(read.metadata == std::map<std::string, std::string>{
                             {"name", "two"}, {"owner", "Some Lab"}, {"license", "MIT"}});
  CHECK(read.opsets == std::map<std::string, std::string>{{"", "17"}});
}

TEST_CASE("rows of a table go in as they come") {
  Header header = header_of(
      network_of(R"([{"input": {"shape": [6]}}, {"linear": {"name": "0", "in": 6, "out": 2}}])"));
  header.schema = Json::parse(R"({"task": "classify", "label": "y", "classes": ["no", "yes"],
    "features": [{"names": ["a"], "mean": 3, "scale": 2}, {"names": ["c"], "categories": ["p", "q"]},
                 {"names": ["b"], "missing": true}, {"names": ["d"]}]})");
  Read read = written(header);
  CHECK(read.inputs == std::vector<std::string>{"input [batch, 3]", "categories [batch, 1]"});
  CHECK(std::ranges::count(read.operators, "LabelEncoder") == 1);
  CHECK(std::ranges::count(read.operators, "Sub") == 1);
  CHECK(read.opsets == std::map<std::string, std::string>{{"", "17"}, {"ai.onnx.ml", "3"}});
  CHECK(read.metadata == std::map<std::string, std::string>{{"task", "classify"},
                                                            {"label", "y"},
                                                            {"classes", R"(["no","yes"])"},
                                                            {"input", R"(["a","b","d"])"},
                                                            {"categories", R"(["c"])"}});
  // What is not scaled needs no scaling.
  header.schema["features"][0] = {{"names", {"a"}}};
  read = written(header);
  CHECK(std::ranges::count(read.operators, "Sub") == 0);
  CHECK(std::ranges::count(read.operators, "Div") == 0);
  header.schema["features"][0] = {{"names", {"a", "e"}}};
  CHECK(refused(header, Kind::input) ==
        "the network does not take and give what the input schema says");
}

TEST_CASE("targets come out in units of their own") {
  Header header = header_of(network_of(kTwoMaps));
  header.schema = Json::parse(R"({"task": "regress", "features": [{"names": ["a", "b"]}],
    "targets": [{"names": ["s", "t"], "mean": [1, 2], "scale": 4}]})");
  const Read read = written(header);
  CHECK(read.outputs == std::vector<std::string>{"prediction [batch, 2]"});
  CHECK(read.operators.end()[-3] == "Mul");
  CHECK(read.operators.end()[-2] == "Add");
  CHECK(read.metadata.at("targets") == R"(["s","t"])");
}

TEST_CASE("a language model takes tokens and a mask") {
  const ModelOptions options{
      .family = Family::gpt, .layers = 1, .heads = 2, .dim = 8, .context = 16};
  const Read read = written(header_of(build_language_model(options, 32)));
  CHECK(read.inputs ==
        std::vector<std::string>{"input_ids [batch, time]", "attention_mask [batch, time]"});
  CHECK(read.outputs == std::vector<std::string>{"logits [batch, time, 32]"});
  // The head is the embedding, turned.
  CHECK(read.tensors.contains("embed.tokens"));
  CHECK(!read.tensors.contains("head.weight"));
  CHECK(std::ranges::count(read.operators, "Transpose") == 6);
}

TEST_CASE("positions that turn are tables which blocks share") {
  const ModelOptions options{
      .family = Family::llama, .layers = 2, .heads = 4, .dim = 16, .context = 8, .kv_heads = 2};
  const Read read = written(header_of(build_language_model(options, 32)));
  CHECK(read.tensors.at("rotation/0/cos").shape == Shape{8, 2});
  CHECK(read.tensors.at("rotation/0/sin").floats()[2] == doctest::Approx(std::sin(1.0)));
  CHECK(!read.tensors.contains("rotation/1/cos"));
  CHECK(std::ranges::count(read.operators, "Expand") == 4);
}

TEST_CASE("stretched positions and normalized heads are part of the graph") {
  const ModelOptions options{
      .family = Family::llama, .layers = 2, .heads = 2, .dim = 8, .context = 4};
  Network network = build_language_model(options, 32);
  std::size_t layer = 0;
  for (Block& block : network.blocks) {
    auto* const residual = std::get_if<Residual>(&block.any);
    if (residual == nullptr) continue;
    for (Block& inside : residual->blocks) {
      auto* const attention = std::get_if<Attention>(&inside.any);
      if (attention == nullptr || layer++ > 0) continue;
      attention->rope_factors = {1, 4};
      attention->rope_scale = 1.5;
      attention->norm_eps = 1e-6;
    }
  }
  const Read read = written(header_of(network));
  CHECK(read.tensors.at("0.attn.key_norm").shape == Shape{4});
  CHECK(std::ranges::count(read.operators, "Sqrt") == 7);  // of five norms of tokens, two of heads
  const std::vector<float> first = read.tensors.at("rotation/0/sin").floats();
  CHECK(first[2] == doctest::Approx(1.5 * std::sin(1.0)));
  CHECK(first[3] == doctest::Approx(1.5 * std::sin(0.01 / 4)));
  CHECK(read.tensors.at("rotation/1/sin").floats()[3] == doctest::Approx(std::sin(0.01)));
}

TEST_CASE("halves stay halves") {
  const Read read = written(header_of(network_of(kTwoMaps)), DType::bf16);
  CHECK(read.tensors.at("0.weight").type == 16);
  CHECK(std::ranges::count(read.operators, "Cast") == 3);
  CHECK(written(header_of(network_of(kTwoMaps)), DType::f8_e4m3).tensors.at("0.weight").type == 1);
}

TEST_CASE("vectors of sentences are of length 1 where the model says so") {
  const ModelOptions options{
      .family = Family::bert, .layers = 1, .heads = 2, .dim = 8, .context = 16};
  Network network = build_classifier(options, 32, 2);
  network.blocks.resize(network.blocks.size() - 3);
  REQUIRE(ends_pooled(network));
  Header header = header_of(network);
  Read read = written(header);
  CHECK(read.outputs == std::vector<std::string>{"sentence_embedding [batch, 8]"});
  CHECK(std::ranges::count(read.operators, "ReduceL2") == 0);
  header.extra = {{"embedding", {{"normalize", true}}}};
  CHECK(std::ranges::count(written(header).operators, "ReduceL2") == 1);
}

TEST_CASE("what ONNX cannot hold is refused before anything is read or written") {
  CHECK(refused(Header{}, Kind::usage) ==
        "the file holds tensors without a network: there is no graph to write");
  CHECK(refused(header_of(network_of(R"([{"input": {"shape": [40000]}},
      {"linear": {"name": "0", "in": 40000, "out": 40000}}])")),
                Kind::usage) ==
        "the network would take 6.40 GB as ONNX, and such a file holds at most 2 GiB");
  CHECK(refused(header_of(network_of(R"([{"input": {"tokens": 4}},
      {"embedding": {"name": "e", "vocab": 9, "dim": 3}}, {"flatten": {}},
      {"linear": {"name": "0", "in": 12, "out": 2}}])")),
                Kind::input) == "the block type 'flatten' cannot follow tokens");
  // Tensors of another network.
  Bytes bytes;
  const auto out = io::memory_output(bytes);
  const Counting others(network_of(R"([{"input": {"shape": [2]}}])"));
  CHECK_THROWS_AS(write_onnx(*out, header_of(network_of(kTwoMaps)), others), Error);
}

TEST_CASE("a graph of very many maps is written in time that grows with them") {
  Network network{{{InputBlock{{1}}}}};
  for (int i = 0; i < 9000; ++i) {
    network.blocks.push_back({Linear{.name = std::to_string(i), .in = 1, .out = 1}});
  }
  Bytes bytes;
  const auto out = io::memory_output(bytes);
  const Counting source(network, DType::f32);
  write_onnx(*out, header_of(network), source);
  CHECK(source.reads == 18'000);
}

}  // namespace
}  // namespace mx
