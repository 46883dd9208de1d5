// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/options.h"

#include "base/error.h"

namespace mx {

Fields PrepareOptions::fields() {
  constexpr std::string_view kInput = "Input", kDuplicates = "Duplicates", kSplit = "Split",
                             kTokens = "Tokens", kRights = "Rights";
  Fields fields = {
      {kInput, "format", "What the files are; auto: by the ending of the name, else text.",
       choice(format, {{"auto", 0}, {"text", 1}, {"jsonl", 2}, {"csv", 3}, {"tsv", 4}})},
      {kInput, "documents", "What one document of a text file is.",
       choice(documents, {{"file", 0}, {"paragraph", 1}, {"line", 2}})},
      {kInput,
       "text",
       "The field (JSON lines) or column that holds the text.",
       &text,
       {},
       Affects::result,
       Holds::value,
       0,
       "FIELD"},
      {kInput,
       "loss-after",
       "Learn only what follows this in each document, as with prompt and completion in JSON "
       "lines.",
       &loss_after,
       {},
       Affects::result,
       Holds::value,
       0,
       "TEXT"},
      {kInput, "header", "CSV and TSV begin with the columns' names.", &header},
      {kInput,
       "max-document",
       "Cut longer documents at a line end.",
       &max_document,
       {},
       Affects::result,
       Holds::value,
       0,
       "SIZE"},
  };
  append(fields, clean.fields());
  append(
      fields,
      {{kDuplicates, "exact-duplicates", "Drop documents that are equal to an earlier one.",
        &exact_duplicates},
       {kDuplicates, "near-duplicates",
        "Drop documents that are nearly equal to an earlier one (MinHash, 16 bands of 8).",
        &near_duplicates},
       {kDuplicates, "similarity", "Estimated Jaccard similarity of near duplicates.", &similarity,
        Range{0, 1}},
       {kSplit, "valid-fraction", "Share of the text for validation.", &valid_fraction,
        Range{0, 0.9}},
       {kSplit, "test-fraction", "Share of the text for testing.", &test_fraction, Range{0, 0.9}},
       {kSplit, "split",
        "Whole clusters of similar documents by seed, or the end of the text as it comes.",
        choice(split, {{"cluster", 0}, {"tail", 1}})},
       {kTokens,
        "tokenizer",
        "byte, char, bpe, wordpiece, or a file: .mx, tokenizer.json, .model, vocab.txt.",
        &tokenizer,
        {},
        Affects::result,
        Holds::file,
        0,
        "KIND|FILE"},
       {kTokens, "vocab", "Tokens that a bpe or wordpiece tokenizer is trained to.", &vocab,
        Range{1, 1 << 24}},
       {kTokens, "lowercase", "Fold case and accents (wordpiece).", &lowercase},
       {kTokens,
        "special",
        "A special token besides the usual ones.",
        &special,
        {},
        Affects::result,
        Holds::value,
        0,
        "TOKEN"},
       {kTokens,
        "tokenizer-sample",
        "Train the tokenizer on at most so much of the text.",
        &tokenizer_sample,
        {},
        Affects::result,
        Holds::value,
        0,
        "SIZE"},
       {kTokens, "end-of-document", "Put the end token behind each document.", &end_of_document},
       {kRights, "data-license",
        "Licence of the data (SPDX expression), kept in the file: of all, or of each input in "
        "turn.",
        &data_license},
       {kRights, "data-source",
        "Where the data comes from, kept in the file: all, or each input in turn.", &data_source},
       {kInput,
        "temporary",
        "Folder for temporary data (about twice the text).",
        &temporary,
        {},
        Affects::run,
        Holds::folder,
        0,
        "FOLDER"}});
  return fields;
}

std::string PrepareOptions::said_of(const std::vector<std::string>& said, std::size_t file) {
  if (said.size() == 1) return said.front();
  return file < said.size() ? said[file] : std::string();
}

void PrepareOptions::check_said(const std::vector<std::string>& said, std::size_t inputs,
                                std::string_view flag) {
  if (said.size() <= 1 || said.size() == inputs) return;
  throw Error{Kind::usage,
              fmt::format("--{} is said {} times of {} files", flag, said.size(), inputs),
              "once for all of them, or once for each in their order"};
}

}  // namespace mx
