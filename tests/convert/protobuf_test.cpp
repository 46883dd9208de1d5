// SPDX-License-Identifier: Apache-2.0
// Bytes as the examples of https://protobuf.dev/programming-guides/encoding have them.
#include "convert/protobuf.h"

#include "helpers.h"

namespace mx {
namespace {

TEST_CASE("fields of a message are written as Protocol Buffers' examples have them") {
  ProtobufMessage one;
  one.integer(1, 150);
  CHECK(test::hex(one.bytes()) == "089601");
  ProtobufMessage text;
  text.text(2, "testing");
  CHECK(test::hex(text.bytes()) == "120774657374696e67");
  ProtobufMessage outer;
  outer.message(3, one);
  CHECK(test::hex(outer.bytes()) == "1a03089601");
  ProtobufMessage negative;
  negative.integer(1, -2);
  CHECK(test::hex(negative.bytes()) == "08feffffffffffffffff01");
  ProtobufMessage many;
  many.integers(6, std::vector<std::int64_t>{1, 2, 270});
  CHECK(test::hex(many.bytes()) == "30013002308e02");
  ProtobufMessage number;
  number.number(2, 1.5F);
  CHECK(test::hex(number.bytes()) == "150000c03f");
}

TEST_CASE("what is announced is a field once its bytes follow") {
  ProtobufMessage whole;
  whole.text(20, std::string(300, 'x'));
  ProtobufMessage announced;
  announced.announce(20, 300);
  CHECK(announced.size() == 4);
  CHECK(whole.size() == announced.size() + 300);
  CHECK(test::hex(announced.bytes()) == "a201ac02");
}

}  // namespace
}  // namespace mx
