// SPDX-License-Identifier: Apache-2.0
#include "file/layout.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "file/digest.h"

namespace mx {
namespace {

constexpr std::string_view kIndexName = "the index";

SectionKind index_kind(std::uint8_t code) {
  if (code < 1 || code > 4) fail(Kind::input, "{} names an unknown section", kIndexName);
  return static_cast<SectionKind>(code);
}

// head, weights*, [tail]
void check_order(const std::vector<SectionFact>& sections) {
  const auto weights = [](const SectionFact& section) {
    return section.kind == SectionKind::group || section.kind == SectionKind::tensor;
  };
  const bool head = !sections.empty() && sections.front().kind == SectionKind::head;
  const std::size_t end =
      sections.size() - (head && sections.back().kind == SectionKind::tail ? 1 : 0);
  if (!head || !std::all_of(sections.begin() + 1,
                            sections.begin() + static_cast<std::ptrdiff_t>(end), weights)) {
    fail(Kind::input, "{} lists sections in a wrong order", kIndexName);
  }
}

}  // namespace

Bytes section_opening(SectionKind kind, std::uint64_t body_bytes) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.varint(body_bytes);
  return out.take();
}

Bytes encode_index(const Index& index) {
  ByteWriter out;
  out.varint(index.sections.size());
  for (const SectionFact& section : index.sections) {
    out.u8(static_cast<std::uint8_t>(section.kind));
    out.varint(section.bytes);
    out.put(section.sha256);
    if (section.kind == SectionKind::group) out.varint(section.tensors);
  }
  for (const TensorFact& tensor : index.tensors) {
    out.u8(static_cast<std::uint8_t>(tensor.codec));
    out.varint(tensor.bytes);
    out.varint(tensor.nonzero);
  }
  return out.take();
}

std::uint64_t most_index_bytes(std::size_t tensors) {
  constexpr std::uint64_t kVarint = 10;
  return kVarint + (tensors + 2) * (1 + kVarint + sizeof(Sha256) + kVarint) +
         tensors * (1 + 2 * kVarint);
}

Index decode_index(ByteView body, std::size_t tensors) {
  ByteReader in(body, kIndexName);
  Index index;
  const std::uint64_t count = in.varint();
  if (count > tensors + 2) fail(Kind::input, "{} lists too many sections", kIndexName);
  std::size_t held = 0;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    SectionFact section;
    section.kind = index_kind(in.u8());
    section.bytes = in.varint();
    total = checked_add(total, section.bytes, kIndexName);
    std::ranges::copy(in.take(section.sha256.size()), section.sha256.begin());
    if (section.kind == SectionKind::tensor) section.tensors = 1;
    if (section.kind == SectionKind::group) {
      section.tensors = narrow<std::size_t>(in.varint(), kIndexName);
      if (section.tensors == 0) fail(Kind::input, "{} lists a section of nothing", kIndexName);
    }
    held = checked_add(held, section.tensors, kIndexName);
    index.sections.push_back(section);
  }
  check_order(index.sections);
  if (held != tensors) {
    fail(Kind::input, "{} lists {} tensors, the directory {}", kIndexName, held, tensors);
  }
  for (std::size_t i = 0; i < tensors; ++i) {
    TensorFact tensor;
    tensor.codec = codec_from(in.u8());
    tensor.bytes = in.varint();
    tensor.nonzero = in.varint();
    index.tensors.push_back(tensor);
  }
  in.finish();
  return index;
}

Bytes encode_end_mark(ByteView index_body) {
  ByteWriter out;
  out.put(xxh128(index_body));
  out.u32(narrow<std::uint32_t>(index_body.size(), kIndexName));
  out.put(kEndMagic);
  return out.take();
}

bool is_end_mark(ByteView bytes) {
  return bytes.size() == kEndMarkBytes && std::ranges::equal(bytes.last(4), kEndMagic);
}

std::uint32_t index_bytes(ByteView end_mark) {
  if (!is_end_mark(end_mark)) fail(Kind::input, "the end mark is missing");
  return ByteReader(end_mark.subspan(sizeof(Xxh128)), "the end mark").u32();
}

void check_end_mark(ByteView end_mark, ByteView index_body) {
  if (index_bytes(end_mark) != index_body.size() ||
      !std::ranges::equal(end_mark.first(sizeof(Xxh128)), xxh128(index_body))) {
    fail(Kind::input, "{} is damaged", kIndexName);
  }
}

}  // namespace mx
