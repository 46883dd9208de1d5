// SPDX-License-Identifier: Apache-2.0
// Rows in, one line out for each, in order: rows are collected, run together, and written. A row
// that could not be read has its line too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infer/predict.h"
#include "io/output.h"

namespace mx::infer {

// json: {"prediction": ..., "probability": ...}; a refused row {"error": "...", "line": N}.
// tsv: prediction, probability, then class and probability of each of the top ones, quoted as in
// CSV where needed, with a single quote in front of what would be a formula; a refused row has
// "error" in place of the probability's column and the message behind it. text: the prediction
// alone; a refused row "error: ...".
enum class Format { jsonl, tsv, text };

struct Refusal {
  std::string message;
  std::uint64_t line = 0;
  std::string file;  // empty when there is one only
};

[[nodiscard]] std::string line_of(Format format, const Json& answer);
[[nodiscard]] std::string line_of(Format format, const Refusal& refusal);

class Answers {
 public:
  Answers(Predictor& predictor, Format format, std::size_t top, io::Output& out);
  // Where the next row's numbers go; they count once accept() is called.
  [[nodiscard]] std::span<float> next();
  void accept(std::uint64_t line, const std::string& file);
  void refuse(Refusal refusal);
  // Runs and writes what is waiting.
  void flush();
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Waiting {
    Refusal place;  // of an accepted row the message is empty
    bool accepted;
  };
  void added();
  [[nodiscard]] std::string line_of_row(std::span<const float> logits, Refusal& place);

  Predictor& predictor_;
  Format format_;
  std::size_t top_;
  io::Output& out_;
  std::size_t batch_;
  std::vector<float> x_;
  std::vector<Waiting> waiting_;
  std::size_t accepted_ = 0;
  std::uint64_t rows_ = 0, refused_ = 0;
};

}  // namespace mx::infer
