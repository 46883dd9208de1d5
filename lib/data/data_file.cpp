// SPDX-License-Identifier: Apache-2.0
#include "data/data_file.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "data/idx.h"
#include "file/digest.h"
#include "file/memory.h"
#include "io/decompress.h"
#include "io/held_input.h"
#include "io/range_input.h"

namespace mx {
namespace {

constexpr std::size_t kMagic = 8;                // bytes that tell arrays
constexpr std::size_t kLongestHead = 1U << 16U;  // of a first line that is looked at

// What was read to tell the kind, then the rest.
class Peeked final : public io::Input {
 public:
  explicit Peeked(std::unique_ptr<io::Input> in) : in_(std::move(in)) {}

  // At least `size` bytes and, for `line`, a whole line of the head; less at the end only.
  std::string_view head(std::size_t size, bool line) {
    const auto enough = [&] {
      return head_.size() >= size && (!line || head_.size() >= kLongestHead ||
                                      std::find(head_.begin(), head_.end(), '\n') != head_.end());
    };
    while (!enough()) {
      const std::size_t before = head_.size();
      head_.resize(before + (line ? 4096 : size - before));
      const std::size_t got = in_->read(std::span(head_).subspan(before));
      head_.resize(before + got);
      if (got == 0) break;
    }
    return text(head_);
  }

  std::size_t read(std::span<std::uint8_t> out) override {
    if (at_ == head_.size()) return in_->read(out);
    const std::size_t count = std::min(out.size(), head_.size() - at_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }
  [[nodiscard]] bool seekable() const override { return in_->seekable(); }
  [[nodiscard]] std::uint64_t size() const override { return in_->size(); }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    in_->read_at(offset, out);
  }

 private:
  std::unique_ptr<io::Input> in_;
  Bytes head_;
  std::size_t at_ = 0;
};

bool ends(std::string_view name, std::string_view ending) {
  for (const std::string_view packed : {".age", ".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  return name.ends_with(ending);
}

DataKind by_first_line(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  const std::size_t first = line.find_first_not_of(" \t\r\xef\xbb\xbf");
  if (first != std::string_view::npos && line[first] == '{') return DataKind::jsonl;
  const bool tabs = line.find('\t') != std::string_view::npos;
  return tabs && line.find(',') == std::string_view::npos ? DataKind::tsv : DataKind::csv;
}

}  // namespace

Sniffed sniff(std::unique_ptr<io::Input> in) {
  auto peeked = std::make_unique<Peeked>(std::move(in));
  const std::string& name = peeked->name();
  Sniffed out;
  // Text never begins with either byte; of text no more is read here than the reader would.
  const std::string_view first = peeked->head(1, false);
  if (first.starts_with('\0') || first.starts_with('\x93')) {
    const std::string_view head = peeked->head(kMagic, false);
    if (!head.starts_with("\x93NUMPY") && !is_idx(view(head))) {
      throw Error{Kind::input, fmt::format("{} is neither text, nor IDX, nor .npy", name),
                  "rows come as CSV, TSV, JSON lines, .npy or IDX"};
    }
    out.kind = is_idx(view(head)) ? DataKind::idx : DataKind::npy;
  } else if (ends(name, ".csv")) {
    out.kind = DataKind::csv;
  } else if (ends(name, ".tsv") || ends(name, ".tab")) {
    out.kind = DataKind::tsv;
  } else if (ends(name, ".jsonl") || ends(name, ".ndjson")) {
    out.kind = DataKind::jsonl;
  } else {
    out.kind = by_first_line(peeked->head(1, true));
  }
  out.in = std::move(peeked);
  return out;
}

DataFile::DataFile(std::string path, io::AgeKeys keys, std::uint64_t max_memory)
    : path_(std::move(path)),
      keys_(std::move(keys)),
      max_memory_(max_memory == 0 ? default_max_memory() : max_memory) {
  std::unique_ptr<io::Input> raw = io::open_input(path_);
  name_ = raw->name();
  if (!raw->seekable() || path_ == "-") {  // standard input goes on where it was, whatever it is
    kept_ = std::make_shared<const io::HeldInput>(std::move(raw), max_memory_);
  }
  raw.reset();
  kind_ = sniff(open()).kind;
}

std::unique_ptr<io::Input> DataFile::open() const {
  return io::decompressed(io::unsealed(
      kept_ ? std::make_unique<io::RangeInput>(*kept_) : io::open_input(path_), keys_));
}

Sha256 DataFile::digest() const {
  if (!kept_) return sha256_file(path_);
  Sha256Stream stream;
  Bytes part(std::size_t{1} << 18U);
  io::RangeInput again(*kept_);
  while (const std::size_t got = again.read(part)) stream.add(ByteView(part).first(got));
  return stream.finish();
}

}  // namespace mx
