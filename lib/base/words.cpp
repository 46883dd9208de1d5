// SPDX-License-Identifier: Apache-2.0
#include "base/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/shown.h"

namespace mx {
namespace {

// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Bytes of the valid UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;
  return size;
}

// Of the sequence of `size` bytes at the start of `text`.
std::uint32_t code_point(std::string_view text, std::size_t size) {
  constexpr std::uint32_t kLead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t out = static_cast<unsigned char>(text[0]) & kLead[size];
  for (std::size_t i = 1; i < size; ++i) {
    out = out << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return out;
}

// C0, DEL and C1, and what is no UTF-8 (`size` 0).
bool is_control(std::string_view text, std::size_t size) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (size == 0 || lead < 0x20 || lead == 0x7f) return true;
  return size == 2 && lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
}

std::string bytes_of(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

bool is_unseen(std::uint32_t code) {
  constexpr std::pair<std::uint32_t, std::uint32_t> kRanges[] = {
      {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},    {0x180e, 0x180e},
      {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},  {0xfeff, 0xfeff},
      {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff}};
  return std::ranges::any_of(
      kRanges, [&](const auto& range) { return code >= range.first && code <= range.second; });
}

std::string closest(std::string_view given, std::span<const std::string> candidates) {
  std::size_t best = std::clamp<std::size_t>(given.size() / 3, 1, 3) + 1;
  std::string out;
  if (given.size() > 64) return out;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 64) continue;
    const std::size_t d = distance(given, candidate);
    if (d < best) {
      best = d;
      out = candidate;
    }
  }
  return out;
}

std::string did_you_mean(std::string_view given, std::span<const std::string> candidates) {
  const std::string word = closest(given, candidates);
  return word.empty() ? word : "did you mean " + word;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    if (is_control(text, size) || is_unseen(code_point(text, size))) {
      out += bytes_of(text.substr(0, std::max<std::size_t>(size, 1)));
    } else {
      out += text[0] == '\\' ? std::string_view("\\\\") : text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string shown_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(sequence(text), 1);
    const bool layout = text[0] == '\n' || text[0] == '\t';
    out += is_control(text, sequence(text)) && !layout ? bytes_of(text.substr(0, size))
                                                       : std::string(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::string shown_json(std::string json) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x7f; };
  if (std::ranges::all_of(json, plain)) return json;
  std::string out;
  for (std::string_view text = json; !text.empty();) {
    const std::size_t size = std::max<std::size_t>(sequence(text), 1);
    const std::uint32_t code = code_point(text, size);
    if (code < 0x7f || (!is_control(text, size) && !is_unseen(code))) {
      out += text.substr(0, size);
    } else if (code > 0xffff) {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10U),
                         0xdc00 + ((code - 0x10000) & 0x3ffU));
    } else {
      out += fmt::format("\\u{:04x}", code);
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string input_name(std::string_view path) {
  return path == "-" ? std::string("standard input") : printable(path);
}

namespace {

// No character is hidden, or does more than stand in its line.
bool all_shown(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    const bool layout = text[0] == '\n' || text[0] == '\t';
    if (!layout && (is_control(text, size) || is_unseen(code_point(text, size)))) return false;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return true;
}

}  // namespace

std::string shell_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_=+./,:@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  if (all_shown(text)) return in_quotes(text);
  std::string out = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "'";
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 4> kUnits = {"KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.995 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

std::uint64_t parse_bytes(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  double scale = 0;
  if (unit.empty() || unit == "B") scale = 1;
  if (unit == "KB" || unit == "K") scale = 1e3;
  if (unit == "MB" || unit == "M") scale = 1e6;
  if (unit == "GB" || unit == "G") scale = 1e9;
  if (unit == "KiB") scale = 1024;
  if (unit == "MiB") scale = 1024.0 * 1024;
  if (unit == "GiB") scale = 1024.0 * 1024 * 1024;
  const double bytes = value * scale;
  if (status != std::errc() || scale == 0 || !(bytes >= 0) || bytes > 1e18) {
    throw Error{Kind::usage, fmt::format("'{}' is no size in bytes", printable(text)),
                "write it as 4096, 300KB, 1.5MB or 2GiB"};
  }
  return static_cast<std::uint64_t>(bytes);
}

std::string human_seconds(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "unknown";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc() || stop != end) return {};
  return out;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == at) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

}  // namespace mx
