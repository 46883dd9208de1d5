// SPDX-License-Identifier: Apache-2.0
#include "file/group.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "file/head.h"
#include "file/payload.h"

namespace mx {

Group::Group(Forward& in, const Opening& opening, std::span<const TensorEntry> entries)
    : entries_(entries) {
  if (entries.empty()) in.damaged("there are no tensors left for it");
  in.enter(fmt::format("the section of {} and its neighbours", tensor_label(entries[0].name)));
  content_ = std::make_shared<const Bytes>(read_summed(in, opening, kGroupBody));
  in_place(in, [&] {
    ByteReader reader(*content_, "it");
    const std::uint64_t count = reader.varint();
    if (count == 0 || count > entries.size()) fail(Kind::input, "it holds {} tensors", count);
    count_ = static_cast<std::size_t>(count);
    starts_ = {reader.position()};
    std::size_t decoded = 0;
    for (const TensorEntry& entry : entries.first(count_)) {
      decoded += std::min(decoded_bytes(entry), kGroupBytes + 1);
      if (decoded > kGroupBytes) fail(Kind::input, "it holds too much");
    }
  });
}

std::vector<EncodedPart> Group::parts_at(Forward& in, std::size_t number, std::size_t& bytes) {
  std::vector<EncodedPart> encoded;
  for (std::size_t at = std::min(number, starts_.size() - 1); at <= number; ++at) {
    in.enter(tensor_label(entries_[at].name));
    in_place(in, [&] {
      ByteReader reader(ByteView(*content_).subspan(starts_[at]), "it");
      encoded.clear();
      for (const TensorPart& part : parts_of(entries_[at])) {
        encoded.push_back(take_part(reader, part));
        check_codec(in, encoded.back().codec);
      }
      bytes = reader.position();
      if (at + 1 == count_) reader.finish();
    });
    if (at + 1 == starts_.size() && at + 1 < count_) starts_.push_back(starts_[at] + bytes);
  }
  return encoded;
}

TensorFact Group::read(Forward& in, std::size_t number, Weight* weight, Later* later) {
  TensorFact fact;
  std::vector<EncodedPart> encoded = parts_at(in, number, fact.bytes);
  fact.codec = encoded.front().codec;
  if (weight == nullptr) return fact;
  const TensorEntry& entry = entries_[number];
  *weight = empty_weight(entry);
  return in_place(in, [&] {
    const bool differs = std::ranges::count(encoded, Codec::delta, &EncodedPart::codec) > 0;
    const std::optional<Weight> base = differs ? needed_base(in).like(entry) : std::nullopt;
    const auto decode_all = [content = content_, parts = parts_of(entry),
                             encoded = std::move(encoded), weight](const Weight* other) {
      for (std::size_t p = 0; p < parts.size(); ++p) {
        decode_part(encoded[p], parts[p], other == nullptr ? ByteView() : part_bytes(*other, p),
                    part_bytes(*weight, p));
      }
    };
    if (later != nullptr && !differs) {
      later->emplace_back([decode_all, file = in.name(), what = in.what()] {
        in_place(file, what, [&] { decode_all(nullptr); });
      });
      return fact;
    }
    decode_all(base ? &*base : nullptr);
    check_weight(*weight, entry);
    return fact;
  });
}

}  // namespace mx
