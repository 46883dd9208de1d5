// SPDX-License-Identifier: Apache-2.0
#include "file/head.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <unordered_set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "file/adapter.h"
#include "file/layout.h"
#include "file/rights.h"

namespace mx {
namespace {

constexpr std::string_view kHead = "the head";
constexpr std::size_t kMaxGroup = 65536;
enum Flag : std::uint8_t { kBase = 1, kDirectoryOfNetwork = 2 };

[[noreturn]] void not_before(const TensorEntry& entry) {
  fail(Kind::input, "{} repeats a tensor that does not stand before it", tensor_label(entry.name));
}

// `before`: the directory up to it.
void check_same(const TensorEntry& entry, std::span<const TensorEntry> before) {
  if (!entry.same) return;
  if (*entry.same >= before.size() || before[*entry.same].same) not_before(entry);
  const TensorEntry& other = before[*entry.same];
  if (entry.dtype != other.dtype || entry.shape != other.shape || entry.scheme != other.scheme ||
      entry.group != other.group) {
    fail(Kind::input, "{} repeats {}, which has another type or shape", tensor_label(entry.name),
         tensor_label(other.name));
  }
}

void check_entry(const TensorEntry& entry) {
  const std::string label = tensor_label(entry.name);
  if (entry.name.empty() || entry.name.size() > kMaxName || !valid_utf8(entry.name)) {
    fail(Kind::input, "{} has a name that is not 1 to {} bytes of UTF-8", label, kMaxName);
  }
  try {
    (void)decoded_bytes(entry);
  } catch (const Error& error) {
    fail(Kind::input, "{}: {}", label, error.message());
  }
  if (entry.scheme != Scheme::plain && (entry.dtype != DType::i8 || entry.shape.empty())) {
    fail(Kind::input, "{} has scales, but no rows of i8 codes", label);
  }
  if ((entry.scheme == Scheme::group) != (entry.group != 0) || entry.group > kMaxGroup) {
    fail(Kind::input, "{} has groups of {} numbers", label, entry.group);
  }
}

// Beside the schemes: another tensor's bytes.
constexpr unsigned kSame = 3;

void write_type(ByteWriter& out, const TensorEntry& entry) {
  const unsigned scheme = entry.same ? kSame : static_cast<unsigned>(entry.scheme);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(entry.dtype) | scheme << 5));
  if (entry.same) return out.varint(*entry.same);
  if (entry.scheme == Scheme::group) out.varint(entry.group);
}

// `before`: the directory up to it.
void read_type(ByteReader& in, std::uint64_t version, std::span<const TensorEntry> before,
               TensorEntry& entry) {
  const std::uint8_t byte = in.u8();
  entry.dtype = dtype_from(byte & 31);
  const unsigned scheme = byte >> 5;
  if (scheme > (version < 2 ? static_cast<unsigned>(Scheme::channel) : kSame)) {
    fail(Kind::input, "{} has an unknown number scheme", tensor_label(entry.name));
  }
  if (scheme == kSame) {
    const std::uint64_t number = in.varint();
    if (number >= before.size()) not_before(entry);
    const TensorEntry& other = before[static_cast<std::size_t>(number)];
    entry.scheme = other.scheme;
    entry.group = other.group;
    entry.same = static_cast<std::size_t>(number);
    return;
  }
  entry.scheme = static_cast<Scheme>(scheme);
  if (entry.scheme == Scheme::group) entry.group = narrow<std::size_t>(in.varint(), "a group");
}

bool directory_of_network(const Header& header, const std::vector<TensorSpec>& specs) {
  return !header.network.empty() &&
         std::ranges::equal(header.tensors, specs,
                            [](const TensorEntry& entry, const TensorSpec& spec) {
                              return entry.name == spec.name && entry.shape == spec.shape;
                            });
}

void write_directory(ByteWriter& out, const std::vector<TensorEntry>& tensors) {
  out.varint(tensors.size());
  std::string_view before;
  for (const TensorEntry& entry : tensors) {
    const auto [end, end_before] = std::ranges::mismatch(entry.name, before);
    const auto shared = static_cast<std::size_t>(end - entry.name.begin());
    out.varint(shared);
    out.sized(view(std::string_view(entry.name).substr(shared)));
    write_type(out, entry);
    out.varint(entry.shape.size());
    for (const std::int64_t size : entry.shape) out.varint(static_cast<std::uint64_t>(size));
    before = entry.name;
  }
}

std::vector<TensorEntry> read_directory(ByteReader& in, std::uint64_t version) {
  const std::uint64_t count = in.varint();
  if (count > kMaxTensors) fail(Kind::input, "{} lists over {} tensors", kHead, kMaxTensors);
  std::size_t names = 0;
  std::vector<TensorEntry> tensors;
  std::string before;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t shared = in.varint();
    const std::string_view rest = text(in.sized(kMaxName));
    if (shared > before.size() || shared + rest.size() > kMaxName) {
      fail(Kind::input, "{} has a tensor name that is too long", kHead);
    }
    names += static_cast<std::size_t>(shared) + rest.size();
    if (names > kMaxText) fail(Kind::input, "{} has tensor names of over 16 MiB", kHead);
    TensorEntry entry;
    entry.name = before.substr(0, static_cast<std::size_t>(shared)) + std::string(rest);
    if (!rest.empty() && shared < before.size() && rest[0] == before[shared]) {
      fail(Kind::input, "{} has a tensor name that is not in its shortest form", kHead);
    }
    read_type(in, version, tensors, entry);
    const std::uint64_t rank = in.varint();
    if (rank > kMaxRank) fail(Kind::input, "{} has {} dimensions", tensor_label(entry.name), rank);
    for (std::uint64_t d = 0; d < rank; ++d) {
      entry.shape.push_back(narrow<std::int64_t>(in.varint(), "a dimension"));
    }
    before = entry.name;
    tensors.push_back(std::move(entry));
  }
  return tensors;
}

Json head_json(const Header& header) {
  Json json = Json::object();
  if (!header.family.empty()) json["family"] = header.family;
  if (!header.network.empty()) json["network"] = to_json(header.network);
  if (!header.schema.is_null()) json["schema"] = header.schema;
  Json rights = to_json(header.rights);
  if (!rights.empty()) json["rights"] = std::move(rights);
  if (!header.extra.is_null()) json["extra"] = header.extra;
  return json;
}

void set_json(Header& header, Json json, std::uint64_t version) {
  JsonObject object(json, std::string(kHead));
  header.family = object.text_or("family", "");
  if (object.has("network")) header.network = network_from_json(object.at("network"), kHead);
  if (object.has("rights")) {
    header.rights = rights_from_json(object.at("rights"), version);
  }
  // Not copied: they may be long.
  if (object.has("schema")) header.schema = std::move(json["schema"]);
  if (object.has("extra")) header.extra = std::move(json["extra"]);
  object.finish();
}

// No sum covers a version before 5: what another version can say is not taken for it. Version 3 is
// of adapters, version 4 of caches with hidden states.
void check_version(const Header& header, std::uint64_t version) {
  if (version > 4) return;
  std::uint64_t own = 2;
  if (header.kind == FileKind::adapter) own = 3;
  if (header.kind == FileKind::cache && header.extra.contains("hidden")) own = 4;
  if (version > 2 ? own != version : own > 2) {
    fail(Kind::input, "{} is of version {}, but holds what version {} does", kHead, version, own);
  }
}

}  // namespace

std::vector<TensorPart> parts_of(const TensorEntry& entry) {
  const auto part = [](DType dtype, const Shape& shape) {
    const std::size_t rows = shape.empty() ? 1 : static_cast<std::size_t>(shape[0]);
    const std::size_t count = element_count(shape);
    return TensorPart{dtype, shape, byte_count(dtype, shape), rows == 0 ? 0 : count / rows};
  };
  std::vector<TensorPart> parts = {part(entry.dtype, entry.shape)};
  if (entry.scheme == Scheme::channel && !entry.shape.empty()) {
    parts.push_back(part(DType::f32, {entry.shape[0]}));
  }
  if (entry.scheme == Scheme::group) {
    parts.push_back(part(DType::bf16, scales_shape(entry.shape, entry.group)));
  }
  return parts;
}

std::size_t decoded_bytes(const TensorEntry& entry) {
  std::size_t bytes = 0;
  for (const TensorPart& part : parts_of(entry)) bytes = checked_add(bytes, part.bytes, "a tensor");
  return bytes;
}

std::vector<TensorEntry> stored_entries(const Header& header) {
  std::vector<TensorEntry> out;
  std::ranges::copy_if(header.tensors, std::back_inserter(out),
                       [](const TensorEntry& entry) { return !entry.same; });
  return out;
}

std::string tensor_label(std::string_view name) {
  return fmt::format("tensor \"{}\"", printable(name));
}

void check_header(const Header& header) {
  if (header.tensors.size() > kMaxTensors) {
    fail(Kind::input, "{} tensors are more than {}", header.tensors.size(), kMaxTensors);
  }
  std::unordered_set<std::string_view> names;
  std::size_t total = 0, letters = 0;
  for (const TensorEntry& entry : header.tensors) {
    check_entry(entry);
    letters += entry.name.size();
    if (letters > kMaxText) fail(Kind::input, "tensor names of over 16 MiB");
    check_same(entry, std::span(header.tensors).first(names.size()));
    if (!names.insert(entry.name).second) {
      fail(Kind::input, "{} stands twice in the directory", tensor_label(entry.name));
    }
    total = checked_add(total, decoded_bytes(entry), "the model");
  }
  if (!header.network.empty()) check_network(header.network);
  if (header.kind == FileKind::adapter) check_adapter(header);
  if (header.kind != FileKind::model) return;
  if (header.network.empty()) fail(Kind::input, "a model has no network");
  std::vector<NamedShape> stored;
  for (const TensorEntry& entry : header.tensors) stored.push_back({entry.name, &entry.shape});
  check_tensors(header.network, stored);
}

Bytes encode_head(const Header& header) {
  std::vector<TensorSpec> specs;
  if (!header.network.empty()) specs = tensors(header.network);
  const bool of_network = directory_of_network(header, specs);
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(header.kind));
  out.u8(static_cast<std::uint8_t>((header.base ? kBase : 0) |
                                   (of_network ? kDirectoryOfNetwork : 0)));
  if (header.base) out.put(*header.base);
  out.sized(view(dump_json(head_json(header))));
  if (of_network) {
    for (const TensorEntry& entry : header.tensors) write_type(out, entry);
  } else {
    write_directory(out, header.tensors);
  }
  return out.take();
}

Header decode_head(ByteView content, std::uint64_t version) {
  ByteReader in(content, kHead);
  Header header;
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(version < 3 ? FileKind::cache : FileKind::adapter)) {
    fail(Kind::input, "{} names an unknown kind of file", kHead);
  }
  header.kind = static_cast<FileKind>(kind);
  const std::uint8_t flags = in.u8();
  if (flags > (kBase | kDirectoryOfNetwork)) fail(Kind::input, "{} has unknown flags", kHead);
  if ((flags & kBase) != 0) {
    header.base.emplace();
    std::ranges::copy(in.take(header.base->size()), header.base->begin());
  }
  set_json(header, parse_json(text(in.sized(kMaxText)), kHead), version);
  check_version(header, version);
  if ((flags & kDirectoryOfNetwork) != 0) {
    if (header.network.empty()) fail(Kind::input, "{} has no network", kHead);
    check_network(header.network);
    for (TensorSpec& spec : tensors(header.network)) {
      TensorEntry entry;
      entry.name = std::move(spec.name);
      entry.shape = std::move(spec.shape);
      read_type(in, version, header.tensors, entry);
      header.tensors.push_back(std::move(entry));
    }
  } else {
    header.tensors = read_directory(in, version);
  }
  in.finish();
  check_header(header);
  return header;
}

}  // namespace mx
