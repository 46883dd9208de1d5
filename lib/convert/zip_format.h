// SPDX-License-Identifier: Apache-2.0
// Numbers of the zip format that its reader and its writer share (APPNOTE 6.3, section 4.3). Inside
// convert/ only.
#pragma once

#include <cstdint>

namespace mx::zip {

inline constexpr std::uint32_t kLocal = 0x04034b50;
inline constexpr std::uint32_t kCentral = 0x02014b50;
inline constexpr std::uint32_t kEnd = 0x06054b50;
inline constexpr std::uint32_t kEnd64 = 0x06064b50;
inline constexpr std::uint32_t kLocator64 = 0x07064b50;
inline constexpr std::uint16_t kField64 = 0x0001;        // the extra field of large numbers
inline constexpr std::uint32_t kInField64 = 0xffffffff;  // what stands where one does not fit
inline constexpr std::uint16_t kManyMembers = 0xffff;

}  // namespace mx::zip
