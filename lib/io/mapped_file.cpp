// SPDX-License-Identifier: Apache-2.0
#include "io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/signals.h"
#include "base/words.h"

namespace mx::io {

MappedFile::MappedFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(Kind::input, "cannot open {}: {}", path, std::strerror(errno));
  struct stat facts = {};
  int error = ::fstat(fd, &facts) != 0 ? errno : 0;
  const bool regular = error == 0 && S_ISREG(facts.st_mode);
  if (regular && facts.st_size > 0) {
    size_ = static_cast<std::size_t>(facts.st_size);
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
      error = errno;
    } else {
      data_ = static_cast<const std::uint8_t*>(mapped);
      signals::remember_mapping(data_, size_,
                                fmt::format("{}: error: {} was cut while it was read\n",
                                            program_invocation_short_name, printable(path)));
    }
  }
  ::close(fd);
  if (error != 0) fail(Kind::input, "cannot read {}: {}", path, std::strerror(error));
  if (!regular) {
    throw Error{Kind::input, fmt::format("{} is no regular file", path),
                "what is used where it lies must be one: copy it to a file first"};
  }
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  signals::forget_mapping(data_);
  ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace mx::io
