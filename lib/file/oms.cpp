// SPDX-License-Identifier: Apache-2.0
#include "file/oms.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/words.h"
#include "file/digest.h"
#include "io/input.h"

namespace mx {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostText = std::uint64_t{1} << 24U;
constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";

std::string text_of(const std::string& path) {
  const Bytes bytes = io::read_all(*io::open_document(path), kMostText);
  return {bytes.begin(), bytes.end()};
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Of a curve that is known here, with the digest that goes with it.
struct EcKey {
  Key key;
  const EVP_MD* digest;
};
EcKey read_key(const std::string& path) {
  const std::string text = text_of(path);
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  Key key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key) fail(Kind::input, "{} is no public key in PEM", printable(path));
  std::array<char, 64> curve = {};
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC &&
      EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(),
                                     curve.size(), nullptr) == 1) {
    if (std::string_view(curve.data()) == "prime256v1") return {std::move(key), EVP_sha256()};
    if (std::string_view(curve.data()) == "secp384r1") return {std::move(key), EVP_sha384()};
  }
  throw Error{Kind::input, fmt::format("{} is no key on P-256 or P-384", printable(path)),
              "other keys are not known here"};
}

bool signed_by(const EcKey& key, const std::string& text, const Bytes& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, key.digest, nullptr, key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == 1;
}

struct Statement {
  std::vector<std::pair<std::string, Sha256>> files;  // in the statement's order
  Sha256 all = {};                                    // of their digests
  std::vector<std::string> ignored;                   // paths
};

Sha256 digest_of(JsonObject& object, std::string_view key) {
  Sha256 out;
  from_hex(object.text(key), out);
  return out;
}

Statement read_statement(const std::string& payload, const std::string& name) {
  const Json json = parse_json(payload, name);
  JsonObject statement(json, name);
  if (statement.text("_type") != "https://in-toto.io/Statement/v1" ||
      statement.text("predicateType") != "https://model_signing/signature/v1.0") {
    fail(Kind::input, "{} states something else than a model's files", name);
  }
  const Json& subjects = statement.at("subject");
  if (!subjects.is_array() || subjects.size() != 1) fail(Kind::input, "{} has no subject", name);
  JsonObject subject(subjects[0], name);
  JsonObject digest(subject.at("digest"), name);
  Statement out{.files = {}, .all = digest_of(digest, "sha256"), .ignored = {}};
  JsonObject predicate(statement.at("predicate"), name);
  JsonObject serialization(predicate.at("serialization"), name);
  if (serialization.text("method") != "files" || serialization.text("hash_type") != "sha256") {
    fail(Kind::input, "{} has other digests than SHA-256 of files", name);
  }
  if (serialization.has("ignore_paths")) out.ignored = serialization.texts("ignore_paths");
  const Json& resources = predicate.at("resources");
  if (!resources.is_array() || resources.empty()) fail(Kind::input, "{} names no files", name);
  for (const Json& resource : resources) {
    JsonObject file(resource, name);
    if (file.text("algorithm") != "sha256") {
      fail(Kind::input, "{} has other digests than SHA-256 of files", name);
    }
    out.files.emplace_back(file.text("name"), digest_of(file, "digest"));
  }
  return out;
}

// Paths under the folder, but for what is ignored and the bundle.
std::vector<std::string> files_in(const fs::path& folder, const std::vector<std::string>& ignored,
                                  const fs::path& bundle) {
  std::vector<std::string> out;
  try {
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::end(at); ++at) {
      const std::string name = at->path().lexically_relative(folder).generic_string();
      if (std::ranges::find(ignored, name) != ignored.end()) {
        if (at->is_directory() && !at->is_symlink()) at.disable_recursion_pending();
        continue;
      }
      if (at->is_directory() && !at->is_symlink()) continue;
      if (!fs::exists(at->path()) || !fs::equivalent(at->path(), bundle)) out.push_back(name);
    }
  } catch (const fs::filesystem_error& error) {
    fail(Kind::input, "cannot read {}: {}", printable(folder.string()), error.code().message());
  }
  return out;
}

}  // namespace

OmsVerdict verify_oms(const std::string& path, const std::string& bundle, const std::string& key) {
  const EcKey signer = read_key(key);
  const std::string name = printable(bundle);
  const Json json = parse_json(text_of(bundle), name);
  JsonObject whole(json, name);
  JsonObject envelope(whole.at("dsseEnvelope"), name);
  const Json& signatures = envelope.at("signatures");
  if (envelope.text("payloadType") != kPayloadType || !signatures.is_array() ||
      signatures.size() != 1) {
    fail(Kind::input, "{} is no bundle of a model's signature", name);
  }
  JsonObject signature(signatures[0], name);
  const Bytes bytes = from_base64(envelope.text("payload"), name);
  const std::string payload(bytes.begin(), bytes.end());
  // DSSE v1.0, "Pre-Authentication Encoding".
  const std::string encoded =
      fmt::format("DSSEv1 {} {} {} {}", kPayloadType.size(), kPayloadType, payload.size(), payload);
  if (!signed_by(signer, encoded, from_base64(signature.text("sig"), name))) {
    return {.why = fmt::format("{} was not signed by {}, or was changed", name, printable(key))};
  }
  const Statement statement = read_statement(payload, name);
  Sha256Stream all;
  std::map<std::string, Sha256> wanted;
  for (const auto& [file, digest] : statement.files) {
    all.add(digest);
    if (!wanted.emplace(file, digest).second) fail(Kind::input, "{} names a file twice", name);
  }
  if (all.finish() != statement.all) {
    return {.why = fmt::format("{} has a digest of all files that is not theirs", name)};
  }
  const bool folder = fs::is_directory(path);
  const auto not_signed = [&](const std::string& file) {
    return OmsVerdict{
        .why = fmt::format("{} has {}, which was not signed", printable(path), printable(file))};
  };
  std::vector<std::string> there = {"."};
  if (folder) there = files_in(path, statement.ignored, bundle);
  for (const std::string& file : there) {
    const auto found = wanted.find(file);
    if (found == wanted.end()) return not_signed(file);
    const std::string place = folder ? (fs::path(path) / file).string() : path;
    if (fs::is_symlink(place)) return not_signed(file + ", a link");
    // A FIFO would be waited for.
    if (sha256_rest(*io::open_document(place)) != found->second) {
      return {.why = fmt::format("{} is not what was signed", printable(place))};
    }
    wanted.erase(found);
  }
  if (!wanted.empty()) {
    return {.why = fmt::format("{} lacks {}, which was signed", printable(path),
                               printable(wanted.begin()->first))};
  }
  return {.good = true, .files = there.size()};
}

}  // namespace mx
