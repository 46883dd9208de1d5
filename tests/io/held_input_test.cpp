// SPDX-License-Identifier: Apache-2.0
#include "io/held_input.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"

namespace mx::io {
namespace {

class Pipe final : public Input {
 public:
  explicit Pipe(ByteView bytes) : left_(bytes) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min({out.size(), left_.size(), std::size_t{70'001}});
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  ByteView left_;
  std::string name_ = "pipe";
};

TEST_CASE("a pipe that is held is read anywhere and again, up to its limit") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{1} << 20U, (std::size_t{5} << 19U) + 3}) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
    HeldInput held(std::make_unique<Pipe>(bytes), size);
    CHECK(held.seekable());
    CHECK(held.size() == size);
    CHECK(read_all(held, size) == bytes);
    if (size > 4) {
      Bytes part(size - 3);
      held.read_at(2, part);
      CHECK(std::equal(part.begin(), part.end(), bytes.begin() + 2));
      CHECK_THROWS_AS(held.read_at(4, part), Error);
    }
    if (size == 0) continue;
    CHECK_THROWS_WITH_AS(HeldInput(std::make_unique<Pipe>(ByteView(bytes)), size - 1),
                         doctest::Contains("pipe holds more than the limit of "), Error);
  }
}

}  // namespace
}  // namespace mx::io
