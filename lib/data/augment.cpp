// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr std::string_view kName = "shift:";

}  // namespace

Shift::Shift(const std::string& text, const Schema& schema) {
  const char* const end = text.data() + text.size();
  const bool named = text.starts_with(kName);
  const auto [stop, code] = std::from_chars(text.data() + (named ? kName.size() : 0), end, most_);
  if (!named || code != std::errc() || stop != end || most_ < 1) {
    throw Error{Kind::usage, fmt::format("--augment does not know '{}'", printable(text)),
                "write shift:N, N being the most pixels an image is moved by"};
  }
  if (schema.input.size() != 3) {
    throw Error{Kind::usage,
                fmt::format("--augment {} moves images, but a row here is {}", text,
                            to_string(schema.input)),
                "say how a row is laid out with --input-shape CHANNELS,HEIGHT,WIDTH"};
  }
  channels_ = schema.input[0];
  height_ = schema.input[1];
  width_ = schema.input[2];
  if (most_ >= std::min(height_, width_)) {
    fail(Kind::usage, "--augment {} moves images of {} out of sight", text,
         to_string(schema.input));
  }
  if (schema.source != Schema::Source::table) return;
  for (const Column& column : schema.features) {
    if (!column.numeric || column.missing) {
      fail(Kind::usage, "--augment {} moves numbers, but the column {} is not one of those", text,
           printable(column.name));
    }
    mean_.push_back(static_cast<float>(column.mean));
    scale_.push_back(static_cast<float>(column.scale));
  }
}

void Shift::apply(std::span<const float> from, std::span<float> to, Random& random) const {
  const auto draw = [&] {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * most_ + 1))) -
           most_;
  };
  const std::int64_t down = draw();
  const std::int64_t right = draw();
  const std::int64_t first = std::max<std::int64_t>(0, right);
  const std::int64_t last = width_ + std::min<std::int64_t>(0, right);
  std::fill(to.begin(), to.end(), 0.0F);
  const auto index = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::int64_t c = 0; c < channels_; ++c) {
    for (std::int64_t y = std::max<std::int64_t>(0, down);
         y < height_ + std::min<std::int64_t>(0, down); ++y) {
      const std::int64_t source = ((c * height_ + y - down) * width_) - right;
      const std::int64_t target = (c * height_ + y) * width_;
      for (std::int64_t x = first; x < last; ++x) {
        const float value = from[index(source + x)];
        to[index(target + x)] =
            mean_.empty() ? value : value * scale_[index(source + x)] + mean_[index(source + x)];
      }
    }
  }
  for (std::size_t i = 0; i < mean_.size(); ++i) to[i] = (to[i] - mean_[i]) / scale_[i];
}

}  // namespace mx
