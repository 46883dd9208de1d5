// SPDX-License-Identifier: Apache-2.0
#include "distill/report.h"

#include <algorithm>

#include "base/words.h"
#include "engine/engine.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "infer/metrics.h"

namespace mx {
namespace {

// What one of the models does on the rows that all are measured on.
struct Judged {
  Engine engine;
  Evaluation evaluation;
};

Judged judge(const Model& model, const Schema& schema, const Dataset& rows, ThreadPool& pool) {
  Judged out{Engine(model, pool), {}};
  out.evaluation = evaluate(schema, rows, out.engine);
  return out;
}

// Training rows are many, and say little beside others: evenly spread ones are enough.
Dataset some(const Dataset& data) {
  constexpr std::size_t kMost = 65536;  // rows, or tokens
  const std::size_t most = data.tokens ? std::max<std::size_t>(1, kMost / data.inputs) : kMost;
  return pick(data, spread_rows(data.rows, most));
}

void add(Json& out, const std::string& name, const Evaluation& one) {
  out[name + "_loss"] = one.loss;
  if (one.task == Task::regress) {
    out[name + "_r2"] = one.r2;
  } else {
    out[name + "_accuracy"] = one.accuracy;
  }
}

std::string line(std::string_view name, const Evaluation& one) {
  return one.task != Task::regress
             ? fmt::format("{:<8} loss {:.4f}, accuracy {:.4f} ({:.3f} to {:.3f})\n", name,
                           one.loss, one.accuracy, one.accuracy_interval.low,
                           one.accuracy_interval.high)
             : fmt::format("{:<8} loss {:.4g}, r2 {:.4f}\n", name, one.loss, one.r2);
}

}  // namespace

void report(const Outcome& outcome, cli::Session& session, ThreadPool& pool) {
  const auto& [student, teachers, control, data, result, quality, bytes] = outcome;
  const bool tests = data.test.rows > 0;
  const bool validates = data.valid.rows > 0;
  const Dataset few = tests || validates ? Dataset{} : some(data.train);
  const Dataset& rows = tests ? data.test : validates ? data.valid : few;
  const std::string_view name = tests ? "test" : validates ? "validation" : "training";
  const std::uint64_t parameters = cost(student.header.network).parameters;
  const std::uint64_t teacher_parameters = cost(teachers.front().header.network).parameters;
  Json out = {{"steps", result.steps},
              {"seconds", result.seconds},
              {rows.tokens ? "tokens_per_second" : "rows_per_second", result.rows_per_second},
              {"train_loss", result.train_loss},
              {"valid_loss", nullptr},
              {"valid_accuracy", nullptr}};
  add_to(out, quality);
  out["parameters"] = parameters;
  out["student_parameters"] = parameters;
  out["teacher_parameters"] = teacher_parameters;
  out["compared_on"] = name;
  out["compared_rows"] = rows.rows;
  std::string human = fmt::format("{} steps in {}, {:.0f} {}/s; on {} {} rows:\n", result.steps,
                                  human_seconds(result.seconds), result.rows_per_second,
                                  rows.tokens ? "tokens" : "rows", rows.rows, name);
  Judged taught = judge(student, data.schema, rows, pool);
  Json models = Json::array();
  for (std::size_t i = 0; i < teachers.size(); ++i) {
    Judged teacher = judge(teachers[i], data.schema, rows, pool);
    human += line("teacher", teacher.evaluation);
    models.push_back(
        model_json("teacher", teachers[i].header.network, teachers[i].bytes, &teacher.evaluation));
    if (i == 0) add(out, "teacher", teacher.evaluation);
    if (i == 0 &&
        output_shape(teachers[i].header.network) == output_shape(student.header.network)) {
      out["agreement"] = compare(data.schema, rows, teacher.engine, taught.engine).agreement;
    }
  }
  human += line("student", taught.evaluation);
  add(out, "student", taught.evaluation);
  models.push_back(model_json("student", student.header.network, bytes, &taught.evaluation));
  if (control) {
    Judged alone = judge(*control, data.schema, rows, pool);
    const double p = compare(data.schema, rows, taught.engine, alone.engine).p_value;
    add(out, "control", alone.evaluation);
    models.push_back(model_json("control", control->header.network, 0, &alone.evaluation));
    out["control_p_value"] = p;
    human += line("alone", alone.evaluation);
    human += fmt::format("student against alone, paired: p = {:.3g}\n", p);
  }
  out["bytes"] = bytes;
  out["seed"] = *student.lineage.records.back().seed;
  out["identity"] = to_hex(student.identity);
  out["task"] = name_of(data.schema.task);
  out["models"] = std::move(models);
  out["parents"] = parents_json(student.lineage.records.back().parents);
  out["data"] = data_json(student.lineage.records.back().data);
  human += fmt::format(
      "{} parameters ({:.1f} % of the teacher's), {} bytes\n", parameters,
      100 * static_cast<double>(parameters) / static_cast<double>(teacher_parameters), bytes);
  session.result(out, human);
}

}  // namespace mx
