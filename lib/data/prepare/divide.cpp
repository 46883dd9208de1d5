// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/divide.h"

#include "base/error.h"
#include "text/external_sort.h"
#include "text/hash.h"

namespace mx {
namespace {

struct Drawn {
  std::uint64_t order, cluster;
  friend auto operator<=>(const Drawn&, const Drawn&) = default;
};

// Bytes of the documents that stay, by cluster; their sum.
std::uint64_t weigh(Corpus& corpus, std::span<std::uint64_t> bytes) {
  Corpus::Reader reader(corpus);
  std::uint64_t total = 0;
  for (std::uint32_t size = 0; reader.skip(size);) {
    const std::uint32_t document = reader.number();
    if (corpus.parts()[document] == Part::none) continue;
    bytes[corpus.clusters()[document]] += size;
    total += size;
  }
  return total;
}

[[noreturn]] void too_few(std::string_view what) {
  throw Error{Kind::input,
              fmt::format("no cluster of documents is left for {}: there are too few", what),
              "give more documents, --documents paragraph or line, or --split tail"};
}

}  // namespace

void divide_clusters(Corpus& corpus, const Fractions& fractions, std::uint64_t seed) {
  if (fractions.valid == 0 && fractions.test == 0) return;
  io::ScratchMap weights(corpus.folder(), 8ULL * corpus.documents());
  io::ScratchMap chosen(corpus.folder(), corpus.documents());
  const std::span<std::uint64_t> bytes = weights.as<std::uint64_t>();
  const std::span<Part> parts = chosen.as<Part>();  // by cluster; zero is train
  const auto total = static_cast<double>(weigh(corpus, bytes));
  ExternalSort<Drawn> order(corpus.folder());
  for (std::uint32_t i = 0; i < corpus.documents(); ++i) {
    if (bytes[i] > 0) order.add({hash_numbers(seed, i), i});
  }
  double valid = 0, test = 0, train = 0;
  order.finish([&](const Drawn& drawn) {
    const auto size = static_cast<double>(bytes[static_cast<std::size_t>(drawn.cluster)]);
    Part part = Part::train;
    if (fractions.test > 0 && test + size / 2 <= fractions.test * total) {
      part = Part::test;
      test += size;
    } else if (fractions.valid > 0 && valid + size / 2 <= fractions.valid * total) {
      part = Part::valid;
      valid += size;
    } else {
      train += size;
    }
    parts[static_cast<std::size_t>(drawn.cluster)] = part;
  });
  if (fractions.test > 0 && test == 0) too_few("testing");
  if (fractions.valid > 0 && valid == 0) too_few("validation");
  if (train == 0) too_few("training");
  for (std::uint32_t i = 0; i < corpus.documents(); ++i) {
    if (corpus.parts()[i] != Part::none) corpus.parts()[i] = parts[corpus.clusters()[i]];
  }
}

Tail divide_tail(Corpus& corpus, const Fractions& fractions) {
  Corpus::Reader reader(corpus);
  std::uint64_t total = 0;
  for (std::uint32_t size = 0; reader.skip(size);) {
    if (corpus.parts()[reader.number()] != Part::none) total += size;
  }
  const auto share = [total](double fraction) {
    return static_cast<std::uint64_t>(fraction * static_cast<double>(total));
  };
  return {share(1 - fractions.valid - fractions.test), share(1 - fractions.test)};
}

}  // namespace mx
