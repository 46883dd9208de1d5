// SPDX-License-Identifier: Apache-2.0
#include "prune/trials.h"

#include <filesystem>

#include "file/reader.h"
#include "file/writer.h"
#include "io/input.h"
#include "learn/checkpoint.h"

namespace mx::prune {

Trials::Trials(std::string path, std::string key, ThreadPool& pool)
    : path_(std::move(path)), key_(std::move(key)), pool_(pool) {
  std::error_code ignored;
  if (path_.empty() || !std::filesystem::exists(path_, ignored)) return;
  check_replaceable(path_);
  const Model stored = read_model(*io::open_own(path_), pool_);
  JsonObject state(stored.header.extra, path_);
  if (state.text("key") != key_) return;
  const std::vector<double> sparsities = state.numbers("sparsity"), losses = state.numbers("loss");
  for (std::size_t i = 0; i < std::min(sparsities.size(), losses.size()); ++i) {
    trials_.push_back({sparsities[i], losses[i]});
  }
}

std::optional<double> Trials::loss_at(double sparsity) const {
  for (const Trial& trial : trials_) {
    if (trial.sparsity == sparsity) return trial.loss;
  }
  return {};
}

void Trials::add(const Trial& trial) {
  trials_.push_back(trial);
  if (path_.empty()) return;
  Json sparsities = Json::array(), losses = Json::array();
  for (const Trial& one : trials_) {
    sparsities.push_back(one.sparsity);
    losses.push_back(one.loss);
  }
  Model state;
  state.header.kind = FileKind::checkpoint;
  state.header.extra = {
      {"key", key_}, {"sparsity", std::move(sparsities)}, {"loss", std::move(losses)}};
  write_model(path_, io::Existing::replace, state, pool_);
}

}  // namespace mx::prune
