// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: sources out of memory, and what they refuse.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "convert/source.h"

namespace mx::test {

inline std::string golden(const std::string& name) {
  return std::string(MX_TEST_DATA "/../convert/golden/") + name;
}

inline Bytes golden_bytes(const std::string& name) {
  return io::read_all(*io::open_input(golden(name)), 1U << 20U);
}

inline std::string hex(ByteView bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

struct Held {
  std::vector<TensorEntry> entries;
  std::vector<Bytes> values;
  Json metadata;
};

inline Held read_through(const TensorSource& source) {
  Held held{source.entries(), {}, source.metadata()};
  for (std::size_t i = 0; i < held.entries.size(); ++i) {
    const Tensor tensor = source.read(i);
    CHECK(tensor.dtype == held.entries[i].dtype);
    CHECK(tensor.shape == held.entries[i].shape);
    const ByteView bytes = tensor.data.bytes();
    held.values.emplace_back(bytes.begin(), bytes.end());
  }
  return held;
}

inline Held read_through(ByteView bytes) {
  return read_through(*open_source(io::memory_input(bytes, "x")));
}

// The message with which reading all of it is refused; empty when it is not.
inline std::string refusal(ByteView bytes) {
  try {
    (void)read_through(bytes);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return {};
}

inline Bytes write_all(Foreign format, const Held& held) {
  Bytes out;
  const auto output = io::memory_output(out);
  const auto sink = open_sink(format, *output, held.entries, held.metadata);
  for (std::size_t i = 0; i < held.entries.size(); ++i) {
    Tensor tensor(held.entries[i].dtype, held.entries[i].shape);
    std::copy(held.values[i].begin(), held.values[i].end(), tensor.data.bytes().begin());
    sink->add(tensor);
  }
  sink->finish();
  return out;
}

inline bool same(const Held& a, const Held& b) {
  bool equal = a.values == b.values && a.entries.size() == b.entries.size();
  for (std::size_t i = 0; equal && i < a.entries.size(); ++i) {
    equal = a.entries[i].name == b.entries[i].name && a.entries[i].dtype == b.entries[i].dtype &&
            a.entries[i].shape == b.entries[i].shape;
  }
  return equal;
}

}  // namespace mx::test
