// SPDX-License-Identifier: Apache-2.0
#include "file/pass.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "file/head.h"
#include "file/memory.h"
#include "file/tail.h"

namespace mx {

namespace {

void check_base(const Forward& in) {
  const Forward::Rules& rules = in.rules;
  if (rules.base == nullptr || !rules.needs || *rules.needs == rules.base->identity()) return;
  throw Error{Kind::input,
              fmt::format("{} holds differences to the model {}, the base is {}", in.name(),
                          to_hex(*rules.needs), to_hex(rules.base->identity())),
              "mx-pack info shows a model's identity"};
}

}  // namespace

Pass::Pass(io::Input& in, ThreadPool& pool, const ReadOptions& options)
    : in_(in, options.verify_sections), pool_(pool), verify_(options.verify_sections) {
  read_signature(in_);
  in_.rules.base = options.base;
  const Opening opening = read_opening(in_);
  header_ = read_head(in_, opening);
  std::size_t largest = 0;
  for (const TensorEntry& entry : header_.tensors) {
    largest = std::max(largest, decoded_bytes(entry));
  }
  check_memory(in.name(), largest, options.max_memory);
  stored_ = stored_entries(header_);
  check_base(in_);
  sections_.push_back(close_section(in_, opening, 0));
}

bool Pass::next(Weight* weight, Later* later) {
  if (verify_) later = nullptr;
  if (next_ == header_.tensors.size()) return false;
  const TensorEntry& entry = header_.tensors[next_++];
  if (entry.same) return true;
  const std::size_t number = facts_.size();
  if (group_.left() == 0) {
    const Opening opening = read_opening(in_);
    if (opening.kind == SectionKind::group) {
      group_ = Group(in_, opening, std::span(stored_).subspan(number));
      sections_.push_back(close_section(in_, opening, group_.count()));
    } else if (opening.kind == SectionKind::tensor) {
      facts_.push_back(read_tensor(in_, opening, entry, pool_, weight, later));
      sections_.push_back(close_section(in_, opening, 1));
    } else {
      in_.damaged(fmt::format("{} belongs there", tensor_label(entry.name)));
    }
  }
  if (facts_.size() == number) facts_.push_back(group_.next(in_, weight, later));
  counted_ = counted_ && weight != nullptr && verify_;
  if (counted_) facts_.back().nonzero = count_nonzero(weight->values);
  return true;
}

Pass::End Pass::finish() {
  while (next(nullptr)) {
  }
  End end;
  Opening opening = read_opening(in_);
  if (opening.kind == SectionKind::tail) {
    const Bytes content = read_summed(in_, opening, kMaxTail);
    in_place(in_, [&] {
      decode_tail(content, in_.rules.version, header_, end.tail.lineage, end.tail.probes);
    });
    sections_.push_back(close_section(in_, opening, 0));
    opening = read_opening(in_);
  }
  ReadIndex read = read_index(in_, opening, stored_.size());
  in_place(in_, [&] { compare(read.index); });
  end.tail.identity = read.identity;
  end.index = std::move(read.index);
  end.bytes = in_.position();
  return end;
}

// What the index states must be what was read.
void Pass::compare(const Index& index) const {
  const auto same_section = [&](const SectionFact& stated, const SectionFact& seen) {
    const bool digested = verify_ || seen.tensors == 0;  // head and tail always
    return stated.kind == seen.kind && stated.bytes == seen.bytes &&
           stated.tensors == seen.tensors && (!digested || stated.sha256 == seen.sha256);
  };
  const auto [stated, seen] = std::ranges::mismatch(index.sections, sections_, same_section);
  if (stated != index.sections.end() || seen != sections_.end()) {
    fail(Kind::input, "section {} is not the one that was read", stated - index.sections.begin());
  }
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const TensorFact& fact = index.tensors[i];
    const bool counts = !counted_ || fact.nonzero == facts_[i].nonzero;
    if (fact.codec != facts_[i].codec || fact.bytes != facts_[i].bytes || !counts) {
      fail(Kind::input, "{} is not as it states", tensor_label(stored_[i].name));
    }
  }
}

struct ModelStream::State {
  Pass pass;
  std::size_t next = 0;  // of the directory
  std::map<std::size_t, std::size_t>
      repeats;                         // by number of a tensor, how often it is to come again
  std::map<std::size_t, Weight> kept;  // while it is
};

ModelStream::ModelStream(io::Input& in, ThreadPool& pool, const ReadOptions& options)
    : state_(new State{Pass(in, pool, options), 0, {}, {}}) {
  std::size_t largest = 0, kept = 0;
  for (const TensorEntry& entry : header().tensors) {
    largest = std::max(largest, decoded_bytes(entry));
    if (entry.same && state_->repeats[*entry.same]++ == 0) {
      kept = checked_add(kept, decoded_bytes(entry), "what is repeated");
    }
  }
  check_memory(in.name(), checked_add(largest, kept, "what is repeated"), options.max_memory);
}
ModelStream::~ModelStream() = default;

const Header& ModelStream::header() const { return state_->pass.header(); }

std::optional<Weight> ModelStream::next() {
  Weight weight;
  if (!state_->pass.next(&weight)) return std::nullopt;
  const std::size_t number = state_->next++;
  const TensorEntry& entry = header().tensors[number];
  if (entry.same) {
    weight = state_->kept.at(*entry.same);
    weight.name = entry.name;
    if (--state_->repeats[*entry.same] == 0) state_->kept.erase(*entry.same);
  } else if (state_->repeats.contains(number)) {
    state_->kept.emplace(number, weight);
  }
  return weight;
}

ModelStream::Tail ModelStream::finish() { return state_->pass.finish().tail; }

}  // namespace mx
