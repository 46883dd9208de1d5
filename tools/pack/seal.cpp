// SPDX-License-Identifier: Apache-2.0
// mx-pack encrypt and decrypt: files sealed in age's form, which age opens, and opened.
#include <algorithm>

#include "base/words.h"
#include "cli/ask.h"
#include "file/layout.h"
#include "file/reader.h"
#include "file/signatures.h"
#include "io/age.h"
#include "io/secret.h"
#include "pack/commands.h"
#include "trust/declare.h"
#include "trust/gate.h"

namespace mx::pack {
namespace {

std::uint64_t copy(io::Input& in, io::Output& out) {
  Bytes part(std::size_t{1} << 16U);
  std::uint64_t all = 0;
  while (const std::size_t count = in.read(part)) {
    out.write(ByteView(part).first(count));
    all += count;
  }
  return all;
}

constexpr std::uint64_t kMostHeld = 4ULL << 30U;  // of a model out of a pipe

// As many bytes as say whether it is a model.
Bytes beginning(io::Input& in) {
  Bytes out(kSignature.size());
  std::size_t size = 0;
  while (size < out.size()) {
    const std::size_t count = in.read(std::span(out).subspan(size));
    if (count == 0) break;
    size += count;
  }
  out.resize(size);
  return out;
}

class Encrypt final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"encrypt",
            "Seal a file so that only its recipients open it, in the form of age.",
            "[OPTIONS] FILE --recipient AGE1... -o OUTPUT",
            {"mx-pack encrypt digits.mx --passphrase-file words.txt -o digits.mx.age",
             "mx-pack encrypt digits.mx --recipient "
             "age159483p3pdt7nhrwj4x0766vldcafwsd9ccpdlc6gahgne9rx4azqdsa9dk -o digits.mx.age"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.output = true, .json = true}; }
  [[nodiscard]] Fields fields() override {
    return {
        {.group = "Sealing",
         .name = "recipient",
         .help = "Whom it is sealed to: age1..., of mx-pack keygen --age or age-keygen (default: a "
                 "passphrase is asked for)",
         .value = &recipients_,
         .affects = Affects::run,
         .meaning = "AGE1..."},
        {.group = "Sealing",
         .name = "passphrase-file",
         .help = "Seal it under a passphrase instead, which is this file's first line",
         .value = &passphrase_file_,
         .affects = Affects::run,
         .holds = Holds::file},
        override_field(reason_)};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"FILE", "A model, or any other file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (!recipients_.empty() && !passphrase_file_.empty()) {
      throw Error{Kind::usage, "age seals to recipients or under a passphrase, not both",
                  "--recipient age1..., or --passphrase-file FILE"};
    }
    std::vector<io::AgeRecipient> recipients;
    for (const std::string& text : recipients_) recipients.push_back(io::parse_recipient(text));
    io::Secret passphrase;
    if (!passphrase_file_.empty()) {
      passphrase = io::read_passphrase(passphrase_file_);
    } else if (recipients.empty()) {
      const std::optional<io::Secret> typed = cli::ask_passphrase(printable(path_), true);
      if (!typed) {
        throw Error{Kind::usage, "whom to seal it to was not said",
                    "--recipient age1..., or --passphrase-file FILE"};
      }
      passphrase = *typed;
    }
    const auto in = io::open_input(path_);
    Bytes begin = beginning(*in);
    ask(session, *in, begin);
    const auto out = io::sealed(io::open_output(session.common().output, existing(session)),
                                recipients, passphrase);
    out->write(begin);
    const std::uint64_t bytes = begin.size() + copy(*in, *out);
    out->commit();
    session.result({{"bytes", bytes}, {"recipients", recipients_}}, "");
    return 0;
  }

 private:
  // Whoever has a recipient's identity gets it: a model's licences must allow passing it on. Of a
  // model in a pipe the rest is read into `begin`, since its history stands at its end.
  void ask(cli::Session& session, io::Input& in, Bytes& begin) const {
    if (recipients_.empty() || !std::ranges::equal(begin, kSignature)) return;
    std::unique_ptr<io::Input> held;
    if (!in.seekable()) {
      const Bytes rest = io::read_all(in, kMostHeld);
      begin.insert(begin.end(), rest.begin(), rest.end());
      held = io::memory_input(begin, in.name());
    }
    const Overview model = read_overview(held ? *held : in);
    Gate gate(session.licenses(), session.common().output, reason_);
    gate.model(Permission::redistribute, "encrypt", model.header.rights, model.lineage, path_);
    (void)gate.settle(session.log());
  }

  std::string path_, passphrase_file_, reason_;
  std::vector<std::string> recipients_;
};

class Decrypt final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"decrypt",
            "Open a file that is sealed in the form of age.",
            "[OPTIONS] FILE --identity IDENTITY -o OUTPUT",
            {"mx-pack decrypt sealed.mx.age --identity team.identity -o opened.mx",
             "mx-pack decrypt sealed.mx.age --identity team.identity -o - | mx-pack info -"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"FILE", "The sealed file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const Trust& trust = session.common().trust;
    io::AgeKeys keys = trust.keys();
    if (keys.empty()) {
      const std::optional<io::Secret> typed = cli::ask_passphrase(printable(path_), false);
      if (!typed) {
        throw Error{Kind::usage, "what opens it was not said",
                    "--identity FILE, or --passphrase-file FILE"};
      }
      keys.passphrase = *typed;
    }
    Trust signers = trust;
    signers.identities.clear();
    signers.passphrase_file.clear();
    const auto in = io::only_unsealed(open_model(path_, &signers), keys);
    const auto out = io::open_output(session.common().output, existing(session));
    const std::uint64_t bytes = copy(*in, *out);
    out->commit();
    session.result({{"bytes", bytes}}, "");
    return 0;
  }

 private:
  std::string path_;
};

}  // namespace

CommandPtr encrypt_command() { return std::make_unique<Encrypt>(); }
CommandPtr decrypt_command() { return std::make_unique<Decrypt>(); }

}  // namespace mx::pack
