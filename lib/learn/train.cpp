// SPDX-License-Identifier: Apache-2.0
#include "learn/train.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "base/curve.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"
#include "data/augment.h"
#include "engine/peak.h"
#include "learn/batch.h"
#include "learn/checkpoint.h"
#include "learn/lessons.h"
#include "learn/loss.h"
#include "learn/plan.h"
#include "learn/restart.h"
#include "learn/score.h"
#include "learn/updater.h"
#include "model/executor.h"
#include "model/initialize.h"
#include "model/precision.h"
#include "model/runtime.h"

namespace mx {
namespace {

using Clock = std::chrono::steady_clock;

// Without --checkpoint-every: the first checkpoint at once, the next after a second, then each
// after twice the time, up to this.
constexpr double kCheckpointSeconds = 30;
constexpr double kProgressSeconds = 0.05;
constexpr std::size_t kTimedSteps = 1000;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<Weight> first_weights(const TrainJob& job) {
  if (job.start.size() == tensors(job.network).size()) return job.start;
  std::vector<Weight> out = initialize(job.network, job.seed);
  for (Weight& weight : out) {
    const auto given = std::ranges::find(job.start, weight.name, &Weight::name);
    if (given != job.start.end()) weight = *given;
  }
  return out;
}

Executor make_executor(const TrainJob& job) {
  if (!job.low_rank) return {job.network, first_weights(job), /*trains=*/true};
  return {job.network, job.base, *job.low_rank, initialize(*job.low_rank, job.seed)};
}

class Run {
 public:
  Run(const TrainJob& job, double peak, Log& log)
      : job_(job),
        peak_(peak),
        log_(log),
        task_(job.data->schema.task),
        plan_(make_plan(job.options, job.data->train.rows)),
        pool_(1),
        executor_(make_executor(job)),
        updater_(job.options, executor_.trained(), executor_.gradient(), executor_.matrices()),
        loader_(job.data->train, plan_.batch) {
    if (!job.options.augment.empty()) shift_.emplace(job.options.augment, job.data->schema);
    if (job.options.patience > 0 && !validates()) {
      throw Error{Kind::usage, "--patience needs validation rows",
                  "give --valid FILE or --valid-fraction SHARE"};
    }
    if (job.teaching != nullptr) {
      lessons_.emplace(job, !shift_ && plan_.steps >= plan_.epoch_steps);
    }
    if (!job.masks.empty()) set_masks(job.masks);
  }

  TrainResult run() {
    resume();
    if (!saved_step_) save();
    while (!finished() && !pauses()) {
      step();
      if (counters_.step % plan_.eval_every == 0 || counters_.step == plan_.steps) evaluate();
      if (signals::caught() != 0) break;
      if (checkpoint_is_due()) save();
      show();
    }
    // Also of a finished run: its result is not written yet.
    if (saved_step_ != counters_.step) save();
    return result();
  }

 private:
  [[nodiscard]] bool validates() const { return job_.data->valid.rows > 0; }
  [[nodiscard]] bool finished() const {
    const std::int64_t patience = job_.options.patience;
    return counters_.step >= plan_.steps || (patience > 0 && counters_.waited >= patience);
  }

  [[nodiscard]] bool pauses() const { return job_.pause_at && counters_.step >= *job_.pause_at; }

  void step() {
    const Clock::time_point started = Clock::now();
    const std::uint64_t at = counters_.step;
    if (job_.mask_schedule) follow_mask_schedule();
    const std::uint64_t epoch = at / plan_.epoch_steps;
    if (order_.empty() || epoch != order_epoch_) {
      order_ = row_order(plan_, job_.options.shuffle, job_.seed, epoch);
      order_epoch_ = epoch;
    }
    const std::uint64_t begin = (at % plan_.epoch_steps) * plan_.step_rows;
    const auto rows =
        std::span(order_).subspan(begin, std::min(plan_.step_rows, plan_.rows - begin));
    lr_ = learning_rate(job_.options, at, plan_.steps);

    Random dropout = random_at(job_.seed, Purpose::dropout, at);
    Random augment = random_at(job_.seed, Purpose::augment, at);
    executor_.gradient().zero_();
    if (lessons_) lessons_->zero_gradient();
    loss_ = 0;
    std::vector<std::span<const std::uint32_t>> parts;
    for (std::uint64_t i = 0; i < rows.size(); i += plan_.batch) {
      parts.push_back(rows.subspan(i, std::min(plan_.batch, rows.size() - i)));
    }
    if (job_.data->train.tokens) {
      add_gradients_of_tokens(parts, epoch, dropout);
    } else {
      for (const auto& part : parts) {
        Batch batch = loader_.gather(part, shift_ ? &*shift_ : nullptr, &augment);
        add_gradient(batch, part,
                     static_cast<double>(part.size()) / static_cast<double>(rows.size()), dropout);
      }
      rows_ += rows.size();
    }
    if (!std::isfinite(loss_)) diverged("the loss is not finite");

    const at::NoGradGuard no_gradients;
    if (mask_.defined()) executor_.gradient().mul_(mask_);
    updater_.step(lr_, at);
    if (lessons_) lessons_->step(lr_, at);
    counters_.loss_sum += loss_ * static_cast<double>(rows.size());
    counters_.loss_rows += rows.size();
    ++counters_.step;
    if (counters_.step % plan_.epoch_steps == 0) {
      counters_.epoch_loss = mean_loss();
      counters_.loss_sum = 0;
      counters_.loss_rows = 0;
    }
    const double seconds = seconds_since(started);
    stepping_ += seconds;
    if (step_seconds_.size() < kTimedSteps) step_seconds_.push_back(seconds);
  }

  // Each part weighs as many tokens as it has targets.
  void add_gradients_of_tokens(const std::vector<std::span<const std::uint32_t>>& parts,
                               std::uint64_t epoch, Random& dropout) {
    const std::uint64_t context = job_.data->train.tokens->context();
    std::uint64_t offset = 0;
    if (const auto settled = lessons_ ? lessons_->offset(epoch, context) : std::nullopt) {
      offset = *settled;
    } else if (job_.options.shuffle) {
      offset = random_at(job_.seed, Purpose::offset, epoch).below(context);
    }
    Random hiding = random_at(job_.seed, Purpose::hiding, counters_.step);
    Random writing = random_at(job_.seed, Purpose::own_text, counters_.step);
    std::vector<Batch> batches;
    std::vector<bool> own_text;
    double all = 0;
    for (const auto& part : parts) {
      batches.push_back(
          loader_.gather_tokens(part, offset, job_.masking ? &*job_.masking : nullptr, hiding));
      own_text.push_back(lessons_ && lessons_->write(batches.back(), executor_, writing));
      all += scored(batches.back());
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
      rows_ += static_cast<std::uint64_t>(batches[i].x.numel());
      const double here = scored(batches[i]);
      if (here > 0) add_gradient(batches[i], parts[i], here / all, dropout, own_text[i]);
    }
  }

  void add_gradient(Batch& batch, std::span<const std::uint32_t> rows, double share,
                    Random& dropout, bool own_text = false) {
    const ForwardPass pass = {.training = true,
                              .random = &dropout,
                              .documents = batch.documents,
                              .wanted = job_.data->train.tokens ? only_scored(batch) : at::Tensor(),
                              .bf16 = job_.options.precision == Precision::bf16,
                              .recompute = job_.options.activation_checkpointing};
    if (lessons_ && lessons_->speak(own_text)) {
      loss_ += lessons_->add_gradient(executor_, batch, rows, pass,
                                      counters_.step / plan_.epoch_steps, share, own_text);
      return;
    }
    at::Tensor loss = task_loss(task_, executor_.forward(batch.x, pass), batch);
    if (share != 1) loss = loss * share;
    loss.backward();
    loss_ += loss.item<double>();
  }

  [[noreturn]] void diverged(std::string_view what) const {
    throw Error{Kind::failed,
                fmt::format("{} at step {} (learning rate {})", what, counters_.step + 1, lr_),
                "try a lower --lr, or limit the gradient with --clip"};
  }

  [[nodiscard]] std::optional<double> mean_loss() const {
    if (counters_.loss_rows == 0) return counters_.epoch_loss;
    return counters_.loss_sum / static_cast<double>(counters_.loss_rows);
  }

  // On the validation rows.
  Score score_now() {
    const Score now = score(executor_, task_, job_.data->valid);
    if (!std::isfinite(now.loss)) diverged("the validation loss is not finite");
    return now;
  }

  void evaluate() {
    Json report = {
        {"step", counters_.step},
        {"epoch", static_cast<double>(counters_.step) / static_cast<double>(plan_.epoch_steps)},
        {"lr", lr_},
        {"train_loss", mean_loss().value_or(0)}};
    if (validates()) {
      const Score now = score_now();
      report["valid_loss"] = now.loss;
      if (now.accuracy) report["valid_accuracy"] = *now.accuracy;
      ++counters_.waited;
      if (!counters_.best_loss || now.loss < *counters_.best_loss) {
        counters_.best_loss = now.loss;
        counters_.best_accuracy = now.accuracy;
        counters_.waited = 0;
        best_trained_ = executor_.trained().clone();
        best_statistics_ = executor_.statistics().clone();
      }
    }
    report[job_.data->train.tokens ? "tokens_per_second" : "rows_per_second"] = rows_per_second();
    if (const auto share = share_of_peak()) report["share_of_peak"] = *share;
    curve_.add(report);
    log_.metrics(report);
  }

  [[nodiscard]] double rows_per_second() const {
    return static_cast<double>(rows_) / std::max(1e-9, stepping_);
  }

  [[nodiscard]] std::optional<double> share_of_peak() const {
    const auto& tokens = job_.data->train.tokens;
    if (takes_tokens(job_.network) && !tokens) return std::nullopt;
    const double rows = rows_per_second() / (tokens ? static_cast<double>(tokens->context()) : 1);
    return (job_.low_rank ? 4 : 6) * static_cast<double>(cost(job_.network).macs) * rows / peak_;
  }

  void show() {
    if (seconds_since(shown_) < kProgressSeconds && !finished()) return;
    shown_ = Clock::now();
    const std::string details = fmt::format("loss {:.4g}, {:.0f} {}/s", loss_, rows_per_second(),
                                            job_.data->train.tokens ? "tokens" : "rows");
    log_.progress({"step", counters_.step, plan_.steps, details});
  }

  void set_masks(std::vector<KeepMask> masks) {
    const at::NoGradGuard no_gradients;
    masks_ = std::move(masks);
    mask_ = at::ones_like(executor_.trained());
    for (const KeepMask& mask : masks_) {
      const auto place = std::ranges::find_if(
          executor_.places(), [&](const auto& one) { return one.spec.name == mask.name; });
      if (place == executor_.places().end() || !place->spec.trained ||
          static_cast<std::size_t>(place->count) != mask.keep.size()) {
        fail(Kind::failed, "the mask of '{}' does not fit the network", mask.name);
      }
      float* const to = mask_.data_ptr<float>() + place->begin;
      std::ranges::transform(mask.keep, to, [](std::uint8_t keep) { return keep ? 1.0F : 0.0F; });
    }
    executor_.trained().mul_(mask_);
    for (const Updater::State& state : updater_.state()) at::Tensor(state.buffer).mul_(mask_);
  }

  void follow_mask_schedule() {
    std::optional<std::vector<KeepMask>> masks =
        job_.mask_schedule(counters_.step, plan_.steps, [this] { return executor_.weights(); });
    if (!masks) return;
    set_masks(std::move(*masks));
    counters_.best_loss = counters_.best_accuracy = std::nullopt;
    counters_.waited = 0;
    best_trained_ = best_statistics_ = at::Tensor();
  }

  // Checkpoints -----------------------------------------------------------------------------------

  [[nodiscard]] bool checkpoint_is_due() const {
    if (job_.checkpoint.path.empty()) return false;
    if (job_.options.checkpoint_every) {
      return counters_.step % static_cast<std::uint64_t>(*job_.options.checkpoint_every) == 0;
    }
    return seconds_since(saved_) >= checkpoint_seconds_;
  }

  void save() {
    if (job_.checkpoint.path.empty()) return;
    Checkpoint out{.key = job_.checkpoint.key,
                   .seed = job_.seed,
                   .counters = counters_,
                   .reports = curve_.reports()};
    out.tensors = executor_.weights();
    const auto add = [&](const std::string& prefix, const at::Tensor& trained,
                         const at::Tensor& statistics) {
      for (Weight& weight : executor_.weights(trained, statistics)) {
        weight.name = prefix + "/" + weight.name;
        out.tensors.push_back(std::move(weight));
      }
    };
    for (const Updater::State& state : updater_.state()) {
      add(state.name, state.buffer, at::zeros_like(executor_.statistics()));
    }
    for (const Updater::State& state : matched()) {
      const at::Tensor& from = state.buffer;
      out.tensors.push_back(
          {.name = state.name, .values = tensor_of({from.numel()}, numbers_of(from))});
    }
    if (best_trained_.defined()) add("best", best_trained_, best_statistics_);
    for (const KeepMask& mask : masks_) {
      Weight weight{.name = "mask/" + mask.name,
                    .values = Tensor(DType::u8, {static_cast<std::int64_t>(mask.keep.size())})};
      std::ranges::copy(mask.keep, weight.values.as<std::uint8_t>().begin());
      out.tensors.push_back(std::move(weight));
    }
    save_checkpoint(job_.checkpoint.path, std::move(out), pool_);
    checkpoint_seconds_ =
        saved_ == Clock::time_point() ? 1 : std::min(kCheckpointSeconds, 2 * checkpoint_seconds_);
    saved_ = Clock::now();
    saved_step_ = counters_.step;
  }

  void resume() {
    check_replaceable(job_.checkpoint.path);
    check_resume(job_.options, job_.checkpoint);
    const std::string& wanted = job_.options.resume;
    if (wanted == "never") return;
    const std::string path = wanted == "auto" ? job_.checkpoint.path : wanted;
    if (!find_checkpoint(path)) return;
    restore(load_checkpoint(path, pool_), path);
    saved_ = Clock::now();
    saved_step_ = counters_.step;
    log_.info(fmt::format("going on from step {} of {} ({})", counters_.step, plan_.steps, path));
  }

  void restore(const Checkpoint& checkpoint, const std::string& path) {
    std::map<std::string_view, const Tensor*> stored;
    for (const Weight& one : checkpoint.tensors) stored.emplace(one.name, &one.values);
    const auto fill = [&](const std::string& prefix, at::Tensor trained, at::Tensor statistics) {
      for (const Executor::Place& place : executor_.places()) {
        const auto found = stored.find(prefix + place.spec.name);
        if (found == stored.end() || found->second->shape != place.spec.shape) {
          fail(Kind::input, "{} has no fitting tensor '{}'", path, prefix + place.spec.name);
        }
        at::Tensor& to = place.spec.trained ? trained : statistics;
        std::ranges::copy(found->second->as<float>(), to.data_ptr<float>() + place.begin);
      }
    };
    std::vector<KeepMask> masks;
    for (const Weight& one : checkpoint.tensors) {
      constexpr std::string_view kPrefix = "mask/";
      if (!one.name.starts_with(kPrefix)) continue;
      const std::span<const std::uint8_t> keep = one.values.as<std::uint8_t>();
      masks.push_back({one.name.substr(kPrefix.size()), {keep.begin(), keep.end()}});
    }
    counters_ = checkpoint.counters;
    for (const Json& report : checkpoint.reports) {
      curve_.add(report);
      log_.earlier(report);
    }
    fill("", executor_.trained(), executor_.statistics());
    for (const Updater::State& state : updater_.state()) {
      fill(state.name + "/", state.buffer, at::zeros_like(executor_.statistics()));
    }
    for (const Updater::State& state : matched()) {
      const auto found = stored.find(state.name);
      if (found == stored.end() || found->second->shape != Shape{state.buffer.numel()}) {
        fail(Kind::input, "{} has no fitting tensor '{}'", path, state.name);
      }
      std::ranges::copy(found->second->as<float>(), numbers_of(state.buffer).begin());
    }
    if (counters_.best_loss) {
      best_trained_ = at::zeros_like(executor_.trained());
      best_statistics_ = at::zeros_like(executor_.statistics());
      fill("best/", best_trained_, best_statistics_);
    }
    if (!masks.empty()) set_masks(std::move(masks));
  }

  [[nodiscard]] std::vector<Updater::State> matched() const {
    return lessons_ ? lessons_->state() : std::vector<Updater::State>();
  }
  [[nodiscard]] static std::span<float> numbers_of(const at::Tensor& buffer) {
    return {buffer.data_ptr<float>(), static_cast<std::size_t>(buffer.numel())};
  }

  [[nodiscard]] TrainResult result() {
    TrainResult out;
    out.weights = best_trained_.defined() ? executor_.weights(best_trained_, best_statistics_)
                                          : executor_.weights();
    out.masks = masks_;
    out.steps = counters_.step;
    out.seconds = seconds_since(begun_);
    out.rows_per_second = rows_per_second();
    out.share_of_peak = share_of_peak();
    out.step_seconds = median(step_seconds_);
    out.train_loss = counters_.epoch_loss.value_or(mean_loss().value_or(0));
    out.valid_loss = counters_.best_loss;
    out.valid_accuracy = counters_.best_accuracy;
    if (finished()) return out;
    out.stopped_by = signals::caught();
    if (pauses() && out.stopped_by == 0 && validates()) {
      const Score now = score_now();
      if (!out.valid_loss || now.loss < *out.valid_loss) {
        out.valid_loss = now.loss;
        out.valid_accuracy = now.accuracy;
      }
    }
    return out;
  }

  const TrainJob& job_;
  double peak_;  // operations a second that this machine can make
  Log& log_;
  Task task_;
  Plan plan_;
  ThreadPool pool_;  // of the container, for checkpoints
  Executor executor_;
  Updater updater_;
  BatchLoader loader_;
  std::optional<Shift> shift_;
  std::optional<Lessons> lessons_;
  Counters counters_;
  Curve curve_;
  std::vector<std::uint32_t> order_;
  std::uint64_t order_epoch_ = 0;
  at::Tensor best_trained_, best_statistics_;
  std::vector<KeepMask> masks_;
  at::Tensor mask_;  // laid out like the trained numbers; undefined without masks
  double loss_ = 0, lr_ = 0;
  std::uint64_t rows_ = 0;  // trained on by this process
  double stepping_ = 0;     // seconds in steps, evaluations and checkpoints left out
  std::vector<double> step_seconds_;
  Clock::time_point begun_ = Clock::now(), shown_, saved_;
  double checkpoint_seconds_ = 1;
  std::optional<std::uint64_t> saved_step_;
};

// Measured once, and before LibTorch's threads are there, which wait for work in a loop.
double peak_of(std::size_t threads) {
  static std::map<std::size_t, double> known;
  double& peak = known[threads];
  if (peak == 0) {
    ThreadPool pool(threads);
    peak = engine::peak(pool);
  }
  return peak;
}

void check_device(const std::string& device) {
  if (device == "cpu" || device == "auto") return;
  throw Error{Kind::usage,
              fmt::format("the device '{}' is missing: training runs on the CPU", device),
              "leave --device out"};
}

}  // namespace

std::uint64_t parameters_of(const TrainJob& job) {
  return job.low_rank ? parameters_of(*job.low_rank) : cost(job.network).parameters;
}

TrainResult train(const TrainJob& job, Log& log) {
  check_device(job.device);
  if (job.options.precision == Precision::bf16) check_bf16();
  const Plan plan = make_plan(job.options, job.data->train.rows);
  const std::size_t threads = kernel_threads(job.network, plan.batch, job.threads);
  const double peak = peak_of(threads);
  prepare_torch(threads);
  TrainResult result;
  with_torch_errors([&] { result = Run(job, peak, log).run(); });
  return result;
}

}  // namespace mx
