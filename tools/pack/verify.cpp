// SPDX-License-Identifier: Apache-2.0
// mx-pack verify: whether a file is what its signers signed. 0: it is; 1: it is not; 3: that could
// not be checked.
#include <algorithm>

#include "base/words.h"
#include "file/oms.h"
#include "file/signatures.h"
#include "pack/commands.h"

namespace mx::pack {
namespace {

class Verify final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"verify",
            "Say whether a file is what these keys signed: exit 0 yes, 1 no, 3 not to be told.",
            "[OPTIONS] FILE --pubkey KEY.pub",
            {"mx-pack verify packed.mx --pubkey team.key.pub",
             "mx-pack verify folder --oms folder.sig --key signer.pem",
             "mx-pack verify packed.mx --pubkey team.key.pub --json"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true}; }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Verifying",
             .name = "pubkey",
             .help = "A public key, of mx-pack keygen or minisign; of several, each must have "
                     "signed",
             .value = &keys_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Verifying",
             .name = "signature",
             .help = "The signature, where it is not in FILE.minisig",
             .value = &signature_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Verifying",
             .name = "oms",
             .help = "A bundle of OpenSSF model signing, instead; FILE may be a folder",
             .value = &bundle_,
             .affects = Affects::run,
             .holds = Holds::file},
            {.group = "Verifying",
             .name = "key",
             .help = "The bundle's public key, PEM, on P-256 or P-384",
             .value = &pem_,
             .affects = Affects::run,
             .holds = Holds::file}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"FILE", "A model, or any other file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (!bundle_.empty() || !pem_.empty()) return oms(session);
    if (keys_.empty()) {
      throw Error{Kind::usage, "--pubkey is missing", "mx-pack keygen -o KEY writes KEY.pub"};
    }
    std::vector<PublicKey> keys;
    for (const std::string& key : keys_) keys.push_back(read_public_key(key));
    const Blake2b512 digest = blake2b_file(path_);
    Json signers = Json::array();
    std::string human;
    for (const PublicKey& key : keys) {
      const Verdict verdict = check_signature(path_, signature_, key, digest);
      if (verdict.is != Verdict::Is::good) {
        fail(verdict.is == Verdict::Is::wrong ? Kind::answer : Kind::input, "{}", verdict.why);
      }
      signers.push_back({{"id", key_name(key.id)}, {"comment", verdict.comment}});
      const std::string renamed = said_of_name(path_, verdict);
      if (!renamed.empty()) session.log().warn(renamed);
      std::string comment = verdict.comment;
      std::ranges::replace(comment, '\t', ' ');
      human += fmt::format("signed by {}: {}\n", key_name(key.id), printable(comment));
    }
    session.result({{"ok", true}, {"signers", std::move(signers)}}, human);
    return 0;
  }

 private:
  int oms(cli::Session& session) const {
    if (bundle_.empty() || pem_.empty() || !keys_.empty() || !signature_.empty()) {
      throw Error{Kind::usage, "--oms and --key belong together, without --pubkey and --signature",
                  "verify FILE --oms BUNDLE --key PEM"};
    }
    const OmsVerdict verdict = verify_oms(path_, bundle_, pem_);
    if (!verdict.good) fail(Kind::answer, "{}", verdict.why);
    session.result(
        {{"ok", true}, {"files", verdict.files}},
        fmt::format("{} file{} as signed\n", verdict.files, verdict.files == 1 ? " is" : "s are"));
    return 0;
  }

  std::string path_, signature_, bundle_, pem_;
  std::vector<std::string> keys_;
};

}  // namespace

CommandPtr verify_command() { return std::make_unique<Verify>(); }

}  // namespace mx::pack
