// SPDX-License-Identifier: Apache-2.0
#include "data/images.h"

#include <unistd.h>

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/rows.h"
#include "file/memory.h"

namespace mx {
namespace {

// "train-images-idx3-ubyte.gz" -> "train-labels-idx1-ubyte.gz"; empty when the name says no images.
std::string labels_beside(std::string path) {
  const std::size_t folder = path.rfind('/') + 1;  // 0 when there is none
  const auto replace = [&](std::string_view from, std::string_view to) {
    const std::size_t at = path.rfind(from);
    const bool found = at != std::string::npos && at >= folder;
    if (found) path.replace(at, from.size(), to);
    return found;
  };
  if (!replace("images", "labels")) return {};
  replace("idx3", "idx1");
  replace("idx4", "idx1");
  return path;
}

}  // namespace

bool holds_images(const DataFile& file) {
  if (file.kind() == DataKind::idx) return true;
  if (file.kind() != DataKind::npy) return false;
  const NpyHeader header = read_npy_header(*file.open());
  return header.dtype == DType::u8 && (header.shape.size() == 3 || header.shape.size() == 4);
}

Tensor read_images(const DataFile& file) {
  const std::unique_ptr<io::Input> in = file.open();
  Tensor images = file.kind() == DataKind::idx ? read_idx(*in, file.max_memory())
                                               : read_npy(*in, file.max_memory());
  Shape& shape = images.shape;
  if (images.dtype != DType::u8 || (shape.size() != 3 && shape.size() != 4)) {
    fail(Kind::input, "{} holds {} of {}, not images [n, h, w] or [n, c, h, w] of bytes",
         file.name(), to_string(shape), name_of(images.dtype));
  }
  const auto channels = [](std::int64_t size) { return size == 1 || size == 3 || size == 4; };
  if (shape.size() == 4 && channels(shape[3]) && !channels(shape[1])) {
    throw Error{
        Kind::input,
        fmt::format("{} holds {}: the channels seem to come last", file.name(), to_string(shape)),
        "channels come before height and width: a.transpose(0, 3, 1, 2)"};
  }
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  if (std::any_of(shape.begin() + 1, shape.end(), [](std::int64_t size) { return size < 1; }) ||
      element_count({shape[1], shape[2], shape[3]}) > kMostInputs) {
    fail(Kind::input, "{} holds images of {}, which cannot be used", file.name(), to_string(shape));
  }
  return images;
}

std::uint64_t count_images(const DataFile& file) {
  const std::unique_ptr<io::Input> in = file.open();
  const Shape shape =
      file.kind() == DataKind::idx ? read_idx_shape(*in) : read_npy_header(*in).shape;
  return shape.empty() ? 0 : static_cast<std::uint64_t>(shape[0]);
}

std::vector<std::string> read_labels(const DataFile& file) {
  std::vector<std::string> out;
  if (file.kind() == DataKind::idx) {
    const Tensor labels = read_idx(*file.open(), file.max_memory());
    if (labels.shape.size() != 1) {
      fail(Kind::input, "{} holds {}, not one label per row", file.name(), to_string(labels.shape));
    }
    check_memory(file.name(), checked_mul(labels.data.size(), 1 + sizeof(std::string), "labels"),
                 file.max_memory());
    for (const std::uint8_t label : labels.as<std::uint8_t>()) out.push_back(std::to_string(label));
    return out;
  }
  if (file.kind() != DataKind::npy) {
    throw Error{Kind::input,
                fmt::format("{} holds no labels: they come as IDX or .npy", file.name()),
                "the label of a table is a column, named with --label"};
  }
  const std::unique_ptr<RowSource> rows = open_rows(file.open(), false, file.max_memory());
  if (rows->columns().size() != 1) {
    fail(Kind::input, "{} holds {} labels per row, not one", file.name(), rows->columns().size());
  }
  std::vector<std::string_view> cells;
  while (rows->next(cells)) {
    out.emplace_back(cells[0]);
    check_memory(file.name(), out.size() * sizeof(std::string), file.max_memory());
  }
  return out;
}

std::string labels_path(const std::string& images, const std::string& labels) {
  if (!labels.empty()) return labels;
  std::string beside = labels_beside(images);
  if (!beside.empty() && ::access(beside.c_str(), R_OK) == 0) return beside;
  throw Error{Kind::usage, fmt::format("{} has no labels", printable(images)),
              "name them with --labels FILE"};
}

void encode_image(std::span<const std::uint8_t> pixels, std::span<float> x) {
  std::transform(pixels.begin(), pixels.end(), x.begin(),
                 [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
}

}  // namespace mx
