// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <doctest/doctest.h>

#include <limits>

#include "cli/markup.h"
#include "cli/sample.h"
#include "io/folder.h"
#include "sample.h"

namespace mx::cli::test {
namespace {

using mx::test::Folder;
using mx::test::read_file;
using mx::test::write_file;

// The text of the block with the result.
std::string result_in(const std::string& page) {
  constexpr std::string_view kOpen = "<script type=\"application/json\" id=\"result\">";
  const std::size_t begin = page.find(kOpen) + kOpen.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

Report report_of(std::string command = "mx-sample a") {
  return Report({.path = "-",
                 .existing = io::Existing::refuse,
                 .title = "mx-sample: a",
                 .command = std::move(command),
                 .head = {{"version", "1.0"}, {"seed", 7}, {"libraries", {{"zstd", "1.5"}}}},
                 .options = {{"count", "7", "flag"}, {"title", "", "default"}}});
}

TEST_CASE("text is escaped: markup, quotes, control bytes, invalid UTF-8, turned text") {
  CHECK(escaped("<script>alert(\"1\")&</script>") ==
        "&lt;script&gt;alert(&quot;1&quot;)&amp;&lt;/script&gt;");
  CHECK(escaped("a\x1b[31m\n") == "a\\x1b[31m\\x0a");
  CHECK(escaped("\xff\xc3(") == "\\xff\\xc3(");
  CHECK(escaped("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(escaped("a\xe2\x80\xae"
                "b") == "a\\xe2\\x80\\xaeb");           // right-to-left override
  CHECK(escaped("\xef\xbf\xbf") == "\\xef\\xbf\\xbf");  // no character of XML
}

TEST_CASE("no string ends the block of JSON, and a reader gets the same document") {
  const Json result = {{"name", "</script><script>alert(1)</script><!-- & ]]>"},
                       {"accent", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
                       {"number", 0.1}};
  const std::string text = embedded_json(result);
  CHECK(text.find_first_of("<>&") == std::string::npos);
  CHECK(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
  CHECK(parse_json(text, "it") == result);
  CHECK(embedded_json({{"a", std::numeric_limits<double>::quiet_NaN()}}) == "{\"a\":null}");
  CHECK(parse_json(embedded_json("\xff"), "it") == "\xef\xbf\xbd");
}

TEST_CASE("every number of a result stands in a table") {
  const Json result = {{"task", "classify"},
                       {"parameters", 167178},
                       {"valid_loss", 0.95833333},
                       {"valid_accuracy", 0.925},
                       {"valid_accuracy_interval", {0.9, 0.95}},
                       {"other_interval", {1, 2}},
                       {"absent", nullptr},
                       {"layers", {{{"name", "0.<w>"}, {"sparsity", 0.5}}, {{"name", "1"}}}},
                       {"confusion", {{31, 2}, {4, 57}}},
                       {"settings", {{"lr", 0.004}}}};
  const std::string all = table_of_values(result, "classify") + tables_of_lists(result, "classify");
  for (const char* part :
       {"<td>parameters</td><td class=\"n\">167,178</td>",
        "<td>valid loss</td><td class=\"n\">0.958333</td><td>nats</td>",
        "0.925 <small>(0.9 to 0.95)</small>", "<td>other interval</td><td class=\"n\">1 to 2</td>",
        "<td>0.&lt;w&gt;</td>", "<rect width=\"50.0\"", "<td class=\"n\">57</td>",
        "<td>lr</td><td class=\"n\">0.004</td>"}) {
    CHECK_MESSAGE(has(all, part), part);
  }
  CHECK(!has(all, "absent"));
  CHECK(has(table_of_values({{"loss", 1.5}}, "regress"), "squared error"));
  CHECK(table_of_values(Json::object(), "").empty());
}

TEST_CASE("a page holds the command, the options, the versions and the result") {
  const Json result = {{"loss", 0.25}};
  const std::string page =
      report_of("mx-sample '</pre><b>\xff'").page(result, "loss 0.25\nall <well>\n");
  CHECK(result_in(page) == dump_json(result));
  CHECK(has(page, "<pre>mx-sample '&lt;/pre&gt;&lt;b&gt;\\xff'</pre>"));
  CHECK(has(page, "<p class=\"lead\">all &lt;well&gt;</p>"));
  CHECK(has(page, "<td>count</td><td>7</td><td>flag</td>"));
  CHECK(has(page, "zstd 1.5"));
  CHECK(!has(page, "<td>seed</td>"));  // the result says which one it was
  CHECK(!has(page, "Figures"));
  for (const char* other : {"src=", "url(", "@import", "href=\"http"}) CHECK(!has(page, other));
}

TEST_CASE("one run has its losses in one figure, several have a figure for each loss") {
  Report one = report_of();
  Report two = report_of();
  for (int step = 1; step <= 3; ++step) {
    Json report = {{"step", step},
                   {"train_loss", 1.0 / step},
                   {"valid_loss", 1.5 / step},
                   {"valid_accuracy", 0.3 * step},
                   {"lr", 0.01}};
    one.add(report);
    report["run"] = "student";
    two.add(report);
    report["run"] = "control";
    two.add(report);
  }
  const std::string alone = one.page({{"task", "lm"}}, "");
  CHECK(has(alone, "<figcaption>Loss (nats) over steps</figcaption>"));
  CHECK(has(alone, ">validation 0.5</text>"));
  CHECK(has(alone, ">training 0.3333</text>"));
  CHECK(has(alone, ">validation 90.0 %</text>"));
  CHECK(has(alone, "Learning rate over steps"));
  const std::string both = two.page({{"task", "lm"}}, "");
  CHECK(has(both, "<figcaption>Validation loss (nats) over steps</figcaption>"));
  CHECK(has(both, "<figcaption>Training loss (nats) over steps</figcaption>"));
  CHECK(has(both, ">student 0.5</text>"));
  CHECK(has(both, ">control 0.5</text>"));
}

TEST_CASE("models stand by their bytes where all have them, else by their parameters") {
  Json result = {{"task", "classify"},
                 {"models",
                  {{{"name", "before"},
                    {"parameters", 100},
                    {"bytes", 4000},
                    {"accuracy", 0.75},
                    {"accuracy_interval", {0.7, 0.8}}},
                   {{"name", "after"}, {"parameters", 100}, {"bytes", 1000}, {"accuracy", 0.5}}}}};
  const std::string by_bytes = report_of().page(result, "");
  CHECK(has(by_bytes, ">before 75.0 %</text>"));
  CHECK(has(by_bytes, ">bytes</text>"));
  result["models"][1].erase("bytes");
  CHECK(has(report_of().page(result, ""), ">parameters</text>"));
  result["models"].erase(1);
  CHECK(!has(report_of().page(result, ""), "<figure>"));
}

TEST_CASE("a hostile report or result makes a page all the same") {
  Report report = report_of();
  for (const Json& odd : {Json(), Json("x"), Json::array({1}), Json{{"step", "1"}, {"lr", {}}},
                          Json{{"run", 7}, {"valid_loss", "a"}}}) {
    report.add(odd);
  }
  const Json result = {
      {"task", 7}, {"models", "none"}, {"tried", {1, "a"}}, {"layers", {{{"sparsity", "x"}}}}};
  CHECK(result_in(report.page(result, "")) == dump_json(result));
}

TEST_CASE("the page is an output like any other") {
  const Folder folder;
  write_file(folder / "in", "text");
  write_file(folder / "old.html", "old");
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {folder / "in", "--seed", "1", "-q"};
    words.insert(words.end(), more.begin(), more.end());
    return run_sample(words);
  };
  const Outcome made =
      run({"-o", folder / "a", "--json", "--metrics", folder / "m", "--report", folder / "a.html"});
  CHECK(made.code == 0);
  CHECK(result_in(read_file(folder / "a.html")) + "\n" == made.out);
  CHECK(has(read_file(folder / "a.html"), "<title>mx-sample: a</title>"));
  CHECK(!read_file(folder / "m").empty());
  // Refused before any work: the output is not made.
  CHECK(run({"-o", folder / "b", "--report", folder / "old.html"}).code == 2);
  CHECK(run({"-o", folder / "b", "--report", folder / "in", "-f"}).code == 2);
  CHECK(run({"-o", folder / "b", "--report", folder / "./b"}).code == 2);
  CHECK(run({"-o", folder / "b", "--report", folder / "c", "--metrics", folder / "c"}).code == 2);
  CHECK(run({"-o", folder / "b", "--report", folder / "no/c"}).code == 4);
  CHECK(run({"-o", folder / "b", "--report", folder.path()}).code == 2);
  CHECK(!has(read_file(folder / "old.html"), "<"));
  CHECK(run({"-o", "-", "--report", "-"}).code == 2);
  CHECK(run({"-o", "/dev/null", "--json", "--report", "-"}).code == 2);
  CHECK(run({"-o", "/dev/null", "--metrics", "-", "--report", "-"}).code == 2);
  CHECK(folder.names() == std::vector<std::string>{"a", "a.html", "in", "m", "old.html"});
  CHECK(run({"-o", folder / "b", "--report", folder / "old.html", "-f"}).code == 0);
  CHECK(has(read_file(folder / "old.html"), "</html>"));
  CHECK(run({"-o", "/dev/null", "--report", "/dev/full"}).code == 4);
  CHECK(run({"-o", folder / "c", "--report", folder / "c.html", "--dry-run"}).code == 0);
  CHECK(!has(fmt::format("{}", fmt::join(folder.names(), " ")), "c.html"));
  const Outcome shown = run({"-o", "/dev/null", "--report", "-"});
  CHECK(shown.out.starts_with("<!DOCTYPE html>"));
  CHECK(shown.out.ends_with("</html>\n"));
}

}  // namespace
}  // namespace mx::cli::test
