// SPDX-License-Identifier: Apache-2.0
#include "base/version.h"

#include <openssl/crypto.h>
#include <sodium/version.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include <CLI/Version.hpp>
#include <Eigen/Core>

#include "base/error.h"
#include "cli/help.h"

namespace mx::cli {
namespace {

std::string line(std::string_view label, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  return fmt::format("{}: {}\n", label, fmt::join(words, ", "));
}

}  // namespace

std::vector<Library> common_libraries() {
  return {{"CLI11", CLI11_VERSION},
          {"Eigen",
           fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)},
          {"libsodium", SODIUM_VERSION_STRING},
          {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"utf8proc", fmt::format("{}.{}.{}", UTF8PROC_VERSION_MAJOR, UTF8PROC_VERSION_MINOR,
                                   UTF8PROC_VERSION_PATCH)},
          {"xxHash",
           fmt::format("{}.{}.{}", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE)},
          {"zlib", zlibVersion()},
          {"zstd", ZSTD_versionString()}};
}

std::string version_text(const Tool& tool, bool detailed) {
  std::string out = fmt::format("{} {} ({})\n", tool.name, version(), git_id());
  if (!detailed) return out;
  out += line("reads", {tool.reads.begin(), tool.reads.end()});
  out += line("writes", {tool.writes.begin(), tool.writes.end()});
  std::vector<std::string> libraries;
  for (const Library& library : common_libraries()) {
    libraries.push_back(library.name + " " + library.version);
  }
  for (const Library& library : tool.libraries) {
    libraries.push_back(library.name + " " + library.version);
  }
  return out + line("libraries", libraries);
}

}  // namespace mx::cli
