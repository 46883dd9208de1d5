// SPDX-License-Identifier: Apache-2.0
#include "io/input.h"

#include <doctest/doctest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <csignal>

#include "base/error.h"
#include "base/random.h"
#include "folder.h"
#include "io/decompress.h"

namespace mx::io {
namespace {

using test::Folder;
using test::write_file;

template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& e) {
    CHECK(e.kind() == Kind::input);
    return e.message();
  }
  return "no error";
}

std::string gzip(std::string_view text) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_outBuffer to = {out.data(), out.size(), 0};
  ZSTD_inBuffer from = {text.data(), text.size(), 0};
  REQUIRE(!ZSTD_isError(ZSTD_compressStream2(context, &to, &from, ZSTD_e_flush)));
  REQUIRE(ZSTD_compressStream2(context, &to, &from, ZSTD_e_end) == 0);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  return out;
}

// Half noise, half runs.
std::string sample(std::size_t size) {
  Random random(7);
  std::string out(size, 'r');
  for (std::size_t i = 0; i < size; ++i) {
    if (i / 1000 % 2 == 0) out[i] = static_cast<char>(random.next());
  }
  return out;
}

std::string load(const std::string& path, std::uint64_t limit = 1 << 24) {
  const auto in = open_input(path, Decompress::by_magic);
  return std::string(text(read_all(*in, limit)));
}

// `bytes` through a pipe as standard input, in pieces.
std::string load_piped(const std::string& bytes, std::size_t piece) {
  std::array<int, 2> ends = {};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      if (::write(ends[1], bytes.data() + at, std::min(piece, bytes.size() - at)) < 0) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  ::close(ends[0]);
  const std::string out = load("-");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::waitpid(child, nullptr, 0);
  return out;
}

TEST_CASE("a regular file is read forward and at any offset") {
  const Folder folder;
  write_file(folder / "a", "0123456789");
  const auto in = open_input(folder / "a");
  CHECK(in->seekable());
  CHECK(in->size() == 10);
  std::array<std::uint8_t, 3> three = {};
  in->read_at(4, three);
  CHECK(text(three) == "456");
  read_exactly(*in, three);
  CHECK(text(three) == "012");
  CHECK(refusal([&] { in->read_at(8, three); }) == folder / "a" + " is incomplete");
  CHECK(refusal([&] { in->read_at(UINT64_MAX, three); }) == folder / "a" + " is incomplete");
  (void)read_all(*in, 7);
  CHECK(refusal([&] { read_exactly(*in, three); }) == folder / "a" + " is incomplete");
}

TEST_CASE("what cannot be opened says which and why") {
  const Folder folder;
  CHECK(refusal([&] { (void)open_input(folder / "no"); }) ==
        "cannot open " + folder / "no" + ": No such file or directory");
  CHECK(refusal([&] { (void)open_input(folder.path()); }) == folder.path() + " is a folder");
  CHECK(refusal([&] { (void)open_input("/no/\x1b[31m"); }) ==
        "cannot open /no/\\x1b[31m: No such file or directory");
}

TEST_CASE("more than the limit is refused") {
  const std::string bytes(100000, 'x');
  CHECK(read_all(*memory_input(view(bytes), "it"), 100000).size() == 100000);
  CHECK(refusal([&] { (void)read_all(*memory_input(view(bytes), "it"), 99999); }) ==
        "it is larger than 100.00 KB");
}

TEST_CASE("gzip and zstd are seen through, several members and frames too") {
  const Folder folder;
  const std::string plain = sample(700000);
  const std::string more = sample(10);
  const std::string skippable("\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
  for (const std::string& bytes :
       {plain, gzip(plain), zstd(plain), gzip(plain) + gzip(more), zstd(plain) + zstd(more),
        skippable + zstd(plain) + skippable, gzip(plain) + std::string(513, '\0')}) {
    const bool two = bytes == gzip(plain) + gzip(more) || bytes == zstd(plain) + zstd(more);
    write_file(folder / "a", bytes);
    CHECK(load(folder / "a") == (two ? plain + more : plain));
    CHECK(load_piped(bytes, 60000) == (two ? plain + more : plain));
  }
  CHECK(load_piped(gzip("tiny"), 1) == "tiny");
  CHECK(load_piped(zstd("tiny"), 1) == "tiny");
  CHECK(load_piped("P\n", 1) == "P\n");
  CHECK(load_piped("", 1).empty());
  for (const std::string& bytes : {std::string(), std::string("\x1f"), gzip(""), zstd("")}) {
    write_file(folder / "a", bytes);
    CHECK(load(folder / "a") == (bytes == "\x1f" ? bytes : ""));
  }
}

TEST_CASE("a plain file stays seekable, a compressed one is not") {
  const Folder folder;
  write_file(folder / "a", "plain");
  write_file(folder / "b", gzip("plain"));
  CHECK(open_input(folder / "a", Decompress::by_magic)->seekable());
  CHECK(!open_input(folder / "b", Decompress::by_magic)->seekable());
  CHECK(open_input(folder / "b")->seekable());
}

TEST_CASE("a compressed file cut at any byte is incomplete, one with a flipped bit is refused") {
  const std::string plain = sample(3000);
  const auto load_bytes = [](std::string_view bytes) {
    (void)read_all(*decompressed(memory_input(view(bytes), "it")), 1 << 24);
  };
  for (const std::string& whole : {gzip(plain), zstd(plain)}) {
    for (std::size_t size = 4; size < whole.size(); ++size) {
      CHECK(refusal([&] { load_bytes(std::string_view(whole).substr(0, size)); }) ==
            "it is incomplete");
    }
    for (std::size_t at = 10; at < whole.size(); at += 7) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      CHECK(refusal([&] { load_bytes(flipped); }).starts_with("it "));
    }
    CHECK(refusal([&] { load_bytes(whole + "rubbish"); }).find("damaged") != std::string::npos);
  }
}

TEST_CASE("a zstd window over 128 MiB is refused, a bomb stops at the limit") {
  const Folder folder;
  write_file(folder / "wide", zstd("x", 28));
  CHECK(refusal([&] { (void)load(folder / "wide"); }).find("128 MiB") != std::string::npos);
  write_file(folder / "bomb", zstd(std::string(1 << 26, '\0')));
  CHECK(refusal([&] { (void)load(folder / "bomb", 1 << 20); }).find("larger than") !=
        std::string::npos);
}

TEST_CASE("a signal does not end a read") {
  std::array<int, 2> ends = {};
  REQUIRE(::pipe(ends.data()) == 0);
  struct sigaction action = {};
  struct sigaction before = {};
  static int writer = 0;
  static volatile std::sig_atomic_t rings = 0;
  writer = ends[1];
  rings = 0;
  action.sa_handler = [](int) {  // no SA_RESTART: read() returns EINTR; the third one writes
    rings = rings + 1;
    if (rings == 3 && ::write(writer, "x", 1) == 1) ::close(writer);
  };
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  const itimerval often = {{0, 2000}, {0, 2000}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  const auto in = open_input("/dev/fd/" + std::to_string(ends[0]));
  CHECK(text(read_all(*in, 10)) == "x");
  const itimerval never = {};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  ::close(ends[0]);
  CHECK(rings >= 3);
}

TEST_CASE("lines end at LF, CRLF or the end, whatever their length") {
  const std::string longest(200000, 'a');
  const std::string bytes = "one\r\n\n" + longest + "\nlast\r\r\nno end";
  const auto in = memory_input(view(bytes), "it");
  LineReader lines(*in, 1 << 20);
  std::string_view line;
  std::vector<std::string> all;
  while (lines.next(line)) all.emplace_back(line);
  CHECK(all == std::vector<std::string>{"one", "", longest, "last\r", "no end"});
  CHECK(lines.number() == 5);
  CHECK(!lines.next(line));
}

TEST_CASE("a line over the limit is refused with its number") {
  for (const std::string end : {"", "\n"}) {
    const std::string bytes = "short\n" + std::string(11, 'a') + end;
    const auto in = memory_input(view(bytes), "it");
    LineReader lines(*in, 10);
    std::string_view line;
    CHECK(lines.next(line));
    CHECK(refusal([&] { (void)lines.next(line); }) == "it line 2 is longer than 10 bytes");
  }
  const std::string endless(1 << 24, 'a');
  const auto in = memory_input(view(endless), "it");
  LineReader lines(*in, 10);
  std::string_view line;
  CHECK(refusal([&] { (void)lines.next(line); }) == "it line 1 is longer than 10 bytes");
  CHECK(in->read(std::span<std::uint8_t>()) == 0);
}

TEST_CASE("a reader knows whether the next line is there already") {
  const std::string bytes = "one\ntwo";
  const auto in = memory_input(view(bytes), "it");
  LineReader lines(*in, 100);
  std::string_view line;
  CHECK(!lines.buffered());
  CHECK(lines.next(line));
  CHECK(!lines.buffered());  // "two" may go on
  CHECK(lines.next(line));
  CHECK(line == "two");
  CHECK(lines.buffered());
}

}  // namespace
}  // namespace mx::io
