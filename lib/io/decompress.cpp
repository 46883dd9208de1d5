// SPDX-License-Identifier: Apache-2.0
#include "io/decompress.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>

namespace mx::io {
namespace {

enum class Format { plain, gzip, zstd };

constexpr int kWindowLog = 27;  // 128 MiB

// The format of what starts with `head`; none when more bytes must tell.
std::optional<Format> format_of(ByteView head) {
  constexpr std::array<std::uint8_t, 4> kZstd = {0x28, 0xb5, 0x2f, 0xfd};
  constexpr std::array<std::uint8_t, 4> kSkippable = {0x50, 0x2a, 0x4d, 0x18};
  bool gzip = true;
  bool zstd = true;
  bool skippable = true;
  for (std::size_t i = 0; i < std::min<std::size_t>(head.size(), 4); ++i) {
    if (i < 2 && head[i] != (i == 0 ? 0x1f : 0x8b)) gzip = false;
    if (head[i] != kZstd[i]) zstd = false;
    if ((i == 0 ? head[i] & 0xf0U : head[i]) != kSkippable[i]) skippable = false;
  }
  if (gzip && head.size() >= 2) return Format::gzip;
  if ((zstd || skippable) && head.size() >= 4) return Format::zstd;
  if (gzip || zstd || skippable) return std::nullopt;
  return Format::plain;
}

// What was read to tell the format, then the rest.
class Prefixed final : public Input {
 public:
  Prefixed(Bytes head, std::unique_ptr<Input> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    if (at_ == head_.size()) return rest_->read(out);
    const std::size_t count = std::min(out.size(), head_.size() - at_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }

 private:
  Bytes head_;
  std::unique_ptr<Input> rest_;
  std::size_t at_ = 0;
};

// Compressed bytes on their way into a decoder.
class Feed {
 public:
  explicit Feed(std::unique_ptr<Input> in) : in_(std::move(in)), buffer_(1 << 17) {}
  // What is there and not consumed; reads on when nothing is; empty at the end only.
  ByteView peek() {
    if (begin_ == end_) {
      begin_ = 0;
      end_ = in_->read(buffer_);
    }
    return ByteView(buffer_).subspan(begin_, end_ - begin_);
  }
  void consume(std::size_t count) { begin_ += count; }
  [[nodiscard]] const std::string& name() const { return in_->name(); }

 private:
  std::unique_ptr<Input> in_;
  Bytes buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

class Gzip final : public Input {
 public:
  explicit Gzip(std::unique_ptr<Input> in) : feed_(std::move(in)) {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }

  std::size_t read(std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    while (!ended_) {
      const ByteView in = feed_.peek();
      if (in.empty()) fail(Kind::input, "{} is incomplete", feed_.name());
      const std::size_t room = std::min<std::size_t>(out.size(), 1U << 30);
      stream_.next_in = const_cast<std::uint8_t*>(in.data());  // zlib only reads there
      stream_.avail_in = static_cast<uInt>(in.size());
      stream_.next_out = out.data();
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      feed_.consume(in.size() - stream_.avail_in);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status == Z_STREAM_END) {
        next_member();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        damaged(stream_.msg == nullptr ? "unknown" : stream_.msg);
      }
      const std::size_t made = room - stream_.avail_out;
      if (made != 0) return made;
    }
    return 0;
  }
  [[nodiscard]] const std::string& name() const override { return feed_.name(); }

 private:
  [[noreturn]] void damaged(std::string_view why) const {
    fail(Kind::input, "{} is damaged (gzip: {})", feed_.name(), why);
  }
  // Another member, zeros up to the end (tapes), or the end.
  void next_member() {
    ByteView in = feed_.peek();
    if (!in.empty() && in[0] == 0x1f) {
      if (inflateReset(&stream_) != Z_OK) damaged("unknown");
      return;
    }
    for (; !in.empty(); in = feed_.peek()) {
      if (std::any_of(in.begin(), in.end(), [](std::uint8_t b) { return b != 0; })) {
        damaged("bytes after its end");
      }
      feed_.consume(in.size());
    }
    ended_ = true;
  }

  Feed feed_;
  z_stream stream_ = {};
  bool ended_ = false;
};

class Zstd final : public Input {
 public:
  explicit Zstd(std::unique_ptr<Input> in) : feed_(std::move(in)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }

  std::size_t read(std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    for (;;) {
      // What the decoder still holds comes out before more is read: a live pipe must not wait.
      const bool flushing = holds_output_;
      const ByteView in = flushing ? ByteView() : feed_.peek();
      if (in.empty() && !flushing && frame_ended_) return 0;
      ZSTD_inBuffer from = {in.data(), in.size(), 0};
      ZSTD_outBuffer to = {out.data(), out.size(), 0};
      const std::size_t status = ZSTD_decompressStream(context_.get(), &to, &from);
      if (ZSTD_isError(status) != 0) refuse(status);
      feed_.consume(from.pos);
      frame_ended_ = status == 0;
      holds_output_ = !frame_ended_ && to.pos == to.size;
      if (to.pos != 0) return to.pos;
      if (in.empty() && !flushing && !frame_ended_) {
        fail(Kind::input, "{} is incomplete", feed_.name());
      }
    }
  }
  [[nodiscard]] const std::string& name() const override { return feed_.name(); }

 private:
  [[noreturn]] void refuse(std::size_t status) const {
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
    if (code == ZSTD_error_memory_allocation) throw std::bad_alloc();
    if (code == ZSTD_error_frameParameter_windowTooLarge) {
      throw Error{Kind::input,
                  fmt::format("{} needs a zstd window of more than 128 MiB", feed_.name()),
                  "compress it again without --long"};
    }
    fail(Kind::input, "{} is damaged (zstd: {})", feed_.name(), ZSTD_getErrorName(status));
  }

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  Feed feed_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool frame_ended_ = true, holds_output_ = false;
};

}  // namespace

std::unique_ptr<Input> decompressed(std::unique_ptr<Input> raw) {
  Bytes head;
  std::optional<Format> format;
  if (raw->seekable()) {
    head.resize(static_cast<std::size_t>(std::min<std::uint64_t>(raw->size(), 4)));
    raw->read_at(0, head);
    format = format_of(head);
    if (!format || format == Format::plain) return raw;
  } else {
    // A byte at a time, and no more than it takes: a reader of a live pipe must not wait.
    std::array<std::uint8_t, 1> byte = {};
    while (!(format = format_of(head)) && raw->read(byte) == 1) head.push_back(byte[0]);
    raw = std::make_unique<Prefixed>(std::move(head), std::move(raw));
  }
  if (format == Format::gzip) return std::make_unique<Gzip>(std::move(raw));
  if (format == Format::zstd) return std::make_unique<Zstd>(std::move(raw));
  return raw;
}

}  // namespace mx::io
