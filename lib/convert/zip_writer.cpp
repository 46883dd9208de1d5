// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "convert/zip.h"
#include "convert/zip_format.h"

namespace mx {
namespace {

constexpr std::uint16_t kVersion = 20, kVersion64 = 45;
constexpr std::uint16_t kUtf8 = 1U << 11U;
constexpr std::uint16_t kDate = 1U << 5U | 1U;  // 1980-01-01

std::uint32_t small(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, zip::kInField64));
}

// The zip64 field for those of `numbers` that do not fit.
Bytes zip64_field(std::initializer_list<std::uint64_t> numbers) {
  ByteWriter field;
  for (const std::uint64_t number : numbers) {
    if (number >= zip::kInField64) field.u64(number);
  }
  if (field.bytes().empty()) return {};
  ByteWriter out;
  out.u16(zip::kField64);
  out.u16(static_cast<std::uint16_t>(field.bytes().size()));
  out.put(field.bytes());
  return out.take();
}

// What local and central headers share: version needed to sizes of name and extra field.
void put_common(ByteWriter& out, const ZipMember& member, std::size_t extra) {
  out.u16(extra == 0 ? kVersion : kVersion64);
  out.u16(kUtf8);
  out.u16(0);  // stored
  out.u16(0);  // midnight
  out.u16(kDate);
  out.u32(member.crc);
  out.u32(small(member.size));
  out.u32(small(member.size));
  out.u16(narrow<std::uint16_t>(member.name.size(), "a member's name"));
  out.u16(static_cast<std::uint16_t>(extra));
}

}  // namespace

void ZipWriter::put(ByteView bytes) {
  out_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::begin(const std::string& name, std::uint64_t size, std::uint32_t crc) {
  members_.push_back({name, false, crc, size, size, position_, 0});
  const ZipMember& member = members_.back();
  const Bytes extra = zip64_field({size, size});
  ByteWriter header;
  header.u32(zip::kLocal);
  put_common(header, member, extra.size());
  header.put(view(name));
  header.put(extra);
  put(header.bytes());
}

void ZipWriter::write(ByteView bytes) { put(bytes); }

void ZipWriter::finish() {
  const std::uint64_t offset = position_;
  for (const ZipMember& member : members_) {
    const Bytes extra = zip64_field({member.size, member.size, member.header});
    ByteWriter header;
    header.u32(zip::kCentral);
    header.u16(kVersion64);  // made by
    put_common(header, member, extra.size());
    header.u16(0);  // comment
    header.u16(0);  // disk
    header.u16(0);  // internal attributes
    header.u32(0);  // external attributes
    header.u32(small(member.header));
    header.put(view(member.name));
    header.put(extra);
    put(header.bytes());
  }
  const std::uint64_t size = position_ - offset;
  const std::uint64_t count = members_.size();
  ByteWriter end;
  if (count >= zip::kManyMembers || offset >= zip::kInField64 || size >= zip::kInField64) {
    const std::uint64_t place = position_;
    end.u32(zip::kEnd64);
    end.u64(44);  // bytes that follow
    end.u16(kVersion64);
    end.u16(kVersion64);
    end.u32(0);
    end.u32(0);
    for (const std::uint64_t number : {count, count, size, offset}) end.u64(number);
    end.u32(zip::kLocator64);
    end.u32(0);
    end.u64(place);
    end.u32(1);
  }
  end.u32(zip::kEnd);
  end.u32(0);  // disks
  end.u16(static_cast<std::uint16_t>(std::min<std::uint64_t>(count, zip::kManyMembers)));
  end.u16(static_cast<std::uint16_t>(std::min<std::uint64_t>(count, zip::kManyMembers)));
  end.u32(small(size));
  end.u32(small(offset));
  end.u16(0);  // comment
  put(end.bytes());
}

}  // namespace mx
