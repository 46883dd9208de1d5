// SPDX-License-Identifier: Apache-2.0
#include "io/held.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/words.h"
#include "io/scratch.h"

namespace mx::io {
namespace {

constexpr std::size_t kInMemory = std::size_t{32} << 20U;

class Held final : public Input {
 public:
  Held(Input& in, std::uint64_t limit) : name_(in.name()) {
    Bytes part(std::size_t{1} << 18U);
    while (const std::size_t count = in.read(part)) {
      size_ += count;
      if (size_ > limit) {
        throw Error{Kind::input, fmt::format("{} is larger than {}", name_, human_bytes(limit)),
                    "write it to a file first, or raise the limit with --max-memory"};
      }
      add(ByteView(part).first(count));
    }
    if (scratch_) scratch_->flush();
  }

  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - place_));
    read_at(place_, out.first(count));
    place_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }

  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      fail(Kind::input, "{} is incomplete", name_);
    }
    if (offset < start_.size()) {
      const auto from = static_cast<std::size_t>(offset);
      const std::size_t count = std::min(out.size(), start_.size() - from);
      std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
      out = out.subspan(count);
      offset += count;
    }
    if (!out.empty()) scratch_->read_at(offset - start_.size(), out);
  }

 private:
  void add(ByteView bytes) {
    const std::size_t room = kInMemory - std::min(kInMemory, start_.size());
    const ByteView here = bytes.first(std::min(room, bytes.size()));
    start_.insert(start_.end(), here.begin(), here.end());
    if (here.size() == bytes.size()) return;
    if (!scratch_) scratch_ = std::make_unique<Scratch>("");
    scratch_->append(bytes.subspan(here.size()));
  }

  std::string name_;
  Bytes start_;
  std::unique_ptr<Scratch> scratch_;  // what follows it
  std::uint64_t size_ = 0, place_ = 0;
};

}  // namespace

std::unique_ptr<Input> held(Input& in, std::uint64_t limit) {
  return std::make_unique<Held>(in, limit);
}

}  // namespace mx::io
