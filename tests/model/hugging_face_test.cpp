// SPDX-License-Identifier: Apache-2.0
// Tiny models of Transformers in LibTorch's executor, held against the logits that Transformers
// computes (the native executor: tests/convert/hugging_face_test.cpp).
#include "convert/hugging_face.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "io/input.h"
#include "model/executor.h"
#include "model/runtime.h"

namespace mx {
namespace {

Json json_of(const std::string& path) {
  const Bytes bytes = io::read_all(*io::open_input(path), 1 << 20);
  return Json::parse(text(bytes));
}

TEST_CASE("models of Transformers give its logits in LibTorch's executor, too") {
  prepare_torch(1);
  const at::NoGradGuard no_gradients;
  const std::string folder = MX_TEST_DATA "/../convert/golden/hf/";
  const Json golden = json_of(folder + "logits.json");
  const at::Tensor ids = at::tensor(golden["ids"].get<std::vector<std::int64_t>>(), at::kLong);
  for (const auto& [model, expected] : golden["logits"].items()) {
    CAPTURE(model);
    const HuggingFace read =
        read_hugging_face(json_of(folder + model + "/config.json"), "config.json",
                          open_source(folder + model + "/model.safetensors"));
    std::vector<Weight> weights;
    for (std::size_t i = 0; i < read.tensors->entries().size(); ++i) {
      weights.push_back(
          {.name = read.tensors->entries()[i].name, .values = to_f32(read.tensors->read(i))});
    }
    const Executor executor(read.network, weights, false);
    const at::Tensor out = executor.forward(ids.view({1, -1}), {})[0];
    const at::Tensor last = out.dim() == 1 ? out : out[out.size(0) - 1];
    const at::Tensor wanted = at::tensor(expected.get<std::vector<double>>(), at::kDouble);
    CHECK((last.to(at::kDouble) - wanted).abs().max().item<double>() < 1e-4);
  }
}

}  // namespace
}  // namespace mx
