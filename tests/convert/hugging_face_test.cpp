// SPDX-License-Identifier: Apache-2.0
// Tiny models of Transformers, held against the logits that it computes.
#include "convert/hugging_face.h"

#include <cmath>

#include "convert/gguf_model.h"
#include "engine/sequence.h"
#include "helpers.h"

namespace mx {
namespace {

Json config_of(const std::string& model) {
  return Json::parse(text(test::golden_bytes("hf/" + model + "/config.json")));
}
std::unique_ptr<TensorSource> tensors_of(const std::string& model) {
  return open_source(test::golden("hf/" + model + "/model.safetensors"));
}
std::string refusal(const Json& config, const std::string& model) {
  try {
    (void)read_hugging_face(config, "config.json", tensors_of(model));
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return "taken";
}

TEST_CASE("models of Transformers give the logits that it gives") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  CHECK(golden["logits"].size() == 7);
  ThreadPool pool(2);
  for (const auto& [model, expected] : golden["logits"].items()) {
    CAPTURE(model);
    const HuggingFace read = read_hugging_face(config_of(model), "config.json", tensors_of(model));
    std::vector<Weight> weights;
    for (std::size_t i = 0; i < read.tensors->entries().size(); ++i) {
      weights.push_back({.name = read.tensors->entries()[i].name, .values = read.tensors->read(i)});
    }
    const Engine engine(read.network, weights, pool);
    std::vector<float> logits(static_cast<std::size_t>(output_shape(read.network).back()));
    REQUIRE(logits.size() == expected.size());
    // What sees ahead gives the outputs of all tokens, of which the last is compared.
    if (model == "bert") logits.resize(logits.size() * ids.size());
    Sequence(engine).feed(ids, logits);
    double apart = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const float own = logits[logits.size() - expected.size() + i];
      apart = std::max(apart, std::fabs(own - expected[i].get<double>()));
    }
    MESSAGE(model, " ", apart);
    CHECK(apart < 1e-4);
  }
}

TEST_CASE("the same models in GGUF give the same logits") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  ThreadPool pool(2);
  for (const std::string model : {"llama", "qwen2"}) {
    CAPTURE(model);
    auto source = open_source(test::golden("hf/" + model + ".gguf"));
    REQUIRE(is_gguf_model(*source));
    GgufModel gguf = read_gguf_model(std::move(source));
    const HuggingFace read = read_hugging_face(gguf.config, "x", std::move(gguf.tensors));
    const HuggingFace other = read_hugging_face(config_of(model), "x", tensors_of(model));
    CHECK(to_json(read.network) == to_json(other.network));
    std::vector<Weight> weights;
    for (std::size_t i = 0; i < read.tensors->entries().size(); ++i) {
      weights.push_back({.name = read.tensors->entries()[i].name, .values = read.tensors->read(i)});
    }
    const Engine engine(read.network, weights, pool);
    const Json& expected = golden["logits"][model];
    std::vector<float> logits(expected.size());
    Sequence(engine).feed(ids, logits);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(std::fabs(logits[i] - expected[i].get<double>()) < 1e-4);
    }
  }
  CHECK(!is_gguf_model(*open_source(test::golden("types.gguf"))));
}

TEST_CASE("what a config asks for and blocks cannot say is refused by its name") {
  const auto with = [](const std::string& model, const char* key, Json value) {
    Json config = config_of(model);
    config[key] = std::move(value);
    return refusal(config, model);
  };
  CHECK(with("llama", "model_type", "mamba") ==
        "config.json is of the model type 'mamba', which is not known here");
  CHECK(
      with("llama", "rope_scaling", {{"type", "linear"}, {"factor", 2.0}}) ==
      R"(config.json asks for rope_scaling = {"type":"linear","factor":2.0}, which is not known here)");
  CHECK(with("llama", "rope_parameters", {{"rope_type", "llama3"}})
            .starts_with("config.json asks for rope_parameters = "));
  CHECK(with("llama", "hidden_act", "relu2") ==
        "config.json asks for hidden_act = \"relu2\", which is not known here");
  CHECK(with("llama", "logit_scale", 0.5) ==
        "config.json asks for logit_scale = 0.5, which is not known here");
  CHECK(with("llama", "something_off", false) == "taken");
  CHECK(with("llama", "hidden_size", -3) ==
        "config.json asks for hidden_size = -3, which is no size");
  CHECK(with("llama", "num_hidden_layers", 1 << 29) ==
        "config.json asks for num_hidden_layers = 536870912, more than there are tensors");
  CHECK(with("llama", "hidden_size", "x") ==
        "config.json asks for hidden_size = \"x\", which is no size");
  CHECK(with("llama", "hidden_size", nullptr) == "config.json does not say hidden_size");
  CHECK(with("llama", "num_hidden_layers", 3) ==
        "the tensor model.layers.2.input_layernorm.weight is missing");
  CHECK(with("llama", "num_hidden_layers", 1) ==
        "the network has no place for the tensor model.layers.1.input_layernorm.weight [32]");
  CHECK(with("llama", "intermediate_size", 44).starts_with("the tensor model.layers.0.mlp."));
  CHECK(with("gpt2", "scale_attn_by_inverse_layer_idx", true) ==
        "config.json asks for scale_attn_by_inverse_layer_idx = true, which is not known here");
  CHECK(with("bert", "position_embedding_type", "relative_key") ==
        "config.json asks for position_embedding_type = \"relative_key\", which is not known here");
  // Within its window attention over a window is the whole.
  Json windowed = config_of("mistral");
  windowed["sliding_window"] = 16;
  CHECK(context_of(read_hugging_face(windowed, "c", tensors_of("mistral")).network) == 16);
}

}  // namespace
}  // namespace mx
