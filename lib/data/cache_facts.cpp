// SPDX-License-Identifier: Apache-2.0
#include "data/cache_facts.h"

#include <algorithm>
#include <span>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"

namespace mx {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 40;
constexpr std::uint64_t kMostClasses = std::uint64_t{1} << 24U;
constexpr std::size_t kDigest = 64;  // letters
constexpr std::int64_t kMostLayers = 65535;

std::uint64_t count(JsonObject& object, std::string_view key) {
  return static_cast<std::uint64_t>(object.integer(key, 1, kMost));
}

template <class T>
ByteView bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " and ") + printable(name);
  return out;
}

std::string listed(const std::vector<std::uint64_t>& layers) {
  return layers.empty() ? "none" : fmt::format("{}", fmt::join(layers, ","));
}

}  // namespace

std::uint64_t CacheFacts::pieces() const { return (rows * epochs + piece - 1) / piece; }

std::uint64_t CacheFacts::rows_in(std::uint64_t number) const {
  return std::min(piece, rows * epochs - number * piece);
}

std::uint64_t CacheFacts::offset(std::uint64_t epoch, std::uint64_t context) const {
  return epoch % epochs * context / epochs;
}

Json to_json(const CacheFacts& facts) {
  Json out = {{"teachers", facts.teachers}, {"data", facts.data},     {"tokens", facts.tokens},
              {"rows", facts.rows},         {"epochs", facts.epochs}, {"classes", facts.classes},
              {"top", facts.top},           {"piece", facts.piece}};
  if (!facts.hidden.empty()) out["hidden"] = facts.hidden;
  return out;
}

CacheFacts cache_facts(const Header& header, const std::string& name) {
  if (header.kind != FileKind::cache) {
    throw Error{Kind::input, fmt::format("{} holds no outputs of a teacher", printable(name)),
                "mx-distill --cache makes such files; name a new one"};
  }
  JsonObject object(header.extra, printable(name));
  CacheFacts out{.teachers = object.texts("teachers"),
                 .data = object.text("data"),
                 .tokens = object.boolean("tokens"),
                 .rows = count(object, "rows"),
                 .epochs = count(object, "epochs"),
                 .classes = count(object, "classes"),
                 .top = count(object, "top"),
                 .piece = count(object, "piece")};
  if (object.has("hidden")) {
    for (const std::int64_t layer : object.integers("hidden", 0, kMostLayers)) {
      const auto number = static_cast<std::uint64_t>(layer);
      if (!out.hidden.empty() && number <= out.hidden.back()) {
        fail(Kind::input, "{}: its layers are out of order", printable(name));
      }
      out.hidden.push_back(number);
    }
    if (out.hidden.empty()) fail(Kind::input, "{}: it names no layers", printable(name));
  }
  object.finish();
  (void)checked_mul(out.rows, out.epochs, "the number of rows");
  if (out.top > out.classes || out.classes > kMostClasses || out.teachers.empty() ||
      out.data.size() != kDigest) {
    fail(Kind::input, "{}: its head speaks of {} of {} classes", printable(name), out.top,
         out.classes);
  }
  return out;
}

void check_facts(const std::string& name, const CacheFacts& found, const CacheFacts& wanted) {
  const bool has_hidden = std::ranges::includes(found.hidden, wanted.hidden);
  CacheFacts alike = found;
  alike.hidden = wanted.hidden;
  if (alike == wanted && has_hidden) return;
  const auto stale = [&](std::string_view what, const std::string& has, const std::string& asked) {
    throw Error{
        Kind::usage,
        fmt::format("{} was made {}: it has {}, this run {}", printable(name), what, has, asked),
        "run what it was made for, name another file with --cache, or remove this one"};
  };
  if (found.teachers != wanted.teachers) {
    stale("by another teacher", listed(found.teachers), listed(wanted.teachers));
  }
  if (found.data != wanted.data) stale("from other rows", printable(found.data), wanted.data);
  if (found.top != wanted.top) {
    stale("with another --cache-top", std::to_string(found.top), std::to_string(wanted.top));
  }
  if (found.epochs != wanted.epochs) {
    stale("with another --cache-epochs", std::to_string(found.epochs),
          std::to_string(wanted.epochs));
  }
  if (!has_hidden) {
    stale("with hidden states of other layers", listed(found.hidden), listed(wanted.hidden));
  }
  fail(Kind::input, "{}: its head does not fit its own teacher and rows", printable(name));
}

std::string rows_digest(const Dataset& data, bool labels) {
  Sha256Stream stream;
  if (labels) {
    stream.add(bytes_of(std::span(data.classes)));
    stream.add(bytes_of(std::span(data.targets)));
  }
  if (!data.tokens) {
    stream.add(bytes_of(std::span(data.x)));
    return to_hex(stream.finish());
  }
  const TokenRows& rows = *data.tokens;
  const auto context = static_cast<std::size_t>(rows.context());
  std::vector<std::int32_t> ids(context), targets(context), documents(context);
  const auto add = [&](std::uint64_t row, std::uint64_t offset) {
    rows.read(row, offset, {ids, targets, documents});
    for (const auto* part : {&ids, &targets, &documents}) {
      stream.add(bytes_of(std::span<const std::int32_t>(*part)));
    }
  };
  for (std::uint64_t row = 0; row < data.rows; ++row) add(row, 0);
  // What only rows that are moved on reach.
  add(data.rows - 1, context - 1);
  return to_hex(stream.finish());
}

}  // namespace mx
