// SPDX-License-Identifier: Apache-2.0
#include "file/forward.h"

#include <algorithm>
#include <cstring>

#include "file/layout.h"

namespace mx {

// From the input, which only this moves along.
std::size_t Forward::more(std::span<std::uint8_t> out) {
  if (!in_.seekable()) return in_.read(out);
  const std::size_t count =
      std::min<std::uint64_t>(out.size(), in_.size() - std::min(taken_, in_.size()));
  if (count != 0) in_.read_at(taken_, out.first(count));
  taken_ += count;
  return count;
}

void Forward::incomplete() const {
  throw PlacedError{Kind::input, fmt::format("{} is incomplete: it ends in {}", name(), what_),
                    "copy or make it again"};
}

std::optional<std::uint64_t> Forward::jump(std::uint64_t count) {
  if (hash_ || !in_.seekable()) return std::nullopt;
  const std::uint64_t at = taken_ - (end_ - begin_);
  if (at > in_.size() || count > in_.size() - at) incomplete();
  taken_ = at + count;
  begin_ = end_ = 0;
  step_ = 1 << 10;
  position_ += count;
  return at;
}

// Reads more behind what is buffered; 0 at the end of the input.
std::size_t Forward::fill() {
  buffer_.resize(kBuffer);
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ != 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t got =
      more(std::span(buffer_).subspan(end_).first(std::min(step_, buffer_.size() - end_)));
  step_ = std::min(2 * step_, buffer_.size());
  end_ += got;
  return got;
}

void Forward::read(std::span<std::uint8_t> out) {
  const std::span<std::uint8_t> whole = out;
  while (!out.empty()) {
    std::size_t got = std::min(out.size(), end_ - begin_);
    if (got != 0) {
      std::memcpy(out.data(), buffer_.data() + begin_, got);
      begin_ += got;
    } else if (out.size() >= kBuffer) {
      got = more(out);
    } else {
      got = fill();
      if (got != 0) continue;
    }
    if (got == 0) incomplete();
    out = out.subspan(got);
  }
  position_ += whole.size();
  if (hash_) hash_->add(whole);
}

Bytes Forward::read(std::size_t count) {
  // Grows with what is there, so that a length alone costs no memory.
  constexpr std::size_t kStep = 1 << 20;
  Bytes out;
  while (out.size() < count) {
    const std::size_t before = out.size();
    out.resize(before + std::min(count - before, std::max(kStep, before)));
    read(std::span(out).subspan(before));
  }
  return out;
}

std::uint8_t Forward::u8() {
  std::uint8_t byte = 0;
  read({&byte, 1});
  return byte;
}

std::uint64_t Forward::varint() {
  Bytes bytes;
  do {
    bytes.push_back(u8());
  } while ((bytes.back() & 0x80U) != 0 && bytes.size() < 10);
  return ByteReader(bytes, what_).varint();
}

void Forward::skip(std::uint64_t count) {
  Bytes scrap(static_cast<std::size_t>(std::min<std::uint64_t>(count, 1 << 16)));
  while (count != 0) {
    const std::size_t step = std::min<std::size_t>(scrap.size(), count);
    read(std::span(scrap).first(step));
    count -= step;
  }
}

ByteView Forward::peek(std::size_t count) {
  while (end_ - begin_ < count && fill() != 0) {
  }
  return ByteView(buffer_).subspan(begin_, std::min(count, end_ - begin_));
}

void Forward::expect(std::uint64_t count) const {
  if (in_.seekable() && (position_ > in_.size() || count > in_.size() - position_)) incomplete();
}

Sha256 Forward::end_digest() {
  if (!hash_) return {};
  const Sha256 out = hash_->finish();
  hash_.reset();
  return out;
}

void damaged(const std::string& file, const std::string& what, std::string_view why) {
  throw PlacedError{Kind::input, fmt::format("{}: {} is damaged: {}", file, what, why),
                    "copy or make it again"};
}
void Forward::damaged(std::string_view why) const { mx::damaged(name(), what_, why); }

bool is_container(const io::Input& in) {
  if (!in.seekable() || in.size() < kSignature.size()) return false;
  Bytes head(kSignature.size());
  in.read_at(0, head);
  return std::ranges::equal(head, kSignature);
}

}  // namespace mx
