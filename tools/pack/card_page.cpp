// SPDX-License-Identifier: Apache-2.0
#include "pack/card_page.h"

#include <set>

#include "base/error.h"
#include "cli/markup.h"
#include "cli/report_style.h"
#include "file/digest.h"
#include "file/lineage.h"

namespace mx::pack {
namespace {

constexpr std::string_view kStyle = R"(
body { max-width: 60rem; }
dl { margin: 0; display: grid; grid-template-columns: 13rem minmax(0, 1fr) 6.5rem; }
dl > * { margin: 0; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--grid);
  overflow-wrap: anywhere; }
dt { color: var(--soft); }
.tag { font-size: .8em; padding: .05rem .5rem; border-radius: 1rem; border: 1px solid currentColor;
  white-space: nowrap; }
.measured { color: var(--s2); } .declared { color: var(--s0); } .missing { color: var(--s1); }
.key { color: var(--soft); margin: 0 0 1rem; } .key .tag { margin-right: .4rem; }
.mono { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
ul.tree, ul.tree ul { list-style: none; margin: 0; padding-left: 1.1rem; border-left: 2px solid var(--grid); }
ul.tree { padding-left: 0; border: 0; }
ul.tree li { padding: .25rem 0; }
.node { display: inline-block; padding: .2rem .7rem; border: 1px solid var(--grid); border-radius: 6px; }
.node small { display: block; }
@media (max-width: 40rem) { dl { grid-template-columns: minmax(0, 1fr) 6.5rem; }
  dt { grid-column: 1 / -1; border: 0; padding-bottom: 0; } h1 { font-size: 1.3rem; } }
)";

// The newest record first, and from each the models it was made from.
class Tree {
 public:
  Tree(const Lineage& lineage, const Sha256& identity) : lineage_(lineage) {
    if (lineage.records.empty()) return;
    out_ = "<ul class=\"tree\">\n";
    branch(lineage.records.size() - 1, "", short_of(identity));
    out_ += "</ul>\n";
  }
  [[nodiscard]] std::string html() && { return std::move(out_); }

 private:
  void branch(std::size_t number, const std::string& role, const std::string& model) {
    const Record& record = lineage_.records[number];
    std::string data;
    for (const DataUsed& used : record.data) {
      data += fmt::format("<small>{} <span class=\"mono\">{}</span>{}</small>",
                          cli::escaped(used.role), short_of(used.sha256),
                          used.license.empty() ? "" : ", " + cli::escaped(used.license));
    }
    out_ += fmt::format(
        "<li><span class=\"node\">{}<b>{}</b> &#8594; <span class=\"mono\">{}</span>"
        "<small>{} {}</small>{}</span>\n",
        role.empty() ? "" : cli::escaped(role) + ": ", cli::escaped(record.operation), model,
        cli::escaped(record.tool), cli::escaped(record.version), data);
    constexpr std::size_t kDeepest = 1000;
    if (depth_ < kDeepest && drawn_.insert(number).second) {
      ++depth_;
      parents(number);
      --depth_;
    }
    out_ += "</li>\n";
  }

  void parents(std::size_t number) {
    const Record& record = lineage_.records[number];
    std::string before = std::move(out_);
    out_.clear();
    bool known = false;
    for (const Parent& parent : distinct_parents(record)) {
      if (const Record* const maker = maker_of(lineage_, parent.identity)) {
        known = true;
        branch(static_cast<std::size_t>(maker - lineage_.records.data()), parent.role,
               short_of(parent.identity));
      } else {
        out_ +=
            fmt::format("<li><span class=\"node\">{}: <span class=\"mono\">{}</span></span></li>\n",
                        cli::escaped(parent.role), short_of(parent.identity));
      }
    }
    // Before format version 5 each is made from the one before.
    if (!known && number > 0 && !lineage_.records[number - 1].model) {
      out_.clear();
      const std::string model =
          record.parents.empty() ? std::string("?") : short_of(record.parents.front().identity);
      branch(number - 1, record.parents.empty() ? "" : record.parents.front().role, model);
    }
    if (!out_.empty()) out_ = "<ul>\n" + std::move(out_) + "</ul>\n";
    before += out_;
    out_ = std::move(before);
  }

  const Lineage& lineage_;
  std::set<std::size_t> drawn_;
  std::size_t depth_ = 0;
  std::string out_;
};

std::string tag(Known known, Language language) {
  return fmt::format("<span class=\"tag {}\">{}</span>", name_of(known), in_words(known, language));
}

std::string lines(const CardSection& section, Language language) {
  std::string out = "<dl>\n";
  for (const CardLine& line : section.lines) {
    const bool digits = line.key == "identity" || line.key == "base" || line.key == "signers";
    out += fmt::format("<dt>{}</dt><dd{}>{}</dd><dd>{}</dd>\n", cli::escaped(line.label),
                       digits ? " class=\"mono\"" : "",
                       line.text.empty() ? "&#8212;" : cli::escaped(line.text),
                       tag(line.known, language));
  }
  return out + "</dl>\n";
}

}  // namespace

std::string card_page(const Card& card, const Lineage& lineage, const Sha256& identity,
                      const Json& document) {
  const std::string title = cli::escaped(card.title);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\"/>\n<style>{}{}</style>\n</head>\n"
      "<body>\n<h1>{}</h1>\n<p class=\"key\">{}{}{}</p>\n",
      card.language == Language::english ? "en" : "zh", title, cli::kReportStyle, kStyle, title,
      tag(Known::measured, card.language), tag(Known::declared, card.language),
      tag(Known::missing, card.language));
  for (const CardSection& section : card.sections) {
    out += fmt::format("<h2>{}</h2>\n", cli::escaped(section.title));
    out += section.key == "lineage" && !lineage.records.empty() ? Tree(lineage, identity).html()
                                                                : lines(section, card.language);
  }
  return out + fmt::format(
                   "<p class=\"key\">{}</p>\n<script type=\"application/json\" id=\"card\">{}"
                   "</script>\n</body>\n</html>\n",
                   cli::escaped(card.note), cli::embedded_json(document));
}

}  // namespace mx::pack
