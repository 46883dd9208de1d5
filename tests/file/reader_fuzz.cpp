// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model file: read whole, at a glance and as a stream, or refused.
#include <cstdint>

#include "base/error.h"
#include "base/threads.h"
#include "file/reader.h"

namespace {

template <class Read>
void attempt(Read read) {
  try {
    read();
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static mx::ThreadPool pool(1);
  const mx::ReadOptions options{.max_memory = 64U << 20U};
  const auto input = [&] { return mx::io::memory_input({data, size}, "fuzzed.mx"); };
  attempt([&] { (void)mx::read_overview(*input(), options); });
  attempt([&] { (void)mx::read_model(*input(), pool, options); });
  attempt([&] {
    const auto in = input();
    mx::ModelStream stream(*in, pool, options);
    while (stream.next()) {
    }
    (void)stream.finish();
  });
  return 0;
}
