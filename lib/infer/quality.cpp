// SPDX-License-Identifier: Apache-2.0
#include "infer/quality.h"

#include <charconv>
#include <cmath>

namespace mx {

double rounded(double value) {
  const std::string text = fmt::format("{:.5g}", value);
  double out = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

namespace {

// exact: all digits, else five.
void add(Json& to, const std::string& name, const Evaluation& one, bool exact) {
  const auto digits = [&](double value) { return exact ? value : rounded(value); };
  const auto number = [&](const char* key, double value) { to[name + key] = digits(value); };
  number("_loss", one.loss);
  if (one.task == Task::regress) {
    number("_r2", one.r2);
  } else {
    number("_accuracy", one.accuracy);
  }
  if (scores_tokens(one.task)) {
    number("_perplexity", std::exp(one.loss));
    if (one.bits_per_byte > 0) number("_bits_per_byte", one.bits_per_byte);
  }
  to[name + "_loss_interval"] = {digits(one.loss_interval.low), digits(one.loss_interval.high)};
  if (one.task != Task::regress) {
    to[name + "_accuracy_interval"] = {digits(one.accuracy_interval.low),
                                       digits(one.accuracy_interval.high)};
  } else {
    number("_mae", one.mae);
  }
  to[name + (scores_tokens(one.task) ? "_tokens" : "_rows")] = one.n;
}

std::string line(std::string_view name, const Evaluation& one) {
  if (one.task == Task::classify) {
    return fmt::format("{}: loss {:.4g}, accuracy {:.4f} ({:.3f} to {:.3f}), {} rows\n", name,
                       one.loss, one.accuracy, one.accuracy_interval.low,
                       one.accuracy_interval.high, one.n);
  }
  if (scores_tokens(one.task)) {
    return fmt::format("{}: loss {:.4f} ({:.4f} to {:.4f}), perplexity {:.4g}{}, {} tokens\n", name,
                       one.loss, one.loss_interval.low, one.loss_interval.high, std::exp(one.loss),
                       one.bits_per_byte > 0
                           ? fmt::format(", {:.4f} bits per byte", one.bits_per_byte)
                           : std::string(),
                       one.n);
  }
  return fmt::format("{}: loss {:.4g}, mean error {:.4g}, r2 {:.4f}, {} rows\n", name, one.loss,
                     one.mae, one.r2, one.n);
}

}  // namespace

Quality measure(const Model& model, const Loaded& data, ThreadPool& pool) {
  Quality out;
  Engine engine(model, pool);
  if (data.valid.rows > 0) out.valid = evaluate(data.schema, data.valid, engine);
  if (data.test.rows > 0) out.test = evaluate(data.schema, data.test, engine);
  return out;
}

void add_to(Json& result, const Quality& quality) {
  if (quality.valid) add(result, "valid", *quality.valid, true);
  if (quality.test) add(result, "test", *quality.test, true);
}

Json lineage_metrics(const Quality& quality) {
  Json out = Json::object();
  if (quality.valid) add(out, "valid", *quality.valid, false);
  if (quality.test) add(out, "test", *quality.test, false);
  return out;
}

Json model_json(std::string_view name, const Network& network, std::uint64_t bytes,
                const Evaluation* evaluation) {
  Json out = {{"name", name}, {"parameters", cost(network).parameters}};
  if (bytes > 0) out["bytes"] = bytes;
  if (evaluation != nullptr) {
    out.update(to_json(*evaluation));
    out.erase("task");
  }
  return out;
}

std::string describe(const Quality& quality) {
  std::string out;
  if (quality.valid) out += line("validation", *quality.valid);
  if (quality.test) out += line("test", *quality.test);
  return out;
}

}  // namespace mx
