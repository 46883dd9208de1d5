// SPDX-License-Identifier: Apache-2.0
// Containers whose sums are all right and whose contents are what the test says: a small writer of
// its own, so that what the real one would refuse can be written. FORMAT.md draws the bytes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "file/digest.h"
#include "file/model.h"

namespace mx::testing {

inline Bytes raw_packed(ByteView text) {
  ByteWriter out;
  out.u8(0);
  out.varint(text.size());
  out.sized(text);
  return out.take();
}

struct HostileHead {
  std::uint8_t kind = 0;
  std::optional<Sha256> base = {};
  std::string json = "{}";
  bool of_network = false;  // entries without names and shapes
  std::vector<TensorEntry> entries = {};
  std::optional<std::uint64_t> count = {};  // stated instead of entries.size()

  [[nodiscard]] Bytes content() const {
    ByteWriter out;
    out.u8(kind);
    out.u8(static_cast<std::uint8_t>((base ? 1 : 0) | (of_network ? 2 : 0)));
    if (base) out.put(*base);
    out.sized(view(json));
    if (!of_network) out.varint(count.value_or(entries.size()));
    std::string_view before;
    for (const TensorEntry& entry : entries) {
      if (!of_network) {
        const auto end = std::ranges::mismatch(entry.name, before).in1;
        const auto shared = static_cast<std::size_t>(end - entry.name.begin());
        out.varint(shared);
        out.sized(view(std::string_view(entry.name).substr(shared)));
        before = entry.name;
      }
      const unsigned scheme = entry.same ? 3 : static_cast<unsigned>(entry.scheme);
      out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(entry.dtype) | scheme << 5U));
      if (entry.same) {
        out.varint(*entry.same);
      } else if (entry.scheme == Scheme::group) {
        out.varint(entry.group);
      }
      if (of_network) continue;
      out.varint(entry.shape.size());
      for (const std::int64_t size : entry.shape) out.varint(static_cast<std::uint64_t>(size));
    }
    return out.take();
  }
};

struct HostilePart {  // a chunk, or a part of a small tensor
  std::uint8_t codec = 0;
  Bytes payload = {};
  std::optional<std::uint64_t> length = {};  // stated instead of the payload's
};

class Hostile {
 public:
  struct Section {
    std::uint8_t kind = 0;
    std::uint64_t bytes = 0, tensors = 0;
    Sha256 sha256 = {};
  };
  struct Fact {
    std::uint8_t codec = 0;
    std::uint64_t bytes = 0, nonzero = 0;
  };
  // The index, to be changed before finish(); counts that it states instead of its own.
  std::vector<Section> sections;
  std::vector<Fact> facts;
  std::optional<std::uint64_t> section_count;
  Bytes behind_facts;

  explicit Hostile(std::uint64_t version = 5) : seed_(version < 5 ? 0 : version) {
    constexpr std::uint8_t kStart[] = {0x8d, 'M', 'X', 0x0d, 0x0a, 0x1a, 0x0a, 0x00};
    out_.put(kStart);
    out_.varint(version);
  }

  // A section as it is, with the length that is stated.
  void section(std::uint8_t kind, ByteView body, std::uint64_t tensors = 0,
               std::optional<std::uint64_t> stated = {}) {
    ByteWriter all;
    all.u8(kind);
    all.varint(stated.value_or(body.size()));
    all.put(body);
    out_.put(all.bytes());
    sections.push_back({kind, all.size(), tensors, sha256(all.bytes())});
  }
  void summed(std::uint8_t kind, ByteView content, std::uint64_t tensors = 0) {
    ByteWriter body;
    body.put(xxh128(content, seed_));
    body.put(content);
    section(kind, body.bytes(), tensors);
  }
  void head(const HostileHead& head) { summed(1, raw_packed(head.content())); }
  void head(ByteView packed) { summed(1, packed); }

  // parts: of all tensors, one after the other; each tensor's fact is of its first.
  void group(std::uint64_t count, const std::vector<std::vector<HostilePart>>& tensors) {
    ByteWriter content;
    content.varint(count);
    for (const std::vector<HostilePart>& parts : tensors) {
      const std::size_t before = content.size();
      for (const HostilePart& part : parts) {
        put(content, part);
        content.put(part.payload);
      }
      facts.push_back(
          {parts.empty() ? std::uint8_t{0} : parts.front().codec, content.size() - before, 0});
    }
    summed(2, content.bytes(), count);
  }

  // values: how many of the chunks are the values'.
  void tensor(const std::vector<HostilePart>& chunks, std::size_t values, std::size_t pad = 0) {
    ByteWriter body;
    std::uint64_t payloads = 0, number = 0;
    Fact fact;
    for (const HostilePart& chunk : chunks) {
      put(body, chunk);
      body.put(xxh128(chunk.payload, chunk.codec + 256 * number));
      payloads += chunk.payload.size();
      if (number < values && fact.codec == 0) fact.codec = chunk.codec;
      ++number;
    }
    fact.bytes = body.size() + payloads;
    facts.push_back(fact);
    body.u8(static_cast<std::uint8_t>(pad));
    for (std::size_t i = 0; i < pad; ++i) body.u8(0);
    for (const HostilePart& chunk : chunks) body.put(chunk.payload);
    section(3, body.bytes(), 1);
  }

  void tail(ByteView lineage, const std::vector<Sha256>& digests = {}, ByteView probes = kNone) {
    ByteWriter content;
    content.varint(digests.size());
    for (const Sha256& digest : digests) content.put(digest);
    content.put(raw_packed(lineage));
    content.put(probes);
    summed(4, content.bytes());
  }

  [[nodiscard]] Bytes index() const {
    ByteWriter out;
    out.varint(section_count.value_or(sections.size()));
    for (const Section& section : sections) {
      out.u8(section.kind);
      out.varint(section.bytes);
      out.put(section.sha256);
      if (section.kind == 2) out.varint(section.tensors);
    }
    for (const Fact& fact : facts) {
      out.u8(fact.codec);
      out.varint(fact.bytes);
      out.varint(fact.nonzero);
    }
    out.put(behind_facts);
    return out.take();
  }
  // The whole file, with this body of its index.
  [[nodiscard]] Bytes finish(const Bytes& body) const {
    ByteWriter out;
    out.put(out_.bytes());
    out.u8(5);
    out.sized(body);
    out.put(xxh128(body));
    out.u32(static_cast<std::uint32_t>(body.size()));
    constexpr std::uint8_t kEnd[] = {0x8d, 'E', 'N', 'D'};
    out.put(kEnd);
    return out.take();
  }
  [[nodiscard]] Bytes finish() const { return finish(index()); }

 private:
  static constexpr std::uint8_t kNone[] = {0};  // no probes
  static void put(ByteWriter& out, const HostilePart& part) {
    out.u8(part.codec);
    if (part.codec != 0) out.varint(part.length.value_or(part.payload.size()));
  }
  std::uint64_t seed_;
  ByteWriter out_;
};

}  // namespace mx::testing
