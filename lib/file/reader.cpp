// SPDX-License-Identifier: Apache-2.0
#include "file/reader.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "file/forward.h"
#include "file/head.h"
#include "file/memory.h"
#include "file/pass.h"
#include "file/sections.h"
#include "file/tail.h"
#include "file/weight_reader.h"
#include "io/range_input.h"

namespace mx {
namespace {

constexpr std::size_t kSpoolBytes = 32 << 20;

// Bytes already read, then the rest of the input they came from.
class PrefixedInput final : public io::Input {
 public:
  PrefixedInput(ByteView prefix, io::Input& rest) : prefix_(prefix), rest_(rest) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    if (prefix_.empty()) return rest_.read(out);
    const std::size_t count = std::min(out.size(), prefix_.size());
    std::ranges::copy(prefix_.first(count), out.begin());
    prefix_ = prefix_.subspan(count);
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return rest_.name(); }

 private:
  ByteView prefix_;
  io::Input& rest_;
};

std::uint64_t total_bytes(const Header& header) {
  std::size_t total = 0;
  for (const TensorEntry& entry : header.tensors) {
    total = checked_add(total, decoded_bytes(entry), "the model");
  }
  return total;
}

// Fills in what header and index say together.
void describe(Overview& out, const Index& index) {
  struct Place {
    std::size_t section, before;
  };
  std::vector<Place> places;
  std::uint64_t at = kSignature.size() + 1;
  for (const SectionFact& section : index.sections) {
    for (std::size_t i = 0; i < section.tensors; ++i) places.push_back({out.sections.size(), i});
    out.sections.push_back({at, section});
    at += section.bytes;
  }
  std::vector<std::size_t> numbers;  // of each tensor, among those stored
  std::size_t next = 0;
  for (const TensorEntry& entry : out.header.tensors) {
    const std::size_t number = entry.same ? numbers[*entry.same] : next++;
    numbers.push_back(number);
    const TensorFact& fact = index.tensors[number];
    const auto& [section, before] = places[number];
    out.tensors.push_back({entry, fact.codec, entry.same ? 0 : fact.bytes, section, before});
    out.nonzero = checked_add(out.nonzero, fact.nonzero, "the model");
  }
}

Overview overview_of_all(io::Input& in, const ReadOptions& options) {
  ThreadPool pool(1);
  Pass pass(in, pool, options);
  Pass::End end = pass.finish();
  Overview out;
  out.version = pass.version();
  out.bytes = end.bytes;
  out.header = pass.header();
  out.lineage = std::move(end.tail.lineage);
  out.probes = std::move(end.tail.probes);
  out.identity = end.tail.identity;
  describe(out, end.index);
  return out;
}

// The last bytes of a regular file: index and end mark.
ReadIndex index_of_file(const io::Input& in, std::size_t tensors, std::uint64_t& begin) {
  const auto incomplete = [&] {
    throw PlacedError{
        Kind::input,
        fmt::format("{} is incomplete or has bytes behind its end: no end mark", in.name()),
        "copy or make it again"};
  };
  if (in.size() < kEndMarkBytes) incomplete();
  Bytes mark(kEndMarkBytes);
  in.read_at(in.size() - kEndMarkBytes, mark);
  if (!is_end_mark(mark)) incomplete();
  const std::uint64_t body = index_bytes(mark);
  const std::uint64_t section = section_opening(SectionKind::index, body).size() + body;
  if (in.size() < section + kEndMarkBytes) incomplete();
  begin = in.size() - kEndMarkBytes - section;
  io::RangeInput range(in, begin, in.size() - begin);
  Forward forward(range, false);
  const Opening opening = read_opening(forward);
  if (opening.body != body) forward.damaged("its length is wrong");
  return read_index(forward, opening, tensors);
}

// What refuses a regular file before memory is spent on its numbers: a missing end and,
// where the numbers take more than twice the file, any checksum.
void check_ahead(const io::Input& in, const Header& header, ThreadPool& pool,
                 const ReadOptions& options) {
  const std::uint64_t total = total_bytes(header);
  std::uint64_t begin = 0;
  (void)index_of_file(in, stored_entries(header).size(), begin);
  if (total / 2 <= in.size() + kSpoolBytes / 2) return;
  io::RangeInput again(in, 0, in.size());
  ReadOptions sums = options;
  sums.verify_sections = false;
  (void)Pass(again, pool, sums).finish();
}

Model decode_model(io::Input& in, ThreadPool& pool, const ReadOptions& options) {
  Pass pass(in, pool, options);
  check_memory(in.name(), total_bytes(pass.header()), options.max_memory);
  if (in.seekable()) check_ahead(in, pass.header(), pool, options);
  Model model;
  model.header = pass.header();
  model.weights.resize(model.header.tensors.size());
  Later later;
  for (Weight& weight : model.weights) (void)pass.next(&weight, &later);
  Pass::End end = pass.finish();
  pool.run(later.size(), [&](std::size_t i) { later[i](); });
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    TensorEntry& entry = model.header.tensors[i];
    if (entry.same) {
      model.weights[i] = model.weights[*entry.same];
      model.weights[i].name = entry.name;
    }
    in_place(in.name(), tensor_label(entry.name), [&] { check_weight(model.weights[i], entry); });
  }
  model.lineage = std::move(end.tail.lineage);
  model.probes = std::move(end.tail.probes);
  model.identity = end.tail.identity;
  model.bytes = end.bytes;
  model.max_memory = options.max_memory;
  return model;
}

}  // namespace

Overview read_overview(io::Input& in, const ReadOptions& options) {
  if (!in.seekable()) return overview_of_all(in, options);
  io::RangeInput range(in, 0, in.size());
  if (options.verify_sections) return overview_of_all(range, options);
  Forward forward(range, false);
  Overview out;
  read_signature(forward);
  out.version = forward.rules.version;
  out.bytes = in.size();
  const Opening head = read_opening(forward);
  out.header = read_head(forward, head);
  const SectionFact seen = close_section(forward, head, 0);
  std::uint64_t index_begin = 0;
  ReadIndex read = index_of_file(in, stored_entries(out.header).size(), index_begin);
  std::uint64_t end = kSignature.size() + 1;
  for (const SectionFact& section : read.index.sections) {
    end = checked_add(end, section.bytes, "the file");
  }
  forward.enter("the index");
  const SectionFact& stated = read.index.sections.front();
  const SectionFact& last = read.index.sections.back();
  if (end != index_begin || stated.bytes != seen.bytes || stated.sha256 != seen.sha256) {
    forward.damaged("its sections are not those of the file");
  }
  if (last.kind == SectionKind::tail) {
    io::RangeInput tail_range(in, end - last.bytes, last.bytes);
    Forward tail(tail_range, false);
    tail.rules.version = out.version;
    const Opening opening = read_opening(tail);
    if (opening.kind != SectionKind::tail) tail.damaged("the lineage belongs there");
    const Bytes content = read_summed(tail, opening, kMaxTail);
    in_place(tail, [&] { decode_tail(content, out.version, out.header, out.lineage, out.probes); });
    const SectionFact fact = close_section(tail, opening, 0);
    if (fact.bytes != last.bytes || fact.sha256 != last.sha256) {
      tail.damaged("it is not the section that the index states");
    }
  }
  out.identity = read.identity;
  describe(out, read.index);
  return out;
}

Model read_model(io::Input& in, ThreadPool& pool, const ReadOptions& options) {
  if (in.seekable()) return decode_model(in, pool, options);
  // A pipe that is not long is taken in first, and so checked like a file before it is decoded.
  Bytes start;
  std::size_t size = 0;
  for (std::size_t got = 1; got != 0 && size < kSpoolBytes; size += got) {
    if (size == start.size()) {
      start.resize(std::min(kSpoolBytes, std::max<std::size_t>(1 << 16, 2 * size)));
    }
    got = in.read(std::span(start).subspan(size));
  }
  if (size == kSpoolBytes) {
    PrefixedInput all(start, in);
    return decode_model(all, pool, options);
  }
  start.resize(size);
  start.shrink_to_fit();
  return read_model(*io::memory_input(start, in.name()), pool, options);
}

Model read_model(const std::string& path, ThreadPool& pool, const ReadOptions& options) {
  Model model = read_model(*open_model(path, options.trust), pool, options);
  if (options.admit) options.admit(model, path);
  return model;
}

Weight read_weight(const io::Input& in, const Overview& overview, std::string_view name,
                   ThreadPool& pool, std::uint64_t max_memory) {
  const auto found = std::ranges::find(
      overview.tensors, name, [](const StoredTensor& stored) { return stored.entry.name; });
  if (found == overview.tensors.end()) {
    fail(Kind::usage, "{} has no {}", in.name(), tensor_label(name));
  }
  return WeightReader(in, overview, pool, max_memory)
      .read(static_cast<std::size_t>(found - overview.tensors.begin()));
}

}  // namespace mx
