// SPDX-License-Identifier: Apache-2.0
// Random tensors, shapes and types through a foreign file, a model file and back.
#include <algorithm>

#include "base/random.h"
#include "convert/helpers.h"
#include "file/digest.h"
#include "file/reader.h"
#include "file/writer.h"

using mx::test::Held;
using mx::test::read_through;
using mx::test::same;
using mx::test::write_all;

namespace {

// What tensors hold: noise, weights, few values, mostly zeros, or one value.
mx::Bytes content(std::size_t bytes, std::size_t size, mx::Random& random) {
  mx::Bytes out(bytes);
  const std::uint64_t kind = random.below(5);
  for (std::size_t i = 0; i < bytes; ++i) {
    const bool top = i % size == size - 1;
    switch (kind) {
      case 0:
        out[i] = static_cast<std::uint8_t>(random.next());
        break;
      case 1:
        out[i] = static_cast<std::uint8_t>(top ? 0x3b + random.below(3) : random.next());
        break;
      case 2:
        out[i] = static_cast<std::uint8_t>(random.below(2) * 77);
        break;
      case 3:
        out[i] = static_cast<std::uint8_t>(random.below(30) == 0 ? random.next() : 0);
        break;
      default:
        out[i] = 0x80;
    }
  }
  return out;
}

// Names need no order, some tensors repeat others, some are large, some empty.
Held random_tensors(mx::Random& random, bool numpy) {
  Held held;
  const std::size_t count = random.below(12);
  for (std::size_t i = 0; i < count; ++i) {
    mx::TensorEntry entry;
    entry.name = fmt::format("{}.{}", random.below(1000), i);
    do {
      entry.dtype = mx::dtype_from(static_cast<std::uint8_t>(random.below(15)));
    } while (numpy && (entry.dtype == mx::DType::bf16 || entry.dtype == mx::DType::f8_e4m3 ||
                       entry.dtype == mx::DType::f8_e5m2));
    const std::size_t rank = random.below(5);
    for (std::size_t d = 0; d < rank; ++d) {
      entry.shape.push_back(static_cast<std::int64_t>(random.below(d < 2 ? 9 : 40)));
    }
    if (random.below(6) == 0)
      entry.shape = {static_cast<std::int64_t>(70000 + random.below(90000))};
    const std::size_t size = mx::size_of(entry.dtype);
    mx::Bytes bytes = content(mx::byte_count(entry.dtype, entry.shape), size, random);
    if (entry.dtype == mx::DType::boolean) {
      for (std::uint8_t& byte : bytes) byte &= 1;
    }
    if (i > 0 && random.below(4) == 0) {
      const std::size_t other = random.below(i);
      entry.dtype = held.entries[other].dtype;
      entry.shape = held.entries[other].shape;
      bytes = held.values[other];
    }
    held.entries.push_back(std::move(entry));
    held.values.push_back(std::move(bytes));
  }
  return held;
}

mx::Bytes model_file(const mx::TensorSource& source, mx::ThreadPool& pool, mx::Effort effort) {
  mx::Header header;
  header.kind = mx::FileKind::tensors;
  header.tensors = source.entries();
  mx::find_repeats(
      header.tensors, [&](std::size_t i) { return source.glance(i); },
      [&](std::size_t i) { return mx::sha256(source.read(i).data.bytes()); });
  mx::Bytes out;
  const std::unique_ptr<mx::io::Output> to = mx::io::memory_output(out);
  mx::ModelWriter writer(*to, header, pool, {.effort = effort});
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    writer.add({.name = header.tensors[i].name, .values = source.read(i)});
  }
  (void)writer.finish({}, {});
  return out;
}

}  // namespace

TEST_CASE("random tensors come back bit by bit from a foreign file through a model file") {
  mx::Random random(17);
  mx::ThreadPool pool(2);
  std::size_t repeats = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const bool numpy = round % 3 == 0;
    const mx::Foreign format = numpy ? mx::Foreign::npz : mx::Foreign::safetensors;
    const Held held = random_tensors(random, numpy);
    const mx::Bytes foreign = write_all(format, held);
    const auto source = mx::open_source(mx::io::memory_input(foreign, "foreign"));
    const auto effort = static_cast<mx::Effort>(round % 8 == 7 ? 2 : round % 2);
    const mx::Bytes file = model_file(*source, pool, effort);
    const auto in = mx::io::memory_input(file, "m.mx");
    mx::ModelStream stream(*in, pool, {.verify_sections = true});
    Held again;
    while (std::optional<mx::Weight> weight = stream.next()) {
      const mx::ByteView bytes = weight->values.data.bytes();
      again.entries.push_back(mx::entry_of(*weight));
      again.values.emplace_back(bytes.begin(), bytes.end());
    }
    (void)stream.finish();
    for (const mx::TensorEntry& entry : stream.header().tensors) repeats += entry.same ? 1 : 0;
    CHECK(same(again, held));
    CHECK(write_all(format, again) == foreign);
  }
  CHECK(repeats > 20);
}
