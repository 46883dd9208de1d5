// SPDX-License-Identifier: Apache-2.0
// The cleaned documents of a run, in a temporary file, with one number each for what was decided
// about it. Memory does not grow with them but by what the system lends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "data/prepare/documents.h"
#include "data/split.h"
#include "io/scratch.h"

namespace mx {

class Corpus {
 public:
  explicit Corpus(std::string folder) : folder_(std::move(folder)), texts_(folder_) {}

  void add(const Document& document);
  // All were added: every document is in training, its cluster its own number.
  void seal();
  [[nodiscard]] std::uint32_t documents() const { return documents_; }
  [[nodiscard]] std::uint64_t bytes() const { return texts_.size() - kHead * documents_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  // By document number, after seal(). Part::none: dropped.
  [[nodiscard]] std::span<Part> parts() { return parts_->as<Part>(); }
  [[nodiscard]] std::span<std::uint32_t> clusters() { return clusters_->as<std::uint32_t>(); }

  // All documents in order. `document` is valid until the next call.
  class Reader {
   public:
    explicit Reader(Corpus& corpus) : corpus_(corpus) {}
    // False at the end.
    [[nodiscard]] bool next(Document& document);
    // The same without the text.
    [[nodiscard]] bool skip(std::uint32_t& bytes);
    [[nodiscard]] std::uint32_t number() const { return next_ - 1; }  // of the last one

   private:
    struct Head {
      std::uint32_t bytes, answer;
    };
    [[nodiscard]] bool next(Head& head);
    void read(std::span<std::uint8_t> out);
    Corpus& corpus_;
    std::uint32_t next_ = 0;
    std::uint64_t at_ = 0, block_at_ = 0;
    Bytes block_;
  };

 private:
  static constexpr std::uint64_t kHead = 8;  // bytes in front of each text
  std::string folder_;
  io::Scratch texts_;
  std::uint32_t documents_ = 0;
  std::unique_ptr<io::ScratchMap> parts_, clusters_;
};

}  // namespace mx
