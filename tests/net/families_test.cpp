// SPDX-License-Identifier: Apache-2.0
#include "net/families.h"

#include <doctest/doctest.h>

#include "net/message.h"

namespace mx {
namespace {

std::string blocks(const Network& network) {
  std::string out;
  for (const Block& block : network.blocks) {
    out += fmt::format("{}:{} ", type_of(block), name_of(block));
  }
  return out;
}

TEST_CASE("an mlp of 64-512-256-10 has 167,178 parameters") {
  const Network network = build({.hidden = {512, 256}}, {64}, 10);
  CHECK(cost(network).parameters == 167'178);
  CHECK(cost(network).macs == 64 * 512 + 512 * 256 + 256 * 10);
  CHECK(blocks(network) == "input: linear:0 activation: linear:1 activation: linear:head ");
}

TEST_CASE("an mlp without activation and hidden layers is linear") {
  const Network network = build({.hidden = {20}, .activation = Act::none}, {10}, 10);
  CHECK(blocks(network) == "input: linear:0 linear:head ");
  CHECK(blocks(build({.hidden = {}}, {1, 8, 8}, 3)) == "input: flatten: linear:head ");
}

TEST_CASE("dropout stands behind each hidden layer") {
  CHECK(blocks(build({.hidden = {8}, .dropout = 0.5}, {4}, 2)) ==
        "input: linear:0 activation: dropout: linear:head ");
}

TEST_CASE("a cnn halves the image behind each convolution, for 28x28 and 8x8 alike") {
  ModelOptions options = {.family = Family::cnn, .hidden = {120, 84}, .channels = {6, 16}};
  const Network mnist = build(options, {1, 28, 28}, 10);
  CHECK(blocks(mnist) ==
        "input: conv2d:0 activation: pool2d: conv2d:1 activation: pool2d: flatten: "
        "linear:2 activation: linear:3 activation: linear:head ");
  CHECK(shapes(mnist)[6] == Shape{16, 7, 7});
  CHECK(cost(mnist).parameters == 156 + 2416 + (784 * 120 + 120) + (120 * 84 + 84) + 850);
  CHECK(shapes(build(options, {1, 8, 8}, 10))[6] == Shape{16, 2, 2});
}

TEST_CASE("a cnn on rows or with too many convolutions is a usage error") {
  ModelOptions options = {.family = Family::cnn, .channels = {4, 4, 4, 4}};
  CHECK(message_of([&] { (void)build(options, {64}, 10); }).find("takes images") !=
        std::string::npos);
  CHECK(message_of([&] {
          (void)build(options, {1, 8, 8}, 10);
        }).find("too many") != std::string::npos);
  CHECK_NOTHROW((void)build(options, {1, 28, 28}, 10));
}

TEST_CASE("the options list every choice once") {
  ModelOptions options;
  const Fields fields = options.fields();
  CHECK(
      dump_json(result_options(fields)) ==
      R"({"model":"mlp","hidden":[128,64],"channels":[16,32],"activation":"relu","dropout":0.0})");
}

}  // namespace
}  // namespace mx
