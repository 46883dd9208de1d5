// SPDX-License-Identifier: Apache-2.0
#include "io/age.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "io/age_header.h"
#include "io/range_input.h"

namespace mx::io {
namespace {

// Bytes that were read already, then the others.
class Prefixed final : public Input {
 public:
  Prefixed(Bytes start, std::unique_ptr<Input> rest)
      : start_(std::move(start)), rest_(std::move(rest)) {}
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    if (at_ == start_.size()) return rest_->read(out);
    const std::size_t count = std::min(out.size(), start_.size() - at_);
    std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }

 private:
  Bytes start_;
  std::unique_ptr<Input> rest_;
  std::size_t at_ = 0;
};

constexpr std::string_view kArmorStart = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view kArmorEnd = "-----END AGE ENCRYPTED FILE-----";
constexpr std::size_t kArmorColumns = 64;

// As much of `text` as `start` can show.
bool begins_with(ByteView start, std::string_view text) {
  const std::size_t size = std::min(text.size(), kAgeVersion.size());
  return start.size() >= size &&
         std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), start.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// The bytes in the text that `age -a` writes: lines of 64 columns in base64, the last one shorter.
class Unarmored final : public Input {
 public:
  explicit Unarmored(std::unique_ptr<Input> in)
      : in_(std::move(in)), lines_(*in_, kArmorColumns + 1) {
    std::string_view line;
    if (!lines_.next(line) || line != kArmorStart) wrong();
  }
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    while (at_ == held_.size() && !ended_) next();
    const std::size_t count = std::min(out.size(), held_.size() - at_);
    std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }

 private:
  [[noreturn]] void wrong() const {
    throw Error{Kind::input, fmt::format("{}: its text armor was changed or cut", name()),
                "copy or make it again"};
  }
  void next() {
    std::string_view line;
    if (!lines_.next(line)) wrong();
    held_.clear();
    at_ = 0;
    if (line == kArmorEnd) {
      ended_ = true;
      while (lines_.next(line)) {
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) wrong();
      }
      return;
    }
    if (last_ || line.empty() || line.size() > kArmorColumns) wrong();
    last_ = line.size() < kArmorColumns;
    held_.resize(kArmorColumns);
    std::size_t size = 0;
    if (sodium_base642bin(held_.data(), held_.size(), line.data(), line.size(), nullptr, &size,
                          nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
      wrong();
    }
    held_.resize(size);
  }

  std::unique_ptr<Input> in_;
  LineReader lines_;
  Bytes held_;
  std::size_t at_ = 0;
  bool last_ = false, ended_ = false;
};

[[noreturn]] void changed(const std::string& name, std::uint64_t number) {
  throw Error{Kind::input,
              fmt::format("{}: its sealed part {} was changed, moved or cut", name, number + 1),
              "copy or make it again"};
}

// Sealed parts of a regular file, wherever they are wanted.
class UnsealedFile final : public Input {
 public:
  UnsealedFile(std::unique_ptr<Input> raw, std::uint64_t begin, const AgeParts& parts)
      : raw_(std::move(raw)), begin_(begin), parts_(parts) {
    if (raw_->size() < begin_ + kAgeTag) fail(Kind::input, "{} is incomplete", name());
    const std::uint64_t sealed = raw_->size() - begin_;
    count_ = (sealed + kAgeSealedPart - 1) / kAgeSealedPart;
    const std::uint64_t rest = sealed - (count_ - 1) * kAgeSealedPart;
    // An end that is cut within a part's tag, or to nothing, is none that age writes.
    if (rest < kAgeTag || (rest == kAgeTag && count_ > 1)) {
      fail(Kind::input, "{} is incomplete", name());
    }
    size_ = sealed - count_ * kAgeTag;
    Bytes last;
    open(count_ - 1, last);
  }
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - place_));
    std::size_t done = 0;
    while (done < count) {
      const std::uint64_t number = place_ / kAgePart;
      if (number != held_number_ || held_.empty()) open(number, held_);
      held_number_ = number;
      const auto from = static_cast<std::size_t>(place_ - number * kAgePart);
      const std::size_t some = std::min(count - done, held_.size() - from);
      std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(from), some,
                  out.begin() + static_cast<std::ptrdiff_t>(done));
      done += some;
      place_ += some;
    }
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return raw_->name(); }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (checked_add(offset, out.size(), "the place in a file") > size_) {
      fail(Kind::input, "{} is incomplete", name());
    }
    Bytes part;
    while (!out.empty()) {
      const std::uint64_t number = offset / kAgePart;
      open(number, part);
      const auto from = static_cast<std::size_t>(offset - number * kAgePart);
      const std::size_t some = std::min(out.size(), part.size() - from);
      std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(from), some, out.begin());
      out = out.subspan(some);
      offset += some;
    }
  }

 private:
  void open(std::uint64_t number, Bytes& out) const {
    const std::uint64_t at = begin_ + number * kAgeSealedPart;
    Bytes sealed(
        static_cast<std::size_t>(std::min<std::uint64_t>(kAgeSealedPart, raw_->size() - at)));
    raw_->read_at(at, sealed);
    if (!parts_.open(number, number + 1 == count_, sealed, out)) changed(name(), number);
  }

  std::unique_ptr<Input> raw_;
  std::uint64_t begin_, count_ = 0, size_ = 0, place_ = 0;
  AgeParts parts_;
  Bytes held_;  // the part at place_
  std::uint64_t held_number_ = 0;
};

// Sealed parts in their order.
class UnsealedPipe final : public Input {
 public:
  UnsealedPipe(std::unique_ptr<Input> raw, const AgeParts& parts)
      : raw_(std::move(raw)), parts_(parts) {
    ahead_ = next_sealed();
  }
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    while (at_ == held_.size() && !ended_) open_next();
    const std::size_t count = std::min(out.size(), held_.size() - at_);
    std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return raw_->name(); }

 private:
  // Shorter than kAgeSealedPart at the end; reads to it.
  Bytes next_sealed() {
    Bytes out(kAgeSealedPart);
    std::size_t size = 0;
    while (size < out.size()) {
      const std::size_t got = raw_->read(std::span(out).subspan(size));
      if (got == 0) break;
      size += got;
    }
    out.resize(size);
    return out;
  }
  void open_next() {
    const Bytes sealed = std::move(ahead_);
    ahead_ = sealed.size() == kAgeSealedPart ? next_sealed() : Bytes();
    ended_ = ahead_.empty();
    at_ = 0;
    // The last part is empty only where all is.
    const bool cut = sealed.size() < kAgeTag || (sealed.size() == kAgeTag && number_ > 0);
    if (cut || !parts_.open(number_, ended_, sealed, held_)) {
      if (ended_) fail(Kind::input, "{} is incomplete, or its end was changed", name());
      changed(name(), number_);
    }
    ++number_;
  }

  std::unique_ptr<Input> raw_;
  AgeParts parts_;
  Bytes ahead_, held_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

class Sealed final : public Output {
 public:
  Sealed(std::unique_ptr<Output> to, const AgeParts& parts) : to_(std::move(to)), parts_(parts) {}
  void write(ByteView bytes) override {
    written_ += bytes.size();
    while (!bytes.empty()) {
      if (held_.size() == kAgePart) put(false);  // more follows, so it is not the last
      const std::size_t count = std::min(bytes.size(), kAgePart - held_.size());
      held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
    }
  }
  void flush() override { to_->flush(); }
  void commit() override {
    put(true);
    to_->commit();
  }
  [[nodiscard]] const std::string& name() const override { return to_->name(); }
  [[nodiscard]] std::uint64_t written() const override { return written_; }

 private:
  void put(bool last) {
    Bytes out;
    parts_.seal(number_++, last, held_, out);
    to_->write(out);
    held_.clear();
  }

  std::unique_ptr<Output> to_;
  AgeParts parts_;
  Bytes held_;
  std::uint64_t number_ = 0, written_ = 0;
};

}  // namespace

bool begins_sealed(ByteView start) {
  return begins_with(start, kAgeVersion) || begins_with(start, kArmorStart);
}

namespace {

// Its first bytes, as many as tell whether it is sealed; of a pipe they are gone.
Bytes start_of(Input& raw) {
  Bytes start(kAgeVersion.size());
  if (raw.seekable()) {
    start.resize(std::min<std::uint64_t>(start.size(), raw.size()));
    raw.read_at(0, start);
    return start;
  }
  std::size_t size = 0;
  for (std::size_t got = 1; got > 0 && size < start.size(); size += got) {
    got = raw.read(std::span(start).subspan(size));
  }
  start.resize(size);
  return start;
}

std::unique_ptr<Input> with_start(Bytes start, std::unique_ptr<Input> raw) {
  if (raw->seekable()) return raw;
  return std::make_unique<Prefixed>(std::move(start), std::move(raw));
}

std::unique_ptr<Input> open_seal(std::unique_ptr<Input> raw, const AgeKeys& keys, bool must) {
  const bool file = raw->seekable();
  Bytes start = start_of(*raw);
  if (!begins_sealed(start)) {
    if (must) fail(Kind::input, "{} is not sealed", raw->name());
    return with_start(std::move(start), std::move(raw));
  }
  if (begins_with(start, kArmorStart)) {
    return open_seal(std::make_unique<Unarmored>(with_start(std::move(start), std::move(raw))),
                     keys, must);
  }
  if (keys.empty()) {
    throw Error{Kind::input, fmt::format("{} is sealed by age", raw->name()),
                "--identity FILE or --passphrase-file FILE opens it"};
  }
  RangeInput forwards(*raw);
  Input& in = file ? static_cast<Input&>(forwards) : *raw;
  if (file) read_exactly(in, start);
  const AgeParts parts = read_age_header(in, keys);
  if (file) return std::make_unique<UnsealedFile>(std::move(raw), forwards.place(), parts);
  return std::make_unique<UnsealedPipe>(std::move(raw), parts);
}

}  // namespace

std::unique_ptr<Input> unsealed(std::unique_ptr<Input> raw, const AgeKeys& keys) {
  return open_seal(std::move(raw), keys, false);
}

std::unique_ptr<Input> only_unsealed(std::unique_ptr<Input> raw, const AgeKeys& keys) {
  return open_seal(std::move(raw), keys, true);
}

std::unique_ptr<Input> not_sealed(std::unique_ptr<Input> raw, const std::string& hint) {
  Bytes start = start_of(*raw);
  if (!begins_sealed(start)) return with_start(std::move(start), std::move(raw));
  throw Error{Kind::usage,
              fmt::format("{} is sealed by age, which cannot be read here", raw->name()), hint};
}

std::unique_ptr<Output> sealed(std::unique_ptr<Output> to,
                               const std::vector<AgeRecipient>& recipients,
                               const Secret& passphrase) {
  NewAgeHeader header = make_age_header(recipients, passphrase);
  to->write(view(header.text));
  return std::make_unique<Sealed>(std::move(to), header.parts);
}

}  // namespace mx::io
