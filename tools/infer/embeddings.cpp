// SPDX-License-Identifier: Apache-2.0
#include "infer/embeddings.h"

#include "base/error.h"
#include "base/shown.h"
#include "infer/embed.h"
#include "io/input.h"

namespace mx::infer {
namespace {

constexpr std::size_t kBatch = 32;

class Lines {
 public:
  Lines(const Model& model, PromptLines lines, io::Output& out, ThreadPool& pool)
      : embedder_(model, pool), lines_(lines), out_(out) {}

  void file(const std::string& path) {
    const std::unique_ptr<io::Input> in = io::open_input(path, io::Decompress::by_magic);
    io::LineReader reader(*in, kMostLine);
    std::string_view line;
    for (;;) {
      // Whoever feeds a pipe line by line gets each vector before the next line is waited for.
      if (!reader.buffered()) flush();
      if (!reader.next(line)) break;
      try {
        texts_.push_back(text_of_line(line, lines_, "text"));
        numbers_.push_back(reader.number());
      } catch (const Error& error) {
        if (error.kind() != Kind::input) throw;
        flush();
        refuse(error.message(), reader.number());
      }
      if (texts_.size() == kBatch) flush();
    }
    flush();
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void flush() {
    std::vector<float> vectors;
    try {
      vectors = embedder_.embed(texts_);
    } catch (const Error& error) {
      if (error.kind() != Kind::input) throw;
      one_by_one();
      return;
    }
    for (std::size_t i = 0; i < texts_.size(); ++i) write(vectors, i);
    done();
  }
  // Some text among them cannot be encoded.
  void one_by_one() {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      try {
        write(embedder_.embed(std::span(texts_).subspan(i, 1)), 0);
      } catch (const Error& error) {
        if (error.kind() != Kind::input) throw;
        refuse(error.message(), numbers_[i]);
      }
    }
    done();
  }
  void write(const std::vector<float>& vectors, std::size_t row) {
    std::string line = "{\"embedding\":[";
    for (std::size_t i = 0; i < embedder_.size(); ++i) {
      line += fmt::format("{}{}", i == 0 ? "" : ",", vectors[row * embedder_.size() + i]);
    }
    out_.write(view(line + "]}\n"));
    ++count_;
  }
  void done() {
    texts_.clear();
    numbers_.clear();
    out_.flush();
  }
  void refuse(const std::string& message, std::uint64_t line) {
    ++refused_;
    out_.write(view(shown_json(dump_json(Json{{"error", message}, {"line", line}})) + "\n"));
  }

  Embedder embedder_;
  PromptLines lines_;
  io::Output& out_;
  std::vector<std::string> texts_;
  std::vector<std::uint64_t> numbers_;
  std::uint64_t count_ = 0, refused_ = 0;
};

}  // namespace

void embed_lines(const Model& model, PromptLines lines, const std::vector<std::string>& files,
                 io::Output& out, ThreadPool& pool) {
  Lines all(model, lines, out, pool);
  for (const std::string& file : files) all.file(file);
  out.commit();
  if (all.refused() == 0) return;
  throw Error{
      Kind::input,
      fmt::format("{} of {} lines could not be read", all.refused(), all.refused() + all.count()),
      "their lines say \"error\" and where"};
}

}  // namespace mx::infer
