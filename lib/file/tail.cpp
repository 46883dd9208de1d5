// SPDX-License-Identifier: Apache-2.0
#include "file/tail.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "file/layout.h"
#include "file/lineage.h"
#include "file/packed.h"
#include "file/probe.h"

namespace mx {
namespace {

constexpr std::string_view kTail = "the section of lineage and probes";
constexpr std::size_t kMaxDigests = 1 << 16;
constexpr std::size_t kMaxProbeNumbers = 1 << 20;
enum Inputs : std::uint8_t { kStored = 0, kMade = 1 };

ProbeSizes sizes_of(const Header& header) {
  if (header.network.empty()) fail(Kind::input, "there are probes, but no network");
  const ProbeSizes sizes = probe_sizes(header.network);
  if (sizes.input > kMaxProbeNumbers || sizes.output > kMaxProbeNumbers) {
    fail(Kind::input, "the network is too wide for probes");
  }
  return sizes;
}

void write_floats(ByteWriter& out, const std::vector<float>& values) {
  for (const float value : values) out.value(value);
}

std::vector<float> read_floats(ByteReader& in, std::size_t count) {
  const ByteView raw = in.take(count * sizeof(float));
  std::vector<float> out(count);
  if (!raw.empty()) std::memcpy(out.data(), raw.data(), raw.size());
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace

Bytes encode_tail(const Header& header, const Lineage& lineage, const std::vector<Probe>& probes) {
  if (probes.size() > kMaxProbes) fail(Kind::failed, "{} probes are too many", probes.size());
  const CompactLineage small = compact(lineage);
  ByteWriter out;
  out.varint(small.digests.size());
  for (const Sha256& digest : small.digests) out.put(digest);
  out.put(pack_text(view(dump_json(small.json))));
  out.varint(probes.size());
  const ProbeSizes sizes = probes.empty() ? ProbeSizes{} : sizes_of(header);
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const std::vector<float>& input = probes[i].input;
    if (input.size() != sizes.input || probes[i].output.size() != sizes.output) {
      fail(Kind::failed, "a probe does not fit the network");
    }
    const bool made = same_bits(input, probe_input(header.network, i));
    out.u8(made ? kMade : kStored);
    if (!made) write_floats(out, input);
    write_floats(out, probes[i].output);
  }
  return out.take();
}

void decode_tail(ByteView content, std::uint64_t version, const Header& header, Lineage& lineage,
                 std::vector<Probe>& probes) {
  ByteReader in(content, kTail);
  CompactLineage small;
  const std::uint64_t digests = in.varint();
  if (digests > kMaxDigests) fail(Kind::input, "{} names too many digests", kTail);
  std::set<Sha256> seen;
  for (std::uint64_t i = 0; i < digests; ++i) {
    Sha256& digest = small.digests.emplace_back();
    std::ranges::copy(in.take(digest.size()), digest.begin());
    if (!seen.insert(digest).second) fail(Kind::input, "{} names a digest twice", kTail);
  }
  small.json = parse_json(text(unpack_text(in, "the lineage")), "the lineage");
  lineage = expand(small, version);
  const std::uint64_t count = in.varint();
  if (count > kMaxProbes) fail(Kind::input, "{} holds too many probes", kTail);
  const ProbeSizes sizes = count == 0 ? ProbeSizes{} : sizes_of(header);
  for (std::uint64_t i = 0; i < count; ++i) {
    Probe probe;
    const std::uint8_t inputs = in.u8();
    if (inputs > kMade) fail(Kind::input, "a probe has inputs of an unknown kind");
    probe.input = inputs == kMade ? probe_input(header.network, i) : read_floats(in, sizes.input);
    probe.output = read_floats(in, sizes.output);
    probes.push_back(std::move(probe));
  }
  in.finish();
}

}  // namespace mx
