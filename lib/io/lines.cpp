// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "io/input.h"

namespace mx::io {

bool LineReader::next(std::string_view& line) {
  constexpr std::size_t kStep = 1 << 16;
  std::size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos && !ended_) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    if (buffer_.size() > limit_) break;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kStep);
    const std::size_t got =
        in_.read({reinterpret_cast<std::uint8_t*>(buffer_.data()) + before, kStep});
    buffer_.resize(before + got);
    ended_ = got == 0;
    end = buffer_.find('\n', before);
  }
  const bool last = end == std::string::npos;
  if (last) end = buffer_.size();
  if (last && end == begin_) return false;
  ++number_;
  line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = last ? end : end + 1;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() > limit_) {
    fail(Kind::input, "{} line {} is longer than {} bytes", in_.name(), number_, limit_);
  }
  return true;
}

}  // namespace mx::io
