// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<Attention>& f) {
  f.name(&Attention::name);
  f.size("dim", &Attention::dim);
  f.size("heads", &Attention::heads);
  f.size("kv_heads", &Attention::kv_heads);
  f.size("head_dim", &Attention::head_dim);
  f.flag_or_default("causal", &Attention::causal);
  f.flag_or_default("bias", &Attention::bias);
  f.flag_or_default("output_bias", &Attention::output_bias);
  f.number_or_default("rope", &Attention::rope, 0, 1e12);
  f.numbers_or_empty("rope_factors", &Attention::rope_factors);
  f.number_or_default("rope_scale", &Attention::rope_scale, 1e-6, 1e6);
  f.number_or_default("norm_eps", &Attention::norm_eps, 0, 1);
  f.number_or_default("dropout", &Attention::dropout, 0, 1);
  const Attention& block = f.block();
  if (block.heads % block.kv_heads != 0) {
    fail(Kind::input, "{}: {} heads cannot share {} keys and values evenly", f.where(), block.heads,
         block.kv_heads);
  }
  if (block.heads >= kSizeLimit / block.head_dim) {
    fail(Kind::input, "{}: {} heads of {} are too large", f.where(), block.heads, block.head_dim);
  }
  if (block.rope > 0 && block.head_dim % 2 != 0) {
    fail(Kind::input, "{}: rotary positions turn pairs, but \"head_dim\" is {}", f.where(),
         block.head_dim);
  }
  const auto pairs = static_cast<std::size_t>(block.head_dim) / 2;
  if (!block.rope_factors.empty() && (block.rope <= 0 || block.rope_factors.size() != pairs)) {
    fail(Kind::input, "{}: \"rope_factors\" are {} numbers, not one for each of {} turned pairs",
         f.where(), block.rope_factors.size(), block.rope > 0 ? pairs : 0);
  }
  for (const double factor : block.rope_factors) {
    if (factor != 0 && !(factor > 1e-9 && factor < 1e9)) {
      fail(Kind::input, "{}: a rope factor is {}", f.where(), factor);
    }
  }
}

Shape output(const Attention& block, const Shape& input, const std::string& where) {
  if (input.size() != 2) {
    fail(Kind::input, "{} takes [time, {}], but gets {}", where, block.dim, to_string(input));
  }
  check_last(block.dim, input, where);
  return input;
}

std::vector<TensorSpec> tensors(const Attention& block) {
  const std::int64_t wide = block.heads * block.head_dim;
  const std::int64_t shared = block.kv_heads * block.head_dim;
  std::vector<TensorSpec> out;
  const auto map = [&](const std::string& role, std::int64_t rows, std::int64_t columns,
                       bool bias) {
    add_map(out, block.name, role, rows, columns);
    if (bias) add_bias(out, block.name, role + "_bias", rows, columns);
  };
  map("query", wide, block.dim, block.bias);
  map("key", shared, block.dim, block.bias);
  map("value", shared, block.dim, block.bias);
  map("output", block.dim, wide, block.output_bias);
  for (const char* const role : {"query_norm", "key_norm"}) {
    if (block.norm_eps <= 0) break;
    out.push_back({.name = block.name + "." + role, .shape = {block.head_dim}, .role = role});
  }
  return out;
}

// A causal token sees (time + 1) / 2 others in the mean.
std::uint64_t macs(const Attention& block, const Shape& output) {
  const auto time = static_cast<std::size_t>(output[0]);
  const std::size_t maps =
      checked_mul(static_cast<std::size_t>(block.dim),
                  static_cast<std::size_t>(2 * (block.heads + block.kv_heads) * block.head_dim),
                  "an attention block");
  const std::size_t seen = block.causal ? (time + 1) / 2 : time;
  const std::size_t scores = checked_mul(
      2 * seen, static_cast<std::size_t>(block.heads * block.head_dim), "an attention block");
  return checked_mul(time, checked_add(maps, scores, "an attention block"), "an attention block");
}

}  // namespace

std::vector<PairTurn> pair_turns(const Attention& block) {
  std::vector<PairTurn> out;
  const auto pairs = static_cast<std::size_t>(block.head_dim) / 2;
  for (std::size_t i = 0; block.rope > 0 && i < pairs; ++i) {
    const double plain =
        std::pow(block.rope, -2 * static_cast<double>(i) / static_cast<double>(block.head_dim));
    const double factor = block.rope_factors.empty() ? 1 : block.rope_factors[i];
    out.push_back(factor == 0 ? PairTurn{} : PairTurn{plain / factor, block.rope_scale});
  }
  return out;
}

template <>
BlockType<Attention> block_type() {
  return {
      .type = "attention", .fields = fields, .output = output, .tensors = tensors, .macs = macs};
}

}  // namespace mx
