// SPDX-License-Identifier: Apache-2.0
#include "learn/cache.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "learn/cached_loss.h"
#include "learn/loss.h"
#include "model/initialize.h"
#include "toy.h"

namespace mx {
namespace {

constexpr std::int64_t kPositions = 5, kClasses = 9;
const std::vector<Divergence> kAll = {Divergence::forward_kl, Divergence::reverse_kl,
                                      Divergence::js};

at::Tensor noise(std::uint64_t seed, double scale) {
  Random random(seed);
  at::Tensor out = at::empty({kPositions, kClasses}, at::kFloat);
  float* const to = out.data_ptr<float>();
  for (std::int64_t i = 0; i < out.numel(); ++i)
    to[i] = static_cast<float>(scale * random.normal());
  return out;
}

// As the cache has it, but for its rounding: [positions, top (+ 1)].
CachedTarget target_of(const at::Tensor& log_p, std::int64_t top) {
  const auto [values, ids] = at::topk(log_p, top);
  at::Tensor kept = values;
  if (top < kClasses) {
    const at::Tensor rest = log_p.scatter(-1, ids, -INFINITY);
    kept = at::cat({values, at::logsumexp(rest, -1, true)}, 1);
  }
  return {.ids = ids.to(at::kInt).contiguous(), .log_p = kept.contiguous(), .p = kept.exp()};
}

// The same with autograd: the loss on distributions whose tail is one class.
at::Tensor plain(const CachedTarget& target, const at::Tensor& logits, const at::Tensor& classes,
                 const DistillOptions& options) {
  const double t = options.temperature;
  const at::Tensor log_q = at::log_softmax(logits / t, -1), ids = target.ids.to(at::kLong);
  at::Tensor kept = log_q.gather(1, ids);
  if (target.p.size(1) > ids.size(1)) {
    const at::Tensor rest = log_q.scatter(-1, ids, -INFINITY);
    kept = at::cat({kept, at::logsumexp(rest, -1, true)}, 1);
  }
  const Batch batch = {.x = {}, .classes = classes, .targets = {}};
  return task_loss(Task::classify, logits, batch) * (1 - options.alpha) +
         soft_loss(Task::classify, target.log_p, kept * t, batch, options) * options.alpha;
}

double dense(const at::Tensor& log_p, const at::Tensor& logits, const DistillOptions& options) {
  return soft_loss(Task::classify, log_p, logits, {}, options).item<double>();
}

struct Folder {
  Folder() { std::filesystem::create_directory(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("mx-cache-" + std::to_string(Random(draw_seed()).next()));
};

Model ring_teacher() {
  Model out;
  out.header.network = ring_network(16);
  out.weights = initialize(out.header.network, 4);
  out.identity[0] = 1;
  return out;
}

}  // namespace

TEST_CASE("loss and gradient from a cache are those of its plain twin, whatever T and divergence") {
  const at::Tensor classes = at::tensor({0, 8, 3, 3, 5}, at::kLong);
  for (const std::int64_t top : {std::int64_t{1}, std::int64_t{4}, kClasses}) {
    for (const Divergence divergence : kAll) {
      for (const double t : {1.0, 2.5}) {
        for (const double alpha : {0.3, 1.0}) {
          const DistillOptions options = {
              .temperature = t, .alpha = alpha, .divergence = divergence};
          const CachedTarget target = target_of(at::log_softmax(noise(1, 2) / t, -1), top);
          const at::Tensor logits = noise(2, 2).requires_grad_();
          const at::Tensor expected = plain(target, logits, classes, options);
          expected.backward();
          const LossAndGradient found = cached_loss(target, logits.detach(), classes, options);
          CAPTURE(top);
          CAPTURE(t);
          CAPTURE(alpha);
          CAPTURE(static_cast<int>(divergence));
          CHECK(found.loss == doctest::Approx(expected.item<double>()).epsilon(1e-5));
          CHECK(at::allclose(found.gradient, logits.grad(), 1e-4, 1e-6));
        }
      }
    }
  }
}

TEST_CASE(
    "with the tail as one class the divergence is a lower bound, and with all classes exact") {
  const at::Tensor classes = at::zeros({kPositions}, at::kLong);
  for (const Divergence divergence : kAll) {
    const DistillOptions options = {.temperature = 1, .alpha = 1, .divergence = divergence};
    const at::Tensor log_p = at::log_softmax(noise(1, 2), -1), logits = noise(2, 2);
    const double all = dense(log_p, logits, options);
    double before = 0;
    for (std::int64_t top = 1; top <= kClasses; ++top) {
      const double found = cached_loss(target_of(log_p, top), logits, classes, options).loss;
      CHECK(found <= all + 1e-6);
      CHECK(found >= before - 1e-6);  // finer is closer
      before = found;
    }
    CHECK(before == doctest::Approx(all).epsilon(1e-5));
  }
}

TEST_CASE("a student as certain as floats allow has finite gradients from a cache") {
  const CachedTarget target = target_of(at::log_softmax(noise(1, 2), -1), 3);
  at::Tensor logits = at::zeros({kPositions, kClasses});
  logits.select(1, 0).fill_(1000);
  for (const Divergence divergence : kAll) {
    const LossAndGradient found =
        cached_loss(target, logits, at::zeros({kPositions}, at::kLong),
                    {.temperature = 1, .alpha = 0.5, .divergence = divergence});
    CHECK(std::isfinite(found.loss));
    CHECK(at::isfinite(found.gradient).all().item<bool>());
  }
}

TEST_CASE("training from a cache of all classes is training with the teacher, but for rounding") {
  const Folder folder;
  const Loaded data = ring_data();
  const Model teacher = ring_teacher();
  Teaching teaching{.teachers = {&teacher}, .options = {.temperature = 2, .alpha = 0.7}};
  TrainJob job;
  job.network = ring_network(4);
  job.data = &data;
  job.options.epochs = 5;
  job.options.resume = "never";
  job.seed = 3;
  job.teaching = &teaching;
  NoLog log;
  const TrainResult asked = train(job, log);

  CacheOptions options{.file = folder.path / "c.mx", .top = {}, .epochs = {}, .hidden = {}};
  ThreadPool pool(1);
  const CacheFacts facts = wanted_cache(options, job, teaching);
  CHECK(facts.top == 3);
  const auto cache = ready_cache({options, job, teaching, facts}, pool, log);
  teaching.cache = cache.get();
  const TrainResult cached = train(job, log);
  CHECK(cached.train_loss == doctest::Approx(asked.train_loss).epsilon(1e-3));
  CHECK(*cached.valid_loss == doctest::Approx(*asked.valid_loss).epsilon(1e-2));

  // Hidden states too.
  teaching.cache = nullptr;
  teaching.options.match = "logits,hidden";
  const TrainResult matched = train(job, log);
  CHECK(matched.train_loss > asked.train_loss);
  options.file = folder.path / "h.mx";
  const CacheFacts more = wanted_cache(options, job, teaching);
  CHECK(more.hidden == std::vector<std::uint64_t>{0});
  const auto with_hidden = ready_cache({options, job, teaching, more}, pool, log);
  teaching.cache = with_hidden.get();
  const TrainResult from_hidden = train(job, log);
  CHECK(from_hidden.train_loss == doctest::Approx(matched.train_loss).epsilon(1e-2));
  teaching.options.match = "logits";
  const TrainResult without = train(job, log);
  CHECK(without.train_loss == cached.train_loss);
  teaching.options.match = "logits,attention";
  CHECK_THROWS_AS((void)train(job, log), Error);
  teaching.options.match = "logits";
  // What it lacks.
  options.hidden = "1";
  CHECK_THROWS_AS((void)wanted_cache(options, job, teaching), Error);
  options.hidden = "";

  // Used as it is the next time; of another teacher refused.
  const auto written = std::filesystem::last_write_time(options.file);
  (void)ready_cache({options, job, teaching, more}, pool, log);
  CHECK(std::filesystem::last_write_time(options.file) == written);
  Model other = ring_teacher();
  other.identity[0] = 2;
  teaching.teachers = {&other};
  CHECK_THROWS_AS((void)wanted_cache(options, job, teaching), Error);
}

TEST_CASE("what changes from epoch to epoch is not cached") {
  Loaded data = ring_data();
  const Model teacher = ring_teacher();
  const Teaching teaching{.teachers = {&teacher}, .options = {}};
  TrainJob job;
  job.network = ring_network(4);
  job.data = &data;
  const CacheOptions options{.file = "/nowhere/c.mx", .top = {}, .epochs = {}, .hidden = {}};
  job.options.augment = "shift:1";
  CHECK_THROWS_AS((void)wanted_cache(options, job, teaching), Error);
  job.options.augment = "";
  data.schema.task = Task::regress;
  CHECK_THROWS_AS((void)wanted_cache(options, job, teaching), Error);
  data.schema.task = Task::mlm;
  CHECK_THROWS_AS((void)wanted_cache(options, job, teaching), Error);
  data.schema.task = Task::classify;
  const CacheOptions twice{.file = "/nowhere/c.mx", .top = {}, .epochs = 2, .hidden = {}};
  CHECK_THROWS_AS((void)wanted_cache(twice, job, teaching), Error);
}

}  // namespace mx
