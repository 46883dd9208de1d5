// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

// Token ids travel as floats between rows and executors: below this every id is exact.
constexpr std::int64_t kVocabularyLimit = std::int64_t{1} << 24;

void fields(BlockFields<Embedding>& f) {
  f.name(&Embedding::name);
  f.size("vocab", &Embedding::vocab);
  f.size("dim", &Embedding::dim);
  f.size_or_default("positions", &Embedding::positions, 0);
  f.size_or_default("types", &Embedding::types, 0);
  if (f.block().vocab > kVocabularyLimit) {
    fail(Kind::input, "{}: \"vocab\" is over {}", f.where(), kVocabularyLimit);
  }
}

Shape output(const Embedding& block, const Shape& input, const std::string& where) {
  if (input.size() != 1) {
    fail(Kind::input, "{} takes tokens, but gets {}", where, to_string(input));
  }
  if (block.positions > 0 && block.positions < input[0]) {
    fail(Kind::input, "{} has {} positions for {} tokens", where, block.positions, input[0]);
  }
  return {input[0], block.dim};
}

std::vector<TensorSpec> tensors(const Embedding& block) {
  std::vector<TensorSpec> out;
  const auto table = [&](const char* role, std::int64_t rows) {
    if (rows == 0) return;
    out.push_back({.name = block.name + "." + role, .shape = {rows, block.dim}, .role = role});
  };
  table("tokens", block.vocab);
  table("positions", block.positions);
  table("types", block.types);
  return out;
}

}  // namespace

template <>
BlockType<Embedding> block_type() {
  return {.type = "embedding", .fields = fields, .output = output, .tensors = tensors};
}

}  // namespace mx
