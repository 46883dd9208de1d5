// SPDX-License-Identifier: Apache-2.0
#include "learn/trials.h"

#include <filesystem>

#include "base/error.h"
#include "base/words.h"
#include "io/input.h"
#include "io/output.h"

namespace mx {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{64} << 20U;

Found found_from(const Json& json) {
  Found out{.trial = json.at("trial").get<std::uint64_t>(),
            .steps = json.at("steps").get<std::uint64_t>()};
  if (json.contains("loss")) out.loss = json.at("loss").get<double>();
  if (json.contains("error")) out.error = json.at("error").get<std::string>();
  return out;
}

}  // namespace

std::optional<Search> read_search(const std::string& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const auto in = io::open_own(path);
  const Bytes bytes = io::read_all(*in, kMost);
  try {
    const Json json = parse_json(text(bytes), path);
    Search out{.key = json.at("key").get<std::string>(),
               .seed = json.at("seed").get<std::uint64_t>()};
    for (const Json& one : json.at("found")) out.found.push_back(found_from(one));
    return out;
  } catch (const Json::exception&) {
    fail(Kind::input, "{} holds no search", printable(path));
  }
}

void write_search(const std::string& path, const Search& search) {
  Json json = {{"key", search.key}, {"seed", search.seed}, {"found", Json::array()}};
  for (const Found& one : search.found) {
    Json line = {{"trial", one.trial}, {"steps", one.steps}};
    if (one.loss) line["loss"] = *one.loss;
    if (!one.error.empty()) line["error"] = one.error;
    json["found"].push_back(std::move(line));
  }
  const auto out = io::open_output(path, io::Existing::replace);
  out->write(view(dump_json(json)));
  out->commit();
}

}  // namespace mx
