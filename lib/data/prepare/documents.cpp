// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/documents.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "file/digest.h"
#include "file/memory.h"
#include "io/age.h"
#include "io/decompress.h"
#include "text/utf8.h"

namespace mx {
namespace {

// Passes bytes on and hashes them, as they came.
class Hashed final : public io::Input {
 public:
  explicit Hashed(std::unique_ptr<io::Input> in) : in_(std::move(in)) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t got = in_->read(out);
    digest_.add(out.first(got));
    return got;
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }
  [[nodiscard]] Sha256 finish() {
    Bytes rest(1U << 16U);  // what no document needed
    while (read(rest) > 0) {
    }
    return digest_.finish();
  }

 private:
  std::unique_ptr<io::Input> in_;
  Sha256Stream digest_;
};

// Borrows the Hashed input, which is asked for its digest at the end.
class Borrowed final : public io::Input {
 public:
  explicit Borrowed(io::Input& in) : in_(in) {}
  std::size_t read(std::span<std::uint8_t> out) override { return in_.read(out); }
  [[nodiscard]] const std::string& name() const override { return in_.name(); }

 private:
  io::Input& in_;
};

// It is there as it came, as values and as a document.
std::size_t longest_row(std::uint64_t max_memory) {
  constexpr std::uint64_t kLongest = std::uint64_t{256} << 20U;
  if (max_memory == 0) max_memory = default_max_memory();
  return static_cast<std::size_t>(std::min(kLongest, max_memory / 4));
}

TextFormat format_of(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return TextFormat::jsonl;
  if (name.ends_with(".csv")) return TextFormat::csv;
  if (name.ends_with(".tsv") || name.ends_with(".tab")) return TextFormat::tsv;
  return TextFormat::text;
}

}  // namespace

Document Document::split(std::size_t bytes) {
  Document rest{text.substr(bytes), answer - std::min(bytes, answer)};
  text.resize(bytes);
  answer = std::min(answer, bytes + 1);
  return rest;
}

namespace {

// Text goes through an open temporary file while it is prepared.
std::unique_ptr<io::Input> open_text(const std::string& path) {
  return io::not_sealed(
      io::open_input(path),
      "text is kept in an open temporary file while it is prepared; tables, images "
      "and arrays may be sealed");
}

}  // namespace

struct Documents::Open {
  explicit Open(const std::string& path)
      : raw(open_text(path)), in(io::decompressed(std::make_unique<Borrowed>(raw))) {}
  Hashed raw;
  std::unique_ptr<io::Input> in;
  std::unique_ptr<DocumentSource> source;
};

Documents::Documents(std::vector<std::string> paths, const PrepareOptions& options)
    : paths_(std::move(paths)),
      options_(options),
      limit_(static_cast<std::size_t>(parse_bytes(options.max_document))),
      longest_row_(longest_row(options.max_memory)) {
  if (limit_ < 1024 || limit_ > (std::size_t{64} << 20U)) {
    fail(Kind::usage, "--max-document must be from 1KiB to 64MiB");
  }
}

Documents::~Documents() = default;

bool Documents::next(Document& document) {
  if (rest_.text.empty()) {
    if (!next_whole(document)) return false;
  } else {
    document = std::exchange(rest_, {});
  }
  std::string& text = document.text;
  if (text.size() > limit_) {
    const std::size_t at = cut_at(text, limit_);
    rest_ = document.split(at);
    ++cut_;
  }
  ++read_;
  ++rows_;
  bytes_ += text.size();
  return true;
}

bool Documents::next_whole(Document& document) {
  for (;;) {
    document.answer = 0;
    if (!open_) {
      if (next_path_ == paths_.size()) return false;
      open(paths_[next_path_++]);
    }
    const DocumentSource::Next got = open_->source->next(document);
    if (got == DocumentSource::Next::document) {
      find_answer(document);
      return true;
    }
    if (got == DocumentSource::Next::end) close();
    if (got == DocumentSource::Next::bad_row && unreadable_++ == 0) {
      first_unreadable_ = document.text;
    }
  }
}

void Documents::find_answer(Document& document) {
  const std::string& mark = options_.loss_after;
  if (mark.empty() || document.answer > 0) return;
  const std::size_t at = document.text.find(mark);
  if (at == std::string::npos) ++unanswered_;
  document.answer = at == std::string::npos ? document.text.size() + 1 : at + mark.size();
}

void Documents::open(const std::string& path) {
  open_ = std::make_unique<Open>(path);
  rows_ = 0;
  const TextFormat format =
      options_.format == TextFormat::automatic ? format_of(open_->in->name()) : options_.format;
  if (format == TextFormat::text) {
    open_->source = open_text(*open_->in, options_.documents, limit_, cut_);
  } else if (format == TextFormat::jsonl) {
    open_->source = open_json_lines(*open_->in, options_.text, longest_row_);
  } else {
    open_->source = open_table(*open_->in, format == TextFormat::tsv, options_.header,
                               options_.text, longest_row_);
  }
}

void Documents::close() {
  const std::size_t number = used_.size();
  used_.push_back({open_->raw.finish(), rows_, "input",
                   PrepareOptions::said_of(options_.data_license, number),
                   PrepareOptions::said_of(options_.data_source, number)});
  open_.reset();
}

std::size_t cut_at(std::string_view text, std::size_t limit) {
  const std::size_t line_end = text.rfind('\n', limit - 1);
  if (line_end != std::string_view::npos && line_end >= limit / 2) return line_end + 1;
  std::size_t at = limit;
  while (at > limit - 4 && is_continuation(text[at])) --at;
  return is_continuation(text[at]) ? limit : at;
}

}  // namespace mx
