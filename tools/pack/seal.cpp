// SPDX-License-Identifier: Apache-2.0
// mx-pack encrypt and decrypt: files sealed in age's form, which age opens, and opened.
#include "base/words.h"
#include "cli/ask.h"
#include "file/signatures.h"
#include "io/age.h"
#include "io/secret.h"
#include "pack/commands.h"

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
         .holds = Holds::file}};
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
    const auto out = io::sealed(io::open_output(session.common().output, existing(session)),
                                recipients, passphrase);
    const std::uint64_t bytes = copy(*in, *out);
    out->commit();
    session.result({{"bytes", bytes}, {"recipients", recipients_}}, "");
    return 0;
  }

 private:
  std::string path_, passphrase_file_;
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
