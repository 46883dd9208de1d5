// SPDX-License-Identifier: Apache-2.0
// Mixed precision: matrix products and attention in bf16, all else, the weights and their gradients
// in fp32 (LibTorch's autocast).
#pragma once

namespace mx {

// Throws Kind::usage on a processor that has no bf16 products: there it would only be slow.
void check_bf16();

// While it lives, and `on`.
class Bf16 {
 public:
  explicit Bf16(bool on);
  Bf16(const Bf16&) = delete;
  Bf16& operator=(const Bf16&) = delete;
  ~Bf16();

 private:
  bool on_, before_;
};

}  // namespace mx
