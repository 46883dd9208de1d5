// SPDX-License-Identifier: Apache-2.0
#include "file/memory.h"

#include <unistd.h>

#include "base/error.h"
#include "base/words.h"

namespace mx {

std::uint64_t default_max_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page <= 0) return std::uint64_t{1} << 32;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2;
}

void check_memory(const std::string& name, std::uint64_t needed, std::uint64_t limit) {
  if (limit == 0) limit = default_max_memory();
  if (needed <= limit) return;
  throw Error{Kind::input,
              fmt::format("{} asks for {} of memory, over the limit of {}", name,
                          human_bytes(needed), human_bytes(limit)),
              "raise it with --max-memory if you trust the file"};
}

}  // namespace mx
