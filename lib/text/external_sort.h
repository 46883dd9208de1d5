// SPDX-License-Identifier: Apache-2.0
// Sorts more records than memory holds: sorted runs in a temporary file, merged while they are
// read. Records are plain values with a total order; equal ones come in any order. Memory: the
// bound given, and 1 MiB in all while merging (64 runs at most; runs are merged in rounds beyond).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/scratch.h"

namespace mx {

template <class Record>
class ExternalSort {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  explicit ExternalSort(std::string folder, std::size_t memory = std::size_t{32} << 20U)
      : folder_(std::move(folder)), most_(std::max<std::size_t>(memory / sizeof(Record), 1024)) {}

  void add(const Record& record) {
    if (records_.capacity() == 0) records_.reserve(std::min<std::size_t>(most_, 1U << 16U));
    records_.push_back(record);
    if (records_.size() >= most_) spill();
  }

  // Calls visit(record) for each in order. Once, at the end.
  template <class Visit>
  void finish(const Visit& visit) {
    if (runs_.empty()) {
      std::sort(records_.begin(), records_.end());
      for (const Record& record : records_) visit(record);
      return;
    }
    if (!records_.empty()) spill();
    records_ = {};
    while (runs_.size() > kMostRuns) merge_some();
    merge(runs_.begin(), runs_.end(), visit);
  }

 private:
  static constexpr std::size_t kMostRuns = 64;
  struct Run {
    std::uint64_t begin = 0, end = 0;  // records
  };

  // Reads a run in blocks.
  struct Cursor {
    Run left;
    std::vector<Record> block;
    std::size_t at = 0;
  };

  void spill() {
    std::sort(records_.begin(), records_.end());
    const std::uint64_t begin = written_;
    for (const Record& record : records_) put(record);
    runs_.push_back({begin, written_});
    records_.clear();
  }

  void put(const Record& record) {
    file_->append({reinterpret_cast<const std::uint8_t*>(&record), sizeof(Record)});
    ++written_;
  }

  [[nodiscard]] bool refill(Cursor& cursor) {
    constexpr std::size_t kBlock = std::max<std::size_t>((16U << 10U) / sizeof(Record), 1);
    const std::uint64_t count =
        std::min<std::uint64_t>(kBlock, cursor.left.end - cursor.left.begin);
    cursor.block.resize(static_cast<std::size_t>(count));
    cursor.at = 0;
    if (count == 0) return false;
    file_->read_at(cursor.left.begin * sizeof(Record),
                   {reinterpret_cast<std::uint8_t*>(cursor.block.data()),
                    cursor.block.size() * sizeof(Record)});
    cursor.left.begin += count;
    return true;
  }

  template <class Iterator, class Visit>
  void merge(Iterator first, Iterator last, const Visit& visit) {
    std::vector<Cursor> cursors;
    for (; first != last; ++first) cursors.push_back({*first, {}, 0});
    const auto later = [&cursors](std::size_t a, std::size_t b) {
      return cursors[b].block[cursors[b].at] < cursors[a].block[cursors[a].at];
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> heap(later);
    for (std::size_t i = 0; i < cursors.size(); ++i) {
      if (refill(cursors[i])) heap.push(i);
    }
    while (!heap.empty()) {
      const std::size_t least = heap.top();
      heap.pop();
      Cursor& cursor = cursors[least];
      visit(cursor.block[cursor.at++]);
      if (cursor.at < cursor.block.size() || refill(cursor)) heap.push(least);
    }
  }

  // The oldest runs become one.
  void merge_some() {
    const auto end = runs_.begin() + kMostRuns;
    const std::uint64_t begin = written_;
    merge(runs_.begin(), end, [this](const Record& record) { put(record); });
    runs_.erase(runs_.begin(), end);
    runs_.push_back({begin, written_});
  }

  std::string folder_;
  std::size_t most_;
  std::vector<Record> records_;
  std::unique_ptr<io::Scratch> file_ = std::make_unique<io::Scratch>(folder_);
  std::vector<Run> runs_;
  std::uint64_t written_ = 0;
};

}  // namespace mx
