// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "net/families.h"
#include "net/message.h"

namespace mx {
namespace {

ModelOptions sizes(Family family, std::int64_t layers, std::int64_t heads, std::int64_t dim,
                   std::int64_t context) {
  ModelOptions options;
  options.family = family;
  options.layers = layers;
  options.heads = heads;
  options.dim = dim;
  options.context = context;
  return options;
}

std::uint64_t parameters(const ModelOptions& options, std::int64_t vocab) {
  return cost(build_language_model(options, vocab)).parameters;
}

TEST_CASE("networks of published sizes have the published numbers of parameters") {
  // GPT-2 small (Radford et al. 2019) and nanoGPT's character network.
  CHECK(parameters(sizes(Family::gpt, 12, 12, 768, 1024), 50257) == 124'439'808);
  CHECK(parameters(sizes(Family::gpt, 4, 4, 128, 64), 65) == 809'856);
  // Llama 7B (Touvron et al. 2023).
  ModelOptions llama = sizes(Family::llama, 32, 32, 4096, 2048);
  llama.feedforward = 11008;
  CHECK(parameters(llama, 32000) == 6'738'415'616);
  // Llama 3 8B: grouped queries.
  llama.kv_heads = 8;
  llama.feedforward = 14336;
  CHECK(parameters(llama, 128256) == 8'030'261'248);
  // BERT base with its pooler, without a head: the two classes' head apart.
  const Network bert = build_classifier(sizes(Family::bert, 12, 12, 768, 512), 30522, 2);
  CHECK(cost(bert).parameters == 109'482'240 + 2 * 768 + 2);
}

TEST_CASE("a transformer that is written and read again is the same") {
  for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
    ModelOptions options = sizes(family, 2, 4, 32, 16);
    options.dropout = 0.1;
    if (family == Family::llama) options.kv_heads = 2;
    const Network network = build_language_model(options, 50);
    CHECK(to_json(network_from_json(to_json(network), "it")) == to_json(network));
    CHECK(takes_tokens(network));
    CHECK(context_of(network) == 16);
    CHECK(vocabulary_of(network) == 50);
    CHECK(output_shape(network) == Shape{16, 50});
    Network pooled = network;
    CHECK(!ends_pooled(pooled));
    pooled.blocks.pop_back();
    pooled.blocks.push_back({TokenPool{.first = false}});
    CHECK(ends_pooled(pooled));
    CHECK(output_shape(with_pooled_head(pooled, 3)) == Shape{3});
    CHECK(with_pooled_head(pooled, 3).blocks.size() == pooled.blocks.size() + 1);
    CHECK(output_shape(with_pooled_head(network, 3)) == Shape{3});
    CHECK(output_shape(build_classifier(options, 50, 3)) == Shape{3});
    CHECK(to_json(with_pooled_head(network, 3)) == to_json(build_classifier(options, 50, 3)));
  }
}

TEST_CASE("a list with residual blocks is read with its places in messages") {
  const auto refusal = [](std::string_view blocks) {
    return message_of([&] {
      (void)network_from_json(
          parse_json(fmt::format(R"([{{"input":{{"tokens":8}}}},)"
                                 R"({{"embedding":{{"name":"e","vocab":9,"dim":4}}}},{}])",
                                 blocks),
                     "it"),
          "it");
    });
  };
  CHECK(refusal(R"({"residual":{"rmsnorm":{"name":"n","dim":4}}})") ==
        "it: block 2 is not a list of blocks");
  CHECK(refusal(R"({"residual":[{"rmsnorm":{"name":"n","dim":5}}]})") ==
        "block 2.0 (rmsnorm 'n') takes 5 numbers, but gets [8, 4]");
  CHECK(refusal(R"({"residual":[{"rmsnorm":{"name":"e","dim":4}}]})") ==
        "block 2.0 (rmsnorm 'e') has the name of block 1");
  CHECK(
      refusal(R"({"residual":[{"linear":{"name":"l","in":4,"out":3}}]})").find("cannot be added") !=
      std::string::npos);
  CHECK(refusal(R"({"residual":[{"input":{"tokens":8}}]})").find("opens with its input") !=
        std::string::npos);
  CHECK(refusal(R"({"embedding":{"name":"f","vocab":9,"dim":4}})").find("takes tokens") !=
        std::string::npos);
  const auto attention = [&](std::string_view sizes) {
    return refusal(fmt::format(R"({{"attention":{{"name":"a","dim":4,{}}}}})", sizes));
  };
  CHECK(attention(R"("heads":4,"kv_heads":3,"head_dim":1)").find("evenly") != std::string::npos);
  CHECK(attention(R"("heads":4,"kv_heads":2,"head_dim":1,"rope":1e4)").find("pairs") !=
        std::string::npos);
  CHECK(attention(R"("heads":4,"kv_heads":2,"head_dim":4,"rope":1e4,"rope_factors":[1])")
            .find("are 1 numbers") != std::string::npos);
  CHECK(attention(R"("heads":4,"kv_heads":2,"head_dim":4,"rope_factors":[1,1])").find("0 turned") !=
        std::string::npos);
  CHECK(attention(R"("heads":4,"kv_heads":2,"head_dim":4,"rope":1e4,"rope_factors":[1,-2])")
            .find("factor is -2") != std::string::npos);
  CHECK(
      attention(R"("heads":4,"kv_heads":2,"head_dim":4,"rope":1e4,"rope_factors":[1,0])").empty());
  CHECK(
      attention(R"("heads":4,"kv_heads":2,"head_dim":4,"rope":1e4,"rope_factors":[1,2])").empty());
  CHECK(attention(R"("heads":2147483647,"kv_heads":1,"head_dim":2147483647)").find("too large") !=
        std::string::npos);
  CHECK(attention(R"("heads":4,"kv_heads":2,"head_dim":1)").empty());
}

TEST_CASE("tokens are embedded, and only tokens are") {
  const auto refusal = [](std::string_view text) {
    return message_of([&] { (void)network_from_json(parse_json(text, "it"), "it"); });
  };
  CHECK(refusal(R"([{"input":{"tokens":8}},{"linear":{"name":"l","in":8,"out":3}}])")
            .find("embedding") != std::string::npos);
  CHECK(refusal(R"([{"input":{"shape":[8]}},{"embedding":{"name":"e","vocab":9,"dim":4}}])")
            .find("embedding") != std::string::npos);
  CHECK(refusal(R"([{"input":{"tokens":8}},)"
                R"({"embedding":{"name":"e","vocab":9,"dim":4,"positions":7}}])")
            .find("7 positions") != std::string::npos);
}

TEST_CASE("a language model's head is not prunable, a classifier's is") {
  const auto prunable = [](const Network& network, std::string_view name) {
    for (const TensorSpec& spec : tensors(network)) {
      if (spec.name == name) return spec.prunable;
    }
    FAIL("there is no " << name);
    return false;
  };
  const ModelOptions llama = sizes(Family::llama, 1, 2, 16, 8);
  CHECK_FALSE(prunable(build_language_model(llama, 20), "head.weight"));
  CHECK(prunable(build_language_model(llama, 20), "0.ff.gate"));
  CHECK_FALSE(prunable(build_language_model(llama, 20), "embed.tokens"));
  CHECK(prunable(build_classifier(llama, 20, 2), "head.weight"));
}

TEST_CASE("sizes that do not fit and families of rows are usage errors") {
  CHECK(message_of([] {
          (void)build_language_model(sizes(Family::gpt, 1, 3, 16, 8), 9);
        }).find("divided") != std::string::npos);
  CHECK(message_of([] { (void)build_language_model({}, 9); }).find("takes rows") !=
        std::string::npos);
  CHECK(message_of([] {
          (void)build(sizes(Family::gpt, 1, 4, 16, 8), {4}, 2);
        }).find("takes text") != std::string::npos);
  CHECK(message_of([] { (void)with_pooled_head(build({}, {4}, 2), 2); }).find("no language") !=
        std::string::npos);
}

}  // namespace
}  // namespace mx
