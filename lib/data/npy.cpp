// SPDX-License-Identifier: Apache-2.0
#include "data/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/elements.h"
#include "file/memory.h"

namespace mx {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLongestHeader = 1U << 16U;

struct Name {
  std::string_view descr;
  DType dtype;
};
constexpr std::array<Name, 12> kNames = {{{"<f4", DType::f32},
                                          {"<f8", DType::f64},
                                          {"<f2", DType::f16},
                                          {"|i1", DType::i8},
                                          {"|u1", DType::u8},
                                          {"<i2", DType::i16},
                                          {"<u2", DType::u16},
                                          {"<i4", DType::i32},
                                          {"<u4", DType::u32},
                                          {"<i8", DType::i64},
                                          {"<u8", DType::u64},
                                          {"|b1", DType::boolean}}};

// The header's text: a Python dictionary of a string, a truth value and a tuple of numbers.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : left_(text), name_(name) {}

  NpyHeader parse() {
    NpyHeader header;
    std::optional<std::string> descr;
    std::optional<bool> column_major;
    std::optional<Shape> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr) {
        descr = element_type();
      } else if (key == "fortran_order" && !column_major) {
        column_major = truth();
      } else if (key == "shape" && !shape) {
        shape = tuple();
      } else {
        damaged();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    blanks();
    if (!left_.empty() || !descr || !column_major || !shape) damaged();
    header.dtype = dtype_of(*descr);
    header.column_major = *column_major;
    header.shape = std::move(*shape);
    return header;
  }

 private:
  [[noreturn]] void damaged() const {
    fail(Kind::input, "{} is no .npy file that NumPy would write: its header is damaged", name_);
  }
  void blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\n"), left_.size())); }
  bool accept(char c) {
    blanks();
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) damaged();
  }
  std::string string() {
    blanks();
    if (left_.empty() || (left_[0] != '\'' && left_[0] != '"')) damaged();
    const std::size_t end = left_.find(left_[0], 1);
    if (end == std::string_view::npos) damaged();
    std::string out(left_.substr(1, end - 1));
    if (out.find('\\') != std::string::npos) damaged();
    left_.remove_prefix(end + 1);
    return out;
  }
  std::string element_type() {
    blanks();
    if (left_.starts_with('[') || left_.starts_with('(')) {
      fail(Kind::input, "{} holds records, not an array of numbers", name_);
    }
    return string();
  }
  bool truth() {
    blanks();
    const bool value = left_.starts_with("True");
    if (!value && !left_.starts_with("False")) damaged();
    left_.remove_prefix(value ? 4 : 5);
    return value;
  }
  Shape tuple() {
    Shape out;
    expect('(');
    while (!accept(')')) {
      blanks();
      std::int64_t size = -1;
      const auto [at, status] = std::from_chars(left_.data(), left_.data() + left_.size(), size);
      if (status != std::errc() || size < 0) damaged();
      left_.remove_prefix(static_cast<std::size_t>(at - left_.data()));
      out.push_back(size);
      if (!accept(',')) {
        if (out.size() == 1) damaged();  // (3) is a number, (3,) a tuple
        expect(')');
        break;
      }
    }
    return out;
  }
  [[nodiscard]] DType dtype_of(const std::string& descr) const {
    for (const Name& name : kNames) {
      if (name.descr == descr) return name.dtype;
    }
    if (descr.find('O') != std::string::npos) {
      throw Error{Kind::input, fmt::format("{} holds Python objects (a pickle)", name_),
                  "only arrays of numbers are read: save it with allow_pickle=False"};
    }
    const bool swapped = descr.starts_with('>');
    throw Error{Kind::input,
                fmt::format("{} holds elements of type '{}', which is not supported", name_,
                            printable(descr)),
                swapped ? "save it little-endian: a.astype(a.dtype.newbyteorder('<'))"
                        : "save it as numbers: a.astype('<f4')"};
  }

  std::string_view left_;
  const std::string& name_;
};

// out[i0, i1, ...] of row-major order from elements whose first index runs fastest.
void to_row_major(ByteView from, const Shape& shape, std::size_t size,
                  std::span<std::uint8_t> out) {
  if (out.empty()) return;
  std::vector<std::size_t> index(shape.size());
  std::vector<std::size_t> stride(shape.size());
  std::size_t step = size;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    stride[d] = step;
    step *= static_cast<std::size_t>(shape[d]);
  }
  std::size_t at = 0;
  for (std::size_t to = 0; to < out.size(); to += size) {
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), size,
                out.begin() + static_cast<std::ptrdiff_t>(to));
    for (std::size_t d = shape.size(); d-- > 0;) {
      at += stride[d];
      if (++index[d] < static_cast<std::size_t>(shape[d])) break;
      at -= stride[d] * index[d];
      index[d] = 0;
    }
  }
}

bool changes_order(const NpyHeader& header) {
  return header.column_major &&
         std::ranges::count_if(header.shape, [](std::int64_t size) { return size > 1; }) > 1;
}

}  // namespace

NpyHeader read_npy_header(io::Input& in) {
  std::array<std::uint8_t, 8> start;
  io::read_exactly(in, start);
  if (!text(start).starts_with(kMagic)) fail(Kind::input, "{} is not a .npy file", in.name());
  const unsigned version = start[6];
  if (version < 1 || version > 3 || start[7] != 0) {
    fail(Kind::input, "{} is a .npy file of version {}.{}; 1.0 to 3.0 are known", in.name(),
         version, start[7]);
  }
  Bytes size_bytes(version == 1 ? 2 : 4);
  io::read_exactly(in, size_bytes);
  ByteReader sizes(size_bytes, in.name());
  const std::size_t size = version == 1 ? sizes.u16() : sizes.u32();
  if (size > kLongestHeader) fail(Kind::input, "{}: its .npy header is too long", in.name());
  Bytes bytes(size);
  io::read_exactly(in, bytes);
  NpyHeader header = HeaderParser(text(bytes), in.name()).parse();
  header.bytes = start.size() + size_bytes.size() + size;
  (void)byte_count(header.dtype, header.shape);
  return header;
}

std::uint64_t npy_memory(const NpyHeader& header) {
  return checked_mul(byte_count(header.dtype, header.shape), changes_order(header) ? 2U : 1U,
                     "an array");
}

Tensor read_npy_elements(io::Input& in, const NpyHeader& header, std::uint64_t limit) {
  if (changes_order(header)) check_memory(in.name(), npy_memory(header), limit);
  Tensor tensor = read_elements(in, header.dtype, header.shape, limit);
  if (!changes_order(header)) return tensor;
  Tensor out(header.dtype, header.shape);
  to_row_major(tensor.data.bytes(), header.shape, size_of(header.dtype), out.data.bytes());
  return out;
}

Tensor read_npy(io::Input& in, std::uint64_t limit) {
  const NpyHeader header = read_npy_header(in);
  Tensor out = read_npy_elements(in, header, limit);
  expect_end(in);
  return out;
}

std::string npy_header(DType dtype, const Shape& shape) {
  const auto* const name =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& n) { return n.dtype == dtype; });
  if (name == kNames.end()) {
    throw Error{Kind::usage, fmt::format("NumPy has no element type {}", name_of(dtype)),
                "write safetensors instead, or convert to f32 first"};
  }
  std::string tuple;
  for (const std::int64_t size : shape) tuple += fmt::format("{}, ", size);
  if (shape.size() > 1) tuple.resize(tuple.size() - 2);
  if (shape.size() == 1) tuple.resize(tuple.size() - 1);
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", name->descr, tuple);
  constexpr std::size_t kAlign = 64;
  const std::size_t start = kMagic.size() + 4;
  dictionary.resize((start + dictionary.size() + 1 + kAlign - 1) / kAlign * kAlign - start - 1,
                    ' ');
  dictionary += '\n';
  ByteWriter out;
  out.put(view(kMagic));
  out.u8(1);
  out.u8(0);
  out.u16(narrow<std::uint16_t>(dictionary.size(), "a .npy header"));
  out.put(view(dictionary));
  return std::string(text(out.bytes()));
}

}  // namespace mx
