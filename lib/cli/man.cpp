// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/version.h"
#include "cli/help.h"

namespace mx::cli {
namespace {

// Text for roff: nothing in it is a command, dashes are plain ones.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string options(const Options& all) {
  std::string out;
  for (const Option& option : all) {
    if (hidden(option.field)) continue;
    out += fmt::format(".TP\n.B {}\n{}\n", roff(flag_text(option.field, option.standard)),
                       roff(help_text(option)));
  }
  return out;
}

std::string arguments(Command& command) {
  std::string out;
  for (const Positional& positional : command.positionals()) {
    out += fmt::format(".TP\n.I {}\n{}\n", roff(positional.name), roff(positional.help));
  }
  return out;
}

std::string examples(const About& about) {
  std::string out = ".nf\n";
  for (const std::string_view example : about.examples) out += roff(example) + "\n";
  return out + ".fi\n";
}

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone.\n"
    ".TP\n.B 1\nThe answer is no: something was found wrong, a gate is missed, files differ.\n"
    ".TP\n.B 2\nUsage, config, an output that exists, a device that is missing.\n"
    ".TP\n.B 3\nAn input is missing, damaged, too new or not trusted, or rows could not be read.\n"
    ".TP\n.B 4\nWriting failed.\n"
    ".TP\n.B 5\nThe run failed: it diverged, memory ran out, or a bug.\n"
    ".TP\n.B 130, 143\nEnded by an interrupt or a termination signal.\n"
    ".TP\n.B 141\nNobody reads standard output any more (as a filter that SIGPIPE ends).\n";

}  // namespace

std::string man_page(const Tool& tool) {
  Common common;
  std::string name(tool.name);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  std::string out = fmt::format(".TH {} 1 \"\" \"mx {}\"\n", roff(name), version());
  out += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", roff(tool.name), roff(tool.purpose));
  std::string pages;
  std::string shown = ".SH EXAMPLES\n";
  for (const auto& command : tool.commands) {
    const Described described = describe(*command, common);
    const std::string title = called(tool, described.about);
    out += fmt::format(".B {}\n{}\n.br\n", roff(title), roff(described.about.synopsis));
    pages += described.about.name.empty()
                 ? std::string(".SH OPTIONS\n")
                 : fmt::format(".SH VERB {}\n", roff(described.about.name));
    pages += roff(described.about.purpose) + "\n";
    pages += arguments(*command) + options(described.options);
    shown += examples(described.about);
  }
  return out + ".SH DESCRIPTION\n" + roff(tool.purpose) + "\n" + pages + shown +
         std::string(kExitStatus);
}

}  // namespace mx::cli
