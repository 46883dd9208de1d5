// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <numeric>

#include "base/random.h"
#include "text/clusters.h"
#include "text/external_sort.h"
#include "text/minhash.h"

using namespace mx;

namespace {

std::vector<std::string> random_words(Random& random, std::size_t count) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(fmt::format("w{}", random.below(5000)));
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

bool share_a_band(const Signature& a, const Signature& b) {
  const auto first = band_keys(a), second = band_keys(b);
  for (std::size_t i = 0; i < kBands; ++i) {
    if (first[i] == second[i]) return true;
  }
  return false;
}

struct Record {
  std::uint64_t key = 0, number = 0;
  friend auto operator<=>(const Record&, const Record&) = default;
};

}  // namespace

TEST_CASE("signatures estimate how many shingles two documents share") {
  Random random(1);
  for (const std::size_t changed : {0U, 1U, 5U, 20U}) {
    std::vector<std::string> words = random_words(random, 400);
    const Signature a = minhash(joined(words));
    // Each change far from the others takes five shingles from the one and gives five to the other.
    for (std::size_t i = 0; i < changed; ++i) words[10 + i * 18] = fmt::format("changed{}", i);
    const double same = static_cast<double>(396 - 5 * changed);
    const double truth = same / (2 * 396 - same);
    CHECK(similarity(a, minhash(joined(words))) == doctest::Approx(truth).epsilon(0.15));
  }
}

TEST_CASE("copies with small changes share a band, different documents do not") {
  Random random(2);
  std::size_t found = 0, wrong = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::string> words = random_words(random, 300);
    const Signature a = minhash(joined(words));
    words[random.below(300)] = "new";
    words[random.below(300)] = "other";
    found += share_a_band(a, minhash(joined(words))) ? 1 : 0;
    wrong += share_a_band(a, minhash(joined(random_words(random, 300)))) ? 1 : 0;
  }
  CHECK(found >= 98);
  CHECK(wrong == 0);
}

TEST_CASE("signatures do not change from version to version") {
  const Signature signature = minhash("The quick brown fox jumps over the lazy dog.");
  CHECK(signature[0] == minhash("the QUICK brown fox jumps, over the lazy dog")[0]);
  std::uint64_t all = 0;
  for (const std::uint64_t key : band_keys(signature)) all ^= key;
  CHECK(all == 9381974371550775303ULL);
}

TEST_CASE("short and wordless documents have signatures too") {
  CHECK(similarity(minhash("two words"), minhash("Two, words!")) == 1);
  CHECK(similarity(minhash("two words"), minhash("two word")) < 0.1);
  CHECK(similarity(minhash("!!!"), minhash("!!!")) == 1);
  CHECK(similarity(minhash("!!!"), minhash("???")) < 0.1);
}

TEST_CASE("sorting on disk equals sorting in memory, with any number of runs") {
  for (const std::size_t count : {0U, 10U, 1024U, 5000U, 200'000U}) {
    Random random(count);
    ExternalSort<Record> sort("", 1);  // the least memory it takes: runs of 1,024
    std::vector<Record> plain;
    for (std::size_t i = 0; i < count; ++i) {
      plain.push_back({random.below(1000), i});
      sort.add(plain.back());
    }
    std::sort(plain.begin(), plain.end());
    std::vector<Record> sorted;
    sort.finish([&](const Record& record) { sorted.push_back(record); });
    CHECK(sorted == plain);
  }
}

TEST_CASE("clusters grow together and are named by their smallest item") {
  std::vector<std::uint32_t> parents(10);
  Clusters clusters(parents);
  CHECK(clusters.join(7, 3));
  CHECK(clusters.join(9, 7));
  CHECK_FALSE(clusters.join(3, 9));
  CHECK(clusters.root(9) == 3);
  CHECK(clusters.join(3, 1));
  CHECK(clusters.root(7) == 1);
  CHECK(clusters.root(0) == 0);
}
