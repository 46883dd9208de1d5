// SPDX-License-Identifier: Apache-2.0
// Where an output goes, and the temporary files beside it.
// A temporary file is named `.NAME.mx-PID-XXXXXX.tmp` (NAME cut where the system's limit asks for
// it) and locked by its writer; one whose lock is free was left by a killed run.
#pragma once

#include <string>
#include <string_view>

namespace mx::io {

// `path` with the symbolic links of its last component followed (a link is kept and what it points
// to is replaced). Throws Kind::output on a loop, and on a link in a folder where everybody may put
// one (/tmp) that is neither this user's nor the folder's owner's, as the kernel does.
[[nodiscard]] std::string follow_links(std::string path);
// A path that names an open descriptor (/dev/stdout, /dev/fd/63): written as it is.
[[nodiscard]] bool names_descriptor(const std::string& path);
// "." for a path without a slash.
[[nodiscard]] std::string folder_of(const std::string& path);
// Whether `name` is one that a temporary file of this target has.
[[nodiscard]] bool is_temporary_of(std::string_view name, const std::string& target);
// Of this user's.
void remove_stale_temporaries(const std::string& path);

// Created, locked and remembered in base/signals; removed with the object unless it was kept.
class Temporary {
 public:
  explicit Temporary(const std::string& target);  // throws Kind::output
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary();
  [[nodiscard]] int take_descriptor();  // to be closed by the caller, which frees the lock
  [[nodiscard]] const std::string& path() const { return path_; }
  void keep();

 private:
  int fd_ = -1;
  std::string path_;
};

}  // namespace mx::io
