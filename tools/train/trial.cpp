// SPDX-License-Identifier: Apache-2.0
#include "train/trial.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "cli/options.h"
#include "file/lineage.h"

namespace mx {
namespace {

Fields searched(TrainSetup& setup) {
  Fields out = setup.model.fields();
  append(out, setup.train.fields());
  if (!setup.init.empty()) append(out, setup.lora.fields());
  std::erase_if(out, [](const Field& field) {
    return field.affects != Affects::result || field.name == "model" || field.name == "context";
  });
  return out;
}

}  // namespace

void check_space(const Space& space, TrainSetup& setup, const std::string& path) {
  Fields fields = searched(setup);
  if (!setup.init.empty()) {  // which says the network
    std::erase_if(fields, [](const Field& field) { return field.group == "Model"; });
  }
  for (const Axis& axis : space) {
    if (std::ranges::any_of(fields, [&](const Field& f) { return f.name == axis.option; })) {
      continue;
    }
    std::vector<std::string> known;
    for (const Field& field : fields) known.emplace_back(field.name);
    const std::string close = did_you_mean(axis.option, known);
    throw Error{
        Kind::usage,
        fmt::format("{}: '{}' is no option that can be searched", printable(path),
                    printable(axis.option)),
        !close.empty() ? close
        : setup.init.empty()
            ? "options of the model and of training can, but not those that say how data is read"
            : "the network comes from the model: options of training can"};
  }
}

SearchTrial make_trial(const TrainSetup& setup, std::uint64_t number, const TrialSource& source) {
  SearchTrial trial{.setup = setup, .settings = {}, .options = source.session.lineage_options()};
  if (number > 0) trial.settings = draw(source.space, source.seed, number);
  const Fields fields = searched(trial.setup);
  for (const Setting& one : trial.settings) {
    const auto field = std::ranges::find(fields, one.option, &Field::name);
    if (const auto wrong = cli::assign(*field, std::span(&one.value, 1))) {
      fail(Kind::usage, "{}: {}: {}", printable(source.path), one.option, *wrong);
    }
    trial.options[one.option] = to_json(*field);
  }
  try {
    Json options = trial.options;
    options["space"] = to_json(source.space);
    options["trial"] = number;
    Record record = make_record("tune", "mx-train", std::move(options));
    record.seed = source.seed;
    trial.model =
        new_model(trial.setup, source.base, source.data, source.session, std::move(record));
    trial.job =
        make_job(trial.setup, *trial.model, source.base, source.data, source.session, trial.options,
                 source.seed, fmt::format("{}/{}.ckpt", source.folder, number));
  } catch (const Error& error) {
    if (error.kind() != Kind::usage || number == 0) throw;
    trial.error = error.message();
    trial.model.reset();
  }
  return trial;
}

std::string in_words(const Settings& settings) {
  std::string out;
  for (const Setting& one : settings) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", one.option, one.value);
  }
  return out.empty() ? "the command's own settings" : out;
}

Json settings_of(const SearchTrial& trial) {
  Json out = Json::object();
  for (const Setting& one : trial.settings) out[one.option] = trial.options[one.option];
  return out;
}

TrialLog::TrialLog(Log& to, std::uint64_t trial, std::size_t trials)
    : LabelledLog(to, {{"trial", trial}}), name_(fmt::format("trial {} of {}, ", trial, trials)) {}

void TrialLog::verbose(std::string_view message) { to_.verbose(name_ + std::string(message)); }
void TrialLog::warn(std::string_view message) { to_.warn(name_ + std::string(message)); }
void TrialLog::progress(const Progress& progress) {
  const std::string details = name_ + std::string(progress.details);
  to_.progress({progress.what, progress.done, progress.total, details});
}

}  // namespace mx
