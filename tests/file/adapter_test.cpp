// SPDX-License-Identifier: Apache-2.0
#include "file/adapter.h"

#include <doctest/doctest.h>

#include <functional>

#include "file/head.h"
#include "file/packed.h"
#include "sample.h"

namespace mx {

using namespace testing;  // NOLINT: a test

namespace {

Model adapter() {
  Random random(3);
  Model model;
  model.header.kind = FileKind::adapter;
  model.header.base = Sha256{1, 2, 3};
  model.header.family = "mlp";
  model.header.extra = to_json(AdapterFacts{.rank = 4, .alpha = 6});
  for (const auto& [name, out, in] :
       {std::tuple{"0.weight", 16, 64}, std::tuple{"head.weight", 10, 16}}) {
    model.weights.push_back({std::string(name) + ".lora_a", random_tensor({4, in}, random)});
    model.weights.push_back({std::string(name) + ".lora_b", random_tensor({out, 4}, random)});
  }
  for (const Weight& weight : model.weights) model.header.tensors.push_back(entry_of(weight));
  return model;
}

std::string refusal(const Header& header) {
  try {
    check_header(header);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return {};
}

// What reading a head says that holds this JSON.
std::string head_refusal(std::string_view json) {
  Header header = adapter().header;
  Bytes content = encode_head(header);
  const std::string old = dump_json(Json{{"family", "mlp"}, {"extra", header.extra}});
  const auto at = std::ranges::search(content, view(old)).begin() - content.begin();
  REQUIRE(static_cast<std::size_t>(at) < content.size());
  ByteWriter out;
  out.put(ByteView(content).first(static_cast<std::size_t>(at) - 1));
  out.sized(view(json));
  out.put(ByteView(content).subspan(static_cast<std::size_t>(at) + old.size()));
  try {
    (void)decode_head(out.bytes(), 3);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return {};
}

}  // namespace

TEST_CASE("an adapter comes back as it was written, from a file and through a pipe") {
  ThreadPool pool(1);
  Model model = adapter();
  const Bytes bytes = bytes_of(model, pool);
  CHECK(bytes[8] == 5);  // the version
  CHECK(same(model_of(bytes, pool), model));
  PipeInput pipe(bytes);
  CHECK(same(read_model(pipe, pool), model));
  const AdapterFacts facts = adapter_facts(model.header);
  CHECK(facts.scale() == 1.5);
  CHECK(adapted_maps(model.header) == std::vector<std::string>{"0.weight", "head.weight"});
  CHECK(parameters_of(model.header) == 4 * (64 + 16 + 16 + 10));
}

TEST_CASE("an adapter cut at any byte or with a flipped bit is refused") {
  ThreadPool pool(1);
  Model model = adapter();
  const Bytes bytes = bytes_of(model, pool);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CHECK_THROWS_AS((void)model_of(ByteView(bytes).first(cut), pool), Error);
  }
  Bytes bad = bytes;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CAPTURE(bit);
    CHECK_THROWS_AS((void)model_of(bad, pool), Error);
    bad[bit / 8] = bytes[bit / 8];
  }
}

TEST_CASE("an earlier version knows no adapters") {
  const Bytes content = encode_head(adapter().header);
  CHECK_NOTHROW((void)decode_head(content, 3));
  CHECK_THROWS_WITH_AS((void)decode_head(content, 2), "the head names an unknown kind of file",
                       Error);
}

TEST_CASE("an earlier version knows no caches with hidden states, and version 4 nothing else") {
  Header header;
  header.kind = FileKind::cache;
  header.extra = {{"hidden", {0}}};
  const Bytes content = encode_head(header);
  CHECK_NOTHROW((void)decode_head(content, 4));
  for (const std::uint64_t version : {1, 2, 3}) {
    CAPTURE(version);
    CHECK_THROWS_AS((void)decode_head(content, version), Error);
  }
  header.extra = {{"rows", 1}};
  CHECK_THROWS_WITH_AS((void)decode_head(encode_head(header), 4),
                       "the head is of version 4, but holds what version 2 does", Error);
}

TEST_CASE("an adapter's head that lies is refused with what is wrong") {
  struct Lie {
    std::function<void(Header&)> tell;
    const char* refused;
  };
  const std::vector<Lie> lies = {
      {[](Header& h) { h.base.reset(); }, "names no base"},
      {[](Header& h) { h.network = digits_model({16}, 0, false).header.network; }, "has a network"},
      {[](Header& h) { h.extra = nullptr; }, ""},
      {[](Header& h) { h.extra["rank"] = 0; }, "rank"},
      {[](Header& h) { h.extra["rank"] = -4; }, "rank"},
      {[](Header& h) { h.extra["rank"] = 4.5; }, "rank"},
      {[](Header& h) { h.extra["rank"] = 5; }, "no factors of rank 5"},
      {[](Header& h) { h.extra["alpha"] = -1; }, "not above 0"},
      {[](Header& h) { h.extra["alpha"] = 0; }, "not above 0"},
      {[](Header& h) { h.extra["alpha"] = std::nan(""); }, "not above 0"},
      {[](Header& h) { h.extra["alpha"] = "6"; }, "alpha"},
      {[](Header& h) { h.extra["beta"] = 1; }, "beta"},
      {[](Header& h) { h.tensors.clear(); }, "0 tensors"},
      {[](Header& h) { h.tensors.pop_back(); }, "3 tensors"},
      {[](Header& h) { std::swap(h.tensors[0], h.tensors[1]); }, "where NAME.lora_a belongs"},
      {[](Header& h) { std::swap(h.tensors[1], h.tensors[3]); }, "another map"},
      {[](Header& h) { h.tensors[2] = h.tensors[0]; }, "twice"},
      {[](Header& h) { h.tensors[0].name = ".lora_a"; }, "where NAME.lora_a belongs"},
      {[](Header& h) {
         h.tensors[0].shape = {4, 3};
       },
       "no factors"},
      {[](Header& h) { h.tensors[0].shape = {4}; }, "no factors"},
      {[](Header& h) {
         h.tensors[1].shape = {16, 5};
       },
       "no factors"},
      {[](Header& h) {
         h.tensors[1].shape = {3, 4};
       },
       "no factors"},
  };
  CHECK(refusal(adapter().header).empty());
  for (std::size_t i = 0; i < lies.size(); ++i) {
    CAPTURE(i);
    Header header = adapter().header;
    lies[i].tell(header);
    const std::string said = refusal(header);
    CHECK_FALSE(said.empty());
    CAPTURE(said);
    CHECK(said.find(lies[i].refused) != std::string::npos);
  }
  CHECK(head_refusal(R"({"extra":{"rank":4,"alpha":6}})").empty());
  CHECK_FALSE(head_refusal(R"({"extra":{"rank":4,"alpha":NaN}})").empty());
  CHECK_FALSE(head_refusal(R"({"extra":{"rank":4,"alpha":1e999}})").empty());
  CHECK_FALSE(head_refusal(R"({"extra":{"rank":4,"alpha":6,"alpha":7}})").empty());
}

TEST_CASE("where a model is wanted an adapter is refused, and no other file") {
  CHECK_THROWS_WITH_AS(refuse_adapter(adapter().header, "a\n.mx"),
                       "a\\x0a.mx is an adapter, not a model", Error);
  CHECK_NOTHROW(refuse_adapter(digits_model({4}, 0, false).header, "m.mx"));
}

}  // namespace mx
