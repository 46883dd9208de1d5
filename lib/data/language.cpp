// SPDX-License-Identifier: Apache-2.0
#include "data/language.h"

#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "data/prepare/prepare.h"
#include "data/windows.h"
#include "file/digest.h"
#include "file/forward.h"
#include "file/license.h"
#include "file/lineage.h"
#include "file/memory.h"
#include "io/input.h"
#include "net/families.h"
#include "text/json_look.h"

namespace mx {
namespace {

bool is_data_file(const std::string& path) {
  return path != "-" && is_container(*io::open_input(path));
}

// As they are: no byte is changed, no document dropped.
PrepareOptions as_they_are(const DataOptions& options) {
  PrepareOptions out;
  out.clean.normal_form = NormalForm::none;
  out.clean.controls = false;
  out.clean.whitespace = Whitespace::keep;
  out.exact_duplicates = out.near_duplicates = false;
  out.split = SplitRule::tail;
  out.documents = options.documents;
  out.loss_after = options.loss_after;
  out.text = options.text;
  out.header = options.header;
  out.tokenizer = options.tokenizer;
  out.vocab = options.vocab;
  out.max_memory = options.max_memory;
  out.data_license = options.data_license;
  out.data_source = options.data_source;
  return out;
}

// Into memory, as much as there may be.
class LimitedOutput final : public io::Output {
 public:
  LimitedOutput(Bytes& to, std::uint64_t limit)
      : to_(io::memory_output(to)), limit_(limit == 0 ? default_max_memory() : limit) {}
  void write(ByteView bytes) override {
    check_memory("the text, as tokens,", to_->written() + bytes.size(), limit_);
    to_->write(bytes);
  }
  void flush() override {}
  void commit() override {}
  [[nodiscard]] const std::string& name() const override { return to_->name(); }
  [[nodiscard]] std::uint64_t written() const override { return to_->written(); }

 private:
  std::unique_ptr<io::Output> to_;
  std::uint64_t limit_;
};

struct Source {
  std::shared_ptr<const TokenData> data;
  std::vector<DataUsed> used;
};

class Loader {
 public:
  Loader(const DataOptions& options, const LanguageRequest& request, ThreadPool& pool, Log& log)
      : options_(options),
        request_(request),
        pool_(pool),
        log_(log),
        tokenizer_(request.tokenizer) {
    if (options.stride && *options.stride > request.context) {
      fail(Kind::usage, "a stride of {} leaves tokens out: the context is {}", *options.stride,
           request.context);
    }
    if (!options.fold.empty()) {
      throw Error{Kind::usage, "text has no folds", "--valid-fraction keeps the end of it"};
    }
  }

  Source open(const std::vector<std::string>& paths, double valid_fraction,
              const std::string& role) {
    if (paths.size() == 1 && is_data_file(paths.front())) {
      if (valid_fraction > 0) {
        throw Error{Kind::usage,
                    fmt::format("{} was divided when it was prepared", printable(paths.front())),
                    "leave --valid-fraction out"};
      }
      auto data = std::make_shared<const TokenData>(paths.front());
      if (!options_.loss_after.empty()) {
        throw Error{
            Kind::usage,
            fmt::format("{} was made into tokens when it was prepared", printable(paths.front())),
            "mx-train prepare takes --loss-after"};
      }
      Source out{data, {}};
      DataUsed used;
      used.sha256 = data->overview().identity;
      used.role = role;
      for (const Record& record : data->overview().lineage.records) {
        for (const DataUsed& one : record.data) {
          used.rows += one.rows;
          used.license = all_licenses({used.license, one.license});
          if (!one.source.empty() && used.source.find(one.source) == std::string::npos) {
            used.source += (used.source.empty() ? "" : "; ") + one.source;
          }
        }
      }
      out.used.push_back(std::move(used));
      return out;
    }
    PrepareOptions prepared = as_they_are(options_);
    if (role != "train") {  // what is said of each file is said of each --data
      if (prepared.data_license.size() > 1) prepared.data_license.clear();
      if (prepared.data_source.size() > 1) prepared.data_source.clear();
    }
    prepared.valid_fraction = valid_fraction;
    prepared.ready = tokenizer_;
    Bytes bytes;
    const auto to = std::make_unique<LimitedOutput>(bytes, options_.max_memory);
    const Prepared done =
        prepare(paths, prepared, request_.seed, make_record("prepare", "mx-train", Json::object()),
                *to, pool_, log_);
    if (done.unreadable > 0) {
      throw Error{Kind::input, fmt::format("{} rows could not be read", done.unreadable),
                  "the first: " + done.first_unreadable};
    }
    auto data = std::make_shared<const TokenData>(MappedContainer(std::move(bytes), "the text"));
    Source out{data, data->overview().lineage.records.back().data};
    for (DataUsed& one : out.used) one.role = role;
    return out;
  }

  // What --tokenizer says, or the model's own.
  void settle_tokenizer() { tokenizer_ = request_.tokenizer; }
  void take_tokenizer(const Source& source, const std::string& path) {
    const Json json = source.data->tokenizer().to_json();
    if (tokenizer_ && tokenizer_->to_json() != json) {
      throw Error{Kind::usage,
                  fmt::format("{} was prepared with another tokenizer", printable(path)),
                  "prepare it with --tokenizer and the model or data file that is gone on with"};
    }
    if (!tokenizer_) tokenizer_ = tokenizer_from_json(json, "the tokenizer");
  }

  [[nodiscard]] Dataset rows(const Source& source, Part part, bool measuring) const {
    Dataset out;
    if (source.data->tokens(part) < 2) return out;
    if (options_.stride && boundaries_of(*source.data) == Boundaries::rows) {
      fail(Kind::usage, "--stride moves windows of text, but the rows are documents");
    }
    WindowOptions window{.context = static_cast<std::uint64_t>(request_.context),
                         .boundaries = boundaries_of(*source.data),
                         .masked = request_.task == Task::mlm,
                         .measuring = measuring,
                         .stride = static_cast<std::uint64_t>(options_.stride.value_or(0))};
    out.tokens = make_windows(source.data, part, window);
    out.rows = static_cast<std::size_t>(out.tokens->rows());
    out.inputs = static_cast<std::size_t>(request_.context);
    return out;
  }

  [[nodiscard]] Boundaries boundaries_of(const TokenData& data) const {
    if (options_.boundaries != Boundaries::automatic) return options_.boundaries;
    const bool answers = data.has_answers(Part::train) || data.has_answers(Part::valid) ||
                         data.has_answers(Part::test);
    return answers ? Boundaries::rows : Boundaries::cross;
  }

  [[nodiscard]] Schema schema() const {
    Schema out;
    out.task = request_.task;
    out.source = Schema::Source::text;
    out.input = {request_.context};
    return out;
  }
  [[nodiscard]] const std::shared_ptr<const Tokenizer>& tokenizer() const { return tokenizer_; }

 private:
  const DataOptions& options_;
  const LanguageRequest& request_;
  ThreadPool& pool_;
  Log& log_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

void add(std::vector<DataUsed>& to, const std::vector<DataUsed>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

bool names_text(const DataOptions& options) {
  if (options.data.empty()) return false;
  std::string name = options.data.front();
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  }
  constexpr std::array<std::string_view, 4> kEndings = {".txt", ".text", ".md", ".mx"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); });
}

Loaded load_language(const DataOptions& options, const LanguageRequest& request, ThreadPool& pool,
                     Log& log) {
  if (options.valid_fraction > 0 && !options.valid.empty()) {
    fail(Kind::usage,
         "--valid and --valid-fraction both say what to validate on: give one of them");
  }
  Loader loader(options, request, pool, log);
  Loaded out;
  const Source source = loader.open(options.data, options.valid_fraction, "train");
  loader.take_tokenizer(source, options.data.front());
  out.schema = loader.schema();
  out.tokenizer = loader.tokenizer()->to_json();
  out.used = source.used;
  out.train = loader.rows(source, Part::train, false);
  if (out.train.rows == 0) {
    throw Error{Kind::input, "there is no text to train on: fewer than two tokens", ""};
  }
  out.valid = loader.rows(source, Part::valid, true);
  out.test = loader.rows(source, Part::test, true);
  const auto more = [&](const std::vector<std::string>& paths, const std::string& role,
                        Dataset& to) {
    if (paths.empty()) return;
    const Source extra = loader.open(paths, 0, role);
    loader.take_tokenizer(extra, paths.front());
    to = loader.rows(extra, Part::train, true);
    if (to.rows == 0) fail(Kind::input, "{} has fewer than two tokens", printable(paths.front()));
    add(out.used, extra.used);
  };
  more(options.valid, "valid", out.valid);
  more(options.test, "test", out.test);
  if (source.data->tokens(Part::train) <= static_cast<std::uint64_t>(request.context)) {
    log.warn(fmt::format("the text has {} tokens, no more than the context of {}",
                         source.data->tokens(Part::train), request.context));
  }
  log.info(fmt::format(
      "{} tokens to train on ({} of {}){}", source.data->tokens(Part::train),
      name_of(loader.tokenizer()->kind()), loader.tokenizer()->size(),
      out.valid.rows > 0 ? fmt::format("; {} rows to validate", out.valid.rows) : std::string()));
  return out;
}

Loaded load_language_for_evaluation(const DataOptions& options, const LanguageRequest& request,
                                    ThreadPool& pool, Log& log) {
  Loader loader(options, request, pool, log);
  Loaded out;
  const Source source = loader.open(options.data, 0, "test");
  loader.take_tokenizer(source, options.data.front());
  out.schema = loader.schema();
  out.tokenizer = loader.tokenizer()->to_json();
  out.used = source.used;
  for (const Part part : {Part::test, Part::valid, Part::train}) {
    out.test = loader.rows(source, part, true);
    if (out.test.rows > 0) break;
  }
  if (out.test.rows == 0) fail(Kind::input, "there is no text to measure on");
  return out;
}

Json tokenizer_json(const Header& header) {
  if (!header.extra.is_object() || !header.extra.contains("tokenizer")) return nullptr;
  return header.extra.at("tokenizer");
}

std::string chat_template_of(const Header& header) {
  return word_at(header.extra, {"chat_template"});
}

bool normalizes_embeddings(const Header& header) {
  const Json& extra = header.extra;
  const auto found = extra.is_object() ? extra.find("embedding") : extra.end();
  return extra.is_object() && found != extra.end() && found->is_object() &&
         found->value("normalize", Json(false)) == Json(true);
}

std::shared_ptr<const Tokenizer> tokenizer_of(const Header& header) {
  const Json json = tokenizer_json(header);
  if (json.is_null()) fail(Kind::input, "the model has no tokenizer, so it cannot read text");
  return tokenizer_from_json(json, "the model's tokenizer");
}

namespace {

std::optional<Schema> schema_of(const Header& header) {
  if (header.schema.is_null()) return std::nullopt;
  return schema_from_json(header.schema);
}

TextReading reading_of(const Header& header) {
  return {.context = context_of(header.network), .tokenizer = tokenizer_of(header)};
}

LanguageRequest request_of(const Header& header, const std::optional<Schema>& schema,
                           std::uint64_t seed) {
  return {.task = schema ? schema->task : Task::lm,
          .context = context_of(header.network),
          .tokenizer = tokenizer_of(header),
          .seed = seed};
}

// What a network that makes vectors of texts sees of each: lines of text files, rows of others. No
// labels, no tokens that are scored.
Loaded load_texts(const DataOptions& options, const Header& header, ThreadPool& pool, Log& log) {
  DataOptions texts = options;
  if (texts.documents == DocumentRule::file) texts.documents = DocumentRule::line;
  texts.boundaries = Boundaries::rows;
  LanguageRequest request = request_of(header, std::nullopt, 0);
  request.task = Task::mlm;  // which sees a document to its end
  Loader loader(texts, request, pool, log);
  Loaded out;
  const Source source = loader.open(texts.data, 0, "test");
  loader.take_tokenizer(source, texts.data.front());
  out.tokenizer = loader.tokenizer()->to_json();
  out.used = source.used;
  out.test = loader.rows(source, Part::train, /*measuring=*/false);
  if (out.test.rows == 0) fail(Kind::input, "there are no texts to look at");
  return out;
}

}  // namespace

Loaded load_training_data(const DataOptions& options, const Header& header, std::uint64_t seed,
                          ThreadPool& pool, Log& log) {
  const std::optional<Schema> schema = schema_of(header);
  if (!takes_tokens(header.network)) {
    return load_for_training(options, schema ? &*schema : nullptr, seed, log);
  }
  if (schema && !scores_tokens(schema->task)) {
    const TextReading reading = reading_of(header);
    return load_for_training(options, &*schema, seed, log, &reading);
  }
  return load_language(options, request_of(header, schema, seed), pool, log);
}

Loaded load_evaluation_data(const DataOptions& options, const Header& header, ThreadPool& pool,
                            Log& log) {
  const std::optional<Schema> schema = schema_of(header);
  if (!schema && ends_pooled(header.network)) return load_texts(options, header, pool, log);
  if (!schema) fail(Kind::input, "the model has no input schema: what its rows are is not known");
  if (!takes_tokens(header.network)) return load_for_evaluation(options, *schema, log);
  if (!scores_tokens(schema->task)) {
    const TextReading reading = reading_of(header);
    return load_for_evaluation(options, *schema, log, &reading);
  }
  return load_language_for_evaluation(options, request_of(header, schema, 0), pool, log);
}

}  // namespace mx
