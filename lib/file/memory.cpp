// SPDX-License-Identifier: Apache-2.0
#include "file/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/words.h"

namespace mx {

std::uint64_t default_max_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGE_SIZE);
  std::uint64_t out = std::uint64_t{1} << 33;
  if (pages > 0 && page > 0)
    out = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  std::uint64_t group = 0;
  std::ifstream limit("/sys/fs/cgroup/memory.max");
  if (limit >> group && group > 0) out = std::min(out, group);
  rlimit space = {};
  if (::getrlimit(RLIMIT_AS, &space) == 0) out = std::min<std::uint64_t>(out, space.rlim_cur);
  return out / 2;
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
