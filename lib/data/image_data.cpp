// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "data/gather.h"
#include "data/images.h"
#include "data/words.h"

namespace mx {
namespace {

Part part_of(const InputFile& file, const Parts& parts, std::size_t begin, std::size_t row) {
  return file.divided ? parts[begin + row] : file.part;
}

std::vector<std::string> labels_of(const InputFile& file) {
  std::vector<std::string> labels = read_labels(*file.labels);
  if (labels.size() != file.count) {
    fail(Kind::input, "{} holds {} labels for the {} images of {}", file.labels->name(),
         labels.size(), file.count, file.rows.name());
  }
  return labels;
}

Schema learn(const InputFiles& files, const Parts& parts) {
  std::set<std::string> classes;
  std::size_t begin = 0;
  for (const InputFile& file : files.all()) {
    if (!file.divided && file.part != Part::train) continue;
    const std::vector<std::string> labels = labels_of(file);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (part_of(file, parts, begin, i) == Part::train) classes.insert(labels[i]);
    }
    if (file.divided) begin += labels.size();
  }
  if (classes.empty()) fail(Kind::input, "there are no rows to train on");
  if (classes.size() == 1) {
    fail(Kind::input, "all images to train on have the label {}", shown(*classes.begin()));
  }
  if (classes.size() > kMostCategories) {
    fail(Kind::input, "the images have more than {} classes", kMostCategories);
  }
  Schema schema;
  schema.source = Schema::Source::image;
  schema.label = "label";
  schema.classes.assign(classes.begin(), classes.end());
  std::sort(schema.classes.begin(), schema.classes.end(), natural_less);
  return schema;
}

}  // namespace

void load_images(const InputFiles& files, const Parts& parts, const DataOptions& options,
                 const Schema* given, Loaded& loaded) {
  if (options.task != Task::classify && given == nullptr) {
    throw Error{Kind::usage, "images are classified; --task regress takes tables",
                "give rows of numbers as CSV or .npy"};
  }
  loaded.schema = given == nullptr ? learn(files, parts) : *given;
  Schema& schema = loaded.schema;
  if (schema.source != Schema::Source::image) {
    throw Error{
        Kind::input,
        fmt::format("{} holds images; the model takes rows of a table", files.all()[0].rows.name()),
        "give it rows with the columns that it was trained on"};
  }
  std::unordered_map<std::string_view, std::int64_t> classes;
  for (std::size_t i = 0; i < schema.classes.size(); ++i) {
    classes.emplace(schema.classes[i], static_cast<std::int64_t>(i));
  }
  std::size_t begin = 0;
  for (const InputFile& file : files.all()) {
    const Tensor images = read_images(file.rows);
    const std::vector<std::string> labels = labels_of(file);
    const std::size_t inputs = images.data.size() / std::max<std::size_t>(labels.size(), 1);
    if (schema.input.empty()) {
      schema.input.assign(images.shape.begin() + 1, images.shape.end());
      apply_input_shape(schema, options.input_shape);
    }
    if (static_cast<std::uint64_t>(images.shape[0]) != file.count) {
      fail(Kind::input, "{} changed while it was read", file.rows.name());
    }
    if (file.count != 0 && inputs != schema.inputs()) {
      fail(Kind::input, "{} holds images of {} numbers, not {}", file.rows.name(), inputs,
           to_string(schema.input));
    }
    check_encoded(files, parts, inputs, 0, images.data.size(), options);
    for (const Part part : {Part::train, Part::valid, Part::test}) {
      Dataset& data = *dataset_of(loaded, part);
      data.x.reserve(checked_mul(rows_of(files, parts, part), inputs, "the encoded data"));
    }
    const std::span<const std::uint8_t> pixels = images.as<std::uint8_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      Dataset* const data = dataset_of(loaded, part_of(file, parts, begin, i));
      if (data == nullptr) continue;
      const auto found = classes.find(labels[i]);
      if (found == classes.end()) {
        throw Error{Kind::input,
                    fmt::format("{} row {}: the label {} is none of the model's {} classes",
                                file.labels->name(), i + 1, shown(labels[i]), classes.size()),
                    "classes are learned from the images to train on"};
      }
      data->x.resize(data->x.size() + inputs);
      encode_image(pixels.subspan(i * inputs, inputs), std::span(data->x).last(inputs));
      data->classes.push_back(found->second);
      ++data->rows;
    }
    if (file.divided) begin += labels.size();
  }
  for (Dataset* data : {&loaded.train, &loaded.valid, &loaded.test}) data->inputs = schema.inputs();
}

}  // namespace mx
