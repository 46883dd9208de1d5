// SPDX-License-Identifier: Apache-2.0
// What containers with the right sums and hostile contents (tests/file/hostile_maker.h) hold, used:
// described, merged, read as prepared text and as caches, run where they are small.
#include <algorithm>
#include <cstdint>
#include <memory>

#include "data/language.h"
#include "data/output_cache.h"
#include "data/tokens.h"
#include "file/hostile_maker.h"
#include "infer/merge.h"
#include "infer/probe.h"
#include "trust/bom.h"
#include "trust/gate.h"

namespace {

using namespace mx;
using testing::attempt;
using testing::kFuzzed;
using testing::pool;

// Little enough work to be run here; what takes too much memory is for run_probes() to refuse.
bool can_run(const Model& model) {
  constexpr std::uint64_t kMostWork = 1U << 24U;
  const Network& network = model.header.network;
  if (network.empty()) return false;
  const std::size_t tokens = takes_tokens(network) ? 16 : 0;
  return RunEstimate(network, model.weights).work({.tokens = tokens, .last = true}) < kMostWork;
}

void describe(const Overview& overview) {
  static const LicenseTable table = LicenseTable::standard();
  const Header& header = overview.header;
  if (!header.network.empty()) (void)in_words(header.network, Language::chinese);
  (void)overrides_of(overview.lineage);
  const Standing stands = standing(header.rights, overview.lineage, table);
  const CardFacts facts{overview, stands, {}, kFuzzed};
  const Card card = make_card(facts, Language::english);
  (void)card_text(card);
  (void)card_hf(card, facts);
  (void)cyclonedx({card, facts});
  (void)spdx({card, facts});
  if (!tokenizer_json(header).is_null()) {
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_of(header);
    (void)tokenizer->decode(encode(*tokenizer, "It is a caf\xc3\xa9, 10 \xff."));
  }
}

void use(Model model) {
  if (model.header.kind == FileKind::cache) return check_cache(std::move(model), kFuzzed);
  if (model.header.kind == FileKind::adapter) {
    Model base = testing::base_model();
    (void)merge_adapter(base, model, kFuzzed, pool());
  }
  if (!can_run(model)) return;
  (void)run_probes(model, pool());
  set_probes(model, pool());
}

void read_text(const Bytes& file) {
  const TokenData tokens(MappedContainer(file, kFuzzed, testing::kFuzzMemory));
  for (const Part part : {Part::train, Part::valid, Part::test}) {
    attempt([&] {
      std::vector<TokenId> ids(std::min<std::uint64_t>(tokens.tokens(part), 64));
      tokens.read(part, tokens.tokens(part) - ids.size(), ids);
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>(tokens.documents(part), 64); ++i) {
        (void)tokens.answer(part, i);
      }
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file = testing::hostile_file({data, size});
  const ReadOptions limited{.max_memory = testing::kFuzzMemory};
  const auto input = [&] { return io::memory_input(file, kFuzzed); };
  attempt([&] { describe(read_overview(*input(), limited)); });
  attempt([&] { use(read_model(*input(), pool(), limited)); });
  attempt([&] { read_text(file); });
  return 0;
}
