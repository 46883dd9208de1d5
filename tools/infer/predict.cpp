// SPDX-License-Identifier: Apache-2.0
// mx-infer MODEL [ROWS...]: a line for each row.
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "base/words.h"
#include "cli/models.h"
#include "data/images.h"
#include "data/rows.h"
#include "infer/answers.h"
#include "infer/commands.h"
#include "infer/embeddings.h"
#include "infer/prompts.h"
#include "io/age.h"
#include "io/decompress.h"

namespace mx::infer {
namespace {

enum class InputFormat { by_content, csv, tsv, jsonl, text, idx };

bool names_lines(std::string_view name) {
  return name.ends_with(".txt") || name.ends_with(".text") || name.ends_with(".md");
}

class Predict final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Predict rows, or go on with texts: one line out for each in, in the same order.",
            "[OPTIONS] MODEL [ROWS...]",
            {"mx-infer digits.mx digits.csv > predictions.jsonl",
             "head -3 digits.csv | mx-infer digits.mx --top 3",
             "mx-infer digits.mx --output text digits.csv",
             "mx-infer lm.mx --prompt 'To be' --max-tokens 20 --seed 1"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .output_name = "write",
            .output_required = false,
            .output_binary = false,
            .threads = true,
            .device = true,
            .max_memory = true,
            .models = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields fields = {
        {.group = "Rows",
         .name = "input",
         .help = "Format of the rows; auto goes by name and content. text: each line is one.",
         .value = choice(input_, {{"auto", static_cast<int>(InputFormat::by_content)},
                                  {"csv", static_cast<int>(InputFormat::csv)},
                                  {"tsv", static_cast<int>(InputFormat::tsv)},
                                  {"jsonl", static_cast<int>(InputFormat::jsonl)},
                                  {"text", static_cast<int>(InputFormat::text)},
                                  {"idx", static_cast<int>(InputFormat::idx)}})},
        {.group = "Rows",
         .name = "header",
         .help = "The first row names the columns; without one they go by number from 1.",
         .value = &header_},
        {.group = "Predictions",
         .name = "output",
         .help = "JSON lines, columns divided by tabs (a text that a spreadsheet would take for a "
                 "formula gets a single quote in front), or the prediction alone.",
         .value = choice(output_, {{"jsonl", static_cast<int>(Format::jsonl)},
                                   {"tsv", static_cast<int>(Format::tsv)},
                                   {"text", static_cast<int>(Format::text)}})},
        {.group = "Predictions",
         .name = "top",
         .help = "Show the K most probable classes too.",
         .value = &top_,
         .range = Range{0, 65536},
         .meaning = "K"},
        {.group = "Predictions",
         .name = "embed",
         .help = "A vector for each line of text, of what the model computes in front of its head.",
         .value = &embed_},
        adapter_field(adapters_, kAdapterHelp)};
    append(fields, {{.group = "Generation",
                     .name = "prompt",
                     .help = "Go on with this text, and show it as it comes (language models).",
                     .value = &prompting_.prompt,
                     .meaning = "TEXT"}});
    append(fields, prompting_.options.fields());
    append(fields, {{.group = "Generation",
                     .name = "seed",
                     .help = "Seed of what is drawn; drawn itself and printed when not given.",
                     .value = &seed_,
                     .range = Range{0, 0x1p53}}});
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "Model file, or - for standard input.", &model_},
            {"ROWS", "CSV, TSV, JSON lines, text, IDX or .npy, also .gz and .zst.", &rows_, false,
             true}};
  }

  [[nodiscard]] int run(cli::Session& session) override {
    if (model_ == "-" && std::find(rows_.begin(), rows_.end(), "-") != rows_.end()) {
      throw Error{Kind::usage, "standard input cannot be both the model and the rows",
                  "name a file for one of them"};
    }
    keys_ = session.common().trust.keys();
    max_memory_ = session.max_memory();
    ThreadPool pool(session.threads());
    const Model model = load(model_, adapters_, pool, session);
    if (embed_) return embed(model, pool, session);
    if (generates(model)) return go_on(model, pool, session);
    refuse_generation(session);
    Predictor predictor(model, pool);
    check_input(predictor.schema());
    const auto out = cli::open_output(session);
    Answers answers(predictor, output_, static_cast<std::size_t>(top_), *out);
    for (const std::string& file : rows_) {
      if (predictor.schema().source == Schema::Source::image) {
        predict_images(DataFile(file, keys_, max_memory_), predictor.schema(), answers);
      } else {
        predict_rows(file, predictor, answers, session.log());
      }
    }
    answers.flush();
    out->commit();
    if (answers.refused() != 0) {
      throw Error{Kind::input,
                  fmt::format("{} of {} rows could not be read", answers.refused(), answers.rows()),
                  output_ == Format::jsonl ? "their lines say \"error\" and where" : ""};
    }
    return 0;
  }

 private:
  int embed(const Model& model, ThreadPool& pool, cli::Session& session) {
    refuse_generation(session);
    for (const std::string_view row_option : {"top", "header", "output"}) {
      if (session.given(row_option)) {
        fail(Kind::usage, "--{} is for predictions, and --embed makes none", row_option);
      }
    }
    PromptLines lines = PromptLines::by_first_character;
    if (input_ == InputFormat::text) lines = PromptLines::text;
    if (input_ == InputFormat::jsonl) lines = PromptLines::jsonl;
    if (lines == PromptLines::by_first_character && input_ != InputFormat::by_content) {
      fail(Kind::usage, "texts are read as text or jsonl");
    }
    const auto out = cli::open_output(session);
    embed_lines(model, lines, rows_, *out, pool);
    return 0;
  }

  int go_on(const Model& model, ThreadPool& pool, cli::Session& session) {
    for (const std::string_view row_option : {"top", "header"}) {
      if (session.given(row_option)) {
        fail(Kind::usage, "--{} is for rows, but {} takes text", row_option, printable(model_));
      }
    }
    if (output_ == Format::tsv) fail(Kind::usage, "text is given out as jsonl or text");
    switch (input_) {
      case InputFormat::by_content:
        break;
      case InputFormat::text:
        prompting_.lines = PromptLines::text;
        break;
      case InputFormat::jsonl:
        prompting_.lines = PromptLines::jsonl;
        break;
      default:
        fail(Kind::usage, "prompts are read as text or jsonl");
    }
    prompting_.one = session.given("prompt");
    if (prompting_.one && rows_ != std::vector<std::string>{"-"}) {
      fail(Kind::usage, "--prompt and files of prompts both say what to go on with");
    }
    prompting_.text = output_ == Format::text;
    prompting_.seed = seed_ ? static_cast<std::uint64_t>(*seed_) : draw_seed();
    if (!seed_ && prompting_.options.sampling.temperature > 0) {
      session.log().info(fmt::format("seed {}", prompting_.seed));
    }
    const std::string& output = session.common().output;
    prompting_.terminal = (output.empty() || output == "-") && ::isatty(STDOUT_FILENO) == 1;
    const auto out = cli::open_output(session);
    answer_prompts(model, prompting_, rows_, *out, pool);
    out->commit();
    return 0;
  }

  // Whether it goes on with texts; other models on tokens classify them.
  static bool generates(const Model& model) {
    return takes_tokens(model.header.network) && output_shape(model.header.network).size() == 2;
  }

  void check_input(const Schema& schema) const {
    if (input_ == InputFormat::by_content) return;
    const bool image = schema.source == Schema::Source::image;
    if (image != (input_ == InputFormat::idx)) {
      fail(Kind::usage, "{} takes {}", printable(model_),
           image ? "images: --input idx" : "no images");
    }
    if (input_ == InputFormat::text && schema.source != Schema::Source::text) {
      fail(Kind::usage, "{} takes rows of columns, not lines of text", printable(model_));
    }
  }

  void refuse_generation(const cli::Session& session) const {
    for (const std::string_view option :
         {"prompt", "max-tokens", "temperature", "top-k", "top-p", "min-p", "stop", "seed"}) {
      if (session.given(option)) {
        fail(Kind::usage, "--{} is for language models, but {} takes rows", option,
             printable(model_));
      }
    }
  }

  [[nodiscard]] std::string file_of(const std::string& name) const {
    return rows_.size() > 1 ? name : std::string();
  }

  [[nodiscard]] std::unique_ptr<RowSource> open(const std::string& path,
                                                const Schema& schema) const {
    auto in = io::open_input(path);
    if (!keys_.empty()) in = io::unsealed(std::move(in), keys_);
    in = io::decompressed(std::move(in));
    const bool lines = input_ == InputFormat::by_content && schema.source == Schema::Source::text &&
                       names_lines(path);
    switch (lines ? InputFormat::text : input_) {
      case InputFormat::csv:
        return open_rows(Sniffed{std::move(in), DataKind::csv}, header_);
      case InputFormat::tsv:
        return open_rows(Sniffed{std::move(in), DataKind::tsv}, header_);
      case InputFormat::jsonl:
        return open_rows(Sniffed{std::move(in), DataKind::jsonl}, header_);
      case InputFormat::text:
        return open_lines(std::move(in), schema.text);
      case InputFormat::idx:
      case InputFormat::by_content:
        break;
    }
    return open_rows(std::move(in), header_, max_memory_);
  }

  static RowEncoder make_encoder(const Predictor& predictor, const RowSource& rows) {
    try {
      return {predictor.schema(), rows.columns(), predictor.tokenizer()};
    } catch (const Error& error) {
      if (predictor.schema().source != Schema::Source::text) throw;
      throw Error{error.kind(), error.message(), "--input text takes each line as a text"};
    }
  }

  void predict_rows(const std::string& path, const Predictor& predictor, Answers& answers,
                    Log& log) {
    header_ = header_ && predictor.schema().header;
    const std::unique_ptr<RowSource> rows = open(path, predictor.schema());
    RowEncoder encoder = make_encoder(predictor, *rows);
    warn_of_extra(encoder.extra(), log);
    std::vector<std::string_view> cells;
    std::uint64_t refused_line = 0;
    for (;;) {
      // Whoever feeds a pipe row by row gets each answer before the next row is waited for.
      if (!rows->buffered()) answers.flush();
      try {
        if (!rows->next(cells)) break;
        encoder.encode(cells, answers.next());
      } catch (const Error& error) {
        // An input that is stuck fails at the same line for ever.
        if (error.kind() != Kind::input || rows->line() == refused_line) throw;
        refused_line = rows->line();
        answers.refuse({without_place(error.message(), *rows), refused_line, file_of(path)});
        continue;
      }
      answers.accept(rows->line(), file_of(path));
    }
  }

  void predict_images(const DataFile& file, const Schema& schema, Answers& answers) {
    if (!holds_images(file)) {
      throw Error{Kind::input,
                  fmt::format("{} holds no images, but the model takes {}", file.name(),
                              to_string(schema.input)),
                  "give it IDX files or .npy arrays of bytes"};
    }
    const Tensor images = read_images(file);
    if (Shape(images.shape.begin() + 1, images.shape.end()) != schema.input) {
      fail(Kind::input, "{} holds {}, but the model takes images of {}", file.name(),
           to_string(images.shape), to_string(schema.input));
    }
    const std::size_t size = element_count(schema.input);
    for (std::size_t i = 0; i < static_cast<std::size_t>(images.shape[0]); ++i) {
      encode_image(images.as<std::uint8_t>().subspan(i * size, size), answers.next());
      answers.accept(i + 1, file_of(file.path()));
    }
  }

  static void warn_of_extra(const std::vector<std::string>& extra, Log& log) {
    if (extra.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(extra.size(), 5); ++i) {
      names += (i == 0 ? "" : ", ") + printable(extra[i]);
    }
    if (extra.size() > 5) names += fmt::format(" and {} more", extra.size() - 5);
    log.warn(fmt::format("{} column{} not the model's, and ignored: {}", extra.size(),
                         extra.size() == 1 ? " is" : "s are", names));
  }

  // The line says where it is by itself.
  static std::string without_place(const std::string& message, const RowSource& rows) {
    const std::string place = rows.place() + ": ";
    return message.starts_with(place) ? message.substr(place.size()) : message;
  }

  std::vector<std::string> adapters_;
  std::string model_;
  std::vector<std::string> rows_;
  io::AgeKeys keys_;
  std::uint64_t max_memory_ = 0;
  InputFormat input_ = InputFormat::by_content;
  Format output_ = Format::jsonl;
  std::int64_t top_ = 0;
  Prompting prompting_;
  std::optional<std::int64_t> seed_;
  bool header_ = true, embed_ = false;
};

}  // namespace

std::unique_ptr<cli::Command> predict_command() { return std::make_unique<Predict>(); }

}  // namespace mx::infer
