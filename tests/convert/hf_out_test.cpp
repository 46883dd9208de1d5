// SPDX-License-Identifier: Apache-2.0
// Networks written for Transformers and llama.cpp, read back as the same networks and numbers.
#include "convert/hf_out.h"

#include "convert/gguf_model.h"
#include "convert/gguf_out.h"
#include "helpers.h"
#include "net/families.h"

namespace mx {
namespace {

// Tensors out of memory.
class Given final : public TensorSource {
 public:
  explicit Given(const Network& network) {
    std::uint32_t bits = 0x3C000000;
    for (const TensorSpec& spec : tensors(network)) {
      Tensor tensor(DType::f32, spec.shape);
      for (float& number : tensor.as<float>()) number = std::bit_cast<float>(bits += 977);
      entries_.push_back({spec.name, DType::f32, spec.shape});
      tensors_.push_back(std::move(tensor));
    }
  }
  explicit Given(const TensorSource& other) : entries_(other.entries()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) tensors_.push_back(other.read(i));
  }
  [[nodiscard]] const std::vector<TensorEntry>& entries() const override { return entries_; }
  [[nodiscard]] Tensor read(std::size_t i) const override { return tensors_.at(i); }
  [[nodiscard]] std::uint64_t glance(std::size_t i) const override { return i; }

 private:
  std::vector<TensorEntry> entries_;
  std::vector<Tensor> tensors_;
};

HuggingFace golden_model(const std::string& name, const std::optional<SentencePooling>& pooling) {
  return read_hugging_face(
      Json::parse(text(test::golden_bytes(fmt::format("hf/{}/config.json", name)))), "c",
      open_source(test::golden(fmt::format("hf/{}/model.safetensors", name))), pooling);
}

Header header_of(const Network& network) {
  Header header;
  header.network = network;
  return header;
}

void check_same(const HuggingFace& read, const Network& network, const TensorSource& ours) {
  CHECK(to_json(read.network) == to_json(network));
  CHECK(test::same(test::read_through(*read.tensors), test::read_through(ours)));
}

std::string refusal(const Network& network) {
  try {
    (void)make_hugging_face(header_of(network), Given(network));
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    return error.message();
  }
  return "taken";
}

TEST_CASE("what came from Transformers goes back, and is the same when it comes again") {
  const std::pair<const char*, const char*> kModels[] = {{"llama", "llama"},
                                                         {"llama-tied", "llama"},
                                                         {"mistral", "llama"},
                                                         {"qwen2", "qwen2"},
                                                         {"qwen3", "qwen3"},
                                                         {"phi3", "llama"},
                                                         {"gpt2", "gpt2"},
                                                         {"bert", "bert"},
                                                         {"bert-classifier", "bert"},
                                                         {"bert-sentence", "bert"},
                                                         {"roberta", "bert"},
                                                         {"roberta-classifier", "bert"},
                                                         {"distilbert", "distilbert"},
                                                         {"distilbert-classifier", "distilbert"}};
  for (const auto& [name, type] : kModels) {
    CAPTURE(name);
    std::optional<SentencePooling> pooling;
    if (std::string_view(name) == "bert-sentence") pooling = {{.longest = 20}};
    HuggingFace first = golden_model(name, pooling);
    const Given ours(*first.tensors);
    const Header header = header_of(first.network);
    HfOut out = make_hugging_face(header, ours);
    CHECK(out.type == type);
    CHECK(out.pooling.has_value() == pooling.has_value());
    // As text, as it goes to a file.
    const Json config = Json::parse(out.config.dump());
    const HuggingFace again =
        read_hugging_face(config, "config.json", std::move(out.tensors), out.pooling);
    check_same(again, first.network, ours);
    // The same maps stand where the same model of Transformers has them.
    if (std::string_view(name) == type) {
      const auto theirs = open_source(test::golden(fmt::format("hf/{}/model.safetensors", name)));
      const HfOut once_more = make_hugging_face(header, ours);
      for (std::size_t i = 0; i < once_more.tensors->entries().size(); ++i) {
        const TensorEntry& entry = once_more.tensors->entries()[i];
        const auto found = std::ranges::find(theirs->entries(), entry.name, &TensorEntry::name);
        REQUIRE(found != theirs->entries().end());
        const auto at = static_cast<std::size_t>(found - theirs->entries().begin());
        CHECK(test::hex(theirs->read(at).data.bytes()) ==
              test::hex(once_more.tensors->read(i).data.bytes()));
      }
    }
  }
}

TEST_CASE("stretched positions go back as settings that say the same") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const auto with = [&](const Json& rope, std::int64_t context) {
    Json config = golden["variants"]["llama3"]["config"];
    config["rope_parameters"] = rope;
    config["max_position_embeddings"] = context;
    const HuggingFace read =
        read_hugging_face(config, "c", open_source(test::golden("hf/llama/model.safetensors")));
    const Given ours(*read.tensors);
    HfOut out = make_hugging_face(header_of(read.network), ours);
    check_same(read_hugging_face(out.config, "c", std::move(out.tensors)), read.network, ours);
    return out.config.value("rope_scaling", Json());
  };
  CHECK(with({{"rope_type", "default"}, {"rope_theta", 5e5}}, 24).is_null());
  CHECK(with({{"rope_type", "linear"}, {"factor", 4.0}}, 24) ==
        Json{{"rope_type", "linear"}, {"factor", 4.0}});
  const Json meta = {{"rope_type", "llama3"},
                     {"factor", 32.0},
                     {"low_freq_factor", 1.0},
                     {"high_freq_factor", 4.0},
                     {"original_max_position_embeddings", 8192},
                     {"rope_theta", 5e5}};
  Json expected = meta;
  expected.erase("rope_theta");
  CHECK(with(meta, 131072) == expected);
  CHECK(with({{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 6}},
             24)["rope_type"] == "longrope");
}

TEST_CASE("heads that turn in part are refused with the reason") {
  const Json golden = Json::parse(text(test::golden_bytes("hf/logits.json")));
  const HuggingFace read =
      read_hugging_face(golden["variants"]["partial"]["config"], "c",
                        open_source(test::golden("hf/phi3/model.safetensors")));
  CHECK(refusal(read.network).find("only a part of each head turns") != std::string::npos);
}

TEST_CASE("networks of our own families are models of Transformers") {
  const std::pair<Family, const char*> kFamilies[] = {
      {Family::gpt, "gpt2"}, {Family::llama, "llama"}, {Family::bert, "bert"}};
  for (const auto& [family, type] : kFamilies) {
    const ModelOptions options{
        .family = family, .layers = 2, .heads = 2, .dim = 32, .context = 16, .dropout = 0.1};
    const Network network = build_language_model(options, 50);
    const Given ours(network);
    HfOut out = make_hugging_face(header_of(network), ours);
    CHECK(out.type == type);
    const HuggingFace again = read_hugging_face(out.config, "c", std::move(out.tensors));
    CHECK(test::same(test::read_through(*again.tensors), test::read_through(ours)));
  }
}

TEST_CASE("what no model of Transformers has is refused with the block and what would fit") {
  const ModelOptions options{
      .family = Family::llama, .layers = 2, .heads = 4, .dim = 32, .context = 16};
  Network network = build_language_model(options, 50);
  auto& second = std::get<Residual>(network.blocks[5].any);
  std::get<FeedForward>(second.blocks[1].any).hidden = 40;
  CHECK(refusal(network) ==
        "no model of Transformers is this network: block 5.1 (feedforward '1.ff') is \"hidden\" "
        "40, where a llama has \"hidden\" 96");
  ModelOptions gpt = options;
  gpt.family = Family::gpt;
  Network cut = build_language_model(gpt, 50);
  for (Block& block : cut.blocks) {
    auto* const residual = std::get_if<Residual>(&block.any);
    if (residual == nullptr) continue;
    if (auto* const attention = std::get_if<Attention>(&residual->blocks[1].any)) {
      attention->heads = attention->kv_heads = 3;
    }
  }
  CHECK(refusal(cut).find("block 2.1 (attention '0.attn') is \"head_dim\" 8, where a gpt2 has") !=
        std::string::npos);
  CHECK(refusal(build_classifier(options, 50, 3)) ==
        "no model of Transformers is this network: block 7 is a token_pool, where a llama has a "
        "linear");
  CHECK(refusal(build({.hidden = {4}}, {8}, 2)) ==
        "no model of Transformers is this network: it takes no tokens");
}

TEST_CASE("GGUF is read back as the same network and the same numbers") {
  for (const std::string name : {"llama", "llama3", "qwen2", "qwen3", "gpt2", "bert"}) {
    CAPTURE(name);
    GgufModel gguf = read_gguf_model(open_source(test::golden("hf/" + name + ".gguf")));
    const HuggingFace first =
        read_hugging_face(gguf.config, "c", std::move(gguf.tensors), gguf.pooling);
    const Given ours(*first.tensors);
    Header header = header_of(first.network);
    header.rights.license = "MIT";
    header.extra = {{"embedding", {{"normalize", true}}}};
    const HfOut out = make_hugging_face(header, ours);
    Bytes bytes;
    write_gguf(*io::memory_output(bytes), header, out, GgufType::stored, nullptr);
    GgufModel back = read_gguf_model(open_source(io::memory_input(bytes, "x")));
    CHECK(back.tensors->metadata()["general.license"] == "MIT");
    check_same(read_hugging_face(back.config, "c", std::move(back.tensors), back.pooling),
               first.network, ours);
    // As blocks of eight bits: the same network, numbers nearby.
    Bytes small;
    write_gguf(*io::memory_output(small), header, out, GgufType::q8_0, nullptr);
    GgufModel rounded = read_gguf_model(open_source(io::memory_input(small, "x")));
    const HuggingFace nearby =
        read_hugging_face(rounded.config, "c", std::move(rounded.tensors), rounded.pooling);
    CHECK(to_json(nearby.network) == to_json(first.network));
    CHECK(small.size() < bytes.size() * 3 / 4);
    for (std::size_t i = 0; i < ours.entries().size(); ++i) {
      const Tensor a = to_f32(ours.read(i)), b = to_f32(nearby.tensors->read(i));
      float largest = 0, apart = 0;
      for (std::size_t k = 0; k < a.as<float>().size(); ++k) {
        largest = std::max(largest, std::fabs(a.as<float>()[k]));
        apart = std::max(apart, std::fabs(a.as<float>()[k] - b.as<float>()[k]));
      }
      CHECK(apart <= largest / 127);
    }
  }
}

TEST_CASE("llama.cpp is given what it runs, and nothing else") {
  const auto refused = [](const std::string& name) {
    const HuggingFace read = golden_model(name, {});
    const Given ours(*read.tensors);
    const Header header = header_of(read.network);
    const HfOut out = make_hugging_face(header, ours);
    Bytes bytes;
    try {
      write_gguf(*io::memory_output(bytes), header, out, GgufType::f16, nullptr);
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::usage);
      return error.message();
    }
    return std::string("taken");
  };
  CHECK(refused("distilbert") == "llama.cpp runs no distilbert");
  CHECK(refused("bert") == "llama.cpp runs encoders for embeddings of sentences alone");
  CHECK(refused("llama") == "taken");
}

}  // namespace
}  // namespace mx
