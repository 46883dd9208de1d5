// SPDX-License-Identifier: Apache-2.0
#include "prune/search.h"

#include "base/signals.h"
#include "learn/checkpoint.h"
#include "prune/trials.h"

namespace mx::prune {
namespace {

// The grid of the search: without training, a trial costs one evaluation.
constexpr std::uint32_t kFineGrid = 500, kCoarseGrid = 50;

struct Stopped {
  int signal;
};

std::string trials_path(const std::string& checkpoint) {
  return checkpoint.empty() ? "" : checkpoint + ".trials";
}

class Search {
 public:
  Search(const Recovery& recovery, const Rows& rows, const Subject& start, double limit,
         ThreadPool& pool, Log& log)
      : recovery_(recovery),
        rows_(rows),
        start_(start),
        limit_(limit),
        pool_(pool),
        log_(log),
        trials_(trials_path(recovery.checkpoint.path),
                fmt::format("{}/{}", recovery.checkpoint.key, recovery.seed), pool) {}

  SearchResult run() {
    SparsitySearch found = find_sparsity(limit_, recovery_.finetunes ? kCoarseGrid : kFineGrid,
                                         [this](double sparsity) { return loss_at(sparsity); });
    if (!found.best) {
      throw Error{Kind::answer,
                  fmt::format("no sparsity keeps the loss within {:.5g}, not even {:.3f}", limit_,
                              found.tried.back().sparsity),
                  recovery_.finetunes ? "allow more with --max-loss-increase"
                                      : "allow more with --max-loss-increase, or train what is "
                                        "left with --finetune-epochs"};
    }
    if (!best_) best_ = attempt(found.best->sparsity);
    return {std::move(*best_), std::move(found.tried)};
  }

 private:
  Recovery::Outcome attempt(double sparsity) {
    LabelledLog log(log_, {{"run", fmt::format("sparsity {}", sparsity)}});
    Recovery::Outcome outcome = recovery_.at(start_, sparsity, log);
    const int signal = outcome.stopped_by != 0 ? outcome.stopped_by : signals::caught();
    if (signal != 0) throw Stopped{signal};
    return outcome;
  }

  // A run that was stopped right behind a trial may have left the trial's checkpoint.
  void forget_checkpoint(double sparsity) {
    const std::string& path = recovery_.checkpoint.path;
    if (path.empty()) return;
    const auto found = find_checkpoint(path);
    if (found &&
        (found->key == recovery_.key_at(sparsity) || found->key == recovery_.maps_key(sparsity))) {
      remove_checkpoint(path);
    }
  }

  double loss_at(double sparsity) {
    std::optional<double> loss = trials_.loss_at(sparsity);
    if (loss) {  // of a run that was stopped; its weights went with it
      if (*loss <= limit_) best_.reset();
      forget_checkpoint(sparsity);
    } else {
      Recovery::Outcome outcome = attempt(sparsity);
      loss = rows_.loss(outcome.subject, pool_).value_or(0);
      trials_.add({sparsity, *loss});
      remove_checkpoint(recovery_.checkpoint.path);
      if (*loss <= limit_) best_ = std::move(outcome);
    }
    log_.info(fmt::format("sparsity {:.3f}: loss {:.5g} is {} the limit {:.5g}", sparsity, *loss,
                          *loss <= limit_ ? "within" : "over", limit_));
    return *loss;
  }

  const Recovery& recovery_;
  const Rows& rows_;
  const Subject& start_;
  double limit_;
  ThreadPool& pool_;
  Log& log_;
  Trials trials_;
  std::optional<Recovery::Outcome> best_;
};

}  // namespace

SearchResult search(const Recovery& recovery, const Rows& rows, const Subject& start, double limit,
                    ThreadPool& pool, Log& log) {
  try {
    return Search(recovery, rows, start, limit, pool, log).run();
  } catch (const Stopped& stop) {
    return {{{}, 0, stop.signal}, {}};
  }
}

void remove_checkpoints(const std::string& checkpoint) {
  remove_checkpoint(checkpoint);
  remove_checkpoint(trials_path(checkpoint));
}

}  // namespace mx::prune
