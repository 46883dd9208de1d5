// SPDX-License-Identifier: Apache-2.0
// The project's one error type. Thrown where the cause is known, caught once (cli/), where the kind
// becomes the exit code. `message` says what and where; `hint` says what to do, and may be empty.
// Both are for users: lower case, no full stop, no C++ expressions.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace mx {

// The values are the exit codes.
enum class Kind {
  answer = 1,  // the answer is no: a gate or a target is missed, files differ
  usage = 2,   // options, config, an output that exists, a device that is missing
  input = 3,   // input missing, damaged, too new, not trusted
  output = 4,  // writing failed
  failed = 5,  // the run failed: diverged, out of memory, a bug
};

class Error : public std::exception {
 public:
  Error(Kind kind, std::string message, std::string hint = {})
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  Kind kind_;
  std::string message_, hint_;
};

// throw Error{kind, formatted}. Use `throw Error{...}` itself where there is a hint.
template <class... Args>
[[noreturn]] void fail(Kind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error{kind, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace mx
