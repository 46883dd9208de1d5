// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target (tests/ROOM/NAME_fuzz.cpp, libFuzzer's entry point) over mutations of small
// files: fuzz_NAME [--runs N] [--from N] [--seed N] [FILE | FOLDER]...
// The same arguments give the same inputs everywhere. A run that breaks is named, so that
// --from RUN --runs 1 repeats it under a debugger.
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kSeedLimit = 64 << 10;

std::uint64_t run_number = 0;
void name_the_run() {
  std::fprintf(stderr, "fuzz: the input of run %llu broke it\n",
               static_cast<unsigned long long>(run_number));
}

void add_seeds(const std::filesystem::path& path, std::vector<mx::Bytes>& seeds) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
  } else if (std::filesystem::exists(path)) {
    files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    mx::Bytes bytes((std::istreambuf_iterator<char>(in)), {});
    bytes.resize(std::min(bytes.size(), kSeedLimit));
    seeds.push_back(std::move(bytes));
  }
}

// One small change: a bit, a byte, a number at an edge, a cut, a piece removed, doubled or taken
// from another seed.
void mutate(mx::Bytes& bytes, const std::vector<mx::Bytes>& seeds, mx::Random& random) {
  static constexpr std::int64_t kEdges[] = {
      0,     1,       -1,         127,        128,        255,       256,      32767,
      65535, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, INT64_MIN};
  const auto at = [&](std::size_t bound) { return static_cast<std::size_t>(random.below(bound)); };
  const auto place = [&](std::size_t index) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(index);
  };
  if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(random.below(256)));
  const std::size_t from = at(bytes.size());
  const std::size_t length = 1 + at(std::min<std::size_t>(bytes.size() - from, 1 + at(64)));
  switch (random.below(8)) {
    case 0:
      bytes[from] ^= static_cast<std::uint8_t>(1U << random.below(8));
      break;
    case 1:
      bytes[from] = static_cast<std::uint8_t>(random.below(256));
      break;
    case 2: {
      const std::int64_t edge = kEdges[random.below(std::size(kEdges))];
      const std::size_t width = std::min(std::size_t{1} << random.below(4), bytes.size() - from);
      std::memcpy(&bytes[from], &edge, width);
      break;
    }
    case 3:
      bytes.resize(from);
      break;
    case 4:
      bytes.erase(place(from), place(from + length));
      break;
    case 5: {
      const mx::Bytes piece(place(from), place(from + length));
      bytes.insert(place(at(bytes.size())), piece.begin(), piece.end());
      break;
    }
    case 6: {
      const mx::Bytes& other = seeds[at(seeds.size())];
      if (other.empty()) break;
      const std::size_t begin = at(other.size());
      const std::size_t count = 1 + at(std::min<std::size_t>(other.size() - begin, 256));
      const auto piece = other.begin() + static_cast<std::ptrdiff_t>(begin);
      bytes.insert(place(from), piece, piece + static_cast<std::ptrdiff_t>(count));
      break;
    }
    default:
      std::swap(bytes[from], bytes[at(bytes.size())]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 1000, from = 0, seed = 1;
  std::vector<mx::Bytes> seeds = {{}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    std::uint64_t* number = argument == "--runs"   ? &runs
                            : argument == "--from" ? &from
                            : argument == "--seed" ? &seed
                                                   : nullptr;
    if (number != nullptr && i + 1 < argc) {
      *number = std::stoull(argv[++i]);
    } else {
      add_seeds(argument, seeds);
    }
  }
  __sanitizer_set_death_callback(name_the_run);
  for (run_number = from; run_number < from + runs; ++run_number) {
    mx::Random random(seed, run_number);
    mx::Bytes input = seeds[random.below(seeds.size())];
    // The first runs are the seeds themselves.
    if (run_number < seeds.size()) {
      input = seeds[run_number];
    } else {
      for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes)
        mutate(input, seeds, random);
    }
    const std::vector<std::uint8_t> exact(input);  // no spare capacity that would hide an overrun
    try {
      LLVMFuzzerTestOneInput(exact.data(), exact.size());
    } catch (const std::exception& error) {
      name_the_run();
      std::fprintf(stderr, "fuzz: an exception came out: %s\n", error.what());
      return 1;
    }
  }
  std::printf("%llu runs on mutations of %zu files\n", static_cast<unsigned long long>(runs),
              seeds.size() - 1);
  return 0;
}
