// SPDX-License-Identifier: Apache-2.0
// Documents one after the other out of many files, in the order given and in bounded memory: text,
// JSON lines, CSV, TSV, gzip and zstd seen through, "-" standard input.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/prepare/options.h"
#include "file/model.h"
#include "io/input.h"

namespace mx {

struct Document {
  std::string text;
  // What is behind this byte answers what stands before it, and is alone to be learned, with the
  // document's end. 0: all is; beyond the text: nothing.
  std::size_t answer = 0;

  // Keeps the first `bytes`, and gives the rest.
  [[nodiscard]] Document split(std::size_t bytes);
};

// The documents of one file.
class DocumentSource {
 public:
  enum class Next { document, bad_row, end };
  DocumentSource() = default;
  DocumentSource(const DocumentSource&) = delete;
  DocumentSource& operator=(const DocumentSource&) = delete;
  virtual ~DocumentSource() = default;
  // bad_row: `document.text` says what could not be read, with file and line; the next call goes on
  // behind it.
  [[nodiscard]] virtual Next next(Document& document) = 0;
};

// At most `limit` bytes a document: a longer one comes in pieces, cut behind a line end where there
// is one in the second half, else between characters; `cut` counts the cuts.
[[nodiscard]] std::unique_ptr<DocumentSource> open_text(io::Input& in, DocumentRule rule,
                                                        std::size_t limit, std::uint64_t& cut);
// A row with the strings "prompt" and "completion", and without the field, is the two one after the
// other. A row over `longest` bytes is refused.
[[nodiscard]] std::unique_ptr<DocumentSource> open_json_lines(io::Input& in, std::string field,
                                                              std::size_t longest);
[[nodiscard]] std::unique_ptr<DocumentSource> open_table(io::Input& in, bool tabs, bool header,
                                                         const std::string& column,
                                                         std::size_t longest);

// How far `text` (over `limit` bytes) goes before it is cut.
[[nodiscard]] std::size_t cut_at(std::string_view text, std::size_t limit);

class Documents {
 public:
  Documents(std::vector<std::string> paths, const PrepareOptions& options);
  ~Documents();
  [[nodiscard]] bool next(Document& document);

  // What was read so far; `used` is complete at the end.
  [[nodiscard]] std::uint64_t read() const { return read_; }  // documents
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t cut() const { return cut_; }
  // Documents in which --loss-after does not stand: nothing of them is learned.
  [[nodiscard]] std::uint64_t unanswered() const { return unanswered_; }
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }  // rows
  [[nodiscard]] const std::string& first_unreadable() const { return first_unreadable_; }
  [[nodiscard]] const std::vector<DataUsed>& used() const { return used_; }

 private:
  struct Open;
  void open(const std::string& path);
  void close();
  void find_answer(Document& document);
  [[nodiscard]] bool next_whole(Document& document);

  std::vector<std::string> paths_;
  PrepareOptions options_;
  std::size_t limit_, longest_row_;
  std::size_t next_path_ = 0;
  std::unique_ptr<Open> open_;
  Document rest_;  // of a row that is cut
  std::uint64_t read_ = 0, bytes_ = 0, cut_ = 0, unreadable_ = 0, rows_ = 0, unanswered_ = 0;
  std::string first_unreadable_;
  std::vector<DataUsed> used_;
};

}  // namespace mx
