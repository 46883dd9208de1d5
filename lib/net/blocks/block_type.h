// SPDX-License-Identifier: Apache-2.0
// What the walkers of a block list need to know of one block type. A type is one file beside this
// one, which defines its block_type<T>(), and one line in the registry at the end of this header.
// A type's fields are listed once: reading, writing and checking are the same list.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "net/network.h"

namespace mx {

// Every size lies in [1, kSizeLimit), so that products of two fit in 64 bits.
inline constexpr std::int64_t kSizeLimit = std::int64_t{1} << 31;

// Throws Kind::input, `where` in front.
[[nodiscard]] Act act_named(std::string_view name, const std::string& where);

// Reads the fields of `block` from an object (`from`), writes them into one (`to`), or, with
// neither, only checks them. A field with a default is left out where it has that value.
template <class T>
class BlockFields {
 public:
  BlockFields(T& block, std::string where, JsonObject* from, Json* to)
      : block_(block), where_(std::move(where)), from_(from), to_(to) {}

  [[nodiscard]] T& block() { return block_; }
  [[nodiscard]] const std::string& where() const { return where_; }

  void text(std::string_view key, std::string& value) {
    if (from_ != nullptr) value = from_->text(key);
    put(key, value);
  }
  void text_or_empty(std::string_view key, std::string& value) {
    if (from_ != nullptr) value = from_->text_or(key, "");
    if (!value.empty()) put(key, value);
  }
  void name(std::string T::*member) {
    std::string& value = block_.*member;
    text("name", value);
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    if (value.empty() || value.size() > 255 ||
        value.find_first_not_of(kAllowed) != std::string::npos) {
      fail(Kind::input, "{}: the name is not made of 1 to 255 of a-z, 0-9, '_', '.' and '-'",
           where_);
    }
  }
  void size(std::string_view key, std::int64_t T::*member, std::int64_t low = 1) {
    if (from_ != nullptr) block_.*member = from_->integer(key, low, kSizeLimit - 1);
    check_size(key, block_.*member, low);
    put(key, block_.*member);
  }
  void size_or_default(std::string_view key, std::int64_t T::*member, std::int64_t low = 1) {
    const std::int64_t otherwise = T{}.*member;
    if (from_ != nullptr) {
      block_.*member = from_->integer_or(key, low, kSizeLimit - 1, otherwise);
    }
    check_size(key, block_.*member, low);
    if (block_.*member != otherwise) put(key, block_.*member);
  }
  void act(std::string_view key, Act& value) {
    std::string kind(name_of(value));
    text(key, kind);
    value = act_named(kind, where_);
  }
  void sizes(std::string_view key, std::vector<std::int64_t> T::*member) {
    std::vector<std::int64_t>& value = block_.*member;
    if (from_ != nullptr) value = from_->integers(key, 1, kSizeLimit - 1);
    for (const std::int64_t one : value) check_size(key, one, 1);
    put(key, value);
  }
  void numbers_or_empty(std::string_view key, std::vector<double> T::*member) {
    std::vector<double>& value = block_.*member;
    if (from_ != nullptr && from_->has(key)) value = from_->numbers(key);
    if (!value.empty()) put(key, value);
  }
  void flag_or_default(std::string_view key, bool T::*member) {
    const bool otherwise = T{}.*member;
    if (from_ != nullptr) block_.*member = from_->boolean_or(key, otherwise);
    if (block_.*member != otherwise) put(key, block_.*member);
  }
  // low <= value < high
  void number_or_default(std::string_view key, double T::*member, double low, double high) {
    const double otherwise = T{}.*member;
    if (from_ != nullptr) block_.*member = from_->number_or(key, otherwise);
    if (!(block_.*member >= low && block_.*member < high)) {
      fail(Kind::input, "{}: \"{}\" is not within {} and {}", where_, key, low, high);
    }
    if (block_.*member != otherwise) put(key, block_.*member);
  }

 private:
  void check_size(std::string_view key, std::int64_t value, std::int64_t low) const {
    if (value >= low && value < kSizeLimit) return;
    fail(Kind::input, "{}: \"{}\" is {}, not within {} and {}", where_, key, value, low,
         kSizeLimit - 1);
  }
  template <class V>
  void put(std::string_view key, const V& value) {
    if (to_ != nullptr) (*to_)[std::string(key)] = value;
  }

  T& block_;
  std::string where_;
  JsonObject* from_;
  Json* to_;
};

template <class T>
struct BlockType {
  std::string_view type;  // the key in the list: "linear"
  void (*fields)(BlockFields<T>& f);
  // The shape behind the block; throws Kind::input, `where` in front, when `input` does not fit.
  Shape (*output)(const T& block, const Shape& input, const std::string& where);
  std::vector<TensorSpec> (*tensors)(const T& block) = [](const T&) {
    return std::vector<TensorSpec>{};
  };
  // Multiply-adds for one row of this output shape.
  std::uint64_t (*macs)(const T& block, const Shape& output) = [](const T&, const Shape&) {
    return std::uint64_t{0};
  };
};

template <class T>
[[nodiscard]] BlockType<T> block_type();

// For blocks that leave the shape as it is.
template <class T>
[[nodiscard]] Shape same_shape(const T& /*block*/, const Shape& input,
                               const std::string& /*where*/) {
  return input;
}

// Throws Kind::input, `where` in front, unless the last dimension of `input` is `dim`.
inline void check_last(std::int64_t dim, const Shape& input, const std::string& where) {
  if (input.back() == dim) return;
  fail(Kind::input, "{} takes {} numbers, but gets {}", where, dim, to_string(input));
}

// A linear map [rows, columns] of a block that holds several, and the bias of one.
inline void add_map(std::vector<TensorSpec>& to, const std::string& block, const std::string& role,
                    std::int64_t rows, std::int64_t columns) {
  to.push_back({.name = block + "." + role,
                .shape = {rows, columns},
                .role = role,
                .prunable = true,
                .fan_in = columns});
}
inline void add_bias(std::vector<TensorSpec>& to, const std::string& block, const std::string& role,
                     std::int64_t rows, std::int64_t columns) {
  to.push_back({.name = block + "." + role, .shape = {rows}, .role = role, .fan_in = columns});
}

// The registry, with Block::Any.
template <>
BlockType<InputBlock> block_type();
template <>
BlockType<Linear> block_type();
template <>
BlockType<Conv2d> block_type();
template <>
BlockType<Pool2d> block_type();
template <>
BlockType<Activation> block_type();
template <>
BlockType<BatchNorm> block_type();
template <>
BlockType<LayerNorm> block_type();
template <>
BlockType<RmsNorm> block_type();
template <>
BlockType<Embedding> block_type();
template <>
BlockType<Attention> block_type();
template <>
BlockType<FeedForward> block_type();
template <>
BlockType<TokenPool> block_type();
template <>
BlockType<Residual> block_type();
template <>
BlockType<Flatten> block_type();
template <>
BlockType<Dropout> block_type();

}  // namespace mx
