// SPDX-License-Identifier: Apache-2.0
#include "infer/answers.h"

#include <algorithm>

#include "base/error.h"
#include "base/shown.h"
#include "base/words.h"
#include "data/table.h"

namespace mx::infer {
namespace {

constexpr std::size_t kBatchFloats = 1U << 20U;
constexpr std::size_t kMostRows = 1024;

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// A text as a spreadsheet shows it: what it would take for a formula has a single quote in front
// (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers.
std::string cell(std::string text) {
  double number = 0;
  const bool formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  if (formula && !parse_number(text, number)) text.insert(0, 1, '\'');
  text = shown_text(text);
  if (text.find_first_of("\t\n\r\"") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '"');
  }
  return fmt::format("\"{}\"", text);
}

// One value, or several with `between`.
std::string joined(const Json& prediction, char between) {
  if (!prediction.is_array()) return plain(prediction);
  std::string out;
  for (const Json& one : prediction) {
    if (!out.empty()) out += between;
    out += plain(one);
  }
  return out;
}

}  // namespace

std::string line_of(Format format, const Json& answer) {
  const Json& prediction = answer.at("prediction");
  if (format == Format::jsonl) return fmt::format("{}\n", shown_json(dump_json(answer)));
  if (format == Format::text) return fmt::format("{}\n", printable(joined(prediction, ' ')));
  std::string out = prediction.is_array() ? joined(prediction, '\t') : cell(plain(prediction));
  if (answer.contains("probability")) out += fmt::format("\t{}", plain(answer.at("probability")));
  if (answer.contains("top")) {
    for (const Json& one : answer.at("top")) {
      out += fmt::format("\t{}\t{}", cell(plain(one[0])), plain(one[1]));
    }
  }
  return out + '\n';
}

std::string line_of(Format format, const Refusal& refusal) {
  if (format == Format::text) return fmt::format("error: {}\n", refusal.message);
  if (format == Format::tsv) return fmt::format("\terror\t{}\n", cell(refusal.message));
  Json out = {{"error", refusal.message}, {"line", refusal.line}};
  if (!refusal.file.empty()) out["file"] = refusal.file;
  return fmt::format("{}\n", shown_json(dump_json(out)));
}

Answers::Answers(Predictor& predictor, Format format, std::size_t top, io::Output& out)
    : predictor_(predictor),
      format_(format),
      top_(top),
      out_(out),
      batch_(std::clamp<std::size_t>(kBatchFloats / std::max(predictor.engine().input_size(),
                                                             predictor.engine().output_size()),
                                     1, kMostRows)),
      x_(batch_ * predictor.engine().input_size()) {}

std::span<float> Answers::next() {
  const std::size_t size = predictor_.engine().input_size();
  return std::span(x_).subspan(accepted_ * size, size);
}

void Answers::accept(std::uint64_t line, const std::string& file) {
  ++accepted_;
  waiting_.push_back({{"", line, file}, true});
  added();
}

void Answers::refuse(Refusal refusal) {
  ++refused_;
  waiting_.push_back({std::move(refusal), false});
  added();
}

void Answers::added() {
  ++rows_;
  if (waiting_.size() == batch_) flush();
}

std::string Answers::line_of_row(std::span<const float> logits, Refusal& place) {
  try {
    return line_of(format_, predictor_.describe(logits, top_));
  } catch (const Error& error) {
    if (error.kind() != Kind::input) throw;
    ++refused_;
    place.message = error.message();
    return line_of(format_, place);
  }
}

void Answers::flush() {
  Engine& engine = predictor_.engine();
  const std::size_t outputs = engine.output_size();
  std::vector<float> y(accepted_ * outputs);
  engine.run(std::span(x_).first(accepted_ * engine.input_size()), y, accepted_);
  std::string text;
  std::size_t row = 0;
  for (Waiting& one : waiting_) {
    text += one.accepted ? line_of_row(std::span(y).subspan(row++ * outputs, outputs), one.place)
                         : line_of(format_, one.place);
  }
  waiting_.clear();
  accepted_ = 0;
  if (text.empty()) return;
  out_.write(view(text));
  out_.flush();
}

}  // namespace mx::infer
