// SPDX-License-Identifier: Apache-2.0
// What a student learns beside its labels, or instead: from teachers that are asked, or from what
// they once said (cache.h), by their outputs and by what is inside (match.h), on the data's rows
// and on text that it writes itself (on_policy.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learn/batch.h"
#include "learn/match.h"
#include "learn/on_policy.h"
#include "learn/teacher.h"
#include "learn/train.h"
#include "learn/updater.h"
#include "model/executor.h"

namespace mx {

class Lessons {
 public:
  // job.teaching is there. rows_return: every row comes as it is and at least once, so that
  // teachers may be asked for all at once. Throws Kind::usage for what does not go together.
  Lessons(const TrainJob& job, bool rows_return);

  // By how many tokens an epoch's windows are moved on, where a cache has settled that.
  [[nodiscard]] std::optional<std::uint64_t> offset(std::uint64_t epoch,
                                                    std::uint64_t context) const;
  // Whether the student writes this batch: then it is what it wrote. Draws once if it ever writes.
  [[nodiscard]] bool write(Batch& batch, const Executor& student, Random& random);

  // Whether there is anything to be said of a batch of the data's, or one of its own text.
  [[nodiscard]] bool speak(bool own_text) const { return teacher_ || asked_cache(own_text); }
  // Adds the gradient of share times the loss of the batch, which holds `rows` of the data, to the
  // student's; gives that loss. On text of its own the teachers alone count. pass: the student's,
  // whose `wanted` tokens the batch's targets belong to.
  [[nodiscard]] double add_gradient(const Executor& student, const Batch& batch,
                                    std::span<const std::uint32_t> rows, ForwardPass pass,
                                    std::uint64_t epoch, double share, bool own_text) const;

  // What is learned with the student, as Matcher has it.
  void zero_gradient();
  void step(double lr, std::uint64_t step);
  [[nodiscard]] std::vector<Updater::State> state() const;

 private:
  [[nodiscard]] const OutputCache* asked_cache(bool own_text) const {
    return own_text ? nullptr : cache_;
  }
  [[nodiscard]] double learn_cached(const Executor& student, const Batch& batch,
                                    std::span<const std::uint32_t> rows, ForwardPass pass,
                                    std::uint64_t epoch, double share) const;

  Network student_;
  Task task_;
  DistillOptions options_;
  const OutputCache* cache_;
  std::optional<Teacher> teacher_;
  std::optional<Matcher> matcher_;
  std::size_t teacher_layers_ = 0;
  bool matches_logits_ = true;
  std::optional<OnPolicy> on_policy_;
};

}  // namespace mx
