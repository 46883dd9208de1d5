// SPDX-License-Identifier: Apache-2.0
// mx-pack keygen: a key to sign with, in minisign's form.
#include <filesystem>

#include "base/words.h"
#include "cli/ask.h"
#include "file/minisign.h"
#include "io/age.h"
#include "io/output.h"
#include "io/secret.h"
#include "pack/commands.h"

namespace mx::pack {
namespace {

class Keygen final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"keygen",
            "Make a key to sign models with (KEY, which stays secret, and KEY.pub), or to open "
            "sealed ones.",
            "[OPTIONS] -o KEY",
            {"mx-pack keygen --no-passphrase -o my.key", "mx-pack keygen --age -o my.identity",
             "mx-pack keygen --passphrase-file words.txt -o my.key"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true}; }
  [[nodiscard]] Fields fields() override {
    return {
        {.group = "Key",
         .name = "output",
         .help = "The secret key's file, which must not be there; the public one's is KEY.pub",
         .value = &key_,
         .affects = Affects::run,
         .holds = Holds::file,
         .letter = 'o',
         .meaning = "KEY"},
        {.group = "Key",
         .name = "passphrase-file",
         .help = "Its first line opens the key; only its owner may read it (default: it is asked "
                 "for at the terminal)",
         .value = &passphrase_file_,
         .affects = Affects::run,
         .holds = Holds::file},
        {.group = "Key",
         .name = "no-passphrase",
         .help = "Write the key as it is: who reads the file can sign",
         .value = &bare_,
         .affects = Affects::run},
        {.group = "Key",
         .name = "age",
         .help = "An age identity, which opens what is sealed to its recipient; always as it is",
         .value = &age_,
         .affects = Affects::run}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (key_ == "-") {
      throw Error{Kind::usage, "a key is written to a file of its own", "-o KEY names it"};
    }
    if (key_.empty()) throw Error{Kind::usage, "-o KEY is missing", "it names the key's file"};
    if (age_) return identity(session);
    if (bare_ && !passphrase_file_.empty()) {
      throw Error{Kind::usage, "--no-passphrase and --passphrase-file exclude each other",
                  "give one of them"};
    }
    const std::string public_file = key_ + ".pub";
    refuse_existing(key_);
    refuse_existing(public_file);
    std::optional<io::Secret> passphrase;
    if (!passphrase_file_.empty()) {
      passphrase = io::read_passphrase(passphrase_file_);
    } else if (!bare_) {
      passphrase = cli::ask_passphrase("the new key", true);
      if (!passphrase) {
        throw Error{Kind::usage,
                    "a key is kept under a passphrase, and there is no terminal to ask for it",
                    "--passphrase-file FILE, or --no-passphrase to write it as it is"};
      }
    }
    const SecretKey key = make_secret_key();
    const auto out = io::open_output(public_file, io::Existing::refuse, io::Links::refuse);
    out->write(view(to_text(key.public_key())));
    io::write_secret(key_, to_text(key, passphrase).text());
    out->commit();
    session.result({{"key", key_}, {"public_key", public_file}, {"id", key_name(key.id)}},
                   fmt::format("{} signs; give {} to those who check (key {})\n", printable(key_),
                               printable(public_file), key_name(key.id)));
    return 0;
  }

 private:
  static void refuse_existing(const std::string& path) {
    if (!std::filesystem::exists(path)) return;
    throw Error{Kind::usage, fmt::format("{} exists", printable(path)),
                "keys are never replaced: choose another name"};
  }

  int identity(cli::Session& session) const {
    if (!passphrase_file_.empty()) {
      throw Error{Kind::usage, "an age identity is written as it is",
                  "leave out --passphrase-file, or keep it in a sealed place"};
    }
    refuse_existing(key_);
    const io::AgeIdentity identity = io::AgeIdentity::make();
    const std::string recipient = io::to_text(identity.recipient());
    io::Secret text(fmt::format("# public key: {}\n", recipient));
    text.add(identity.text().text());
    text.add('\n');
    io::write_secret(key_, text.text());
    session.result({{"identity", key_}, {"recipient", recipient}},
                   fmt::format("{} opens what is sealed to {}\n", printable(key_), recipient));
    return 0;
  }

  std::string key_, passphrase_file_;
  bool bare_ = false, age_ = false;
};

}  // namespace

CommandPtr keygen_command() { return std::make_unique<Keygen>(); }

}  // namespace mx::pack
