// SPDX-License-Identifier: Apache-2.0
// Every kernel of every instruction set that this machine has, against its plain twin in double.
#include "engine/kernels/kernels.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <type_traits>
#include <vector>

#include "base/random.h"

namespace mx::engine {
namespace {

std::vector<float> random_floats(Random& random, std::size_t count) {
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(random.normal());
  return out;
}

// The distance of a from b in units of 1 + |b|.
double distance(double a, double b) { return std::fabs(a - b) / (1 + std::fabs(b)); }

std::size_t whole_panels(std::size_t columns, std::size_t panel) {
  return (columns + panel - 1) / panel * panel;
}

template <class W>
std::vector<W> pack(const std::vector<W>& weight, std::size_t columns, std::size_t k,
                    std::size_t panel) {
  std::vector<W> out(whole_panels(columns, panel) * k);
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t i = 0; i < k; ++i) {
      out[(c / panel * k + i) * panel + c % panel] = weight[c * k + i];
    }
  }
  return out;
}

struct LinearCase {
  std::size_t rows, columns, k;
  bool scale, bias;
};

// The largest error of the kernel, in units of the sum of the products' sizes.
template <class W>
double linear_error(const Kernels& kernels, const LinearCase& that) {
  Random random(that.rows * 1000 + that.columns);
  const std::vector<float> x = random_floats(random, that.rows * that.k);
  std::vector<W> weight(that.columns * that.k);
  for (W& w : weight) {
    w = std::is_same_v<W, float> ? static_cast<W>(random.normal())
                                 : static_cast<W>(static_cast<int>(random.below(255)) - 127);
  }
  const std::size_t padded = whole_panels(that.columns, kernels.panel);
  const std::vector<float> scale = random_floats(random, padded);
  const std::vector<float> bias = random_floats(random, padded);
  const std::vector<W> packed = pack(weight, that.columns, that.k, kernels.panel);
  std::vector<float> y(that.rows * that.columns + 1, 7);
  const LinearArgs<W> args = {.x = x.data(),
                              .rows = that.rows,
                              .k = that.k,
                              .columns = that.columns,
                              .packed = packed.data(),
                              .scale = that.scale ? scale.data() : nullptr,
                              .bias = that.bias ? bias.data() : nullptr,
                              .y = y.data()};
  if constexpr (std::is_same_v<W, float>) {
    kernels.linear_f32(args);
  } else {
    kernels.linear_i8(args);
  }
  CHECK(y.back() == 7);  // nothing is written behind the end
  double worst = 0;
  for (std::size_t r = 0; r < that.rows; ++r) {
    for (std::size_t c = 0; c < that.columns; ++c) {
      double sum = 0;
      double size = 0;
      for (std::size_t i = 0; i < that.k; ++i) {
        const double product = static_cast<double>(x[r * that.k + i]) * weight[c * that.k + i];
        sum += product;
        size += std::fabs(product);
      }
      const double s = that.scale ? scale[c] : 1;
      const double expected = sum * s + (that.bias ? bias[c] : 0);
      worst = std::max(worst,
                       std::fabs(y[r * that.columns + c] - expected) / (1 + size * std::fabs(s)));
    }
  }
  return worst;
}

TEST_CASE("linear kernels agree with their plain twin at every remainder of rows and columns") {
  for (const Kernels& kernels : supported_kernels()) {
    CAPTURE(kernels.name);
    for (std::size_t rows = 1; rows <= 2 * kernels.tile + 1; ++rows) {
      for (const std::size_t columns :
           {std::size_t{1}, kernels.panel - 1, kernels.panel, 5 * kernels.panel + 3}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CHECK(linear_error<float>(kernels, {rows, columns, 33, false, true}) < 1e-6);
        CHECK(linear_error<std::int8_t>(kernels, {rows, columns, 33, true, true}) < 1e-6);
      }
    }
    CHECK(linear_error<float>(kernels, {5, 3, 1, true, false}) < 1e-6);
    CHECK(linear_error<float>(kernels, {25, 300, 700, false, false}) < 1e-6);
    CHECK(linear_error<std::int8_t>(kernels, {25, 700, 1500, true, false}) < 1e-6);
  }
}

TEST_CASE("convolution kernels agree with their plain twin at every remainder of channels") {
  for (const Kernels& kernels : supported_kernels()) {
    CAPTURE(kernels.name);
    for (std::size_t rows = 1; rows <= 2 * kernels.tile + 1; ++rows) {
      CAPTURE(rows);
      const std::size_t k = 18;
      const std::size_t positions = 3 * kernels.panel;
      Random random(rows);
      const std::vector<float> weight = random_floats(random, rows * k);
      const std::vector<float> bias = random_floats(random, rows);
      std::vector<std::size_t> offset(k);
      for (std::size_t& one : offset) one = random.below(50);
      const std::vector<float> image = random_floats(random, 50 + positions);
      std::vector<float> y(rows * positions);
      kernels.conv({.weight = weight.data(),
                    .rows = rows,
                    .k = k,
                    .image = image.data(),
                    .offset = offset.data(),
                    .positions = positions,
                    .bias = bias.data(),
                    .y = y.data()});
      double worst = 0;
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t p = 0; p < positions; ++p) {
          double sum = bias[r];
          for (std::size_t i = 0; i < k; ++i) {
            sum += static_cast<double>(weight[r * k + i]) * image[offset[i] + p];
          }
          worst = std::max(worst, distance(y[r * positions + p], sum));
        }
      }
      CHECK(worst < 3e-6);
    }
  }
}

double reference(Act act, double x) {
  switch (act) {
    case Act::relu:
      return std::max(x, 0.0);
    case Act::gelu:
      return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    case Act::gelu_tanh:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Act::tanh:
      return std::tanh(x);
    case Act::silu:
      return x / (1 + std::exp(-x));
    case Act::none:
      break;
  }
  return x;
}

TEST_CASE("activations agree with the functions in double from -30 to 30") {
  for (const Kernels& kernels : supported_kernels()) {
    for (const Act act : {Act::relu, Act::gelu, Act::gelu_tanh, Act::tanh, Act::silu, Act::none}) {
      CAPTURE(kernels.name);
      CAPTURE(name_of(act));
      std::vector<float> x;
      for (int i = -30'000; i <= 30'000; ++i) x.push_back(static_cast<float>(i) / 1000);
      std::vector<float> y = x;
      kernels.activate(act, y.data(), y.size());
      double worst = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        worst = std::max(worst, distance(y[i], reference(act, x[i])));
      }
      CHECK(worst < 4e-7);
    }
  }
}

TEST_CASE("activations keep NaN and stay finite at the ends of the range") {
  for (const Kernels& kernels : supported_kernels()) {
    for (const Act act : {Act::relu, Act::gelu, Act::gelu_tanh, Act::tanh, Act::silu}) {
      CAPTURE(kernels.name);
      CAPTURE(name_of(act));
      std::vector<float> x = {NAN, 1e30F, -1e30F, 0};
      kernels.activate(act, x.data(), x.size());
      CHECK(std::isnan(x[0]));
      CHECK(x[1] == (act == Act::tanh ? 1.0F : 1e30F));
      CHECK(std::isfinite(x[2]));
      CHECK(x[3] == 0);
    }
  }
}

}  // namespace
}  // namespace mx::engine
