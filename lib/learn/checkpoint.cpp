// SPDX-License-Identifier: Apache-2.0
#include "learn/checkpoint.h"

#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/words.h"
#include "file/reader.h"
#include "file/writer.h"
#include "io/input.h"

namespace mx {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

Json optional_number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::optional<double> optional_number(JsonObject& object, std::string_view key) {
  if (object.at(key).is_null()) return std::nullopt;
  return object.number(key);
}

std::uint64_t count(JsonObject& object, std::string_view key) {
  return static_cast<std::uint64_t>(object.integer(key, 0, kMost));
}

Json state_of(const Checkpoint& checkpoint) {
  const Counters& c = checkpoint.counters;
  return {{"key", checkpoint.key},
          {"seed", checkpoint.seed},
          {"step", c.step},
          {"loss_sum", c.loss_sum},
          {"loss_rows", c.loss_rows},
          {"epoch_loss", optional_number(c.epoch_loss)},
          {"best_loss", optional_number(c.best_loss)},
          {"best_accuracy", optional_number(c.best_accuracy)},
          {"waited", c.waited},
          {"reports", checkpoint.reports}};
}

Checkpoint checkpoint_of(const Header& header, const std::string& path) {
  if (header.kind != FileKind::checkpoint) {
    fail(Kind::input, "{} is not a checkpoint", path);
  }
  JsonObject state(header.extra, path);
  Checkpoint out;
  out.key = state.text("key");
  out.seed = count(state, "seed");
  out.counters = {.step = count(state, "step"),
                  .loss_sum = state.number("loss_sum"),
                  .loss_rows = count(state, "loss_rows"),
                  .epoch_loss = optional_number(state, "epoch_loss"),
                  .best_loss = optional_number(state, "best_loss"),
                  .best_accuracy = optional_number(state, "best_accuracy"),
                  .waited = state.integer("waited", 0, kMost)};
  if (state.has("reports")) {  // not in those of the first versions
    const Json& reports = state.at("reports");
    if (!reports.is_array()) fail(Kind::input, "{}: \"reports\" is not a list", path);
    out.reports.assign(reports.begin(), reports.end());
  }
  state.finish();
  return out;
}

}  // namespace

void save_checkpoint(const std::string& path, Checkpoint checkpoint, ThreadPool& pool) {
  Model model;
  model.header.kind = FileKind::checkpoint;
  model.header.extra = state_of(checkpoint);
  model.weights = std::move(checkpoint.tensors);
  write_model(path, io::Existing::replace, model, pool, {.effort = Effort::fast});
}

Checkpoint load_checkpoint(const std::string& path, ThreadPool& pool) {
  Model model = read_model(*io::open_own(path), pool);
  Checkpoint out = checkpoint_of(model.header, path);
  out.tensors = std::move(model.weights);
  return out;
}

namespace {

// Not a device such as /dev/null, which root could remove.
bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

bool is_checkpoint(const std::string& path) {
  const std::unique_ptr<io::Input> in = io::open_own(path);
  try {
    return read_overview(*in).header.kind == FileKind::checkpoint;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void check_replaceable(const std::string& path) {
  if (!is_file(path) || is_checkpoint(path)) return;
  throw Error{Kind::usage,
              fmt::format("{} is no checkpoint, and would be replaced", printable(path)),
              "name another file with --checkpoint, or move this one"};
}

void remove_checkpoint(const std::string& path) {
  std::error_code ignored;
  try {
    if (is_file(path) && is_checkpoint(path)) std::filesystem::remove(path, ignored);
  } catch (const Error&) {
    return;  // somebody else's
  }
}

std::optional<CheckpointIdentity> find_checkpoint(const std::string& path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return std::nullopt;
  const std::unique_ptr<io::Input> in = io::open_own(path);
  const Checkpoint found = checkpoint_of(read_overview(*in).header, path);
  return CheckpointIdentity{found.key, found.seed};
}

}  // namespace mx
