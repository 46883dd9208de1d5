// SPDX-License-Identifier: Apache-2.0
// mx-pack sign: a detached signature beside a file.
#include <filesystem>

#include "base/words.h"
#include "cli/ask.h"
#include "file/digest.h"
#include "file/reader.h"
#include "file/signatures.h"
#include "io/secret.h"
#include "pack/commands.h"

namespace mx::pack {
namespace {

class Sign final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"sign",
            "Sign a file, beside it: FILE.minisig, which minisign verifies too.",
            "[OPTIONS] FILE --key-file KEY",
            {"mx-pack sign digits.mx --key-file team.key",
             "mx-pack sign digits.mx --key-file team.key --comment 'release 3, reviewed' -f"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .output_required = false,
            .output_binary = false,
            .json = true,
            .max_memory = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Signing",
             .name = "key-file",
             .help = "The secret key, of mx-pack keygen or minisign",
             .value = &key_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Signing",
             .name = "passphrase-file",
             .help = "Its first line opens the key (default: it is asked for at the terminal)",
             .value = &passphrase_file_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Signing",
             .name = "comment",
             .help = "What is signed with it, one line; default: its name, and a model's identity",
             .value = &comment_,
             .affects = Affects::run}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"FILE", "A model, or any other file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (key_.empty()) {
      throw Error{Kind::usage, "--key-file is missing", "mx-pack keygen -o KEY makes a key"};
    }
    if (path_ == "-" && session.common().output.empty()) {
      throw Error{Kind::usage, "a signature of standard input has no name", "-o FILE.minisig"};
    }
    std::optional<io::Secret> passphrase;
    if (!passphrase_file_.empty()) passphrase = io::read_passphrase(passphrase_file_);
    const io::Secret text = io::read_secret(key_);
    if (!passphrase && is_encrypted(text.text(), key_)) {
      passphrase = cli::ask_passphrase(printable(key_), false);
    }
    const SecretKey key = parse_secret_key(text.text(), key_, passphrase, session.max_memory());
    const FileSignature signature = signature_by(key);
    const std::string& named = session.common().output;
    const std::string place = named.empty() ? signature_place(path_, key.id) : named;
    const auto out = io::open_output(place, existing(session),
                                     named.empty() ? io::Links::refuse : io::Links::follow);
    out->write(view(to_text(signature)));
    out->commit();
    session.result({{"signature", place}, {"id", key_name(key.id)}, {"comment", signature.comment}},
                   "");
    return 0;
  }

 private:
  // One file: what is signed is what the comment is about.
  [[nodiscard]] FileSignature signature_by(const SecretKey& key) const {
    std::unique_ptr<io::Input> in = io::open_input(path_);
    if (!in->seekable()) return sign(key, blake2b_rest(*in), comment(nullptr));
    Blake2b512 digest;
    in = summed(std::move(in), 0, digest);
    return sign(key, digest, comment(in.get()));
  }

  // model: it may be one.
  [[nodiscard]] std::string comment(io::Input* model) const {
    if (!comment_.empty()) return comment_;
    const std::string name = printable(std::filesystem::path(path_).filename().string());
    if (model == nullptr) return fmt::format("file:{}", name);
    try {
      const Sha256 identity = read_overview(*model, {.verify_sections = true}).identity;
      return fmt::format("file:{}\tmx:{}", name, to_hex(identity));
    } catch (const Error&) {
      return fmt::format("file:{}", name);  // no model
    }
  }

  std::string path_, key_, passphrase_file_, comment_;
};

}  // namespace

CommandPtr sign_command() { return std::make_unique<Sign>(); }

}  // namespace mx::pack
