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

// Small enough to be run here.
bool can_run(const Header& header) {
  if (header.network.empty()) return false;
  double numbers = 0;
  walk(header.network, [&](const Block& block, const Shape& in, const Shape& out) {
    numbers += static_cast<double>(element_count(in)) + static_cast<double>(element_count(out));
    if (const auto* attention = std::get_if<Attention>(&block.any)) {
      numbers += static_cast<double>(in.front()) * static_cast<double>(in.front()) *
                 static_cast<double>(attention->heads);
    }
    if (const auto* conv = std::get_if<Conv2d>(&block.any)) {
      numbers += static_cast<double>(element_count(in)) * static_cast<double>(conv->kernel) *
                 static_cast<double>(conv->kernel);
    }
  });
  return numbers < 1e6 && cost(header.network).macs < 10'000'000;
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
  if (!can_run(model.header)) return;
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
