// SPDX-License-Identifier: Apache-2.0
#include "trust/card.h"

#include <algorithm>
#include <array>

#include "base/shown.h"
#include "base/words.h"
#include "data/language.h"
#include "data/schema.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "trust/gate.h"

namespace mx {
namespace {

using Both = std::array<std::string_view, 2>;  // English, Chinese

class Maker {
 public:
  Maker(const CardFacts& facts, Language language)
      : facts_(facts), overview_(facts.overview), header_(overview_.header), language_(language) {}

  Card run() {
    card_.language = language_;
    const std::string& name = header_.rights.name;
    card_.title = name.empty() ? facts_.file : name;
    what();
    quality();
    data();
    lineage();
    licence();
    people();
    limits();
    card_.note =
        say({"What licences allow is a reading of them by the makers of mx, and no legal "
             "advice.",
             "许可证含义是 mx 作者的解读，不构成法律意见。"});
    return std::move(card_);
  }

 private:
  [[nodiscard]] std::string say(const Both& words) const {
    return std::string(words[static_cast<std::size_t>(language_)]);
  }
  void section(const char* key, const Both& title) {
    card_.sections.push_back({key, say(title), {}});
  }
  void line(std::string key, const Both& label, std::string text, Json value,
            Known known = Known::measured) {
    if (text.empty()) known = Known::missing;
    card_.sections.back().lines.push_back(
        {std::move(key), say(label), std::move(text), std::move(value), known});
  }
  void declared(const char* key, const Both& label, const std::string& text) {
    line(key, label, printable(text), text.empty() ? Json() : Json(text), Known::declared);
  }

  void what() {
    section("model", {"What it is", "模型概况"});
    line("identity", {"identity", "标识"}, to_hex(overview_.identity), to_hex(overview_.identity));
    line("format", {"format", "格式"}, fmt::format("mx {}", overview_.version), overview_.version);
    if (!header_.schema.is_null()) task();
    if (!header_.network.empty()) {
      const Cost its = cost(header_.network);
      line("network", {"network", "网络结构"}, in_words(header_.network, language_),
           to_json(header_.network));
      line("macs", {"multiply-adds of a row", "每行乘加次数"}, grouped(its.macs), its.macs);
    }
    const std::uint64_t parameters = parameters_of(header_);
    line("parameters", {"parameters", "参数量"},
         fmt::format("{} ({} {})", grouped(parameters), grouped(overview_.nonzero),
                     say({"not zero", "非零"})),
         Json{{"all", parameters}, {"nonzero", overview_.nonzero}});
    numbers();
    line("bytes", {"file size", "文件大小"},
         fmt::format("{} {}", grouped(overview_.bytes), say({"bytes", "字节"})), overview_.bytes);
    if (!tokenizer_json(header_).is_null()) {
      const auto tokenizer = tokenizer_of(header_);
      line("tokenizer", {"tokenizer", "分词器"},
           fmt::format("{}, {} {}", name_of(tokenizer->kind()), grouped(tokenizer->size()),
                       say({"tokens", "个词元"})),
           Json{{"kind", name_of(tokenizer->kind())}, {"tokens", tokenizer->size()}});
    }
    if (header_.base) {
      line("base", {"needs the model", "依赖的基础模型"}, to_hex(*header_.base),
           to_hex(*header_.base));
    }
    const std::size_t probes = overview_.probes.size();
    line("probes", {"probes that check it", "自检探针"},
         probes == 0 ? "" : fmt::format("{}", probes), probes);
    std::string signers;
    Json list = Json::array();
    for (const KeyId& id : facts_.signers) {
      signers += (signers.empty() ? "" : ", ") + key_name(id);
      list.push_back(key_name(id));
    }
    line("signers", {"signed by (not checked here)", "签名者（此处未验证）"}, signers, list,
         Known::declared);
  }

  void task() {
    const Schema schema = schema_from_json(header_.schema);
    constexpr Both kTasks[] = {{"tells classes apart", "分类"},
                               {"estimates numbers", "回归"},
                               {"continues text", "文本续写"},
                               {"fills in masked text", "掩码填充"}};
    line("task", {"task", "任务"}, say(kTasks[static_cast<int>(schema.task)]),
         name_of(schema.task));
    line("input", {"input", "输入"}, input(schema), schema.inputs());
    if (schema.task == Task::classify) {
      std::string classes;
      constexpr std::size_t kShown = 12;
      for (std::size_t i = 0; i < std::min(schema.classes.size(), kShown); ++i) {
        classes += (i == 0 ? "" : ", ") + printable(schema.classes[i]);
      }
      if (schema.classes.size() > kShown) classes += ", ...";
      line("classes", {"classes", "类别"}, fmt::format("{} ({})", schema.classes.size(), classes),
           schema.classes);
    }
  }
  [[nodiscard]] std::string input(const Schema& schema) const {
    if (scores_tokens(schema.task) || schema.source == Schema::Source::text) {
      return fmt::format("{} {} {}", say({"text, up to", "文本，最多"}), schema.input[0],
                         say({"tokens", "个词元"}));
    }
    if (schema.source == Schema::Source::image) {
      return say({"images ", "图像 "}) + to_string(schema.input);
    }
    return fmt::format("{} {} ({} {})", schema.features.size(), say({"columns", "列"}),
                       schema.inputs(), say({"numbers", "个数值"}));
  }

  // In which types the numbers are kept.
  void numbers() {
    std::vector<std::string> kinds;
    for (const TensorEntry& entry : header_.tensors) {
      std::string kind(name_of(entry.dtype));
      if (entry.scheme != Scheme::plain) kind += say({" with scales", " 带缩放"});
      if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(std::move(kind));
    }
    line("numbers", {"numbers are kept as", "数值存储类型"},
         fmt::format("{}", fmt::join(kinds, ", ")), kinds);
  }

  // Of the newest record that measured it, on `part`.
  void measured_on(const std::string& part, const Both& where) {
    const auto& records = overview_.lineage.records;
    const auto found = std::find_if(records.rbegin(), records.rend(), [&](const Record& record) {
      return record.metrics.contains(part + "_loss");
    });
    if (found == records.rend()) return;
    const Json& metrics = found->metrics;
    const bool newest = found == records.rbegin();
    Json count;
    for (const char* const unit : {"_rows", "_tokens"}) {
      if (metrics.contains(part + unit)) count = metrics[part + unit];
    }
    constexpr std::pair<const char*, Both> kMetrics[] = {
        {"accuracy", {"accuracy", "准确率"}},
        {"loss", {"loss", "损失"}},
        {"r2", {"variance explained", "R²"}},
        {"mae", {"mean error", "平均误差"}},
        {"perplexity", {"perplexity", "困惑度"}},
        {"bits_per_byte", {"bits per byte", "每字节比特"}}};
    for (const auto& [metric, words] : kMetrics) {
      const std::string key = part + "_" + metric;
      if (!metrics.contains(key) || !metrics[key].is_number()) continue;
      std::string text = fmt::format("{:.5g}", metrics[key].get<double>());
      Json value = {{"value", metrics[key]}};
      const std::string interval = key + "_interval";
      if (metrics.contains(interval) && metrics[interval].is_array() &&
          metrics[interval].size() == 2) {
        text += fmt::format(" ({:.5g} {} {:.5g}, 95 %)", metrics[interval][0].get<double>(),
                            say({"to", "至"}), metrics[interval][1].get<double>());
        value["interval"] = metrics[interval];
      }
      if (!count.is_null()) {
        text += fmt::format(", n = {}", dump_json(count));
        value["n"] = count;
      }
      if (!newest) {
        text += say({", before it was changed last: ", "，测于最后一次改动之前："}) +
                printable(records.back().operation);
        value["before"] = records.back().operation;
      }
      const std::string label = say(where) + " " + say(words);
      line(key, {label, label}, text, std::move(value));
    }
  }

  void quality() {
    section("quality", {"How good it is", "质量"});
    measured_on("test", {"test", "测试集"});
    measured_on("valid", {"validation", "验证集"});
    if (!overview_.lineage.records.empty()) {
      const Json& last = overview_.lineage.records.back().metrics;
      for (const auto& [name, value] : last.items()) {
        if (name.starts_with("test_") || name.starts_with("valid_") || !value.is_number()) continue;
        const std::string label = "last step: " + printable(name),
                          zh = "最后一步：" + printable(name);
        line("last_" + name, {label, zh}, printable(dump_json(value)), value);
      }
    }
    if (card_.sections.back().lines.empty()) {
      line("quality", {"quality on rows it was not trained on", "未见数据上的质量"}, "", nullptr);
    }
  }

  void data() {
    section("data", {"What it learned from", "训练数据"});
    std::vector<Sha256> seen;
    for (const Record& record : overview_.lineage.records) {
      for (const DataUsed& used : record.data) {
        if (std::ranges::find(seen, used.sha256) != seen.end()) continue;
        seen.push_back(used.sha256);
        const std::string name = short_of(used.sha256);
        const std::string label = fmt::format("{} {}", printable(used.role), name);
        line("data." + name, {label, label},
             fmt::format("{} {}", grouped(used.rows), say({"rows", "行"})),
             Json{{"sha256", to_hex(used.sha256)}, {"rows", used.rows}, {"role", used.role}});
        declared(("data." + name + ".license").c_str(), {"  its licence", "  许可证"},
                 used.license);
        declared(("data." + name + ".source").c_str(), {"  its source", "  来源"}, used.source);
      }
    }
    if (seen.empty()) line("data", {"data", "数据"}, "", nullptr);
  }

  void lineage() {
    section("lineage", {"How it was made", "来历"});
    const auto& records = overview_.lineage.records;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      std::string from;
      for (const Parent& parent : distinct_parents(record)) {
        from += fmt::format("{}{} {}", from.empty() ? "" : ", ", printable(parent.role),
                            short_of(parent.identity));
      }
      std::string text = fmt::format("{} {}", printable(record.tool), printable(record.version));
      if (!from.empty()) text += say({", from ", "，来自 "}) + from;
      if (record.model) text += say({", made ", "，生成 "}) + short_of(*record.model);
      const std::string label = fmt::format("{}. {}", i + 1, printable(record.operation));
      line(fmt::format("step.{}", i + 1), {label, label}, text, to_json(Lineage{{record}}).front());
    }
    if (records.empty()) line("lineage", {"lineage", "来历"}, "", nullptr);
  }

  void licence() {
    section("license", {"What may be done with it", "许可"});
    const Rights& rights = header_.rights;
    declared("license", {"licence", "许可证"}, rights.license);
    if (facts_.standing.stated) {
      for (const Permission one : kPermissions) {
        const Allowed allowed = facts_.standing.permissions[one];
        line(std::string(name_of(one)),
             {in_words(one, Language::english), in_words(one, Language::chinese)},
             std::string(in_words(allowed, language_)), name_of(allowed), Known::declared);
      }
      for (const Duty duty : facts_.standing.duties()) {
        line(fmt::format("duty.{}", name_of(duty)), {"duty", "义务"},
             std::string(in_words(duty, language_)), name_of(duty), Known::declared);
      }
      for (const std::string& prefix : facts_.standing.name_prefixes()) {
        line("name_prefix", {"names begin with", "名称前缀"}, printable(prefix), prefix,
             Known::declared);
      }
      for (const std::string& words : facts_.standing.displays()) {
        line("display", {"to be shown", "须展示"}, printable(words), words, Known::declared);
      }
      for (const std::string& words : facts_.standing.notices()) {
        line("notice", {"to be kept", "须保留"}, printable(words), words, Known::declared);
      }
      attributions();
    }
    for (const std::string& notice : rights.notices) {
      line("notice", {"notice", "声明文本"}, printable(notice), notice, Known::declared);
    }
    for (const OwnLicense& own : rights.own) {
      line("license_text", {"text of " + printable(own.id), printable(own.id) + " 全文"},
           printable(own.text), own.text);
    }
    for (const std::string& words : overrides_of(overview_.lineage)) {
      line("override", {"made against a licence", "与许可证相悖的操作"}, words, words,
           Known::declared);
    }
  }

  // Those whom licences want named.
  void attributions() {
    for (const Standing::Term& term : facts_.standing.terms) {
      if (term.row == nullptr ||
          std::ranges::find(term.row->duties, Duty::attribution) == term.row->duties.end()) {
        continue;
      }
      const std::string& who = term.of_data ? term.source : header_.rights.owner;
      const std::string of = term.of_data ? "data " + short_of(term.data) : std::string("model");
      line("attribution", {"to be named for the " + of, "须署名：" + of},
           who.empty() ? "" : printable(who) + ", " + printable(term.license),
           who.empty() ? Json() : Json{{"who", who}, {"license", term.license}}, Known::declared);
    }
  }

  void people() {
    section("people", {"Whose it is", "归属"});
    const Rights& rights = header_.rights;
    declared("owner", {"owner", "所有者"}, rights.owner);
    declared("contact", {"contact", "联系方式"}, rights.contact);
    declared("responsible", {"responsible", "责任人"}, rights.responsible);
    declared("output_terms", {"terms of its answers", "输出内容条款"}, rights.output_terms);
  }

  void limit(const char* key, const std::string& en, const std::string& zh) {
    line(key, {"limit", "局限"}, language_ == Language::english ? en : zh, en);
  }
  void limits() {
    section("limits", {"What it cannot do, and what is not known", "局限与未知"});
    if (!header_.schema.is_null()) {
      const Schema schema = schema_from_json(header_.schema);
      if (schema.task == Task::classify) {
        limit("closed_set",
              fmt::format("it answers one of its {} classes, also where none fits",
                          schema.classes.size()),
              fmt::format("只会回答其 {} 个类别之一，即使都不合适", schema.classes.size()));
      }
      if (takes_tokens(header_.network)) {
        limit("context",
              fmt::format("it sees at most {} tokens at once", context_of(header_.network)),
              fmt::format("一次最多处理 {} 个词元", context_of(header_.network)));
      }
    }
    const double share = static_cast<double>(overview_.nonzero) /
                         static_cast<double>(std::max<std::uint64_t>(1, parameters_of(header_)));
    if (share < 0.95) {
      limit("pruned", fmt::format("{:.0f} % of its numbers are zero", 100 * (1 - share)),
            fmt::format("{:.0f}% 的数值为零（经过剪枝）", 100 * (1 - share)));
    }
    if (std::ranges::any_of(header_.tensors, [](const TensorEntry& entry) {
          return entry.scheme != Scheme::plain;
        })) {
      limit("quantized", "its numbers are rounded to few bits", "数值经过低比特量化");
    }
    const bool measured = std::ranges::any_of(overview_.lineage.records, [](const Record& record) {
      return record.metrics.contains("valid_loss") || record.metrics.contains("test_loss");
    });
    if (!measured) {
      line("held_out", {"quality on rows it was not trained on", "未见数据上的质量"}, "", nullptr);
    }
    line("groups", {"quality for groups of people", "不同人群上的质量"}, "", nullptr);
    line("robustness", {"answers to hostile input", "对抗输入下的表现"}, "", nullptr);
    line("privacy", {"what it remembers of its data", "对训练数据的记忆程度"}, "", nullptr);
  }

  const CardFacts& facts_;
  const Overview& overview_;
  const Header& header_;
  Language language_;
  Card card_;
};

// YAML's double quotes are JSON's.
std::string quoted(const std::string& text) { return shown_json(dump_json(Json(text))); }
std::string plain_or_quoted(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return plain ? text : quoted(text);
}

// Of text that is printable: nothing of it is markup, an entity or a formula.
std::string markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("|*_`<>[]\\#&~$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string pipeline_of(const Header& header) {
  if (header.schema.is_null()) return "";
  const Schema schema = schema_from_json(header.schema);
  if (schema.task == Task::lm) return "text-generation";
  if (schema.task == Task::mlm) return "fill-mask";
  if (schema.source == Schema::Source::text) return "text-classification";
  if (schema.source == Schema::Source::image) return "image-classification";
  return schema.task == Task::classify ? "tabular-classification" : "tabular-regression";
}

// The hub's names are SPDX's in lower case, and its own for others.
std::string hub_license(const Standing& standing, const Rights& rights) {
  const auto of_model = [](const Standing::Term& term) { return !term.of_data; };
  const auto term = std::ranges::find_if(standing.terms, of_model);
  if (std::ranges::count_if(standing.terms, of_model) != 1 || term->row == nullptr) return "other";
  const std::string& id = term->row->id;
  std::string out;
  for (const char c : id.starts_with("LicenseRef-") ? id.substr(11) : rights.license) {
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (out.starts_with("llama-")) out.erase(5, 1);
  return id == "NONE" || id == "NOASSERTION" ? "unknown" : out;
}

}  // namespace

Card make_card(const CardFacts& facts, Language language) { return Maker(facts, language).run(); }

std::string card_text(const Card& card) {
  std::string out = printable(card.title) + "\n";
  for (const CardSection& section : card.sections) {
    out += fmt::format("\n{}\n", section.title);
    for (const CardLine& line : section.lines) {
      out += line.known == Known::missing
                 ? fmt::format("  {}: [{}]\n", line.label, in_words(line.known, card.language))
                 : fmt::format("  {}: {} [{}]\n", line.label, line.text,
                               in_words(line.known, card.language));
    }
  }
  return out + "\n" + card.note + "\n";
}

Json card_json(const Card& card) {
  Json out = {{"title", card.title},
              {"language", card.language == Language::english ? "en" : "zh"},
              {"sections", Json::array()}};
  for (const CardSection& section : card.sections) {
    Json lines = Json::array();
    for (const CardLine& line : section.lines) {
      lines.push_back({{"key", line.key},
                       {"label", line.label},
                       {"known", name_of(line.known)},
                       {"text", line.text},
                       {"value", line.value}});
    }
    out["sections"].push_back(
        {{"key", section.key}, {"title", section.title}, {"lines", std::move(lines)}});
  }
  out["note"] = card.note;
  return out;
}

std::string card_hf(const Card& card, const CardFacts& facts) {
  const Header& header = facts.overview.header;
  const std::string pipeline = pipeline_of(header);
  const std::string license =
      header.rights.license.empty() ? std::string() : hub_license(facts.standing, header.rights);
  std::string out = "---\nlibrary_name: mx\n";
  if (!license.empty()) out += fmt::format("license: {}\n", plain_or_quoted(license));
  if (license == "other") out += fmt::format("license_name: {}\n", quoted(header.rights.license));
  if (!pipeline.empty()) out += fmt::format("pipeline_tag: {}\n", pipeline);
  out += fmt::format("tags:\n- mx\n{}", header.family.empty()
                                            ? std::string()
                                            : fmt::format("- {}\n", quoted(header.family)));
  std::string metrics;
  for (const CardSection& section : card.sections) {
    if (section.key != "quality") continue;
    for (const CardLine& line : section.lines) {
      if (line.known == Known::missing || !line.value.is_object()) continue;
      metrics += fmt::format("    - type: {}\n      name: {}\n      value: {}\n",
                             quoted(line.key.substr(line.key.find('_') + 1)), quoted(line.label),
                             dump_json(line.value["value"]));
    }
  }
  if (!metrics.empty() && !pipeline.empty()) {
    out += fmt::format(
        "model-index:\n- name: {}\n  results:\n  - task:\n      type: {}\n    dataset:\n      "
        "name: "
        "held-out rows\n      type: held-out\n    metrics:\n{}",
        quoted(card.title), pipeline, metrics);
  }
  out += fmt::format("---\n\n# {}\n", markdown(printable(card.title)));
  for (const CardSection& section : card.sections) {
    out += fmt::format("\n## {}\n\n| | | |\n| --- | --- | --- |\n", markdown(section.title));
    for (const CardLine& line : section.lines) {
      out += fmt::format("| {} | {} | {} |\n", markdown(line.label), markdown(line.text),
                         in_words(line.known, card.language));
    }
  }
  return out + "\n" + markdown(card.note) + "\n";
}

}  // namespace mx
