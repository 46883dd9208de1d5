// SPDX-License-Identifier: Apache-2.0
// Containers made out of a fuzzer's bytes: each byte is a choice, none left is the first one. What
// comes out has the right sums and, unless a choice says otherwise, the right sizes.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/threads.h"
#include "file/head.h"
#include "file/hostile.h"
#include "file/layout.h"
#include "file/sample.h"
#include "net/families.h"
#include "net/network.h"
#include "tensor/codec.h"

namespace mx::testing {

class Choices {
 public:
  explicit Choices(ByteView bytes) : bytes_(bytes) {}
  std::uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : std::uint8_t{0}; }
  std::size_t below(std::size_t bound) { return byte() % bound; }
  // One time in `in`, and never when no bytes are left.
  bool rarely(unsigned in = 16) { return byte() % in == in - 1; }
  std::uint64_t number() {
    static constexpr std::array<std::uint64_t, 20> kEdges = {
        0,   1,     2,     3,     4,       7,         8,           63,          64,          255,
        256, 65535, 65536, 65537, 1 << 20, 1U << 31U, 1ULL << 32U, 1ULL << 50U, 1ULL << 62U, ~0ULL};
    const std::uint8_t first = byte();
    if (first < 128) return first % 64;
    return kEdges[first % kEdges.size()] + (first >= 240 ? 1 : 0) - (first >= 228 ? 1 : 0);
  }
  Bytes some(std::size_t most) {
    Bytes out(below(most + 1));
    for (std::uint8_t& each : out) each = byte();
    return out;
  }
  [[nodiscard]] bool left() const { return at_ < bytes_.size(); }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

// Something in it becomes something else.
inline void change(Json& json, Choices& choices) {
  Json* at = &json;
  while (at->is_structured() && !at->empty() && !choices.rarely(6)) {
    const std::size_t step = choices.below(std::min<std::size_t>(at->size(), 256));
    auto next = at->begin();
    std::advance(next, step);
    at = &*next;
  }
  static const std::array<const char*, 6> kTexts = {"",     "0.weight", "embed",
                                                    "relu", "\x1b[31m", "../x"};
  switch (choices.below(8)) {
    case 0:
      if (at->is_number_float()) {
        *at = static_cast<double>(choices.number()) / 16;
      } else {
        *at = static_cast<std::int64_t>(choices.number());
      }
      break;
    case 1:
      *at = std::string(kTexts[choices.below(kTexts.size())]);
      break;
    case 2:
      *at = nullptr;
      break;
    case 3:
      if (at->is_array() && !at->empty()) at->push_back(at->back());
      break;
    case 4:
      if (at->is_structured() && !at->empty()) at->erase(at->begin());
      break;
    case 5:
      if (at->is_array() && at->size() > 1) std::swap(at->front(), at->back());
      break;
    case 6: {  // itself, some times
      const Json one = *at;
      if (at->is_array()) {
        for (std::size_t i = choices.below(64); i > 0 && at->size() < 512; --i) {
          at->insert(at->end(), one.begin(), one.end());
          if (one.size() > 32) break;
        }
      } else {
        *at = Json::array({one, one});
      }
      break;
    }
    default:
      if (at->is_boolean()) {
        *at = !at->get<bool>();
      } else if (at->is_number_integer()) {
        *at = at->get<std::int64_t>() + 1;
      }
  }
}

inline const std::vector<Json>& sound_networks() {
  static const std::vector<Json> all = [] {
    ModelOptions options;
    options.hidden = {8};
    options.channels = {3};
    options.layers = 1;
    options.heads = 2;
    options.dim = 8;
    options.context = 16;
    std::vector<Json> out = {to_json(build(options, {6}, 3))};
    options.family = Family::cnn;
    out.push_back(to_json(build(options, {1, 8, 8}, 3)));
    for (const Family family : {Family::gpt, Family::llama, Family::bert}) {
      options.family = family;
      out.push_back(to_json(build_language_model(options, 256)));
      out.push_back(to_json(build_classifier(options, 256, 2)));
    }
    out.push_back(Json::parse(
        R"([{"input":{"shape":[2,8,8]}},{"conv2d":{"name":"a","in":2,"out":4,"kernel":3,"stride":2,"padding":1}},)"
        R"({"batchnorm":{"name":"b","dim":4}},{"residual":[{"conv2d":{"name":"c","in":4,"out":4,"kernel":3,"padding":1}}]},)"
        R"({"pool2d":{"kind":"avg","size":2,"stride":2}},{"flatten":{}},{"dropout":{"rate":0.5}},)"
        R"({"linear":{"name":"d","in":16,"out":2}}])"));
    return out;
  }();
  return all;
}

inline HostilePart part_of(const TensorPart& part, std::size_t bytes, Choices& choices) {
  HostilePart out;
  const std::size_t width = size_of(part.dtype);
  switch (choices.below(6)) {
    case 0:  // as many equal bytes as are wanted, in a few
      out.codec = 1;
      for (std::size_t plane = 0; bytes > 0 && plane < width; ++plane) {
        out.payload.push_back(1);
        out.payload.push_back(choices.rarely() ? choices.byte() : std::uint8_t{0});
      }
      break;
    case 1:
      if (bytes <= 4096) {
        out.payload.resize(bytes);
        for (std::size_t i = 0; i < std::min<std::size_t>(bytes, 16); ++i) {
          out.payload[i] = choices.byte();
        }
        break;
      }
      [[fallthrough]];
    case 2:
      if (bytes <= 65536 && bytes % width == 0) {
        Bytes raw(bytes);
        for (std::size_t i = 0; i < std::min<std::size_t>(bytes, 16); ++i) raw[i] = choices.byte();
        const auto codec = static_cast<Codec>(1 + choices.below(5));
        if (codec != Codec::shared || can_share(part.dtype, raw)) {
          out.codec = static_cast<std::uint8_t>(codec);
          out.payload = encode(codec, part.dtype, raw, {.row = part.row}, Effort::fast);
          break;
        }
      }
      [[fallthrough]];
    case 3:
      out.codec = static_cast<std::uint8_t>(choices.below(8));
      out.payload = choices.some(64);
      break;
    case 4:  // equal differences
      out.codec = 6;
      out.payload.push_back(1);
      for (std::size_t plane = 0; plane < width; ++plane)
        out.payload.insert(out.payload.end(), 2, 1);
      out.payload[out.payload.size() - 1] = choices.byte();
      break;
    default:
      out.codec = 2;  // nothing but zeros
      out.payload = {1, 0, 0};
  }
  if (choices.rarely(32)) out.length = choices.number();
  return out;
}

class HostileMaker {
 public:
  HostileMaker(ByteView bytes, const Sha256& base) : choices_(bytes), base_(base) {}

  Bytes make() {
    static constexpr std::array<std::uint64_t, 8> kVersions = {5, 5, 5, 5, 5, 2, 4, 1};
    Hostile out(choices_.rarely() ? choices_.number() : kVersions[choices_.below(8)]);
    const HostileHead head = make_head();
    if (choices_.rarely()) {
      out.head(choices_.some(255));
    } else {
      out.head(head);
    }
    weights(out, head);
    if (!choices_.rarely(3)) tail(out);
    for (std::size_t i = choices_.byte() >= 224 ? choices_.below(4) : 0; i > 0; --i) spoil(out);
    Bytes index = out.index();
    if (choices_.rarely(32) && !index.empty()) {
      index[choices_.byte() % index.size()] = choices_.byte();
    }
    return out.finish(index);
  }

 private:
  HostileHead make_head() {
    HostileHead head;
    static constexpr std::array<std::uint8_t, 8> kKinds = {0, 0, 0, 1, 2, 3, 4, 5};
    head.kind = choices_.rarely(32) ? choices_.byte() : kKinds[choices_.below(8)];
    if (head.kind == 5 || choices_.rarely(6)) head.base = choices_.rarely() ? Sha256{} : base_;
    Json json = Json::object();
    Json network;
    if (head.kind == 0 || choices_.rarely(8)) {
      network = sound_networks()[choices_.below(sound_networks().size())];
      for (std::size_t i = choices_.below(4); i > 0; --i) change(network, choices_);
      json["network"] = network;
    }
    json["schema"] = Json::parse(
        R"({"task":"classify","features":[{"names":[["p0","p5"]],"scale":16}],"label":"y","classes":[["0","2"]]})");
    json["rights"] = Json::parse(
        R"({"owner":"o","license":"MIT AND LicenseRef-a","notices":["n"],"own":[{"id":"LicenseRef-a","text":"t","serve":"yes","modify":"no"}]})");
    json["extra"] = extra(head.kind);
    for (std::size_t i = choices_.below(3); i > 0; --i) change(json, choices_);
    if (choices_.rarely(8) && json.is_object()) {
      json.erase(choices_.rarely(2) ? "extra" : "schema");
    }
    head.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    try {
      if (json.contains("network")) {
        for (const TensorSpec& spec : tensors(network_from_json(json["network"], "it"))) {
          TensorEntry entry{spec.name, DType::f32, spec.shape};
          if (spec.prunable && choices_.rarely(6)) {
            entry.dtype = DType::i8;
            entry.scheme = choices_.rarely(2) ? Scheme::group : Scheme::channel;
            if (entry.scheme == Scheme::group) entry.group = 1 + choices_.below(8);
          }
          head.entries.push_back(std::move(entry));
          if (head.entries.size() > 64) break;
        }
        head.of_network = choices_.rarely(2);
      }
    } catch (const Error&) {
      head.entries.clear();
    }
    if (head.entries.empty()) entries(head);
    for (std::size_t i = choices_.byte() >= 192 ? choices_.below(4) : 0; i > 0; --i) spoil(head);
    return head;
  }

  // Those of the kind, or any.
  void entries(HostileHead& head) {
    const auto add = [&](std::string name, DType dtype, Shape shape,
                         Scheme scheme = Scheme::plain) {
      head.entries.push_back({std::move(name), dtype, std::move(shape), scheme});
    };
    if (head.kind == 3) {
      add("train.tokens.0", DType::u16, {choices_.rarely() ? 1 << 20 : 40});
      add("train.documents.0", DType::u64, {2});
      if (choices_.rarely(3)) add("train.answers.0", DType::u64, {2});
    } else if (head.kind == 4) {
      for (int piece = 0; piece < 2; ++piece) {
        const std::string number = std::to_string(piece);
        if (choices_.rarely(4)) add("counts." + number, DType::u32, {2});
        add("ids." + number, DType::u8, {2, 2});
        add("steps." + number, DType::u8, {2, 2});
        add("tails." + number, DType::u8, {2, 2});
      }
    } else if (head.kind == 5) {
      add("0.weight.lora_a", DType::f32, {2, 6});
      add("0.weight.lora_b", DType::f32, {8, 2});
    } else {
      for (std::size_t i = choices_.below(6); i > 0; --i) {
        Shape shape(choices_.below(4));
        for (std::int64_t& size : shape) size = static_cast<std::int64_t>(choices_.number());
        add("t" + std::to_string(head.entries.size()), static_cast<DType>(choices_.below(15)),
            std::move(shape));
      }
    }
  }

  void spoil(HostileHead& head) {
    if (head.entries.empty()) return;
    TensorEntry& entry = head.entries[choices_.below(head.entries.size())];
    switch (choices_.below(8)) {
      case 0:
        entry.dtype = static_cast<DType>(choices_.below(16));
        break;
      case 1:
        entry.shape.resize(choices_.below(10), static_cast<std::int64_t>(choices_.number()));
        break;
      case 2:
        if (!entry.shape.empty()) {
          entry.shape[choices_.below(entry.shape.size())] =
              static_cast<std::int64_t>(choices_.number());
        }
        break;
      case 3:
        entry.scheme = static_cast<Scheme>(choices_.below(4));
        entry.group = static_cast<std::size_t>(choices_.number());
        break;
      case 4:
        entry.same = static_cast<std::size_t>(choices_.number());
        break;
      case 5:
        entry.name = std::string(choices_.below(2) == 0 ? 1 : choices_.number() % 2000, 'x');
        break;
      case 6:
        head.count = choices_.number();
        break;
      default:
        head.entries.push_back(entry);
        if (choices_.rarely(2)) {
          head.entries.back().name += "2";
          head.entries.back().same = head.entries.size() - 2;
        }
    }
  }

  Json extra(std::uint8_t kind) {
    const Json tokenizer =
        Json::parse(R"({"kind":"bpe","merges":[71,83,256,68],"special":{"<|endoftext|>":258}})");
    switch (kind) {
      case 0:
        return {{"tokenizer", tokenizer}};
      case 3:
        return {{"tokenizer", tokenizer},
                {"parts", {{"train", {{"tokens", 40}, {"documents", 2}, {"bytes", 40}}}}}};
      case 4: {
        Json out =
            Json::parse(R"({"tokens":false,"rows":4,"epochs":1,"classes":3,"top":2,"piece":2})");
        out["teachers"] = {std::string(64, '0')};
        out["data"] = std::string(64, '1');
        return out;
      }
      case 5:
        return {{"rank", 2}, {"alpha", 4.0}};
      default:
        return nullptr;
    }
  }

  static std::vector<TensorPart> parts(const TensorEntry& entry) {
    if (entry.dtype > DType::f8_e5m2) return {};  // there is no such type
    try {
      return parts_of(entry);
    } catch (const Error&) {
      return {};
    }
  }

  void weights(Hostile& out, const HostileHead& head) {
    std::vector<std::vector<HostilePart>> small;
    std::size_t small_bytes = 0;
    const auto flush = [&] {
      if (!small.empty()) out.group(choices_.rarely(64) ? choices_.number() : small.size(), small);
      small.clear();
      small_bytes = 0;
    };
    for (const TensorEntry& entry : head.entries) {
      if (entry.same) continue;
      const std::vector<TensorPart> all = parts(entry);
      std::size_t bytes = 0;
      for (const TensorPart& part : all) bytes += std::min<std::size_t>(part.bytes, 1 << 30);
      std::vector<HostilePart> coded;
      if (bytes <= (256 << 10) && !choices_.rarely(64)) {
        if (small_bytes + bytes > (256 << 10) || choices_.rarely(8)) flush();
        small_bytes += bytes;
        for (const TensorPart& part : all) coded.push_back(part_of(part, part.bytes, choices_));
        small.push_back(std::move(coded));
        continue;
      }
      flush();
      constexpr std::size_t kMostChunks = 5, kChunk = 1 << 20;
      std::size_t values = 0;
      for (const TensorPart& part : all) {
        for (std::size_t begin = 0; begin < part.bytes && coded.size() < kMostChunks;
             begin += kChunk) {
          coded.push_back(part_of(part, std::min(kChunk, part.bytes - begin), choices_));
        }
        if (values == 0) values = coded.size();
      }
      out.tensor(coded, values, choices_.rarely(8) ? choices_.byte() : 0);
    }
    flush();
  }

  void tail(Hostile& out) {
    Json lineage = Json::parse(
        R"([{"operation":"train","tool":"mx-train","version":"0","options":{"epochs":1},"seed":1,"parents":[],)"
        R"("data":[{"sha256":0,"rows":4,"role":"train","license":"MIT","source":"s"}],"metrics":{"loss":0.5},"model":1},)"
        R"({"operation":"prune","tool":"mx-prune","version":"0","options":{},"parents":[{"sha256":1,"role":"input"}],"data":[],)"
        R"("metrics":{},"override":{"reason":"r","refused":[{"license":"MIT","permission":"modify","allowed":"no"}]}}])");
    for (std::size_t i = choices_.below(4); i > 0; --i) change(lineage, choices_);
    std::vector<Sha256> digests(2);
    digests[1][0] = 1;
    if (choices_.rarely()) digests.resize(choices_.below(4));
    ByteWriter probes;
    const std::size_t count = choices_.rarely(3) ? 0 : choices_.below(3);
    probes.varint(count);
    for (std::size_t i = 0; i < count; ++i) {
      probes.u8(1);
      static constexpr std::array<std::size_t, 4> kOutputs = {3, 2, 256, 0};
      probes.put(Bytes(4 * (choices_.rarely() ? choices_.byte() : kOutputs[choices_.below(4)])));
    }
    out.tail(view(lineage.dump(-1, ' ', false, Json::error_handler_t::replace)), digests,
             probes.bytes());
  }

  void spoil(Hostile& out) {
    const std::size_t which = choices_.below(8);
    if (which < 4 && !out.sections.empty()) {
      Hostile::Section& section = out.sections[choices_.below(out.sections.size())];
      if (which == 0) section.bytes = choices_.number();
      if (which == 1) section.tensors = choices_.number();
      if (which == 2) section.kind = static_cast<std::uint8_t>(choices_.below(7));
      if (which == 3 && out.sections.size() > 1) {  // what one has more the other has less
        Hostile::Section& other = out.sections[choices_.below(out.sections.size())];
        const std::uint64_t moved = choices_.number();
        section.bytes += moved;
        other.bytes -= moved;
      }
    } else if (which < 6 && !out.facts.empty()) {
      Hostile::Fact& fact = out.facts[choices_.below(out.facts.size())];
      if (which == 4) fact.bytes = choices_.number();
      if (which == 5) fact.codec = choices_.byte();
    } else if (which == 6) {
      out.section_count = choices_.number();
    } else {
      out.behind_facts = choices_.some(16);
    }
  }

  Choices choices_;
  Sha256 base_;
};

constexpr std::uint64_t kFuzzMemory = 3U << 20U;
inline const char* const kFuzzed = "fuzzed.mx";

// What hostile contents may throw.
template <class Read>
void attempt(Read read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.kind() != Kind::input && error.kind() != Kind::usage) throw;
  }
}

inline ThreadPool& pool() {
  static ThreadPool one(1);
  return one;
}

// A sound model, which adapters and differences are of.
inline const Bytes& base_bytes() {
  static const Bytes bytes = [] {
    Random random(1);
    Model model;
    model.header.network = network_from_json(sound_networks().front(), "it");
    for (const TensorSpec& spec : tensors(model.header.network)) {
      model.weights.push_back({spec.name, random_tensor(spec.shape, random)});
    }
    return bytes_of(model, pool());
  }();
  return bytes;
}
inline const Model& base_model() {
  static const Model model = model_of(base_bytes(), pool());
  return model;
}

// The sections of a file as they lie there, with the sums that they should have.
inline Bytes sealed_again(ByteView file) {
  Hostile out(file.size() > 8 ? file[8] : 5);
  ByteReader in(file.subspan(std::min<std::size_t>(9, file.size())), kFuzzed);
  while (in.left() > kEndMarkBytes) {
    const std::uint8_t kind = in.u8();
    const std::uint64_t length = in.varint();
    const ByteView body = in.take(std::min<std::uint64_t>(length, in.left()));
    if (kind == 5) return out.finish(Bytes(body.begin(), body.end()));
    if (kind == 1 || kind == 2 || kind == 4) {
      out.summed(kind, body.subspan(std::min<std::size_t>(16, body.size())));
    } else {
      out.section(kind, body);
    }
  }
  return out.finish();
}

// What begins as a container does gets its sums back; other bytes are choices that one is made of.
inline Bytes hostile_file(ByteView bytes) {
  if (bytes.size() <= 8 || !std::ranges::equal(bytes.first(8), kSignature)) {
    return HostileMaker(bytes, base_model().identity).make();
  }
  try {
    return sealed_again(bytes);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace mx::testing
