// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <cmath>
#include <optional>
#include <vector>

#include "model/linear.h"
#include "model/steps.h"

namespace mx {
namespace {

// cos and sin of the angle of each pair of numbers at each position, each [time, head_dim / 2]
// (Su et al. 2021, section 3.2.2).
std::array<at::Tensor, 2> rotations(const Attention& attention, std::int64_t time) {
  std::vector<double> speeds, scales;
  for (const PairTurn& turn : pair_turns(attention)) {
    speeds.push_back(turn.speed);
    scales.push_back(turn.scale);
  }
  const at::Tensor scale = at::tensor(scales, at::kDouble);
  const at::Tensor angle =
      at::outer(at::arange(time, at::kDouble), at::tensor(speeds, at::kDouble));
  return {(angle.cos() * scale).to(at::kFloat), (angle.sin() * scale).to(at::kFloat)};
}

// x: [rows, heads, time, head_dim]; the pairs are number i of each half.
at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  const std::vector<at::Tensor> half = x.chunk(2, -1);
  return at::cat({half[0] * cosine - half[1] * sine, half[1] * cosine + half[0] * sine}, -1);
}

at::Tensor normalized(const at::Tensor& x, double eps, const at::Tensor& weight) {
  return x * at::rsqrt(x.square().mean(-1, /*keepdim=*/true) + eps) * weight;
}

class AttentionStep {
 public:
  AttentionStep(const Attention& attention, const Block& block, const Tensors& tensors)
      : sizes_(attention),
        query_(map(block, "query", attention.bias, tensors)),
        key_(map(block, "key", attention.bias, tensors)),
        value_(map(block, "value", attention.bias, tensors)),
        output_(map(block, "output", attention.output_bias, tensors)) {
    if (attention.norm_eps <= 0) return;
    query_norm_ = tensors.at(attention.name + ".query_norm");
    key_norm_ = tensors.at(attention.name + ".key_norm");
  }

  at::Tensor operator()(const at::Tensor& x, Flow& flow) const {
    at::Tensor query = split(query_(x, flow));
    at::Tensor key = split(key_(x, flow));
    at::Tensor value = split(value_(x, flow));
    if (query_norm_.defined()) {
      query = normalized(query, sizes_.norm_eps, query_norm_);
      key = normalized(key, sizes_.norm_eps, key_norm_);
    }
    if (sizes_.rope > 0) {
      const auto [cosine, sine] = rotations(sizes_, x.size(1));
      query = rotated(query, cosine, sine);
      key = rotated(key, cosine, sine);
    }
    if (flow.layer != nullptr) tap(query, key, value, flow);
    if (sizes_.kv_heads != sizes_.heads) {
      key = key.repeat_interleave(sizes_.heads / sizes_.kv_heads, 1);
      value = value.repeat_interleave(sizes_.heads / sizes_.kv_heads, 1);
    }
    return output_(attend(query, key, value, flow).transpose(1, 2).flatten(2), flow);
  }

 private:
  [[nodiscard]] static LinearMap map(const Block& block, const std::string& role, bool bias,
                                     const Tensors& tensors) {
    const std::string name = std::get<Attention>(block.any).name + "." + role;
    return {block, name, bias ? name + "_bias" : "", tensors};
  }
  // [rows, time, heads * head_dim] -> [rows, heads, time, head_dim]
  [[nodiscard]] at::Tensor split(const at::Tensor& x) const {
    return x.unflatten(-1, {-1, sizes_.head_dim}).transpose(1, 2);
  }
  void tap(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
           Flow& flow) const {
    LayerState& layer = *flow.layer;
    layer.query = query;
    layer.key = key;
    layer.value = value;
    layer.sees = flow.mask(sizes_.causal);
    if (sizes_.causal && !layer.sees.defined()) {
      const std::int64_t time = query.size(2);
      layer.sees = at::ones({1, 1, time, time}, at::kBool).tril();
    }
  }
  // All [rows, heads, time, head_dim].
  [[nodiscard]] at::Tensor attend(const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, Flow& flow) const {
    const at::Tensor& mask = flow.mask(sizes_.causal);
    if (!flow.pass.training || sizes_.dropout <= 0) {
      return at::scaled_dot_product_attention(query, key, value,
                                              mask.defined() ? std::optional(mask) : std::nullopt,
                                              /*dropout_p=*/0, sizes_.causal && !mask.defined());
    }
    const double scale = 1 / std::sqrt(static_cast<double>(sizes_.head_dim));
    at::Tensor scores = at::matmul(query * scale, key.transpose(-2, -1));
    if (mask.defined()) {
      scores = scores.masked_fill(mask.logical_not(), -INFINITY);
    } else if (sizes_.causal) {
      const std::int64_t time = scores.size(-1);
      scores = scores.masked_fill(at::ones({time, time}, at::kBool).triu(1), -INFINITY);
    }
    return at::matmul(dropped(at::softmax(scores, -1), sizes_.dropout, flow.pass), value);
  }

  Attention sizes_;
  LinearMap query_, key_, value_, output_;
  at::Tensor query_norm_, key_norm_;  // undefined: none
};

}  // namespace

const at::Tensor& Flow::mask(bool causal) {
  at::Tensor& mask = masks[causal ? 1 : 0];
  // No one sees the padding behind when all look back only.
  const bool hides = padded && !causal;
  if (mask.defined() || (!hides && !pass.documents.defined())) return mask;
  const std::int64_t time = ids.size(1);
  mask = at::ones({1, 1, time, time}, at::kBool);
  if (causal) mask = mask.tril();
  if (pass.documents.defined()) {
    const at::Tensor& documents = pass.documents;
    mask = mask.logical_and(documents.unsqueeze(2).eq(documents.unsqueeze(1)).unsqueeze(1));
  }
  if (hides) mask = mask.logical_and(ids.ge(0).unsqueeze(1).unsqueeze(1));
  mask = mask.logical_or(at::eye(time, at::kBool));
  return mask;
}

Step step_of(const RmsNorm& norm, const Block& /*block*/, const Tensors& tensors) {
  return [eps = norm.eps, w = tensors.at(norm.name + ".weight")](
             const at::Tensor& x, Flow& /*flow*/) { return normalized(x, eps, w); };
}

// Padding is embedded as the first token of the vocabulary: no one sees it.
Step step_of(const Embedding& table, const Block& /*block*/, const Tensors& tensors) {
  const auto part = [&](const char* role, bool has) {
    return has ? tensors.at(table.name + "." + role) : at::Tensor();
  };
  return [tokens = part("tokens", true), positions = part("positions", table.positions > 0),
          types = part("types", table.types > 0)](const at::Tensor& ids, Flow& flow) {
    at::Tensor x = embedded(tokens, flow.padded ? ids.clamp_min(0) : ids);
    if (positions.defined()) x = x + positions.narrow(0, 0, ids.size(1));
    if (types.defined()) x = x + types.select(0, 0);
    return x;
  };
}

Step step_of(const Attention& attention, const Block& block, const Tensors& tensors) {
  return AttentionStep(attention, block, tensors);
}

Step step_of(const FeedForward& map, const Block& block, const Tensors& tensors) {
  const auto part = [&](const std::string& role) {
    const std::string name = map.name + "." + role;
    return LinearMap(block, name, map.bias ? name + "_bias" : "", tensors);
  };
  const std::optional<LinearMap> gate = map.gated ? std::optional(part("gate")) : std::nullopt;
  return [act = map.activation, up = part("up"), gate, down = part("down")](const at::Tensor& x,
                                                                            Flow& flow) {
    const at::Tensor wide = up(x, flow);
    return down(gate ? activated(act, (*gate)(x, flow)) * wide : activated(act, wide), flow);
  };
}

Step step_of(const TokenPool& pool, const Block& /*block*/, const Tensors& /*tensors*/) {
  return [first = pool.first](const at::Tensor& x, Flow& flow) {
    if (first) return x.select(1, 0);
    if (!flow.padded) return x.mean(1);
    const at::Tensor real = flow.ids.ge(0).to(x.scalar_type()).unsqueeze(-1);
    return (x * real).sum(1) / real.sum(1).clamp_min(1);
  };
}

Step step_of(const Residual& residual, const Block& /*block*/, const Tensors& tensors) {
  std::vector<Step> steps;
  for (const Block& inner : residual.blocks) {
    if (Step step = make_step(inner, tensors)) steps.push_back(std::move(step));
  }
  return [steps](const at::Tensor& x, Flow& flow) {
    at::Tensor y = x;
    for (const Step& step : steps) y = step(y, flow);
    return x + y;
  };
}

Step make_step(const Block& block, const Tensors& tensors) {
  return std::visit([&](const auto& one) { return step_of(one, block, tensors); }, block.any);
}

}  // namespace mx
