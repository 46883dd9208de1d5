// SPDX-License-Identifier: Apache-2.0
#include "convert/mapping.h"

#include "convert/helpers.h"
#include "io/folder.h"

using mx::DType;
using mx::Shape;

namespace {

using Named = std::vector<std::pair<std::string, Shape>>;

std::vector<mx::TensorEntry> entries(const Named& named) {
  std::vector<mx::TensorEntry> out;
  for (const auto& [name, shape] : named) {
    out.push_back({name, DType::f32, shape, mx::Scheme::plain});
  }
  return out;
}

mx::Network perceptron() {
  return {{{mx::InputBlock{{10}}},
           {mx::Linear{.name = "0", .in = 10, .out = 20}},
           {mx::Linear{.name = "head", .in = 20, .out = 10}}}};
}

// The names of the entries in the network's order; what is refused as its message and hint.
std::vector<std::string> mapped(const mx::Network& network, const Named& named,
                                mx::MappedBy by = mx::MappedBy::order) {
  const std::vector<mx::TensorEntry> all = entries(named);
  try {
    const mx::Mapping mapping = mx::map_names(network, all);
    CHECK(mapping.by == by);
    std::vector<std::string> out;
    for (const std::size_t i : mapping.entry) out.push_back(all[i].name);
    return out;
  } catch (const mx::Error& error) {
    CHECK(error.kind() == mx::Kind::input);
    return {error.message(), error.hint()};
  }
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("names that are the network's are taken in any order") {
  CHECK(mapped(perceptron(),
               {{"head.bias", {10}},
                {"0.weight", {20, 10}},
                {"head.weight", {10, 20}},
                {"0.bias", {20}}},
               mx::MappedBy::name) == Names{"0.weight", "0.bias", "head.weight", "head.bias"});
}

TEST_CASE("names as PyTorch spells them are taken") {
  const mx::Network network{{{mx::InputBlock{{2, 4, 4}}}, {mx::BatchNorm{.name = "n", .dim = 2}}}};
  const Named named = {{"module.n.running_var", {2}},
                       {"module.n.running_mean", {2}},
                       {"module.n.num_batches_tracked", {}},
                       {"module.n.beta", {2}},
                       {"module.n.weight", {2}}};
  CHECK(mapped(network, named, mx::MappedBy::spelling) ==
        Names{"module.n.weight", "module.n.beta", "module.n.running_mean", "module.n.running_var"});
  const std::vector<mx::TensorEntry> all = entries(named);
  CHECK(mx::map_names(network, all).ignored == Names{"module.n.num_batches_tracked"});
}

TEST_CASE("other names are taken by order and shape") {
  CHECK(mapped(perceptron(), {{"w1", {20, 10}}, {"b1", {20}}, {"w2", {10, 20}}, {"b2", {10}}}) ==
        Names{"w1", "b1", "w2", "b2"});
  CHECK(mapped(
            perceptron(),
            {{"0.weight", {20, 10}}, {"0.bias", {20}}, {"2.weight", {10, 20}}, {"2.bias", {10}}}) ==
        Names{"0.weight", "0.bias", "2.weight", "2.bias"});
}

TEST_CASE("sorted names count, and roles keep equal shapes apart") {
  mx::Network network{{{mx::InputBlock{{4}}}}};
  for (const auto* name : {"a", "b", "c"}) {
    network.blocks.push_back({mx::Linear{.name = name, .in = 4, .out = 4}});
    network.blocks.push_back({mx::LayerNorm{.name = std::string(name) + "n", .dim = 4}});
  }
  Named named;
  Names expected;
  for (const auto* layer : {"10", "11", "2", "3", "8", "9"}) {
    const bool linear = std::string_view(layer) != "11" && std::string_view(layer) != "3" &&
                        std::string_view(layer) != "9";
    named.push_back({std::string(layer) + ".bias", {4}});
    named.push_back({std::string(layer) + ".weight", linear ? Shape{4, 4} : Shape{4}});
  }
  for (const auto* layer : {"2", "3", "8", "9", "10", "11"}) {
    expected.push_back(std::string(layer) + ".weight");
    expected.push_back(std::string(layer) + ".bias");
  }
  CHECK(mapped(network, named) == expected);
}

TEST_CASE("PyTorch's own state dictionary fits its network") {
  const auto source = mx::open_source(mx::test::golden("model.safetensors"));
  const mx::Network network{{{mx::InputBlock{{1, 8, 8}}},
                             {mx::Conv2d{.name = "0", .in = 1, .out = 2, .kernel = 3}},
                             {mx::BatchNorm{.name = "norm", .dim = 2}},
                             {mx::Activation{}},
                             {mx::Flatten{}},
                             {mx::Linear{.name = "1", .in = 72, .out = 4}},
                             {mx::Activation{}},
                             {mx::Linear{.name = "head", .in = 4, .out = 4}}}};
  const mx::Mapping mapping = mx::map_names(network, source->entries());
  CHECK(mapping.by == mx::MappedBy::order);
  const std::vector<std::string> lines = mx::describe(mapping, source->entries());
  const std::vector<std::string> expected = {
      "0.weight        ->  0.weight     [2, 1, 3, 3]  by order and shape",
      "0.bias          ->  0.bias       [2]           by order and shape",
      "1.weight        ->  norm.weight  [2]           by order and shape",
      "1.bias          ->  norm.bias    [2]           by order and shape",
      "1.running_mean  ->  norm.mean    [2]           by order and shape",
      "1.running_var   ->  norm.var     [2]           by order and shape",
      "4.weight        ->  1.weight     [4, 72]       by order and shape",
      "4.bias          ->  1.bias       [4]           by order and shape",
      "6.weight        ->  head.weight  [4, 4]        by order and shape",
      "6.bias          ->  head.bias    [4]           by order and shape",
      "1.num_batches_tracked  ->  ignored"};
  CHECK(lines == expected);
}

TEST_CASE("what does not fit is named") {
  const std::string counts = "the file holds 4 tensors, the network 4";
  CHECK(mapped(perceptron(), {{"0.weight", {10, 20}},
                              {"0.bias", {20}},
                              {"head.weight", {10, 20}},
                              {"head.bias", {10}}}) ==
        Names{"the tensor 0.weight is [10, 20]; the network's 0.weight is [20, 10]",
              "weights are [outputs, inputs]: transpose it before it is saved"});
  CHECK(mapped(perceptron(), {{"w1", {10, 20}}, {"b1", {20}}, {"w2", {20, 10}}, {"b2", {9}}}) ==
        Names{"no tensor of the file fits the network's head.bias [10]", counts});
  CHECK(mapped(perceptron(), {{"w1", {9, 20}}, {"b1", {20}}, {"w2", {20, 10}}, {"b2", {10}}}) ==
        Names{"no tensor of the file fits the network's head.weight [10, 20]", counts});
  CHECK(mapped(perceptron(), {{"w1", {20, 10}}, {"b1", {20}}, {"w2", {20, 10}}, {"b2", {10}}}) ==
        Names{"no tensor of the file fits the network's head.weight [10, 20]",
              "weights are [outputs, inputs]: is w2 [20, 10] to be transposed"});
  CHECK(mapped(perceptron(),
               {{"w1", {20, 10}}, {"b1", {20}}, {"w2", {10, 20}}, {"b2", {10}}, {"x", {3}}}) ==
        Names{"the network has no place for the tensor x [3]",
              "the file holds 5 tensors, the network 4"});
  CHECK(mapped(perceptron(), {})[0] ==
        "no tensor of the file fits the network's 0.weight [20, 10]");
}

TEST_CASE("a network is read from YAML") {
  const mx::test::Folder folder;
  const std::string path = folder / "net.yaml";
  mx::test::write_file(path,
                       "- input: {shape: [10]}\n"
                       "- linear: {name: \"0\", in: 10, out: 20}\n"
                       "- linear: {name: head, in: 20, out: 10}\n");
  CHECK(mx::to_json(mx::read_network(path)) == mx::to_json(perceptron()));
  mx::test::write_file(path, "- input: {shape: [10]}\n- linear: {name: a, in: 11, out: 20}\n");
  CHECK_THROWS_AS((void)mx::read_network(path), mx::Error);
  try {
    (void)mx::read_network(path);
  } catch (const mx::Error& error) {
    CHECK(error.message().starts_with(path + ": "));
  }
}
