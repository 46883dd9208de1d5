// SPDX-License-Identifier: Apache-2.0
// The likeliest way to put a text together from pieces that have scores (Kudo 2018, "Subword
// Regularization"): Viterbi's search, a place at a time, over a trie of the pieces; time in
// proportion to the text and the longest piece. Sums and ties are those of the reference, so that
// its ids come out: SentencePiece's in single precision, the package tokenizers' in double.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_tokens.h"

namespace mx {

struct UnigramPiece {
  std::string_view text;
  TokenId id = 0;
  double score = 0;
  bool always = false;  // scored so that it is taken wherever it stands
};

class Unigram {
 public:
  struct Rules {
    bool single = false;  // sums in single precision
    double lowest = 0;    // score of a piece; an unknown character costs 10 more
  };
  Unigram(std::span<const UnigramPiece> pieces, Rules rules);

  // A part of the text: of a piece, or a character that is none (id kNoPiece).
  static constexpr TokenId kNoPiece = ~TokenId{0};
  struct Part {
    std::size_t begin = 0, end = 0;
    TokenId id = kNoPiece;
  };
  // What a search needs; one for each thread.
  struct Scratch {
    struct Best {
      double score = 0;
      std::uint32_t begin = 0;
      TokenId id = kNoPiece;
    };
    std::vector<Best> best;
    std::vector<Part> parts;
  };
  // The parts of `text`, in order, in scratch.parts. `score`: of what stands before it in the same
  // text; becomes that of its end.
  void search(std::string_view text, double& score, Scratch& scratch) const;

 private:
  template <class Sum>
  void run(std::string_view text, double& score, Scratch& scratch) const;

  ByteTrie trie_;  // values: places in scores_
  struct Scored {
    double score;
    TokenId id;
    bool always;
  };
  std::vector<Scored> scores_;
  Rules rules_;
};

}  // namespace mx
