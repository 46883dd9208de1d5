// SPDX-License-Identifier: Apache-2.0
#include "learn/restart.h"

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "learn/checkpoint.h"

namespace mx {

Restart settle_restart(const TrainOptions& options, const std::string& output, bool sealed,
                       std::uint64_t seed, bool seed_given, Log& log) {
  if (sealed) {
    log.info("no checkpoint is kept: it would not be sealed");
    return {.path = "", .seed = seed};
  }
  Restart out{.path = options.checkpoint, .seed = seed};
  const bool named = !output.empty() && output != "-" && !output.starts_with("/dev/");
  if (out.path.empty() && named) out.path = output + ".ckpt";
  if (out.path.empty() && (output.empty() || output == "-") && options.resume != "never") {
    throw Error{Kind::usage, "a checkpoint beside standard output has no name",
                "add --checkpoint FILE, or --resume never to do without one"};
  }
  check_replaceable(out.path);
  if (options.resume == "never") return out;
  const auto found = find_checkpoint(options.resume == "auto" ? out.path : options.resume);
  out.goes_on = found.has_value();
  if (found && !seed_given) out.seed = found->seed;
  if (out.seed != seed) log.info(fmt::format("seed {} of the run that is gone on with", out.seed));
  return out;
}

std::string run_key(const Json& facts) { return to_hex(sha256(view(dump_json(facts)))); }

void check_resume(const TrainOptions& options, const CheckpointPlan& plan) {
  const bool automatic = options.resume == "auto";
  if (options.resume == "never" || (automatic && plan.path.empty())) return;
  const std::string& path = automatic ? plan.path : options.resume;
  const std::optional<CheckpointIdentity> found = find_checkpoint(path);
  if (!found && !automatic) fail(Kind::input, "{} does not exist", path);
  if (found && found->key != plan.key) {
    throw Error{Kind::usage, fmt::format("{} is the checkpoint of another run", path),
                "run the command it was made with, or begin anew with --resume never"};
  }
}

int say_stopped(const TrainResult& result, const Restart& restart, Log& log) {
  log.info(restart.path.empty()
               ? fmt::format("stopped after step {}; nothing was written", result.steps)
               : fmt::format("stopped after step {}; the same command goes on from {}",
                             result.steps, printable(restart.path)));
  return 128 + result.stopped_by;
}

}  // namespace mx
