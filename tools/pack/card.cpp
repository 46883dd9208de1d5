// SPDX-License-Identifier: Apache-2.0
// mx-pack card: what a model is, for people and for other programs.
#include "trust/card.h"

#include <chrono>
#include <filesystem>

#include "base/shown.h"
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "pack/card_page.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "trust/bom.h"

namespace mx::pack {
namespace {

enum class Format { text, html, json, cyclonedx, spdx, hf };

// SOURCE_DATE_EPOCH where it is set, so that the document can be made again.
std::int64_t now() {
  if (const auto fixed = make_record("", "", Json::object()).time) return *fixed;
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class ShowCard final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"card",
            "Say what a model is, what it was made from and what may be done with it: measured, "
            "declared or missing, line by line.",
            "[OPTIONS] MODEL",
            {"mx-pack card digits.mx", "mx-pack card digits.mx --format html -o digits.html",
             "mx-pack card digits.mx --format cyclonedx -o digits.cdx.json"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .output_required = false, .output_binary = false, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{"Card", "format",
             "text; html: one page; json; cyclonedx 1.6 and spdx 2.3: bills of materials; hf: the "
             "README.md of a model hub",
             choice(format_, {{"text", int(Format::text)},
                              {"html", int(Format::html)},
                              {"json", int(Format::json)},
                              {"cyclonedx", int(Format::cyclonedx)},
                              {"spdx", int(Format::spdx)},
                              {"hf", int(Format::hf)}})},
            {"Card", "language", "en: English, zh: Chinese (text, html, json, hf)",
             choice(language_, {{"en", int(Language::english)}, {"zh", int(Language::chinese)}})}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const bool bom = format_ == Format::cyclonedx || format_ == Format::spdx;
    if (bom && language_ != Language::english) {
      throw Error{Kind::usage, "bills of materials are in English", "leave --language out"};
    }
    if (bom && path_ == "-") {
      throw Error{Kind::usage, "a bill of materials has the file's digest, and needs a file",
                  "write the model to a file first"};
    }
    const auto in = cli::open_model(path_, session);
    const Overview overview = read_overview(*in);
    cli::say_overrides(overview.lineage, path_, session);
    const Standing its = standing(overview.header.rights, overview.lineage, session.licenses());
    const CardFacts facts{
        overview, its, signers_beside(path_),
        path_ == "-" ? input_name(path_) : std::filesystem::path(path_).filename().string()};
    const std::string text = written(facts, make_card(facts, language_));
    const auto out = cli::open_output(session);
    out->write(view(text));
    out->commit();
    return 0;
  }

 private:
  [[nodiscard]] std::string written(const CardFacts& facts, const Card& card) const {
    switch (format_) {
      case Format::text:
        return card_text(card);
      case Format::html:
        return card_page(card, facts.overview.lineage, facts.overview.identity, card_json(card));
      case Format::json:
        return shown_json(dump_json(card_json(card))) + "\n";
      case Format::hf:
        return card_hf(card, facts);
      case Format::cyclonedx:
        return shown_json(dump_json(cyclonedx({card, facts, sha256_file(path_), now()}))) + "\n";
      case Format::spdx:
        return shown_json(dump_json(spdx({card, facts, sha256_file(path_), now()}))) + "\n";
    }
    return {};
  }

  std::string path_;
  Format format_ = Format::text;
  Language language_ = Language::english;
};

}  // namespace

CommandPtr card_command() { return std::make_unique<ShowCard>(); }

}  // namespace mx::pack
