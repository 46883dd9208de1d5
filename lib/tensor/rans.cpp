// SPDX-License-Identifier: Apache-2.0
#include "tensor/rans.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "tensor/plane_kernels.h"
#include "tensor/scratch.h"

namespace mx {

using planes::Decoder;
using planes::DecodeTable;
using planes::Encoder;
using planes::EncodeTable;
using planes::kernel;
using planes::kFirstState;
using planes::kMargin;
using planes::kSlots;
using planes::kSpare;
using planes::States;
using planes::Stream;

namespace {

constexpr std::uint64_t kRare = 1024;  // one in so many is an escape
constexpr std::size_t kMaxKept = 255;  // symbols in a table

using Counts = std::array<std::uint32_t, 256>;

// log2(n) in 1/65536, for n up to kSlots, by repeated squaring: the same on every machine.
constexpr auto kLog2 = [] {
  std::array<std::uint32_t, kSlots + 1> out{};
  for (std::uint32_t n = 1; n <= kSlots; ++n) {
    std::uint32_t whole = 0;
    while (n >> (whole + 1) != 0) ++whole;
    std::uint64_t x = (std::uint64_t{n} << 31) >> whole;  // in [1, 2), 31 bits behind the point
    std::uint32_t bits = whole;
    for (int i = 0; i < 16; ++i) {
      x = (x * x) >> 31;
      bits <<= 1;
      if (x >> 32 != 0) {
        bits |= 1U;
        x >>= 1;
      }
    }
    out[n] = bits;
  }
  return out;
}();

Counts count(ByteView bytes) {
  std::array<Counts, 4> counts{};  // equal neighbours need not wait for each other
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    for (std::size_t k = 0; k < 8; ++k) ++counts[k % 4][word >> (8 * k) & 0xffU];
  }
  for (; i < bytes.size(); ++i) ++counts[0][bytes[i]];
  for (std::size_t s = 0; s < 256; ++s) counts[0][s] += counts[1][s] + counts[2][s] + counts[3][s];
  return counts[0];
}

// The symbols of a block that have slots of their own, in ascending order, and how many.
struct Kept {
  std::vector<std::uint8_t> symbols;
  std::vector<std::uint32_t> slots;  // what they leave of kSlots is the escapes'
};

struct Plan {
  Kept kept;
  std::uint64_t escapes = 0;
  std::uint64_t cost = 0;  // bits in 1/65536, without the table
};

// Shares kSlots out so that the cost is least: proportionally, then one slot at a time.
void share_out(std::span<const std::uint32_t> counts, std::span<std::uint32_t> slots,
               std::uint64_t all) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    slots[i] = std::max(1U, static_cast<std::uint32_t>(counts[i] * std::uint64_t{kSlots} / all));
    sum += slots[i];
  }
  const auto gain = [&](std::size_t i) {
    return std::uint64_t{counts[i]} * (kLog2[slots[i] + 1] - kLog2[slots[i]]);
  };
  const auto loss = [&](std::size_t i) {
    if (slots[i] < 2) return ~std::uint64_t{0};
    return std::uint64_t{counts[i]} * (kLog2[slots[i]] - kLog2[slots[i] - 1]);
  };
  for (; sum < kSlots; ++sum) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < counts.size(); ++i) best = gain(i) > gain(best) ? i : best;
    ++slots[best];
  }
  for (; sum > kSlots; --sum) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < counts.size(); ++i) best = loss(i) < loss(best) ? i : best;
    --slots[best];
  }
}

Plan plan_of(ByteView block) {
  const Counts counts = count(block);
  Plan out;
  std::vector<std::uint32_t> shares;
  for (std::size_t s = 0; s < 256; ++s) {
    if (counts[s] * kRare >= block.size()) {
      out.kept.symbols.push_back(static_cast<std::uint8_t>(s));
      shares.push_back(counts[s]);
    } else {
      out.escapes += counts[s];
    }
  }
  if (out.kept.symbols.size() > kMaxKept) {
    const auto rarest = std::ranges::min_element(shares);
    out.escapes += *rarest;
    out.kept.symbols.erase(out.kept.symbols.begin() + (rarest - shares.begin()));
    shares.erase(rarest);
  }
  const std::size_t kept = out.kept.symbols.size();
  if (out.escapes > 0) shares.push_back(static_cast<std::uint32_t>(out.escapes));
  std::vector<std::uint32_t>& slots = out.kept.slots;
  slots.resize(shares.size());
  share_out(shares, slots, block.size());
  if (shares.size() == 1) slots.front() = kSlots - 1;  // a frequency is a byte
  for (std::size_t i = 0; i < shares.size(); ++i) {
    out.cost += std::uint64_t{shares[i]} * (kLog2[kSlots] - kLog2[slots[i]]);
  }
  out.cost += out.escapes * 8 << 16;
  slots.resize(kept);
  return out;
}

EncodeTable encode_table(const Kept& kept) {
  EncodeTable out = {};
  std::array<std::uint32_t, 256> frequencies{};
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < kept.symbols.size(); ++i) {
    frequencies[kept.symbols[i]] = kept.slots[i];
    out.start[kept.symbols[i]] = static_cast<std::uint8_t>(start);
    start += kept.slots[i];
  }
  for (std::size_t s = 0; s < 256; ++s) {
    if (frequencies[s] == 0) {
      if (start == kSlots) continue;  // does not occur
      frequencies[s] = kSlots - start;
      out.start[s] = static_cast<std::uint8_t>(start);
      out.escaped[s] = 0xff;
      out.escapes = true;
    }
    const std::uint32_t reciprocal = std::min(65535U, 65536U / frequencies[s]);
    out.frequency[s] = static_cast<std::uint8_t>(frequencies[s]);
    out.low[s] = static_cast<std::uint8_t>(reciprocal);
    out.high[s] = static_cast<std::uint8_t>(reciprocal >> 8U);
  }
  return out;
}

DecodeTable read_table(ByteReader& in) {
  DecodeTable out = {};
  std::array<bool, 256> used{};
  const std::size_t kept = in.u8();
  std::uint32_t slot = 0;
  int last = -1;
  for (std::size_t i = 0; i < kept; ++i) {
    const std::uint8_t symbol = in.u8(), frequency = in.u8();
    if (symbol <= last) fail(Kind::input, "a table of symbols is out of order");
    if (frequency == 0 || slot + frequency > kSlots) {
      fail(Kind::input, "a table of symbols does not add up");
    }
    last = symbol;
    used[symbol] = true;
    for (std::uint32_t f = 0; f < frequency; ++f, ++slot) {
      out.symbol[slot] = symbol;
      out.frequency[slot] = frequency;
      out.offset[slot] = static_cast<std::uint8_t>(f);
    }
  }
  if (slot == 0) fail(Kind::input, "a table of symbols is empty");
  out.escape = static_cast<std::uint8_t>(std::ranges::find(used, false) - used.begin());
  out.escapes = slot < kSlots;
  const std::uint32_t rest = kSlots - slot;
  for (std::uint32_t f = 0; f < rest; ++f, ++slot) {
    out.symbol[slot] = out.escape;
    out.frequency[slot] = static_cast<std::uint8_t>(rest);
    out.offset[slot] = static_cast<std::uint8_t>(f);
  }
  return out;
}

// A stream that kernels may read kMargin bytes beyond: its last bytes are moved, zeros behind them.
class Padded {
 public:
  Padded(Stream& stream, ByteView bytes) : stream_(stream) {
    stream_ = {bytes.data(), bytes.data() + bytes.size()};
  }
  // Called where fewer than kMargin bytes are left.
  void pad() {
    if (moved_ || stream_.left() >= kMargin) return;
    moved_ = true;
    std::copy(stream_.at, stream_.end, tail_.begin());
    stream_ = {tail_.data(), tail_.data() + stream_.left() + kMargin};
  }
  // Whether just all bytes were read.
  [[nodiscard]] bool done() const { return stream_.left() == (moved_ ? kMargin : 0); }

 private:
  Stream& stream_;
  std::array<std::uint8_t, 2 * kMargin> tail_{};
  bool moved_ = false;
};

[[noreturn]] void cut() { fail(Kind::input, "a stream of symbols is cut"); }

}  // namespace

bool rans_encode(ByteWriter& out, ByteView plane) {
  const std::size_t blocks = (plane.size() + kRansBlock - 1) / kRansBlock;
  const auto block = [&](std::size_t b) {
    return plane.subspan(b * kRansBlock, std::min(kRansBlock, plane.size() - b * kRansBlock));
  };
  std::vector<Plan> plans;
  plans.reserve(blocks);
  std::uint64_t bytes = sizeof(States), escapes = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    const Plan& plan = plans.emplace_back(plan_of(block(b)));
    bytes += 1 + 2 * plan.kept.symbols.size() + (plan.cost >> 19U);
    escapes += plan.escapes;
    if (bytes >= (b + 1) * kRansBlock) return false;
  }
  if (bytes >= plane.size()) return false;

  Buffer large;
  const std::span room =
      scratch<struct RansOut>(kSpare + plane.size() + escapes + sizeof(States), large);
  Encoder encoder;
  encoder.states.fill(kFirstState);
  std::uint8_t* const end = room.data() + kSpare + sizeof(States) + plane.size();
  encoder.bytes = end;
  encoder.escapes = end + escapes;
  for (std::size_t b = blocks; b-- > 0;) {
    kernel().encode(encoder, encode_table(plans[b].kept), block(b));
  }
  encoder.bytes -= sizeof(States);
  std::memcpy(encoder.bytes, encoder.states.data(), sizeof(States));
  for (const Plan& plan : plans) {
    out.u8(static_cast<std::uint8_t>(plan.kept.symbols.size()));
    for (std::size_t i = 0; i < plan.kept.symbols.size(); ++i) {
      out.u8(plan.kept.symbols[i]);
      out.u8(static_cast<std::uint8_t>(plan.kept.slots[i]));
    }
  }
  out.sized({end, static_cast<std::size_t>(escapes)});
  out.sized({encoder.bytes, end});
  return true;
}

struct RansReader::State {
  std::vector<DecodeTable> tables;
  Decoder decoder;
  std::optional<Padded> escapes, bytes;
  std::size_t block = 0;
};

RansReader::RansReader(ByteReader& in, std::size_t n) : state_(std::make_unique<State>()) {
  const std::size_t blocks = (n + kRansBlock - 1) / kRansBlock;
  state_->tables.reserve(blocks);
  for (std::size_t b = 0; b < blocks; ++b) state_->tables.push_back(read_table(in));
  Decoder& decoder = state_->decoder;
  state_->escapes.emplace(decoder.escapes, in.sized(n));
  const ByteView stream = in.sized(n + sizeof(States));
  if (stream.size() < sizeof(States)) cut();
  std::memcpy(decoder.states.data(), stream.data(), sizeof(States));
  state_->bytes.emplace(decoder.bytes, stream.subspan(sizeof(States)));
}
RansReader::RansReader(RansReader&&) noexcept = default;
RansReader::~RansReader() = default;

void RansReader::next(std::span<std::uint8_t> out) {
  const DecodeTable& table = state_->tables.at(state_->block++);
  while (!out.empty()) {
    state_->escapes->pad();
    state_->bytes->pad();
    const std::size_t made = kernel().decode(state_->decoder, table, out);
    if (made == 0) cut();
    out = out.subspan(made);
  }
}

void RansReader::finish() const {
  const bool same = std::ranges::all_of(state_->decoder.states,
                                        [](std::uint16_t state) { return state == kFirstState; });
  if (!same || !state_->escapes->done() || !state_->bytes->done()) {
    fail(Kind::input, "a stream of symbols does not end as it should");
  }
}

}  // namespace mx
