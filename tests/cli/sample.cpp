// SPDX-License-Identifier: Apache-2.0
#include "sample.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/signals.h"
#include "io/input.h"
#include "io/output.h"

namespace mx::cli::test {
namespace {

enum class Paint { red, green, blue };

struct SampleOptions {
  bool loud = false, header = true;
  std::int64_t count = 3;
  double rate = 0.5;
  std::string title, table;
  std::optional<std::int64_t> limit;
  std::optional<double> clip;
  std::vector<std::string> data;
  std::vector<std::int64_t> hidden = {128, 64};
  Paint paint = Paint::green;

  Fields fields() {
    return {
        {"Sample", "loud", "Speak up", &loud},
        {"Sample", "header", "The first row holds names", &header},
        {"Sample", "count", "How many", &count, Range{1, 10}},
        {"Sample", "learning-rate", "How fast", &rate, Range{0, 1}},
        {"Sample", "title", "What it's [called]: words", &title},
        {"Sample", "table", "A table to read", &table, {}, Affects::result, Holds::file},
        {"More", "limit", "Where to stop", &limit},
        {"More", "clip", "Largest norm", &clip},
        {"More", "data", "What to read", &data, {}, Affects::result, Holds::file},
        {"More", "hidden", "Sizes of layers", &hidden, Range{1, 1000}},
        {"More", "paint", "A color", choice(paint, {{"red", 0}, {"green", 1}, {"blue", 2}})},
    };
  }
};

class Copy final : public Command {
 public:
  About about() const override {
    return {"",
            "Copy text.",
            "[OPTIONS] FROM [MORE...] -o TO",
            {"mx-sample a.txt -o b.txt", "mx-sample --loud a.txt -o -"}};
  }
  Honours honours() const override {
    return {.output = true,
            .json = true,
            .seed = true,
            .threads = true,
            .device = true,
            .dry_run = true,
            .metrics = true,
            .report = true,
            .max_memory = true};
  }
  Fields fields() override { return options_.fields(); }
  std::vector<Positional> positionals() override {
    return {{"FROM", "What is copied.", &from_}, {"MORE", "More of it.", &more_, false}};
  }
  int run(Session& session) override {
    const auto in = io::open_input(from_);
    const Bytes bytes = io::read_all(*in, 1 << 20);
    session.log().verbose("reading is done");
    session.log().metrics({{"step", 1}, {"loss", 0.25}});
    if (session.common().dry_run) return 0;
    const auto out =
        io::open_output(session.common().output,
                        session.common().force ? io::Existing::replace : io::Existing::refuse);
    out->write(bytes);
    out->commit();
    session.result({{"bytes", bytes.size()}, {"nan", std::nan("")}},
                   fmt::format("{} bytes", bytes.size()));
    return 0;
  }

 private:
  SampleOptions options_;
  std::string from_;
  std::vector<std::string> more_;
};

class Show final : public Command {
 public:
  About about() const override {
    return {"show", "Show the options.", "[OPTIONS]", {"mx-sample show", "mx-sample show --loud"}};
  }
  Honours honours() const override {
    return {.json = true, .seed = true, .threads = true, .device = true, .max_memory = true};
  }
  Fields fields() override { return options_.fields(); }
  int run(Session& session) override {
    Json shown = Json::object();
    for (const Field& field : options_.fields()) {
      shown[std::string(field.name)] = to_json(field);
      if (session.given(field.name)) shown["given"].push_back(std::string(field.name));
    }
    shown["lineage"] = session.lineage_options();
    shown["seed"] = session.seed();
    shown["threads"] = session.threads();
    shown["device"] = session.device();
    shown["max-memory"] = session.max_memory();
    session.result(shown, dump_json(shown));
    return 0;
  }

 private:
  SampleOptions options_;
};

class Fail final : public Command {
 public:
  About about() const override {
    return {"fail", "Fail.", "HOW", {"mx-sample fail no", "mx-sample fail bug"}};
  }
  Honours honours() const override { return {}; }
  Fields fields() override { return {}; }
  std::vector<Positional> positionals() override { return {{"HOW", "In which way.", &how_}}; }
  int run(Session& session) override {
    if (how_ == "no") return 1;
    if (how_ == "memory") throw std::bad_alloc();
    if (how_ == "bug") throw std::out_of_range("vector::at");
    if (how_ == "strange") throw 7;
    if (how_ == "warn") session.log().warn("this is odd");
    if (how_ == "lines") {
      for (int i = 0; i < 100000; ++i) session.result({}, "a line");
    }
    if (how_ == "input") throw Error{Kind::input, "x\x1b[31m is damaged", "get it again"};
    if (how_ == "progress") {
      for (std::uint64_t i = 0; i <= 3; ++i) {
        session.log().progress({"step", i, 3, "loss 0.5"});
        std::this_thread::sleep_for(std::chrono::milliseconds(i == 0 ? 200 : 0));
      }
      session.log().metrics({{"step", 3}, {"loss", 0.123456789}});
      session.log().info("all steps are done");
    }
    if (how_ == "slow") {
      const auto out = io::open_output("slow.out");
      out->write(view("half"));
      out->flush();
      ::raise(SIGTERM);
    }
    return 0;
  }

 private:
  std::string how_;
};

class Save final : public Command {
 public:
  About about() const override {
    return {"save",
            "Work until a signal comes.",
            "[OPTIONS] -o TO",
            {"mx-sample save -o a", "mx-sample save -o b"}};
  }
  Honours honours() const override {
    return {.output = true, .json = true, .saves_on_signal = true};
  }
  Fields fields() override { return {}; }
  int run(Session& session) override {
    if (session.common().output == "-") {
      const auto out = io::open_output("-");
      for (int i = 0; i < 1000; ++i) out->write(Bytes(1000, 'x'));
      out->commit();
      return 0;
    }
    ::raise(SIGTERM);
    session.log().info("saved");
    return 128 + signals::caught();
  }
};

class Filter final : public Command {
 public:
  About about() const override {
    return {"filter", "Pass bytes on.", "[FROM]", {"mx-sample filter a", "mx-sample filter < a"}};
  }
  Honours honours() const override { return {.output = true, .output_required = false}; }
  Fields fields() override { return {}; }
  std::vector<Positional> positionals() override {
    return {{"FROM", "What is passed on.", &from_, false, true}};
  }
  int run(Session& session) override {
    const auto in = io::open_input(from_);
    const std::string& to = session.common().output;
    const auto out = io::open_output(to.empty() ? "-" : to);
    out->write(io::read_all(*in, 1 << 20));
    out->commit();
    return 0;
  }

 private:
  std::string from_;
};

[[noreturn]] void become_sample(const std::vector<std::string>& arguments,
                                const std::vector<std::string>& environment,
                                const std::function<void(Tool&)>& change) {
  for (const std::string& one : environment) ::putenv(const_cast<char*>(one.c_str()));
  std::vector<std::string> words = {"mx-sample"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Tool tool = sample_tool();
  if (change) change(tool);
  ::_exit(run_tool(tool, static_cast<int>(argv.size()), argv.data()));
}

int wait_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string drain(int fd) {
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return out;
}

}  // namespace

Tool sample_tool() {
  Tool tool{"mx-sample", "Stands for the five tools.", {}, {"text", "csv"}, {"text"}};
  tool.commands.push_back(std::make_unique<Copy>());
  tool.commands.push_back(std::make_unique<Show>());
  tool.commands.push_back(std::make_unique<Fail>());
  tool.commands.push_back(std::make_unique<Save>());
  tool.commands.push_back(std::make_unique<Filter>());
  return tool;
}

Outcome run_sample(const std::vector<std::string>& arguments, const Setting& setting) {
  std::array<int, 2> in = {};
  std::array<int, 2> out = {};
  std::array<int, 2> err = {};
  if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0 || ::pipe(err.data()) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(setting.out_path.empty() ? out[1] : ::open(setting.out_path.c_str(), O_WRONLY),
           STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    for (int fd = 3; fd < 100; ++fd) ::close(fd);
    for (const int fd : setting.closed) ::close(fd);
    become_sample(arguments, setting.environment, setting.change);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  (void)!::write(in[1], setting.input.data(), setting.input.size());
  ::close(in[1]);
  Outcome outcome;
  std::thread reader([&] { outcome.err = drain(err[0]); });
  outcome.out = drain(out[0]);
  reader.join();
  outcome.code = wait_code(child);
  return outcome;
}

Outcome run_on_terminal(const std::vector<std::string>& arguments, const std::string& keys,
                        const std::vector<std::string>& environment) {
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (child == 0) become_sample(arguments, environment, {});
  if (!keys.empty()) (void)!::write(master, keys.data(), keys.size());
  Outcome outcome;
  outcome.out = drain(master);
  outcome.code = wait_code(child);
  return outcome;
}

}  // namespace mx::cli::test
