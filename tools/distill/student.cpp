// SPDX-License-Identifier: Apache-2.0
#include "distill/student.h"

#include <charconv>

#include "base/error.h"
#include "base/words.h"
#include "cli/config.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/reader.h"
#include "io/input.h"
#include "io/yaml.h"
#include "learn/cut_student.h"
#include "learn/teachers.h"
#include "net/families.h"

namespace mx {
namespace {

constexpr std::string_view kAuto = "auto:";
constexpr std::uint8_t kModelByte = 0x8d;  // no text begins with it

double share_of(const std::string& text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data() + kAuto.size(), end, percent);
  if (code != std::errc() || std::string_view(stop, end) != "%" || !(percent > 0) ||
      percent > 100) {
    throw Error{Kind::usage, fmt::format("--student does not know '{}'", printable(text)),
                "auto:25% is the teacher's network with at most 25 % of its parameters"};
  }
  return percent / 100;
}

bool is_model(const std::string& path) {
  const auto in = io::open_input(path);
  std::uint8_t first = 0;
  return in->read({&first, 1}) == 1 && first == kModelByte;
}

Network described(const std::string& path, const Network& teacher, std::string& family) {
  const io::Yaml yaml = io::read_yaml(path);
  if (yaml.value.is_array()) return network_from_json(yaml.value, printable(path));
  ModelOptions options;
  cli::Options keys = cli::make_options(options.fields());
  cli::read_config(keys, path);
  family = name_of(options.family);
  if (takes_tokens(teacher)) {
    options.context = context_of(teacher);
    const Shape out = output_shape(teacher);
    return out.size() == 1 ? build_classifier(options, vocabulary_of(teacher), out[0])
                           : build_language_model(options, vocabulary_of(teacher));
  }
  return build(options, shapes(teacher).front(),
               static_cast<std::int64_t>(element_count(output_shape(teacher))));
}

}  // namespace

std::optional<Model> student_model(const std::string& text, const ReadOptions& reading,
                                   ThreadPool& pool) {
  if (text.starts_with(kAuto) || !is_model(text)) return std::nullopt;
  Model out = read_model(text, pool, reading);
  refuse_adapter(out.header, text);
  return out;
}

Model make_student(StudentJob job, ThreadPool& pool, Log& log) {
  const std::string& text = job.text;
  const Network& teaching = job.teacher.header.network;
  Model student;
  student.header.family = job.teacher.header.family;
  if (text.starts_with(kAuto)) {
    CutStudent cut = cut_student(teaching, job.teacher.weights, job.data.schema, job.data.train,
                                 share_of(text), pool, job.threads, log);
    log.info(fmt::format("the student is {}; loss {:.4g} as cut", cut.how, cut.loss));
    student.header.network = std::move(cut.network);
    student.weights = std::move(cut.weights);
    return student;
  }
  if (job.given) {
    student = std::move(*job.given);
  } else {
    student.header.network = described(text, teaching, student.header.family);
  }
  const Network& network = student.header.network;
  if (network.empty()) fail(Kind::usage, "{} has no network to teach", printable(text));
  const Shape out = output_shape(network);
  // Of the same tokens, but with more rows than tokens: the common ones are compared.
  const bool scores_tokens =
      takes_tokens(network) && out.size() == 2 && output_shape(teaching).size() == 2;
  if (scores_tokens && !tokenizer_json(student.header).is_null()) {
    check_tokenizer(job.teacher, "the teacher", student, text);
  }
  if (element_count(shapes(network).front()) != element_count(shapes(teaching).front()) ||
      (!scores_tokens && element_count(out) != element_count(output_shape(teaching)))) {
    fail(Kind::usage, "{} maps {} to {}, but the teacher {} to {}", printable(text),
         to_string(shapes(network).front()), to_string(output_shape(network)),
         to_string(shapes(teaching).front()), to_string(output_shape(teaching)));
  }
  return student;
}

}  // namespace mx
