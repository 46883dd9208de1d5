// SPDX-License-Identifier: Apache-2.0
#include "model/linear.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <cpuid.h>
#include <dlfcn.h>
#include <torch/torch.h>

#include <string_view>

#include "engine/matmul.h"

namespace mx {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Less than this many multiply-adds are done sooner by one thread than shared out.
constexpr std::int64_t kShared = 1 << 18;

// OpenMP's own entry, in the libgomp that LibTorch brings: ATen's parallel_for is sequential in
// code that is not compiled for OpenMP, and another pool would fight with that one for the cores.
using Region = void (*)(void (*body)(void*), void* argument, unsigned threads, unsigned flags);
using Number = int (*)();
const auto kRegion = reinterpret_cast<Region>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
const auto kThread = reinterpret_cast<Number>(dlsym(RTLD_DEFAULT, "omp_get_thread_num"));
const auto kThreads = reinterpret_cast<Number>(dlsym(RTLD_DEFAULT, "omp_get_num_threads"));

struct Shared {
  const engine::Product& product;
  std::size_t shares;
};

void multiply(const engine::Product& product) {
  const auto work = static_cast<std::int64_t>(product.rows * product.columns * product.depth);
  const auto threads = static_cast<std::size_t>(at::get_num_threads());
  if (work < kShared || threads == 1 || kRegion == nullptr || kThread == nullptr ||
      kThreads == nullptr) {
    engine::multiply(engine::kernels(), product, 0, 1);
    return;
  }
  Shared shared{product, threads};
  // There may be fewer threads than were asked for.
  const auto body = [](void* argument) {
    const auto& all = *static_cast<const Shared*>(argument);
    for (auto share = static_cast<std::size_t>(kThread()); share < all.shares;
         share += static_cast<std::size_t>(kThreads())) {
      engine::multiply(engine::kernels(), all.product, share, all.shares);
    }
  };
  kRegion(body, &shared, static_cast<unsigned>(threads), 0);
}

std::size_t extent(const at::Tensor& tensor, std::int64_t dimension) {
  return static_cast<std::size_t>(tensor.size(dimension));
}

// x: [rows, in], weight: [out, in].
at::Tensor forward_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor y = at::empty({x.size(0), weight.size(0)}, at::kFloat);
  multiply({.rows = extent(x, 0),
            .columns = extent(weight, 0),
            .depth = extent(x, 1),
            .a = x.data_ptr<float>(),
            .b = weight.data_ptr<float>(),
            .c = y.data_ptr<float>(),
            .bias = bias.defined() ? bias.data_ptr<float>() : nullptr,
            .b_transposed = true});
  return y;
}

// The gradient that backward() may add to, or an undefined tensor.
at::Tensor gradient_there(const at::Tensor& weight) {
  if (!weight.is_leaf() || !weight.requires_grad()) return {};
  const at::Tensor& gradient = weight.grad();
  return gradient.defined() && gradient.is_contiguous() ? gradient : at::Tensor();
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    // x is kept for the weight's gradient alone.
    context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["sum"] = gradient_there(weight);
    return forward_product(x, weight, bias.value_or(at::Tensor()));
  }

  static variable_list backward(AutogradContext* context, const variable_list& wanted) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor dy = wanted[0].contiguous();
    variable_list out(3);
    if (context->needs_input_grad(0)) {  // dy weight
      out[0] = at::empty({dy.size(0), weight.size(1)}, at::kFloat);
      multiply({.rows = extent(dy, 0),
                .columns = extent(weight, 1),
                .depth = extent(dy, 1),
                .a = dy.data_ptr<float>(),
                .b = weight.data_ptr<float>(),
                .c = out[0].data_ptr<float>()});
    }
    if (context->needs_input_grad(1)) {  // dy^T x
      const at::Tensor sum = context->saved_data["sum"].toTensor();
      if (!sum.defined()) out[1] = at::empty_like(weight);
      multiply({.rows = extent(dy, 1),
                .columns = extent(x, 1),
                .depth = extent(dy, 0),
                .a = dy.data_ptr<float>(),
                .b = x.data_ptr<float>(),
                .c = (sum.defined() ? sum : out[1]).data_ptr<float>(),
                .a_transposed = true,
                .add = sum.defined()});
    }
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) out[2] = dy.sum(0);
    return out;
  }
};

class EmbeddingFunction : public torch::autograd::Function<EmbeddingFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& ids) {
    context->save_for_backward({ids});
    context->saved_data["sum"] = gradient_there(table);
    return at::embedding(table, ids);
  }
  static variable_list backward(AutogradContext* context, const variable_list& wanted) {
    const at::Tensor ids = context->get_saved_variables()[0].flatten();
    at::Tensor sum = context->saved_data["sum"].toTensor();
    sum.index_add_(0, ids, wanted[0].reshape({ids.numel(), -1}));
    return variable_list(2);
  }
};

// MKL, which LibTorch brings, keeps to AVX2 on processors that are not Intel's. From Zen 5 on
// (family 0x1a) AVX-512 is twice as fast; on Zen 4 it is not.
bool engine_is_faster() {
  static const bool kFaster = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
    const unsigned family = (a >> 8U & 0xfU) + (a >> 20U & 0xffU);
    return std::string_view(engine::kernels().name) == "avx512" && __builtin_cpu_is("amd") != 0 &&
           family >= 0x1a;
  }();
  return kFaster;
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!engine_is_faster() || x.numel() == 0 || at::autocast::is_autocast_enabled(at::kCPU)) {
    return at::linear(x, weight, bias);
  }
  return engine_linear(x, weight, bias);
}

at::Tensor engine_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  const bool graded = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() ||
                                                     (bias.defined() && bias.requires_grad()));
  at::Tensor y = graded ? LinearFunction::apply(rows, weight,
                                                bias.defined() ? std::optional(bias) : std::nullopt)
                        : forward_product(rows, weight, bias);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return y.view(shape);
}

at::Tensor embedded(const at::Tensor& table, const at::Tensor& ids) {
  if (!at::GradMode::is_enabled() || !gradient_there(table).defined()) {
    return at::embedding(table, ids);
  }
  return EmbeddingFunction::apply(table, ids);
}

}  // namespace mx
