// SPDX-License-Identifier: Apache-2.0
// Containers with the right sums and hostile contents (hostile_maker.h), given to every reader.
#include <algorithm>
#include <cstdint>

#include "file/base_model.h"
#include "file/hostile_maker.h"
#include "file/lineage.h"
#include "file/mapped.h"
#include "file/weight_reader.h"

namespace {

using namespace mx;
using testing::attempt;
using testing::kFuzzed;
using testing::PipeInput;
using testing::pool;

void map(const Bytes& file) {
  const MappedContainer mapped(file, kFuzzed, testing::kFuzzMemory);
  const std::vector<StoredTensor>& tensors = mapped.overview().tensors;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(tensors.size(), 64); ++i) {
    const std::size_t bytes = byte_count(tensors[i].entry.dtype, tensors[i].entry.shape);
    attempt([&] {
      for (const std::uint8_t byte : mapped.bytes(i, 0, bytes)) sum += byte;
    });
  }
}

void look(const Overview& overview) {
  (void)parameters_of(overview.header);
  if (!overview.header.network.empty()) (void)shapes(overview.header.network);
  (void)lineage_from_json(to_json(overview.lineage));
  (void)extend({{&overview.lineage, overview.identity}, {&overview.lineage, {}}},
               make_record("pack", "mx-pack", Json::object()));
}

void read(const Bytes& file) {
  const ReadOptions limited{.max_memory = testing::kFuzzMemory};
  ReadOptions verified = limited;
  verified.verify_sections = true;
  const auto input = [&] { return io::memory_input(file, kFuzzed); };
  attempt([&] {
    const auto in = input();
    const Overview overview = read_overview(*in, limited);
    look(overview);
    WeightReader reader(*in, overview, pool(), testing::kFuzzMemory);
    for (std::size_t i = overview.tensors.size(); i > 0; --i) {
      attempt([&] { (void)reader.read(i - 1); });
    }
  });
  attempt([&] { (void)read_overview(*input(), verified); });
  attempt([&] {
    PipeInput pipe(file);
    (void)read_overview(pipe, limited);
  });
  attempt([&] { (void)read_model(*input(), pool(), limited); });
  attempt([&] {
    PipeInput pipe(file);
    (void)read_model(pipe, pool(), verified);
  });
  const BaseModel base(io::memory_input(testing::base_bytes(), "base.mx"), pool(),
                       testing::kFuzzMemory);
  ReadOptions with_base = limited;
  with_base.base = &base;
  attempt([&] {
    const auto in = input();
    ModelStream stream(*in, pool(), with_base);
    while (stream.next()) {
    }
    (void)stream.finish();
  });
  attempt([&] {
    const BaseModel other(input(), pool(), testing::kFuzzMemory);
    for (const Weight& weight : testing::base_model().weights) {
      attempt([&] { (void)other.like(entry_of(weight)); });
    }
  });
  attempt([&] { map(file); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read(testing::hostile_file({data, size}));
  return 0;
}
