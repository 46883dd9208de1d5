// SPDX-License-Identifier: Apache-2.0
#include "file/group.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "file/head.h"
#include "file/payload.h"

namespace mx {

Group::Group(Forward& in, const Opening& opening, std::span<const TensorEntry> entries) {
  in.enter(fmt::format("the section of {} and its neighbours", tensor_label(entries[0].name)));
  content_ = std::make_shared<const Bytes>(read_summed(in, opening, kGroupBody));
  in_place(in, [&] {
    ByteReader reader(*content_, "it");
    const std::uint64_t count = reader.varint();
    if (count == 0 || count > entries.size()) fail(Kind::input, "it holds {} tensors", count);
    count_ = left_ = static_cast<std::size_t>(count);
    at_ = reader.position();
    std::size_t decoded = 0;
    for (const TensorEntry& entry : entries.first(count_)) {
      decoded += std::min(decoded_bytes(entry), kGroupBytes + 1);
      if (decoded > kGroupBytes) fail(Kind::input, "it holds too much");
    }
  });
}

TensorFact Group::next(Forward& in, const TensorEntry& entry, Weight* weight, Later* later) {
  in.enter(tensor_label(entry.name));
  if (weight != nullptr) *weight = empty_weight(entry);
  return in_place(in, [&] {
    ByteReader reader(ByteView(*content_).subspan(at_), "it");
    TensorFact fact;
    const std::vector<TensorPart> parts = parts_of(entry);
    std::vector<EncodedPart> encoded;
    bool differs = false;
    for (const TensorPart& part : parts) {
      encoded.push_back(take_part(reader, part));
      check_codec(in, encoded.back().codec);
      differs = differs || encoded.back().codec == Codec::delta;
    }
    fact.codec = encoded.front().codec;
    fact.bytes = reader.position();
    at_ += reader.position();
    if (--left_ == 0) reader.finish();
    if (weight == nullptr) return fact;
    const std::optional<Weight> base = differs ? needed_base(in).like(entry) : std::nullopt;
    const auto decode_all = [content = content_, parts, encoded, weight](const Weight* other) {
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
