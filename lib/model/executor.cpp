// SPDX-License-Identifier: Apache-2.0
#include "model/executor.h"

#include <torch/torch.h>

#include <cstring>
#include <map>

#include "base/error.h"

namespace mx {
namespace {

constexpr std::int64_t kAlign = 16;  // numbers: 64 bytes
constexpr double kBatchNormMomentum = 0.1;

using Step = std::function<at::Tensor(const at::Tensor&, const Pass&)>;

// A network's tensors by name.
class Tensors {
 public:
  void add(const std::string& name, at::Tensor tensor) { map_.emplace(name, std::move(tensor)); }
  [[nodiscard]] const at::Tensor& at(const std::string& name) const { return map_.at(name); }
  [[nodiscard]] at::Tensor bias(const std::string& block, bool has) const {
    return has ? at(block + ".bias") : at::Tensor();
  }

 private:
  std::map<std::string, at::Tensor> map_;
};

void tap(const Pass& pass, const Block& block, const std::string& weight, const at::Tensor& x,
         const at::Tensor& y) {
  if (pass.taps != nullptr) pass.taps->push_back({&block, weight, x, y});
}

Step step_of(const InputBlock&, const Block&, const Tensors&) { return nullptr; }

Step step_of(const Linear& linear, const Block& block, const Tensors& tensors) {
  const bool own = linear.tied.empty();
  const std::string name = own ? linear.name + ".weight" : linear.tied;
  return [&block, name, own, w = tensors.at(name), b = tensors.bias(linear.name, linear.bias)](
             const at::Tensor& x, const Pass& pass) {
    at::Tensor y = at::linear(x, w, b);
    if (own) tap(pass, block, name, x, y);
    return y;
  };
}

Step step_of(const Conv2d& conv, const Block& block, const Tensors& tensors) {
  const std::string name = conv.name + ".weight";
  return [&block, name, conv, w = tensors.at(name), b = tensors.bias(conv.name, conv.bias)](
             const at::Tensor& x, const Pass& pass) {
    at::Tensor y = at::conv2d(x, w, b, conv.stride, conv.padding);
    tap(pass, block, name, x, y);
    return y;
  };
}

Step step_of(const Pool2d& pool, const Block&, const Tensors&) {
  return [pool](const at::Tensor& x, const Pass&) {
    return pool.max ? at::max_pool2d(x, pool.size, pool.stride)
                    : at::avg_pool2d(x, pool.size, pool.stride);
  };
}

Step step_of(const Activation& activation, const Block&, const Tensors&) {
  switch (activation.kind) {
    case Act::relu:
      return [](const at::Tensor& x, const Pass&) { return at::relu(x); };
    case Act::gelu:
      return [](const at::Tensor& x, const Pass&) { return at::gelu(x); };
    case Act::gelu_tanh:
      return [](const at::Tensor& x, const Pass&) { return at::gelu(x, "tanh"); };
    case Act::tanh:
      return [](const at::Tensor& x, const Pass&) { return at::tanh(x); };
    case Act::silu:
      return [](const at::Tensor& x, const Pass&) { return at::silu(x); };
    case Act::none:
      break;
  }
  return nullptr;
}

Step step_of(const BatchNorm& norm, const Block&, const Tensors& tensors) {
  return [eps = norm.eps, w = tensors.at(norm.name + ".weight"),
          b = tensors.at(norm.name + ".bias"), mean = tensors.at(norm.name + ".mean"),
          var = tensors.at(norm.name + ".var")](const at::Tensor& x, const Pass& pass) {
    return at::batch_norm(x, w, b, mean, var, pass.training, kBatchNormMomentum, eps,
                          /*cudnn_enabled=*/false);
  };
}

Step step_of(const LayerNorm& norm, const Block&, const Tensors& tensors) {
  return [norm, w = tensors.at(norm.name + ".weight"), b = tensors.at(norm.name + ".bias")](
             const at::Tensor& x, const Pass&) {
    return at::layer_norm(x, {norm.dim}, w, b, norm.eps, /*cudnn_enable=*/false);
  };
}

Step step_of(const Flatten&, const Block&, const Tensors&) {
  return [](const at::Tensor& x, const Pass&) { return at::flatten(x, 1); };
}

// Inverted dropout; which numbers go is drawn from the pass's own random numbers, two from each
// 64-bit word.
Step step_of(const Dropout& dropout, const Block&, const Tensors&) {
  return [rate = dropout.rate](const at::Tensor& x, const Pass& pass) {
    if (!pass.training || rate <= 0) return x;
    const auto below = static_cast<std::uint32_t>(rate * 0x1p32);
    const auto scale = static_cast<float>(1 / (1 - rate));
    at::Tensor mask = at::empty(x.sizes(), at::kFloat);
    const std::span<float> out(mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel()));
    for (std::size_t i = 0; i < out.size(); i += 2) {
      const std::uint64_t word = pass.random->next();
      out[i] = static_cast<std::uint32_t>(word) < below ? 0.0F : scale;
      if (i + 1 < out.size()) {
        out[i + 1] = static_cast<std::uint32_t>(word >> 32U) < below ? 0.0F : scale;
      }
    }
    return at::mul(x, mask);
  };
}

// Blocks that are not known here yet.
template <class T>
Step step_of(const T&, const Block& block, const Tensors&) {
  fail(Kind::failed, "LibTorch's executor does not know the block type '{}'", type_of(block));
}

std::span<float> numbers(at::Tensor& buffer, const Executor::Place& place) {
  return {buffer.data_ptr<float>() + place.begin, static_cast<std::size_t>(place.count)};
}

}  // namespace

Executor::Executor(const Network& network, std::span<const Weight> weights, bool trains)
    : network_(network) {
  std::vector<NamedShape> stored;
  std::map<std::string_view, const Weight*> by_name;
  for (const Weight& weight : weights) {
    stored.push_back({weight.name, &weight.values.shape});
    by_name.emplace(weight.name, &weight);
  }
  check_tensors(network_, stored);

  std::int64_t trained = 0;
  std::int64_t statistics = 0;
  for (TensorSpec& spec : mx::tensors(network_)) {
    std::int64_t& end = spec.trained ? trained : statistics;
    const auto count = static_cast<std::int64_t>(element_count(spec.shape));
    places_.push_back({std::move(spec), end, count});
    end += (count + kAlign - 1) / kAlign * kAlign;
  }
  trained_ = at::zeros({trained}, at::kFloat);
  statistics_ = at::zeros({statistics}, at::kFloat);
  if (trains) gradient_ = at::zeros({trained}, at::kFloat);

  Tensors tensors;
  for (const Place& place : places_) {
    at::Tensor& buffer = place.spec.trained ? trained_ : statistics_;
    const Tensor values = to_f32(*by_name.at(place.spec.name));
    const std::span<const float> from = values.as<float>();
    std::copy(from.begin(), from.end(), numbers(buffer, place).begin());
    at::Tensor view = buffer.narrow(0, place.begin, place.count).view(place.spec.shape);
    if (trains && place.spec.trained) {
      view = view.detach().requires_grad_(true);
      view.mutable_grad() =
          gradient_.narrow(0, place.begin, place.count).view(place.spec.shape).detach();
    }
    tensors.add(place.spec.name, std::move(view));
  }

  input_ = shapes(network_).front();
  for (const Block& block : network_.blocks) {
    Step step =
        std::visit([&](const auto& one) { return step_of(one, block, tensors); }, block.any);
    if (step) steps_.push_back(std::move(step));
  }
}

at::Tensor Executor::forward(const at::Tensor& x, const Pass& pass) const {
  at::Tensor y = x;
  if (input_.size() > 1) {
    std::vector<std::int64_t> shape = {x.size(0)};
    shape.insert(shape.end(), input_.begin(), input_.end());
    y = x.view(shape);
  }
  for (const Step& step : steps_) y = step(y, pass);
  return y.dim() == 2 ? y : at::flatten(y, 1);
}

std::vector<Weight> Executor::weights(const at::Tensor& trained,
                                      const at::Tensor& statistics) const {
  std::vector<Weight> out;
  for (const Place& place : places_) {
    at::Tensor buffer = place.spec.trained ? trained : statistics;
    out.push_back(
        {.name = place.spec.name, .values = tensor_of(place.spec.shape, numbers(buffer, place))});
  }
  return out;
}

}  // namespace mx
