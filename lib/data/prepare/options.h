// SPDX-License-Identifier: Apache-2.0
// What mx-train prepare can be told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fields.h"
#include "text/clean.h"
#include "text/tokenizer.h"

namespace mx {

enum class TextFormat { automatic, text, jsonl, csv, tsv };
enum class DocumentRule { file, paragraph, line };  // what one document of a text file is
enum class SplitRule { cluster, tail };  // whole clusters by seed, or the end of the text

struct PrepareOptions {
  TextFormat format = TextFormat::automatic;
  DocumentRule documents = DocumentRule::file;
  std::string text = "text";          // JSONL field, CSV and TSV column (name or number)
  bool header = true;                 // CSV and TSV
  std::string loss_after;             // what is behind this in a document is alone to be learned
  std::string max_document = "16MB";  // longer ones are cut at a line end, else between characters

  CleanOptions clean;
  bool exact_duplicates = true;
  bool near_duplicates = true;
  double similarity =
      0.8;  // estimated Jaccard similarity from which a document is a near duplicate

  double valid_fraction = 0, test_fraction = 0;  // of the bytes
  SplitRule split = SplitRule::cluster;

  std::shared_ptr<const Tokenizer> ready;  // instead of what follows
  std::string tokenizer = "bpe";           // byte, char, bpe, wordpiece, or a file that holds one
  std::int64_t vocab = 4096;
  bool lowercase = true;                   // wordpiece
  std::vector<std::string> special;        // tokens besides the usual ones
  std::string tokenizer_sample = "200MB";  // text that a tokenizer is trained on, at most
  bool end_of_document = true;  // the end token behind each document, where the tokenizer has one

  std::vector<std::string> data_license, data_source;  // one for all inputs, or of each

  // What was said of input number `file`; empty: nothing.
  [[nodiscard]] static std::string said_of(const std::vector<std::string>& said, std::size_t file);
  // Throws Kind::usage unless one, none or as many as inputs were said.
  static void check_said(const std::vector<std::string>& said, std::size_t inputs,
                         std::string_view flag);
  std::uint64_t max_memory = 0;  // a row takes a quarter of it; 0: default_max_memory(); no field
  std::string temporary;         // folder for temporary data; empty: $TMPDIR, else /tmp

  Fields fields();
};

}  // namespace mx
