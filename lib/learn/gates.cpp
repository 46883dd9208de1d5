// SPDX-License-Identifier: Apache-2.0
// Importance of structures by the gradient of a gate on their output.
#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "learn/batch.h"
#include "learn/loss.h"
#include "learn/train.h"
#include "model/executor.h"
#include "model/runtime.h"

namespace mx {
namespace {

// Sums x * dL/dx over all but the rows and the structures: [rows, structures].
at::Tensor gates(const Tap& tap, const at::Tensor& wanted, const AxisUse& use,
                 std::size_t structures) {
  at::Tensor product = tap.input.detach() * wanted;
  product = std::holds_alternative<Conv2d>(tap.block->any)
                ? product.flatten(2).sum(2)
                : product.reshape({product.size(0), -1, product.size(-1)}).sum(1);
  return product
      .view({product.size(0), static_cast<std::int64_t>(use.outer),
             static_cast<std::int64_t>(structures), static_cast<std::int64_t>(use.inner)})
      .sum({1, 3});
}

// Which tap belongs to the weight, or none.
const Tap* tap_of(const std::vector<Tap>& taps, const std::string& weight) {
  const auto found = std::ranges::find(taps, weight, &Tap::weight);
  return found == taps.end() ? nullptr : &*found;
}

struct Asked {  // one tensor whose gradient is needed
  const Tap* tap;
  std::size_t group, structure;  // structure: of blocks
  const AxisUse* use;            // none: of blocks
};

// Maps that read the same tensor are asked for once: its gradient is that of all of them.
std::vector<Asked> ask(const std::vector<StructureGroup>& groups, const std::vector<Tap>& taps) {
  std::vector<Asked> out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<const void*> seen;
    for (const AxisUse& use : groups[g].reads) {
      const Tap* const tap = tap_of(taps, use.tensor);
      if (tap == nullptr) continue;
      const void* const input = tap->input.unsafeGetTensorImpl();
      if (std::ranges::find(seen, input) != seen.end()) continue;
      seen.push_back(input);
      out.push_back({tap, g, 0, &use});
    }
    for (std::size_t i = 0; i < groups[g].blocks.size(); ++i) {
      const Tap* const tap = tap_of(taps, groups[g].blocks[i].weight);
      if (tap != nullptr) out.push_back({tap, g, i, nullptr});
    }
  }
  return out;
}

}  // namespace

Importance gate_importance(const Network& network, std::span<const Weight> weights,
                           const Schema* schema, const Dataset& data,
                           const std::vector<StructureGroup>& groups, std::size_t threads) {
  constexpr std::size_t kRows = 64;
  if (data.rows == 0) fail(Kind::usage, "there are no rows to measure importance on");
  Importance out;
  for (const StructureGroup& group : groups) out.emplace_back(group.structures, 0.0);
  prepare_torch(threads);
  with_torch_errors([&] {
    const Executor executor(network, weights, /*trains=*/true);
    Random random(0);
    for (std::size_t at = 0; at < data.rows; at += kRows) {
      const std::size_t rows = std::min(kRows, data.rows - at);
      const Batch batch = slice(data, at, rows);
      std::vector<Tap> taps;
      const at::Tensor logits =
          executor.forward(batch.x, {.taps = &taps, .documents = batch.documents});
      const at::Tensor loss = importance_loss(schema, logits, batch, random);
      const std::vector<Asked> asked = ask(groups, taps);
      std::vector<at::Tensor> of;
      for (const Asked& one : asked) {
        of.push_back(one.use != nullptr ? one.tap->input : one.tap->output);
      }
      const std::vector<at::Tensor> wanted = torch::autograd::grad({loss}, of);
      const at::NoGradGuard no_gradients;
      std::vector<at::Tensor> sums(groups.size());
      for (std::size_t i = 0; i < asked.size(); ++i) {
        const Asked& one = asked[i];
        if (one.use == nullptr) {
          const at::Tensor gate = (one.tap->output * wanted[i]).flatten(1).sum(1).abs().sum();
          out[one.group][one.structure] += gate.item<double>();
          continue;
        }
        const at::Tensor gate = gates(*one.tap, wanted[i], *one.use, groups[one.group].structures);
        at::Tensor& sum = sums[one.group];
        sum = sum.defined() ? sum + gate : gate;
      }
      for (std::size_t g = 0; g < groups.size(); ++g) {
        if (!sums[g].defined()) continue;
        const at::Tensor sum = sums[g].abs().sum(0).to(at::kDouble).contiguous();
        for (std::size_t i = 0; i < out[g].size(); ++i) out[g][i] += sum.data_ptr<double>()[i];
      }
    }
  });
  for (std::vector<double>& group : out) {
    for (double& value : group) value /= static_cast<double>(data.rows);
  }
  return out;
}

}  // namespace mx
