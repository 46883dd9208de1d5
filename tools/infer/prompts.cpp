// SPDX-License-Identifier: Apache-2.0
#include "infer/prompts.h"

#include "base/error.h"
#include "base/shown.h"
#include "data/language.h"
#include "data/schema.h"
#include "io/input.h"

namespace mx::infer {
namespace {

class Prompts {
 public:
  Prompts(const Model& model, const Prompting& prompting, io::Output& out, ThreadPool& pool)
      : prompting_(prompting),
        out_(out),
        engine_(model.header.network, model.weights, pool),
        tokenizer_(tokenizer_of(model.header)) {
    const Schema schema = schema_from_json(model.header.schema);
    if (schema.task != Task::lm) {
      fail(Kind::usage, "the model fills in masked tokens; it does not go on with a text");
    }
  }

  void stream(std::string_view prompt) {
    Random random(prompting_.seed, 0);
    generate(engine_, *tokenizer_, prompt, prompting_.options, random, [&](std::string_view text) {
      out_.write(view(prompting_.terminal ? shown_text(text) : std::string(text)));
      out_.flush();
      return true;
    });
    out_.write(view("\n"));
  }

  void lines(const std::string& path) {
    const std::unique_ptr<io::Input> in = io::open_input(path, io::Decompress::by_magic);
    io::LineReader reader(*in, kMostLine);
    std::string_view line;
    for (;;) {
      if (!reader.buffered()) out_.flush();
      if (!reader.next(line)) return;
      try {
        answer(text_of_line(line, prompting_.lines, "prompt"));
      } catch (const Error& error) {
        if (error.kind() != Kind::input) throw;
        refuse(error.message(), reader.number());
      }
    }
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void answer(const std::string& prompt) {
    Random random(prompting_.seed, count_++);
    std::string all;
    generate(engine_, *tokenizer_, prompt, prompting_.options, random, [&](std::string_view text) {
      all += text;
      return true;
    });
    if (prompting_.text && prompting_.terminal) all = shown_text(all);
    if (!prompting_.text) all = shown_json(dump_json(Json{{"text", all}}));
    out_.write(view(all + "\n"));
  }
  void refuse(const std::string& message, std::uint64_t line) {
    ++refused_;
    out_.write(
        view((prompting_.text ? "error: " + message
                              : shown_json(dump_json(Json{{"error", message}, {"line", line}}))) +
             "\n"));
  }

  const Prompting& prompting_;
  io::Output& out_;
  Engine engine_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::uint64_t count_ = 0, refused_ = 0;
};

}  // namespace

std::string text_of_line(std::string_view line, PromptLines lines, std::string_view key) {
  const bool plain = lines == PromptLines::by_first_character ? !line.starts_with('{')
                                                              : lines == PromptLines::text;
  if (plain) return std::string(line);
  const Json json = parse_json(line, "the line");
  if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
    fail(Kind::input, "the line has no text \"{}\"", key);
  }
  return json[key].get<std::string>();
}

void answer_prompts(const Model& model, const Prompting& prompting,
                    const std::vector<std::string>& files, io::Output& out, ThreadPool& pool) {
  Prompts prompts(model, prompting, out, pool);
  if (prompting.one) {
    prompts.stream(prompting.prompt);
    return;
  }
  for (const std::string& file : files) prompts.lines(file);
  if (prompts.refused() == 0) return;
  out.commit();
  throw Error{Kind::input,
              fmt::format("{} of {} prompts could not be read", prompts.refused(),
                          prompts.refused() + prompts.count()),
              prompting.text ? "" : "their lines say \"error\" and where"};
}

}  // namespace mx::infer
