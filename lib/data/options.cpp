// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

namespace mx {

Fields DataOptions::fields(bool training) {
  constexpr std::string_view kGroup = "Data", kText = "Text";
  // Files are told by their digests in the lineage, not by their names.
  Fields out = {
      {.group = kGroup,
       .name = "data",
       .help = "Rows: CSV, TSV, JSON lines, IDX or .npy, also .gz and .zst; - is standard input.",
       .value = &data,
       .affects = Affects::run,
       .holds = Holds::file},
      {.group = kGroup,
       .name = "labels",
       .help = "Labels of --data's images or arrays, IDX or .npy.",
       .value = &labels,
       .affects = Affects::run,
       .holds = Holds::file},
      {.group = kGroup,
       .name = "label",
       .help = "Column to predict; several for --task regress. Default: the last one.",
       .value = &label,
       .meaning = "COL[,COL...]"},
      {.group = kGroup,
       .name = "fold",
       .help = "Part K of N equal parts: training leaves it out, evaluation uses only it.",
       .value = &fold,
       .meaning = "K/N"},
      {.group = kGroup,
       .name = "header",
       .help = "The first row names the columns; without one they go by number from 1.",
       .value = &header}};
  append(out,
         {{.group = kText,
           .name = "text",
           .help = "Field (JSON lines) or column that holds the text.",
           .value = &text,
           .meaning = "COL"},
          {.group = kText,
           .name = "documents",
           .help = "What one document of a text file is.",
           .value = choice(documents, {{"file", static_cast<int>(DocumentRule::file)},
                                       {"paragraph", static_cast<int>(DocumentRule::paragraph)},
                                       {"line", static_cast<int>(DocumentRule::line)}})},
          {.group = kText,
           .name = "boundaries",
           .help = "Windows of text cross the ends of documents; or keep: they do, but no token "
                   "sees another document; or rows: each row is one document, cut at --context; "
                   "auto: rows where documents have prompt and completion, else cross.",
           .value = choice(boundaries, {{"auto", static_cast<int>(Boundaries::automatic)},
                                        {"cross", static_cast<int>(Boundaries::cross)},
                                        {"keep", static_cast<int>(Boundaries::keep)},
                                        {"rows", static_cast<int>(Boundaries::rows)}})},
          {.group = kText,
           .name = "loss-after",
           .help = "Learn only what follows this text in each document, as the completion behind a "
                   "prompt.",
           .value = &loss_after,
           .meaning = "TEXT"}});
  if (!training) {
    append(out, {{.group = kText,
                  .name = "stride",
                  .help = "Tokens from one window of text to the next; each token is scored in the "
                          "first window that holds it (default: the context, no overlap).",
                  .value = &stride,
                  .range = Range{1, 1 << 24}}});
    return out;
  }
  append(
      out,
      {{.group = kGroup,
        .name = "valid",
        .help = "Rows to choose the best weights by.",
        .value = &valid,
        .affects = Affects::run,
        .holds = Holds::file},
       {.group = kGroup,
        .name = "test",
        .help = "Rows to report the final quality on.",
        .value = &test,
        .affects = Affects::run,
        .holds = Holds::file},
       {.group = kGroup,
        .name = "valid-fraction",
        .help = "Share of the training rows that is kept out as --valid would be.",
        .value = &valid_fraction,
        .range = Range{0, 0.9}},
       {.group = kGroup,
        .name = "task",
        .help = "Predict a class, numbers, the next token or masked ones (default for text: "
                "lm; bert: mlm).",
        .value = choice(task, {{"classify", static_cast<int>(Task::classify)},
                               {"regress", static_cast<int>(Task::regress)},
                               {"lm", static_cast<int>(Task::lm)},
                               {"mlm", static_cast<int>(Task::mlm)}})},
       {.group = kGroup,
        .name = "features",
        .help = "Columns to learn from. Default: all but the label.",
        .value = &features,
        .meaning = "COL[,COL...]"},
       {.group = kGroup,
        .name = "input-shape",
        .help = "Shape of a row for convolutions: channels, height, width.",
        .value = &input_shape,
        .meaning = "C,H,W"},
       {.group = kGroup,
        .name = "scaling",
        .help = "How numbers are scaled: to mean 0 and deviation 1, to [0, 1], not at all.",
        .value = choice(scaling, {{"standard", static_cast<int>(Scaling::standard)},
                                  {"minmax", static_cast<int>(Scaling::minmax)},
                                  {"none", static_cast<int>(Scaling::none)}})},
       {.group = kText,
        .name = "tokenizer",
        .help = "byte, char, bpe, wordpiece, or a file: .mx, tokenizer.json, .model, vocab.txt; or "
                "the folder with such files.",
        .value = &tokenizer,
        .meaning = "KIND|FILE|FOLDER"},
       {.group = kText,
        .name = "vocab",
        .help = "Tokens that a bpe or wordpiece tokenizer is trained to.",
        .value = &vocab,
        .range = Range{1, 1 << 24}},
       {.group = "Rights",
        .name = "data-license",
        .help =
            "Licence of the data (SPDX expression), kept in the lineage: of all files, or of each "
            "--data in turn.",
        .value = &data_license,
        .affects = Affects::run},
       {.group = "Rights",
        .name = "data-source",
        .help =
            "Where the data comes from, kept in the lineage: all files, or each --data in turn.",
        .value = &data_source,
        .affects = Affects::run}});
  return out;
}

void DataOptions::leave_out_idle(Json& options, bool text, bool settled) {
  for (const Field& field : fields(true)) {
    const std::string name(field.name);
    if (!text && field.group == "Text") options.erase(name);
    if (settled &&
        (name == "task" || name == "features" || name == "input-shape" || name == "scaling" ||
         name == "header" || name == "label" || name == "tokenizer" || name == "vocab")) {
      options.erase(name);
    }
  }
}

}  // namespace mx
