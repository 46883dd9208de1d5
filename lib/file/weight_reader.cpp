// SPDX-License-Identifier: Apache-2.0
#include "file/weight_reader.h"

#include <span>

#include "base/error.h"
#include "file/head.h"
#include "file/memory.h"

namespace mx {
namespace {

void check_section(Forward& in, const Opening& opening, std::size_t tensors,
                   const StoredSection& section) {
  if (close_section(in, opening, tensors) != section.fact) {
    in.damaged("it is not in the section that the index states");
  }
}

}  // namespace

Opening open_section(Forward& in, const StoredSection& section) {
  const Opening opening = read_opening(in);
  if (opening.kind != section.fact.kind ||
      in.position() - opening.begin + opening.body != section.fact.bytes) {
    in.damaged("it is not the section that the index states");
  }
  return opening;
}

WeightReader::WeightReader(const io::Input& in, const Overview& overview, ThreadPool& pool,
                           std::uint64_t max_memory)
    : in_(in), overview_(overview), pool_(pool), max_memory_(max_memory) {
  for (const TensorEntry& entry : overview.header.tensors) {
    places_.push_back(entry.same ? places_[*entry.same] : stored_.size());
    if (!entry.same) stored_.push_back(entry);
  }
}

Weight WeightReader::read(std::size_t number) {
  const StoredTensor& tensor = overview_.tensors.at(number);
  const StoredSection& section = overview_.sections.at(tensor.section);
  const TensorEntry& entry = stored_.at(places_[number]);
  check_memory(in_.name(), decoded_bytes(entry), max_memory_);
  io::RangeInput range(in_, section.begin, section.fact.bytes);
  Forward forward(range, true);
  forward.rules = {overview_.version, overview_.header.base, nullptr};
  Weight weight;
  if (section.fact.kind == SectionKind::tensor) {
    const Opening opening = open_section(forward, section);
    (void)read_tensor(forward, opening, entry, pool_, &weight);
    check_section(forward, opening, 1, section);
  } else {
    if (section_ != tensor.section) {
      section_.reset();
      const Opening opening = open_section(forward, section);
      group_ = Group(forward, opening, std::span(stored_).subspan(places_[number] - tensor.before));
      check_section(forward, opening, group_.count(), section);
      section_ = tensor.section;
    }
    (void)group_.read(forward, tensor.before, &weight);
  }
  weight.name = tensor.entry.name;
  return weight;
}

}  // namespace mx
