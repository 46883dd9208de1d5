// SPDX-License-Identifier: Apache-2.0
// The trials of a search: settings drawn from a space, each with the model and the job they make.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "learn/space.h"
#include "train/setup.h"

namespace mx {

struct SearchTrial {
  TrainSetup setup;
  Settings settings;                // what differs from the command's own
  Json options = Json::object();    // all that its result depends on
  std::optional<Model> model = {};  // none: the settings do not go together
  TrainJob job = {};
  std::string error = {};           // why there is no model, or no loss
  std::uint64_t steps = 0;          // made
  std::size_t rung = 0;             // reached
  std::optional<double> loss = {};  // there, on the validation rows
};

// Throws Kind::usage unless each axis is an option of the model or of training, and none that says
// how data is read: that is done once for all trials.
void check_space(const Space& space, TrainSetup& setup, const std::string& path);

// What all trials share.
struct TrialSource {
  const Space& space;
  const std::string& path;  // of the space
  const std::optional<Model>& base;
  const Loaded& data;
  const cli::Session& session;
  std::uint64_t seed;
  std::string folder;  // of their checkpoints, NUMBER.ckpt
};
// Number 0 has the settings of the command itself. Throws Kind::usage for a value that its option
// cannot have; settings that do not go together are a trial that failed.
[[nodiscard]] SearchTrial make_trial(const TrainSetup& setup, std::uint64_t number,
                                     const TrialSource& source);

// "lr 0.01, hidden 64".
[[nodiscard]] std::string in_words(const Settings& settings);
[[nodiscard]] Json settings_of(const SearchTrial& trial);

// Reports of one trial among many.
class TrialLog final : public LabelledLog {
 public:
  TrialLog(Log& to, std::uint64_t trial, std::size_t trials);
  void info(std::string_view message) override { verbose(message); }
  void verbose(std::string_view message) override;
  void warn(std::string_view message) override;
  void progress(const Progress& progress) override;

 private:
  std::string name_;
};

}  // namespace mx
