// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "cli/markup.h"
#include "cli/plot.h"
#include "cli/report_style.h"

namespace mx::cli {
namespace {

std::string task_of(const Json& result) {
  const auto task = result.find("task");
  return task != result.end() && task->is_string() ? task->get<std::string>() : "";
}

std::string with_unit(std::string_view what, std::string_view task) {
  const std::string unit = unit_of("loss", task);
  return unit.empty() ? std::string(what) : fmt::format("{} ({})", what, unit);
}

enum class Best { none, lowest, highest };

Series series_of(const Curve& curve, std::string name, const char* key, Best best) {
  Series out{.name = std::move(name), .dots = {}, .best = {}};
  for (const Json& report : curve.reports()) {
    const auto value = report.find(key);
    if (value == report.end() || !value->is_number()) continue;
    out.dots.push_back({.x = number_in(report, "step", 0), .y = value->get<double>()});
    if (best == Best::none) continue;
    const double sign = best == Best::lowest ? 1 : -1;
    if (!out.best || sign * out.dots.back().y < sign * out.dots[*out.best].y) {
      out.best = out.dots.size() - 1;
    }
  }
  return out;
}

void add_interval(Dot& dot, const Json& model, const std::string& key) {
  const auto found = model.find(key + "_interval");
  if (found == model.end() || !found->is_array() || found->size() != 2) return;
  if (!(*found)[0].is_number() || !(*found)[1].is_number()) return;
  dot.low = (*found)[0].get<double>();
  dot.high = (*found)[1].get<double>();
}

// "models" by their bytes where all have them, else by their parameters.
std::string size_against_quality(const Json& result, std::string_view task) {
  const auto models = result.find("models");
  if (models == result.end() || !models->is_array() || models->size() < 2) return {};
  const bool in_bytes =
      std::ranges::all_of(*models, [](const Json& model) { return model.contains("bytes"); });
  const char* const size = in_bytes ? "bytes" : "parameters";
  const auto plot_of = [&](const char* key, std::string title) {
    Plot plot{.title = std::move(title), .x_name = size, .series = {}, .log_x = true};
    for (const Json& model : *models) {
      const auto value = model.find(key);
      if (value == model.end() || !value->is_number()) continue;
      Dot dot{.x = number_in(model, size, 0), .y = value->get<double>()};
      add_interval(dot, model, key);
      plot.series.push_back({.name = model.value("name", ""), .dots = {dot}, .best = {}});
    }
    return plot;
  };
  Plot accuracy = plot_of("accuracy", "Accuracy against size, with 95 % interval");
  accuracy.percent = true;
  return figure(accuracy) +
         figure(plot_of("loss", with_unit("Loss", task) + " against size, with 95 % interval")) +
         figure(plot_of("r2", "Variance explained (r2) against size"));
}

std::string loss_over_sparsity(const Json& result, std::string_view task) {
  const auto tried = result.find("tried");
  if (tried == result.end() || !tried->is_array()) return {};
  Series series{.name = "tried", .dots = {}, .best = {}};
  for (const Json& trial : *tried) {
    series.dots.push_back({.x = number_in(trial, "sparsity", 0), .y = number_in(trial, "loss", 0)});
  }
  std::ranges::sort(series.dots, {}, &Dot::x);
  return figure({.title = with_unit("Loss", task) + " over sparsity tried",
                 .x_name = "sparsity (share gone)",
                 .series = {std::move(series)},
                 .log_y = true});
}

std::string section(std::string_view title, const std::string& content) {
  return content.empty() ? std::string() : fmt::format("<h2>{}</h2>\n{}\n", title, content);
}

std::string within(std::string_view style, const std::string& content) {
  return content.empty() ? content : fmt::format("<div class=\"{}\">\n{}</div>", style, content);
}

std::string made_by(const Json& head) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& [key, value] : head.items()) {
    // The seed of a run that was gone on with is the one of its result.
    const bool empty = value.is_string() && value.get_ref<const std::string&>().empty();
    if (value.is_structured() || empty || key == "seed") continue;
    rows.push_back(
        {{words_of(key)}, {value.is_string() ? escaped(value.get<std::string>()) : value.dump()}});
  }
  if (const auto libraries = head.find("libraries"); libraries != head.end()) {
    std::string all;
    for (const auto& [name, version] : libraries->items()) {
      all += fmt::format("{}{} {}", all.empty() ? "" : ", ", escaped(name),
                         version.is_string() ? escaped(version.get<std::string>()) : "");
    }
    rows.push_back({{"libraries"}, {all}});
  }
  return table("", {"", ""}, rows);
}

// Those that were given, and in less room those that were not.
std::string options_tables(const std::vector<ShownOption>& options) {
  std::vector<std::vector<Cell>> given;
  std::string left;
  for (const ShownOption& option : options) {
    const std::string name = escaped(option.name), value = escaped(option.value);
    if (option.origin != "default") {
      given.push_back({{name}, {value.empty() ? "-" : value}, {escaped(option.origin)}});
    } else if (!value.empty()) {
      left += fmt::format("<div><span>{}</span> {}</div>\n", name, value);
    }
  }
  return within("", table("", {"option", "value", "from"}, given)) +
         within("", left.empty() ? left : "<p>Left as they are:</p>" + within("rest", left));
}

}  // namespace

void Report::add(const Json& report) {
  const auto found = report.find("run");
  const std::string name =
      found != report.end() && found->is_string() ? found->get<std::string>() : "";
  auto run = std::ranges::find(runs_, name, &NamedCurve::name);
  if (run == runs_.end()) run = runs_.insert(run, {.name = name, .curve = {}});
  run->curve.add(finite(report));
}

// Of one run, training and validation in one figure; of several, one figure for each.
std::string Report::curves(std::string_view task) const {
  const auto plot_of = [&](std::string title) {
    return Plot{.title = std::move(title), .x_name = "step", .series = {}};
  };
  const auto all = [&](Plot& plot, const char* key, std::string_view alone, Best best) {
    for (const NamedCurve& run : runs_) {
      const bool named = runs_.size() > 1 && !run.name.empty();
      plot.series.push_back(series_of(run.curve, named ? run.name : std::string(alone), key, best));
    }
  };
  std::vector<Plot> plots;
  if (runs_.size() == 1) {
    plots.push_back(plot_of(with_unit("Loss", task) + " over steps"));
    all(plots.back(), "valid_loss", "validation", Best::lowest);
    all(plots.back(), "train_loss", "training", Best::none);
  } else {
    plots.push_back(plot_of(with_unit("Validation loss", task) + " over steps"));
    all(plots.back(), "valid_loss", "validation", Best::lowest);
    plots.push_back(plot_of(with_unit("Training loss", task) + " over steps"));
    all(plots.back(), "train_loss", "training", Best::none);
  }
  for (Plot& plot : plots) plot.log_y = true;
  plots.push_back(plot_of("Validation accuracy over steps"));
  plots.back().percent = true;
  all(plots.back(), "valid_accuracy", "validation", Best::highest);
  plots.push_back(plot_of("Learning rate over steps"));
  plots.back().from_zero = true;
  all(plots.back(), "lr", "", Best::none);
  if (plots.back().series.size() > 1) plots.back().series.resize(1);  // that of all runs
  if (!plots.back().series.empty()) plots.back().series.front().name.clear();
  std::string out;
  for (const Plot& plot : plots) out += figure(plot);
  return out;
}

std::string Report::page(const Json& result, std::string_view human) const {
  const Json told = finite(result);
  const std::string task = task_of(told);
  const std::string title = escaped(facts_.title);
  std::string lead;
  for (const std::string& line : split(human, '\n')) {
    if (!line.empty()) lead += fmt::format("<p class=\"lead\">{}</p>\n", escaped(line));
  }
  const std::string figures =
      curves(task) + size_against_quality(result, task) + loss_over_sparsity(result, task);
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; img-src data:\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\"/>\n<style>{}</style>\n</head>\n"
             "<body>\n<h1>{}</h1>\n{}",
             title, kReportStyle, title, lead) +
         section("Figures", within("figures", figures)) +
         section("Numbers", within("two", within("", table_of_values(told, task)) +
                                              within("", tables_of_lists(told, task)))) +
         section("Command",
                 fmt::format("<pre>{}</pre>", escaped(facts_.command)) + made_by(facts_.head)) +
         section("Options", within("two", options_tables(facts_.options))) +
         fmt::format(
             "<script type=\"application/json\" id=\"result\">{}</script>\n</body>\n"
             "</html>\n",
             embedded_json(result));
}

void Report::write(const Json& result, std::string_view human) const {
  const auto out = io::open_output(facts_.path, facts_.existing);
  out->write(view(page(result, human)));
  out->commit();
}

}  // namespace mx::cli
