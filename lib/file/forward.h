// SPDX-License-Identifier: Apache-2.0
// A model file read forward through a buffer, with the digest of the section in progress. The end
// of the input inside something is Kind::input: "NAME is incomplete: it ends in WHAT".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "file/base_model.h"
#include "file/digest.h"
#include "io/input.h"

namespace mx {

// Says file and place already.
class PlacedError : public Error {
 public:
  using Error::Error;
};

// Throws Kind::input: FILE: WHAT is damaged: why.
[[noreturn]] void damaged(const std::string& file, const std::string& what, std::string_view why);

class Forward {
 public:
  // digest: whether sections of weights are hashed (SHA-256), as head and tail always are.
  // Reads from the input's beginning where that is seekable, else from where it is.
  Forward(io::Input& in, bool digest) : in_(in), digest_(digest) {}

  // What holds for the whole file: known from its first bytes.
  struct Rules {
    std::uint64_t version = 0;
    std::optional<Sha256> needs;      // the identity of its base
    const BaseModel* base = nullptr;  // where that was given
  };
  Rules rules;

  // What the bytes read next belong to, for messages.
  void enter(std::string what) { what_ = std::move(what); }
  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] const std::string& name() const { return in_.name(); }

  void read(std::span<std::uint8_t> out);
  [[nodiscard]] Bytes read(std::size_t count);
  [[nodiscard]] std::uint8_t u8();
  [[nodiscard]] std::uint64_t varint();
  void skip(std::uint64_t count);
  [[nodiscard]] const io::Input& input() const { return in_; }
  // Where the next `count` bytes lie, which are passed over, so that several threads read them from
  // input(). None: they are hashed or come through a pipe, and are to be read here. Throws when
  // they are not there.
  [[nodiscard]] std::optional<std::uint64_t> jump(std::uint64_t count);
  // Up to `count` of the next bytes, which stay to be read; fewer only at the end.
  [[nodiscard]] ByteView peek(std::size_t count);
  [[nodiscard]] bool at_end() { return peek(1).empty(); }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Throws when so many bytes cannot follow; of a pipe nobody knows.
  void expect(std::uint64_t count) const;

  [[nodiscard]] bool digests_weights() const { return digest_; }
  void begin_digest() { hash_.emplace(); }
  Sha256 end_digest();

  // damaged() with its name and place.
  [[noreturn]] void damaged(std::string_view why) const;

 private:
  std::size_t fill();
  std::size_t more(std::span<std::uint8_t> out);
  [[noreturn]] void incomplete() const;
  static constexpr std::size_t kBuffer = 1 << 16;
  io::Input& in_;
  bool digest_;
  Bytes buffer_;  // of kBuffer, from the first read on
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t position_ = 0;  // of what is read next
  std::uint64_t taken_ = 0;     // bytes taken from a seekable input
  std::size_t step_ = kBuffer;  // most bytes to buffer next: few behind a jump
  std::string what_;
  std::optional<Sha256Stream> hash_;
};

// A regular file that begins as containers of ours do. Reads without moving on.
[[nodiscard]] bool is_container(const io::Input& in);

}  // namespace mx
