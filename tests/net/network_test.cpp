// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include <doctest/doctest.h>

#include "net/families.h"
#include "net/message.h"

namespace mx {
namespace {

constexpr std::string_view kEveryBlock = R"([{"input":{"shape":[1,8,8]}},)"
                                         R"({"conv2d":{"name":"0","in":1,"out":4,"kernel":3,)"
                                         R"("stride":2,"padding":1,"bias":false}},)"
                                         R"({"batchnorm":{"name":"0.norm","dim":4,"eps":0.001}},)"
                                         R"({"activation":{"kind":"relu"}},)"
                                         R"({"pool2d":{"kind":"avg","size":2,"stride":2}},)"
                                         R"({"flatten":{}},)"
                                         R"({"layernorm":{"name":"1.norm","dim":16}},)"
                                         R"({"linear":{"name":"1","in":16,"out":16}},)"
                                         R"({"dropout":{"rate":0.5}},)"
                                         R"({"linear":{"name":"head","in":16,"out":16,)"
                                         R"("bias":false,"tied":"1.weight"}}])";

Network read(std::string_view text) {
  return network_from_json(parse_json(text, "the header"), "the header");
}

// What is said of the network whose JSON this is.
std::string refusal(std::string_view text) {
  return message_of([&] { (void)read(text); });
}

// A list of one block behind an input of [1, 8, 8].
std::string behind_image(std::string_view block) {
  return refusal(fmt::format(R"([{{"input":{{"shape":[1,8,8]}}}},{}])", block));
}
std::string behind_row(std::string_view block) {
  return refusal(fmt::format(R"([{{"input":{{"shape":[64]}}}},{}])", block));
}

TEST_CASE("JSON that is read and written again is the same") {
  CHECK(dump_json(to_json(read(kEveryBlock))) == kEveryBlock);
}

TEST_CASE("every field of a block is read") {
  const Network network = read(kEveryBlock);
  const auto& conv = std::get<Conv2d>(network.blocks[1].any);
  CHECK(conv.name == "0");
  CHECK(conv.kernel == 3);
  CHECK(conv.stride == 2);
  CHECK(conv.padding == 1);
  CHECK_FALSE(conv.bias);
  CHECK(std::get<BatchNorm>(network.blocks[2].any).eps == 0.001);
  CHECK(std::get<Activation>(network.blocks[3].any).kind == Act::relu);
  CHECK_FALSE(std::get<Pool2d>(network.blocks[4].any).max);
  CHECK(std::get<LayerNorm>(network.blocks[6].any).eps == 1e-5);
  CHECK(std::get<Linear>(network.blocks[7].any).bias);
  CHECK(std::get<Dropout>(network.blocks[8].any).rate == 0.5);
  CHECK(std::get<Linear>(network.blocks[9].any).tied == "1.weight");
  CHECK(type_of(network.blocks[9]) == "linear");
  CHECK(name_of(network.blocks[9]) == "head");
  CHECK(name_of(network.blocks[5]).empty());
}

TEST_CASE("shapes follow the blocks") {
  const std::vector<Shape> expected = {{1, 8, 8}, {4, 4, 4}, {4, 4, 4}, {4, 4, 4}, {4, 2, 2},
                                       {16},      {16},      {16},      {16},      {16}};
  CHECK(shapes(read(kEveryBlock)) == expected);
  CHECK(output_shape(read(kEveryBlock)) == Shape{16});
}

TEST_CASE("tensors are named by block and role, in the list's order; a tied map has no weight") {
  std::string all;
  for (const TensorSpec& spec : tensors(read(kEveryBlock))) {
    all += spec.name + to_string(spec.shape) + (spec.trained ? "" : "-") +
           (spec.prunable ? "p" : "") + " ";
  }
  CHECK(all ==
        "0.weight[4, 1, 3, 3]p 0.norm.weight[4] 0.norm.bias[4] 0.norm.mean[4]- 0.norm.var[4]- "
        "1.norm.weight[16] 1.norm.bias[16] 1.weight[16, 16]p 1.bias[16] ");
}

TEST_CASE("parameters and multiply-adds are counted, running statistics and tied weights are not") {
  const Cost all = cost(read(kEveryBlock));
  CHECK(all.parameters == 36 + 8 + 32 + 256 + 16);
  CHECK(all.macs == 4 * 16 * 9 + 256 + 256);
}

TEST_CASE("a list that is no network is refused with the block's position") {
  CHECK(refusal("{}") == "the header: the network is not a list of blocks");
  CHECK(refusal("[]") == "the network has no blocks");
  CHECK(behind_row("3").find("block 1 is not an object") != std::string::npos);
  CHECK(behind_row(R"({"lienar":{}})") ==
        "the header: block 1: the block type 'lienar' is not known");
  CHECK(behind_row(R"({"linear":{"name":"0","in":64,"out":2,"size":1}})") ==
        "the header: block 1 (linear): the key \"size\" is not known");
  CHECK(behind_row(R"({"linear":{"name":"0","in":64}})") ==
        "the header: block 1 (linear): \"out\" is missing");
  CHECK(behind_row(R"({"linear":{"name":"0","in":64,"out":0}})").find("\"out\"") !=
        std::string::npos);
  CHECK(behind_row(R"({"linear":{"name":"0","in":64,"out":2147483648}})").find("\"out\"") !=
        std::string::npos);
  CHECK(behind_row(R"({"linear":{"name":"A","in":64,"out":2}})").find("name") != std::string::npos);
  CHECK(behind_row(R"({"activation":{"kind":"swish"}})").find("'swish'") != std::string::npos);
  CHECK(behind_row(R"({"dropout":{"rate":1}})").find("\"rate\"") != std::string::npos);
  CHECK(behind_row(R"({"layernorm":{"name":"0","dim":64,"eps":-1}})").find("\"eps\"") !=
        std::string::npos);
}

TEST_CASE("sizes that do not chain are refused") {
  CHECK(behind_row(R"({"linear":{"name":"0","in":63,"out":2}})") ==
        "block 1 (linear '0') takes 63 numbers, but gets [64]");
  CHECK(behind_row(R"({"conv2d":{"name":"0","in":1,"out":2,"kernel":3}})").find("block 1") == 0);
  CHECK(behind_image(R"({"conv2d":{"name":"0","in":3,"out":2,"kernel":3}})").find("[1, 8, 8]") !=
        std::string::npos);
  CHECK(behind_image(R"({"conv2d":{"name":"0","in":1,"out":2,"kernel":9}})").find("does not fit") !=
        std::string::npos);
  CHECK(behind_image(R"({"conv2d":{"name":"0","in":1,"out":2,"kernel":3,"padding":3}})")
            .find("padding") != std::string::npos);
  CHECK(behind_image(R"({"pool2d":{"kind":"max","size":9,"stride":1}})").find("does not fit") !=
        std::string::npos);
  CHECK(behind_image(R"({"batchnorm":{"name":"0","dim":8}})").find("channels") !=
        std::string::npos);
  CHECK(behind_image(R"({"layernorm":{"name":"0","dim":64}})").find("block 1") == 0);
}

TEST_CASE("the input comes first and once") {
  CHECK(refusal(R"([{"flatten":{}}])").find("opens with its input") != std::string::npos);
  CHECK(behind_row(R"({"input":{"shape":[64]}})").find("opens with its input") !=
        std::string::npos);
  CHECK(refusal(R"([{"input":{"shape":[]}}])").find("dimensions") != std::string::npos);
  CHECK(refusal(R"([{"input":{"shape":[0]}}])").find("\"shape\"") != std::string::npos);
}

TEST_CASE("a name that stands twice is refused") {
  CHECK(behind_row(R"({"layernorm":{"name":"0","dim":64}},{"linear":{"name":"0","in":64,"out":2}})")
            .find("has the name of block 1") != std::string::npos);
}

TEST_CASE("a tied map needs a tensor of its shape") {
  CHECK(behind_row(R"({"linear":{"name":"0","in":64,"out":64,"tied":"1.weight"}})")
            .find("tied to '1.weight'") != std::string::npos);
  CHECK(behind_row(R"({"linear":{"name":"0","in":64,"out":8}},)"
                   R"({"linear":{"name":"1","in":8,"out":64,"tied":"0.weight"}})")
            .find("[64, 8]") != std::string::npos);
}

TEST_CASE("sizes whose product overflows are refused, not wrapped") {
  CHECK(refusal(R"([{"input":{"shape":[2147483647,2147483647,2147483647]}}])").find("large") !=
        std::string::npos);
  CHECK(behind_image(R"({"conv2d":{"name":"0","in":1,"out":2147483647,"kernel":2147483647,)"
                     R"("padding":2147483646}})") != "");
}

TEST_CASE("stored tensors must be exactly the network's") {
  const Network network = build({.hidden = {}}, {4}, 2);
  const Shape weight = {2, 4};
  const Shape bias = {2};
  CHECK_NOTHROW(check_tensors(network, {{"head.bias", &bias}, {"head.weight", &weight}}));
  const auto said = [&](const std::vector<NamedShape>& stored) {
    return message_of([&] { check_tensors(network, stored); });
  };
  CHECK(said({{"head.weight", &weight}}) == "the tensor 'head.bias' is missing");
  CHECK(said({{"head.weight", &weight}, {"head.bias", &weight}}) ==
        "the tensor 'head.bias' has the shape [2, 4], but the network wants [2]");
  CHECK(said({{"head.weight", &weight}, {"head.bias", &bias}, {"x\n", &bias}})
            .find("is not the network's") != std::string::npos);
  CHECK(said({{"head.weight", &weight}, {"head.weight", &weight}}) ==
        "the tensor 'head.weight' stands twice");
}

}  // namespace
}  // namespace mx
