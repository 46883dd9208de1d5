// SPDX-License-Identifier: Apache-2.0
#include "text/gpt2_alphabet.h"

#include "text/utf8.h"

namespace mx {
namespace {

constexpr std::size_t kPrinting = 188;  // bytes that print
constexpr std::size_t kLetters = 256 + 256 - kPrinting;

const std::array<char32_t, 256>& letters_of_bytes() {
  static const std::array<char32_t, 256> kTable = [] {
    std::array<char32_t, 256> letters = {};
    for (std::size_t byte = 0; byte < letters.size(); ++byte) {
      const TokenId id = gpt2_byte_ids()[byte];
      letters[byte] = static_cast<char32_t>(id < kPrinting ? byte : 256 + id - kPrinting);
    }
    return letters;
  }();
  return kTable;
}

// -1: no byte.
const std::array<int, kLetters>& bytes_of_letters() {
  static const std::array<int, kLetters> kTable = [] {
    std::array<int, kLetters> bytes = {};
    bytes.fill(-1);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      bytes[letters_of_bytes()[byte]] = static_cast<int>(byte);
    }
    return bytes;
  }();
  return kTable;
}

}  // namespace

const std::array<TokenId, 256>& gpt2_byte_ids() {
  static const std::array<TokenId, 256> kIds = [] {
    std::array<TokenId, 256> table = {};
    const auto prints = [](std::size_t byte) {
      return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    };
    TokenId next = 0;
    for (const bool wanted : {true, false}) {
      for (std::size_t byte = 0; byte < table.size(); ++byte) {
        if (prints(byte) == wanted) table[byte] = next++;
      }
    }
    return table;
  }();
  return kIds;
}

std::string gpt2_letters(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    append_character(letters_of_bytes()[static_cast<std::uint8_t>(c)], out);
  return out;
}

std::optional<std::string> gpt2_bytes(std::string_view letters) {
  std::string out;
  for (std::size_t at = 0; at < letters.size();) {
    const Character character = decode_character(letters, at);
    at += character.size;
    const int byte = character.code < kLetters ? bytes_of_letters()[character.code] : -1;
    if (byte < 0) return std::nullopt;
    out.push_back(static_cast<char>(byte));
  }
  return out;
}

}  // namespace mx
