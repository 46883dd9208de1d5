// SPDX-License-Identifier: Apache-2.0
// mx-pack keygen: a key to sign with, in minisign's form.
#include <filesystem>

#include "base/words.h"
#include "file/minisign.h"
#include "io/secret.h"
#include "pack/commands.h"

namespace mx::pack {
namespace {

class Keygen final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"keygen",
            "Make a key to sign models with: KEY, which stays secret, and KEY.pub.",
            "[OPTIONS] -o KEY",
            {"mx-pack keygen --no-passphrase -o my.key",
             "mx-pack keygen --passphrase-file words.txt -o my.key"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true}; }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Key",
             .name = "output",
             .help = "The secret key's file, which must not be there; the public one's is KEY.pub",
             .value = &key_,
             .affects = Affects::run,
             .holds = Holds::file,
             .letter = 'o',
             .meaning = "KEY"},
            {.group = "Key",
             .name = "passphrase-file",
             .help = "Its first line opens the key; only its owner may read it",
             .value = &passphrase_file_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Key",
             .name = "no-passphrase",
             .help = "Write the key as it is: who reads the file can sign",
             .value = &bare_,
             .affects = Affects::run}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (key_.empty()) throw Error{Kind::usage, "-o KEY is missing", "it names the key's file"};
    if (bare_ == !passphrase_file_.empty()) {
      throw Error{Kind::usage,
                  bare_ ? "--no-passphrase and --passphrase-file exclude each other"
                        : "a key is kept under a passphrase",
                  "--passphrase-file FILE, or --no-passphrase to write it as it is"};
    }
    const std::string public_file = key_ + ".pub";
    for (const std::string& path : {key_, public_file}) {
      if (!std::filesystem::exists(path)) continue;
      throw Error{Kind::usage, fmt::format("{} exists", printable(path)),
                  "keys are never replaced: choose another name"};
    }
    std::optional<std::string> passphrase;
    if (!bare_) passphrase = io::read_passphrase(passphrase_file_);
    const SecretKey key = make_secret_key();
    const auto out = io::open_output(public_file);
    out->write(view(to_text(key.public_key())));
    io::write_secret(key_, to_text(key, passphrase));
    out->commit();
    session.result({{"key", key_}, {"public_key", public_file}, {"id", key_name(key.id)}},
                   fmt::format("{} signs; give {} to those who check (key {})\n", printable(key_),
                               printable(public_file), key_name(key.id)));
    return 0;
  }

 private:
  std::string key_, passphrase_file_;
  bool bare_ = false;
};

}  // namespace

CommandPtr keygen_command() { return std::make_unique<Keygen>(); }

}  // namespace mx::pack
