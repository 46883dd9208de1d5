// SPDX-License-Identifier: Apache-2.0
#include "file/signatures.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "file/memory.h"
#include "io/held.h"
#include "io/secret.h"
#include "io/target.h"

namespace mx {
namespace {

constexpr std::uint64_t kMostText = 16384;  // of a key's or signature's file
constexpr std::size_t kPart = std::size_t{1} << 18U;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string text_of(const std::string& path) {
  const Bytes bytes = io::read_all(*io::open_document(path), kMostText);
  return {bytes.begin(), bytes.end()};
}

std::string plain_place(const std::string& file) { return file + ".minisig"; }
std::string own_place(const std::string& file, const KeyId& key) {
  return fmt::format("{}.{}.minisig", file, key_name(key));
}

// A regular file whose parts were summed, with a key that nobody else knows, when its digest was
// made.
class SummedFile final : public io::Input {
 public:
  SummedFile(std::unique_ptr<io::Input> in, Blake2b512& digest) : in_(std::move(in)) {
    randombytes_buf(key_.data(), key_.size());
    Blake2bStream stream;
    Bytes part;
    for (std::uint64_t at = 0; at < in_->size(); at += part.size()) {
      part.resize(part_size(at));
      in_->read_at(at, part);
      stream.add(part);
      sums_.push_back(sum_of(part));
    }
    digest = stream.finish();
  }

  [[nodiscard]] std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), in_->size() - place_));
    read_at(place_, out.first(count));
    place_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return in_->name(); }
  [[nodiscard]] bool seekable() const override { return true; }
  [[nodiscard]] std::uint64_t size() const override { return in_->size(); }

  void read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    Bytes part;
    while (!out.empty()) {
      const std::uint64_t begin = offset / kPart * kPart;
      if (begin >= size()) fail(Kind::input, "{} is incomplete", in_->name());
      part.resize(part_size(begin));
      in_->read_at(begin, part);
      if (sum_of(part) != sums_[static_cast<std::size_t>(begin / kPart)]) {
        fail(Kind::input, "{} was changed after its signature was verified", in_->name());
      }
      const auto from = static_cast<std::size_t>(offset - begin);
      if (from >= part.size()) fail(Kind::input, "{} is incomplete", in_->name());
      const std::size_t count = std::min(out.size(), part.size() - from);
      std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
      out = out.subspan(count);
      offset += count;
    }
  }

 private:
  using Sum = std::array<std::uint8_t, 16>;

  [[nodiscard]] std::size_t part_size(std::uint64_t at) const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kPart, in_->size() - at));
  }
  [[nodiscard]] Sum sum_of(ByteView part) const {
    Sum out;
    crypto_generichash(out.data(), out.size(), part.data(), part.size(), key_.data(), key_.size());
    return out;
  }

  std::unique_ptr<io::Input> in_;
  std::array<std::uint8_t, 32> key_ = {};
  std::vector<Sum> sums_;
  std::uint64_t place_ = 0;
};

}  // namespace

Fields Trust::fields() {
  const char* const g = "Trust";
  return {{.group = g,
           .name = "require-signed",
           .help = "Take only models that this public key has signed; of several keys, all",
           .value = &required,
           .affects = Affects::run,
           .holds = Holds::file},
          {.group = g,
           .name = "signature",
           .help = "Signature of the model that comes through a pipe; a file's is in FILE.minisig",
           .value = &signature,
           .affects = Affects::run,
           .holds = Holds::file},
          {.group = g,
           .name = "identity",
           .help = "Opens models that are sealed by age, in memory: a file of its identities",
           .value = &identities,
           .affects = Affects::run,
           .holds = Holds::file},
          {.group = g,
           .name = "passphrase-file",
           .help = "Opens models that are sealed under a passphrase: its first line",
           .value = &passphrase_file,
           .affects = Affects::run,
           .holds = Holds::file}};
}

io::AgeKeys Trust::keys() const {
  io::AgeKeys out{.identities = {}, .passphrase = {}, .max_memory = max_memory};
  for (const std::string& file : identities) {
    std::ranges::move(io::read_identities(file), std::back_inserter(out.identities));
  }
  if (!passphrase_file.empty()) out.passphrase = io::read_passphrase(passphrase_file);
  return out;
}

PublicKey read_public_key(const std::string& path) { return parse_public_key(text_of(path), path); }

FileSignature read_signature(const std::string& path) {
  return parse_signature(text_of(path), path);
}

Blake2b512 blake2b_rest(io::Input& in) {
  Blake2bStream stream;
  Bytes part(kPart);
  while (const std::size_t count = in.read(part)) stream.add(ByteView(part).first(count));
  return stream.finish();
}

Blake2b512 blake2b_file(const std::string& path) { return blake2b_rest(*io::open_input(path)); }

std::string signature_place(const std::string& file, const KeyId& key) {
  std::string plain = plain_place(file);
  if (!exists(plain) || read_signature(plain).id == key) return plain;
  return own_place(file, key);
}

std::vector<KeyId> signers_beside(const std::string& file) {
  std::vector<KeyId> out;
  if (file == "-") return out;
  const std::filesystem::path path(file);
  const std::string start = path.filename().string() + ".";
  std::error_code error;
  std::filesystem::directory_iterator entries(
      path.has_parent_path() ? path.parent_path() : std::filesystem::path("."), error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(".minisig")) continue;
    try {
      const KeyId id = read_signature(entries->path().string()).id;
      // Only where it would be looked for.
      if (name == start + "minisig" || name == start + key_name(id) + ".minisig") out.push_back(id);
    } catch (const Error&) {
      continue;
    }
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

namespace {

// The name in a comment that `minisign` or `mx-pack sign` wrote, where it is not the file's.
std::string other_name(const std::string& file, const std::string& comment) {
  if (file == "-" || io::names_descriptor(file)) return {};
  const std::string name = std::filesystem::path(file).filename().string();
  for (const std::string& part : split(comment, '\t')) {
    if (!part.starts_with("file:")) continue;
    const std::string signed_as = part.substr(5);
    if (signed_as == "-") return {};  // what was signed came through a pipe
    return signed_as == name || signed_as == printable(name) ? std::string() : signed_as;
  }
  return {};
}

}  // namespace

std::string said_of_name(const std::string& file, const Verdict& verdict) {
  if (verdict.other_name.empty()) return {};
  return fmt::format("{} was signed under another name: {}", input_name(file),
                     printable(verdict.other_name));
}

Verdict check_signature(const std::string& file, const std::string& signature, const PublicKey& key,
                        const Blake2b512& digest) {
  const std::string shown = input_name(file);
  std::string place = signature;
  if (place.empty()) {
    if (file == "-") return {.why = "standard input has no signature: --signature FILE names it"};
    place = own_place(file, key.id);
    if (!exists(place)) place = plain_place(file);
    if (!exists(place)) {
      return {.why = fmt::format("{} is not signed: there is no {}", shown, printable(place))};
    }
  }
  const FileSignature found = read_signature(place);
  if (found.id != key.id) {
    return {.why = fmt::format("{} is signed by {}, not by {}", shown, key_name(found.id),
                               key_name(key.id))};
  }
  if (!verify(key, found, digest)) {
    return {.is = Verdict::Is::wrong,
            .why = fmt::format("{} does not have what {} signed: it, its signature or its comment "
                               "was changed",
                               shown, key_name(key.id))};
  }
  return {.is = Verdict::Is::good,
          .comment = found.comment,
          .other_name = other_name(file, found.comment)};
}

std::unique_ptr<io::Input> summed(std::unique_ptr<io::Input> in, std::uint64_t max_memory,
                                  Blake2b512& digest) {
  if (!in->seekable()) {
    in = io::held(*in, max_memory > 0 ? max_memory : default_max_memory());
  }
  return std::make_unique<SummedFile>(std::move(in), digest);
}

std::unique_ptr<io::Input> open_model(const std::string& path, const Trust* trust) {
  std::unique_ptr<io::Input> in = io::open_input(path);
  if (trust == nullptr) return in;
  if (!trust->required.empty()) {
    const std::string signature = path == "-" || !in->seekable() ? trust->signature : "";
    Blake2b512 digest;
    in = summed(std::move(in), trust->max_memory, digest);
    for (const std::string& key : trust->required) {
      const Verdict verdict = check_signature(path, signature, read_public_key(key), digest);
      if (verdict.is == Verdict::Is::good) {
        const std::string renamed = said_of_name(path, verdict);
        if (trust->log != nullptr && !renamed.empty()) trust->log->warn(renamed);
        continue;
      }
      throw Error{Kind::input, verdict.why,
                  fmt::format("--require-signed {} takes no other", printable(key))};
    }
  }
  return trust->opens_sealed() ? io::unsealed(std::move(in), trust->keys()) : std::move(in);
}

}  // namespace mx
