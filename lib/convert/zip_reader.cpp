// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "convert/zip.h"
#include "convert/zip_format.h"

namespace mx {
namespace {

constexpr std::size_t kLocalSize = 30, kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20;
constexpr std::uint64_t kMostMembers = 65536;
constexpr std::uint64_t kLongestDirectory = 16U << 20U;
constexpr std::uint64_t kMostExpansion = 1032;  // of deflate

[[noreturn]] void damaged(const io::Input& in, std::string_view why) {
  fail(Kind::input, "{} is damaged: {}", in.name(), why);
}

Bytes bytes_at(const io::Input& in, std::uint64_t offset, std::uint64_t size) {
  if (offset > in.size() || size > in.size() - offset) {
    fail(Kind::input, "{} is incomplete", in.name());
  }
  Bytes out(static_cast<std::size_t>(size));
  in.read_at(offset, out);
  return out;
}

struct Directory {
  std::uint64_t count = 0, size = 0, offset = 0;
};

// APPNOTE 4.3.16, the end of central directory record, and 4.3.14, its zip64 twin.
Directory find_directory(const io::Input& in) {
  constexpr std::uint64_t kLongestComment = 65535;
  const std::uint64_t tail_size = std::min(in.size(), kEndSize + kLongestComment);
  const Bytes tail = bytes_at(in, in.size() - tail_size, tail_size);
  std::size_t at = tail.size();
  for (std::size_t i = tail.size() < kEndSize ? 0 : tail.size() - kEndSize + 1; i-- > 0;) {
    ByteReader reader(ByteView(tail).subspan(i), in.name());
    if (reader.u32() != zip::kEnd) continue;
    (void)reader.take(16);
    if (reader.u16() == tail.size() - i - kEndSize) {
      at = i;
      break;
    }
  }
  if (at == tail.size()) fail(Kind::input, "{} is an incomplete zip archive", in.name());
  ByteReader reader(ByteView(tail).subspan(at + 4), in.name());
  const std::uint16_t disk = reader.u16();
  const std::uint16_t first_disk = reader.u16();
  const std::uint16_t here = reader.u16();
  Directory directory{reader.u16(), 0, 0};
  directory.size = reader.u32();
  directory.offset = reader.u32();
  std::uint64_t end = in.size() - tail_size + at;
  // A writer may put the zip64 end there without need.
  const Bytes locator_bytes =
      end < kLocatorSize ? Bytes(kLocatorSize) : bytes_at(in, end - kLocatorSize, kLocatorSize);
  ByteReader locator(locator_bytes, in.name());
  if (locator.u32() == zip::kLocator64) {
    (void)locator.u32();
    const std::uint64_t place = locator.u64();
    const Bytes end64_bytes = bytes_at(in, place, kEnd64Size);
    ByteReader end64(end64_bytes, in.name());
    if (end64.u32() != zip::kEnd64) damaged(in, "its zip64 end is not where it should be");
    (void)end64.take(20);  // size, versions, disks
    if (end64.u64() > kMostMembers) damaged(in, "it claims too many members");
    directory = {end64.u64(), end64.u64(), end64.u64()};
    end = place;
  } else if (disk != 0 || first_disk != 0 || here != directory.count) {
    damaged(in, "it is one part of several");
  }
  if (directory.count > kMostMembers) damaged(in, "it claims too many members");
  if (directory.size > kLongestDirectory) damaged(in, "its directory is too long");
  if (directory.offset > end || directory.size != end - directory.offset) {
    damaged(in, "its directory is not where it should be");
  }
  return directory;
}

// The zip64 field among a member's extra fields, for the numbers that did not fit (4.5.3).
void read_zip64(const io::Input& in, ByteView extra, ZipMember& member) {
  ByteReader reader(extra, in.name());
  while (reader.left() >= 4) {
    const std::uint16_t id = reader.u16();
    ByteReader field(reader.take(reader.u16()), in.name());
    if (id != zip::kField64) continue;
    for (std::uint64_t* number : {&member.size, &member.compressed, &member.header}) {
      if (*number == zip::kInField64) *number = field.u64();
    }
    return;
  }
}

ZipMember read_member(const io::Input& in, ByteReader& directory) {
  if (directory.u32() != zip::kCentral) damaged(in, "its directory is damaged");
  (void)directory.take(4);  // versions
  const std::uint16_t flags = directory.u16();
  const std::uint16_t method = directory.u16();
  (void)directory.take(4);  // time and date
  ZipMember member;
  member.crc = directory.u32();
  member.compressed = directory.u32();
  member.size = directory.u32();
  const std::uint16_t name = directory.u16();
  const std::uint16_t extra = directory.u16();
  const std::uint16_t comment = directory.u16();
  const std::uint16_t disk = directory.u16();
  (void)directory.take(6);  // attributes
  member.header = directory.u32();
  member.name = text(directory.take(name));
  read_zip64(in, directory.take(extra), member);
  (void)directory.take(comment);
  const std::string shown = printable(member.name);
  if ((flags & 1U) != 0) fail(Kind::input, "{}: the member {} is encrypted", in.name(), shown);
  if (method != 0 && method != Z_DEFLATED) {
    fail(Kind::input, "{}: the member {} is compressed by method {}; stored and deflated are read",
         in.name(), shown, method);
  }
  member.deflated = method == Z_DEFLATED;
  const bool possible = member.deflated ? member.size / kMostExpansion <= member.compressed
                                        : member.size == member.compressed;
  if (disk != 0 || member.name.empty() || !possible) {
    damaged(in, fmt::format("the sizes of the member {} cannot be", shown));
  }
  return member;
}

// The local header of a member (4.3.7) says where its bytes begin.
void read_local(const io::Input& in, std::uint64_t end, ZipMember& member) {
  const auto refuse = [&] {
    damaged(in, fmt::format("the member {} is not where it should be", printable(member.name)));
  };
  if (member.header > end || kLocalSize > end - member.header) refuse();
  const Bytes bytes = bytes_at(in, member.header, kLocalSize);
  ByteReader local(bytes, in.name());
  if (local.u32() != zip::kLocal) refuse();
  (void)local.take(22);
  const std::uint16_t name = local.u16();
  const std::uint16_t extra = local.u16();
  member.offset = member.header + kLocalSize + name + extra;
  if (member.offset > end || member.compressed > end - member.offset) refuse();
  if (text(bytes_at(in, member.header + kLocalSize, name)) != member.name) refuse();
}

// zlib's state, freed whatever happens.
class Inflater {
 public:
  explicit Inflater(bool used) : used_(used) {
    constexpr int kRawDeflate = -15;
    if (used_ && inflateInit2(&stream, kRawDeflate) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (used_) inflateEnd(&stream);
  }
  z_stream stream = {};

 private:
  bool used_;
};

class Member final : public io::Input {
 public:
  Member(const io::Input& in, const ZipMember& member)
      : in_(in),
        member_(member),
        name_(fmt::format("{}: {}", in.name(), printable(member.name))),
        next_(member.offset),
        packed_left_(member.compressed),
        inflater_(member.deflated) {
    if (member_.size == 0) finish();
  }

  std::size_t read(std::span<std::uint8_t> out) override {
    constexpr std::size_t kMost = 1U << 30U;  // zlib counts in 32 bits
    const std::uint64_t left = member_.size - done_;
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>({out.size(), left, kMost})));
    if (out.empty()) return 0;
    const std::size_t count = member_.deflated ? inflate_into(out) : read_packed(out);
    if (count == 0) refuse("it ends early");
    crc_ = crc32_of(out.first(count), crc_);
    done_ += count;
    if (done_ == member_.size) finish();
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    fail(Kind::input, "{} is damaged: {}", name_, why);
  }

  std::size_t read_packed(std::span<std::uint8_t> out) {
    const std::size_t count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), packed_left_));
    in_.read_at(next_, out.first(count));
    next_ += count;
    packed_left_ -= count;
    return count;
  }

  // At least one byte, unless the stream ends.
  std::size_t inflate_into(std::span<std::uint8_t> out) {
    inflater_.stream.next_out = out.data();
    inflater_.stream.avail_out = static_cast<uInt>(out.size());
    while (!stream_ended_ && inflater_.stream.avail_out == out.size()) {
      if (inflater_.stream.avail_in == 0) {
        inflater_.stream.avail_in = static_cast<uInt>(read_packed(packed_));
        inflater_.stream.next_in = packed_.data();
      }
      const int status = inflate(&inflater_.stream, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status != Z_OK && status != Z_STREAM_END) refuse("its compressed bytes are damaged");
      stream_ended_ = status == Z_STREAM_END;
    }
    return out.size() - inflater_.stream.avail_out;
  }

  // Nothing but the end may follow, and the bytes must be those that were packed.
  void finish() {
    if (member_.deflated) {
      std::array<std::uint8_t, 1> more;
      if (inflate_into(more) != 0) refuse("it goes on behind its size");
      if (inflater_.stream.avail_in != 0 || packed_left_ != 0) refuse("bytes follow its end");
    }
    if (crc_ != member_.crc) refuse("its checksum differs");
  }

  const io::Input& in_;
  ZipMember member_;
  std::string name_;
  std::uint64_t next_, packed_left_, done_ = 0;
  std::uint32_t crc_ = 0;
  std::array<std::uint8_t, 1U << 16U> packed_;
  Inflater inflater_;
  bool stream_ended_ = false;
};

}  // namespace

std::uint32_t crc32_of(ByteView bytes, std::uint32_t before) {
  if (bytes.empty()) return before;  // of no bytes zlib gives the first value
  return static_cast<std::uint32_t>(crc32_z(before, bytes.data(), bytes.size()));
}

ZipReader::ZipReader(const io::Input& in) : in_(in) {
  const Directory directory = find_directory(in);
  const Bytes bytes = bytes_at(in, directory.offset, directory.size);
  ByteReader reader(bytes, in.name());
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    members_.push_back(read_member(in, reader));
    if (!names.insert(members_.back().name).second) {
      damaged(in, fmt::format("the member {} stands twice", printable(members_.back().name)));
    }
  }
  reader.finish();
  std::sort(members_.begin(), members_.end(),
            [](const ZipMember& a, const ZipMember& b) { return a.header < b.header; });
  std::uint64_t end = 0;
  for (ZipMember& member : members_) {
    if (member.header < end || (end == 0 && member.header != 0)) {
      damaged(in, fmt::format("the member {} overlaps another", printable(member.name)));
    }
    read_local(in, directory.offset, member);
    end = member.offset + member.compressed;
  }
}

std::unique_ptr<io::Input> ZipReader::open(const ZipMember& member) const {
  return std::make_unique<Member>(in_, member);
}

}  // namespace mx
