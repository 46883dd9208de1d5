// SPDX-License-Identifier: Apache-2.0
// Images as rows of bytes, with their labels: IDX, or .npy arrays of unsigned bytes of three or
// four dimensions ([n, h, w] or [n, c, h, w]).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_file.h"
#include "data/schema.h"
#include "tensor/tensor.h"

namespace mx {

// Whether the file holds images (else rows). Reads its head only.
[[nodiscard]] bool holds_images(const DataFile& file);
// u8 [n, c, h, w]. Throws Kind::input, naming the file.
[[nodiscard]] Tensor read_images(const DataFile& file);
// How many, from the head.
[[nodiscard]] std::uint64_t count_images(const DataFile& file);
// One label per row: IDX [n], or .npy [n] (or [n, 1]) of numbers.
[[nodiscard]] std::vector<std::string> read_labels(const DataFile& file);
// `labels` when given, else the file beside the images whose name says labels and idx1 where
// theirs says images and idx3 (as MNIST's do). Throws Kind::usage when there is none.
[[nodiscard]] std::string labels_path(const std::string& images, const std::string& labels);
// pixels / 255
void encode_image(std::span<const std::uint8_t> pixels, std::span<float> x);

}  // namespace mx
