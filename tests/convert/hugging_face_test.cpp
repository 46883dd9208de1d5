// SPDX-License-Identifier: Apache-2.0
// Tiny models of Transformers, held against the logits that it computes.
#include "convert/hugging_face.h"

#include <cmath>
#include <deque>
#include <functional>

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

// What the network gives for the last of the golden ids, or for all of them.
std::vector<float> last_outputs(const HuggingFace& read, const std::vector<TokenId>& ids) {
  ThreadPool pool(2);
  std::vector<Weight> weights;
  for (std::size_t i = 0; i < read.tensors->entries().size(); ++i) {
    weights.push_back({.name = read.tensors->entries()[i].name, .values = read.tensors->read(i)});
  }
  const Engine engine(read.network, weights, pool);
  const auto outputs = static_cast<std::size_t>(output_shape(read.network).back());
  // What sees ahead gives the outputs of all tokens.
  const bool all = read.family == "bert" && output_shape(read.network).size() == 2;
  std::vector<float> out(all ? outputs * ids.size() : outputs);
  Sequence(engine).feed(ids, out);
  return {out.end() - static_cast<std::ptrdiff_t>(outputs), out.end()};
}

double distance(const std::vector<float>& own, const Json& expected) {
  REQUIRE(own.size() == expected.size());
  double apart = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    apart = std::max(apart, std::fabs(own[i] - expected[i].get<double>()));
  }
  MESSAGE("largest difference ", apart);
  return apart;
}

TEST_CASE("models of Transformers give the logits that it gives") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  CHECK(golden["logits"].size() == 13);
  for (const auto& [model, expected] : golden["logits"].items()) {
    CAPTURE(model);
    const HuggingFace read = read_hugging_face(config_of(model), "config.json", tensors_of(model));
    CHECK(distance(last_outputs(read, ids), expected) < 1e-5);
  }
}

TEST_CASE("RoBERTa under its other names is the same network") {
  const auto network_of = [](const char* type) {
    Json config = config_of("roberta");
    config["model_type"] = type;
    return to_json(read_hugging_face(config, "config", tensors_of("roberta")).network);
  };
  CHECK(network_of("xlm-roberta") == network_of("roberta"));
  CHECK(network_of("camembert") == network_of("roberta"));
}

// A model's tensors with other names, and more of them, all zero.
std::unique_ptr<TensorSource> renamed(const TensorSource& from,
                                      const std::function<std::string(std::string)>& name,
                                      const std::vector<TensorEntry>& more) {
  static std::deque<Bytes> kept;
  test::Held held = test::read_through(from);
  for (TensorEntry& entry : held.entries) entry.name = name(entry.name);
  for (const TensorEntry& entry : more) {
    held.entries.push_back(entry);
    held.values.emplace_back(byte_count(entry.dtype, entry.shape));
  }
  return open_source(
      io::memory_input(kept.emplace_back(test::write_all(Foreign::safetensors, held)), "old"));
}

TEST_CASE("the oldest models are read: TensorFlow's names, heads that are not asked, idle keys") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  Json config = config_of("bert");
  // Google's own notes, an older version's settings of how text is drawn, and private ones.
  config.update({{"directionality", "bidi"},
                 {"pooler_type", "first_token_transform"},
                 {"pooler_num_fc_layers", 3},
                 {"max_length", 20},
                 {"_num_labels", 2}});
  const auto old = [](std::string name) {
    for (const auto& [from, to] : {std::pair("LayerNorm.weight", "LayerNorm.gamma"),
                                   std::pair("LayerNorm.bias", "LayerNorm.beta")}) {
      if (name.ends_with(from)) name.replace(name.size() - std::string_view(from).size(), 99, to);
    }
    return name;
  };
  const HuggingFace read = read_hugging_face(
      config, "c",
      renamed(*tensors_of("bert"), old,
              {{"bert.pooler.dense.weight", DType::f16, {32, 32}, Scheme::plain},
               {"bert.pooler.dense.bias", DType::f16, {32}, Scheme::plain},
               {"cls.seq_relationship.weight", DType::f16, {2, 32}, Scheme::plain},
               {"cls.seq_relationship.bias", DType::f16, {2}, Scheme::plain}}));
  CHECK(distance(last_outputs(read, ids), golden["logits"]["bert"]) < 1e-5);
  config["directional"] = "bidi";  // nothing that is known
  CHECK(refusal(config, "bert") ==
        "config.json asks for directional = \"bidi\", which is not known here");
}

TEST_CASE("stretched rotary positions give the logits that Transformers gives") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  CHECK(golden["variants"].size() == 6);
  for (const auto& [name, variant] : golden["variants"].items()) {
    CAPTURE(name);
    const std::string model = variant["model"];
    const HuggingFace read = read_hugging_face(variant["config"], "c", tensors_of(model));
    CHECK(distance(last_outputs(read, ids), variant["logits"]) < 1e-5);
    // Where the factors change behind the length of the first training, that is the context.
    CHECK(context_of(read.network) == (name.ends_with("longrope") ? 12 : 24));
    // The settings as older versions have them.
    Json older = variant["config"];
    older["rope_theta"] = older["rope_parameters"]["rope_theta"];
    older["rope_scaling"] = older["rope_parameters"];
    older["rope_scaling"]["type"] = older["rope_scaling"]["rope_type"];
    older["rope_scaling"].erase("rope_type");
    older["rope_scaling"].erase("rope_theta");
    older.erase("rope_parameters");
    const HuggingFace again = read_hugging_face(older, "c", tensors_of(model));
    CHECK(to_json(again.network) == to_json(read.network));
  }
}

TEST_CASE("the same models in GGUF give the same logits") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto ids = golden["ids"].get<std::vector<TokenId>>();
  for (const std::string model : {"llama", "llama3", "qwen2", "qwen3", "gpt2", "bert"}) {
    CAPTURE(model);
    auto source = open_source(test::golden("hf/" + model + ".gguf"));
    REQUIRE(is_gguf_model(*source));
    GgufModel gguf = read_gguf_model(std::move(source));
    CHECK(gguf.pooling.has_value() == (model == "bert"));
    const HuggingFace read =
        read_hugging_face(gguf.config, "x", std::move(gguf.tensors), gguf.pooling);
    if (model == "llama3") {
      CHECK(distance(last_outputs(read, ids), golden["variants"]["llama3"]["logits"]) < 1e-5);
      continue;
    }
    const std::string folder = model == "bert" ? "bert-sentence" : model;
    const HuggingFace other =
        read_hugging_face(config_of(folder), "x", tensors_of(folder), gguf.pooling);
    CHECK(to_json(read.network) == to_json(other.network));
    const std::vector<float> expected = last_outputs(other, ids);
    CHECK(distance(last_outputs(read, ids), expected) < 1e-5);
    if (model == "bert") continue;
    CHECK(distance(last_outputs(read, ids), golden["logits"][model]) < 1e-5);
  }
  CHECK(!is_gguf_model(*open_source(test::golden("types.gguf"))));
}

// A source without one of its tensors, or with one of them of another shape.
class Lacking final : public TensorSource {
 public:
  Lacking(const TensorSource& all, std::size_t which, bool reshaped) : all_(all) {
    for (std::size_t i = 0; i < all.entries().size(); ++i) {
      if (i == which && !reshaped) continue;
      entries_.push_back(all.entries()[i]);
      if (i == which) entries_.back().shape.push_back(1);
      from_.push_back(i);
    }
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override { return all_.read(from_.at(i)); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return from_.at(i); }

 private:
  const TensorSource& all_;
  std::vector<TensorEntry> entries_;
  std::vector<std::size_t> from_;
};

// Taken as a network whose tensors are all there, or refused as input.
bool taken(const Json& config, std::unique_ptr<TensorSource> tensors) {
  const std::optional<SentencePooling> pooling = SentencePooling{};
  try {
    const HuggingFace read = read_hugging_face(config, "c", std::move(tensors), pooling);
    (void)test::read_through(*read.tensors);
    return true;
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    CHECK(!error.message().empty());
    return false;
  }
}

TEST_CASE("configs that lie and folders that lack a tensor are refused in words") {
  const Json hostile[] = {nullptr,
                          true,
                          -1,
                          0,
                          1,
                          3,
                          2147483648LL,
                          1.5,
                          1e308,
                          -1e-308,
                          "x",
                          "",
                          Json::array({1, "a"}),
                          Json{{"rope_type", 1}, {"factor", "x"}}};
  for (const std::string model :
       {"llama", "qwen3", "phi3", "gpt2", "bert", "bert-sentence", "roberta", "distilbert"}) {
    CAPTURE(model);
    const Json config = config_of(model);
    const auto all = tensors_of(model);
    std::size_t accepted = 0, tried = 0;
    for (const auto& [key, value] : config.items()) {
      for (const Json& lie : hostile) {
        Json lying = config;
        lying[key] = lie;
        ++tried;
        accepted += taken(lying, tensors_of(model)) ? 1 : 0;
      }
    }
    CHECK(accepted > 0);
    CHECK(accepted < tried);
    // Of a sentence's model the pooler is not read, and of a tied head the bias is the other's.
    const auto idle = [&](const std::string& name) {
      return name.starts_with("pooler.") || name.ends_with("decoder.bias");
    };
    for (std::size_t i = 0; i < all->entries().size(); ++i) {
      CAPTURE(all->entries()[i].name);
      if (idle(all->entries()[i].name)) continue;
      CHECK(!taken(config, std::make_unique<Lacking>(*all, i, false)));
      CHECK(!taken(config, std::make_unique<Lacking>(*all, i, true)));
    }
  }
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
      with("llama", "rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}) ==
      R"(config.json asks for rope_scaling = {"type":"dynamic","factor":2.0}, which is not known here)");
  for (const Json& settings : {
           Json{{"rope_type", "llama3"}},
           Json{{"rope_type", "linear"}, {"factor", -1.0}},
           Json{{"rope_type", "linear"}, {"factor", 2.0}, {"surprise", 1}},
           Json{{"rope_type", "yarn"}, {"factor", 2.0}, {"mscale", 1.0}},
           Json{{"rope_type", "longrope"}, {"short_factor", {1.0}}, {"long_factor", {1.0}}},
           Json{{"rope_type", "default"}, {"partial_rotary_factor", 0.5}},
           Json("linear"),
       }) {
    CHECK(with("llama", "rope_parameters", settings)
              .starts_with("config.json asks for rope_parameters = "));
  }
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
