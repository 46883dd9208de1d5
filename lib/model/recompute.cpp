// SPDX-License-Identifier: Apache-2.0
#include "model/recompute.h"

#include <torch/custom_class.h>
#include <torch/torch.h>

#include <optional>

#include "model/precision.h"

namespace mx {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// All that the second run needs besides what came in.
struct Again final : torch::CustomClassHolder {
  Again(const Step& step_in, const Flow& flow)
      : step(step_in), pass(flow.pass), ids(flow.ids), padded(flow.padded) {
    if (pass.random != nullptr) random.emplace(*pass.random);
  }

  at::Tensor operator()(const at::Tensor& x) {
    std::optional<Random> drawn = random;
    pass.random = drawn ? &*drawn : nullptr;
    Flow flow{.pass = pass, .ids = ids, .padded = padded};
    const Bf16 bf16(pass.bf16);
    return step(x, flow);
  }

  Step step;
  ForwardPass pass;
  std::optional<Random> random;
  at::Tensor ids;
  bool padded;
};

class RecomputedFunction : public torch::autograd::Function<RecomputedFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Step& step,
                            Flow& flow) {
    context->save_for_backward({x});
    context->saved_data["again"] =
        c10::IValue::make_capsule(c10::make_intrusive<Again>(step, flow));
    return step(x, flow);
  }

  static variable_list backward(AutogradContext* context, const variable_list& wanted) {
    const auto again =
        c10::static_intrusive_pointer_cast<Again>(context->saved_data["again"].toCapsule());
    const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_(true);
    const at::AutoGradMode gradients(true);
    // A view: autocast would take x itself for a weight, and cast it once for all its readers.
    const at::Tensor y = (*again)(x.view_as(x));
    torch::autograd::backward({y}, {wanted[0].to(y.scalar_type())});
    return {x.grad(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor recomputed(const Step& step, const at::Tensor& x, Flow& flow) {
  return RecomputedFunction::apply(x, step, flow);
}

}  // namespace mx
