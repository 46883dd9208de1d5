// SPDX-License-Identifier: Apache-2.0
// Where a run saves itself, and whether it goes on from a run before it.
#pragma once

#include <cstdint>
#include <string>

#include "learn/options.h"
#include "learn/train.h"

namespace mx {

struct Restart {
  std::string path;        // of the checkpoint; empty: none is kept
  std::uint64_t seed = 0;  // the one of the run that is gone on with, where none was given
  bool goes_on = false;    // there is a checkpoint
};

// `output` as given to -o: the checkpoint is OUTPUT.ckpt unless --checkpoint says otherwise.
// Throws Kind::usage when standard output is the output and no checkpoint is named, and when
// something else lies at the checkpoint's path. A seed that is
// taken over is told to the log.
[[nodiscard]] Restart settle_restart(const TrainOptions& options, const std::string& output,
                                     bool sealed, std::uint64_t seed, bool seed_given, Log& log);

// The key of a run: a digest of everything its bytes depend on.
[[nodiscard]] std::string run_key(const Json& facts);

// Throws Kind::usage when --resume finds the checkpoint of another run, Kind::input when it names a
// file that does not exist. What train() does first, for those who only want to know.
void check_resume(const TrainOptions& options, const CheckpointPlan& plan);

// Says how a run that a signal stopped is gone on with; gives its exit code.
[[nodiscard]] int say_stopped(const TrainResult& result, const Restart& restart, Log& log);

}  // namespace mx
