// SPDX-License-Identifier: Apache-2.0
#include "file/signatures.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "file/reader.h"
#include "io/folder.h"
#include "io/held.h"
#include "io/output.h"

namespace mx {
namespace {

std::string random_text(std::size_t size) {
  Random random(size);
  std::string out(size, '\0');
  for (char& letter : out) letter = static_cast<char>(random.below(256));
  return out;
}

struct Signed {
  test::Folder folder;
  SecretKey key = make_secret_key();
  std::string file = folder / "m.mx", pub = folder / "k.pub";
  Trust trust{.required = {pub}, .signature = "", .identities = {}, .passphrase_file = ""};

  explicit Signed(const std::string& text) {
    test::write_file(file, text);
    test::write_file(pub, to_text(key.public_key()));
    test::write_file(file + ".minisig", to_text(sign(key, blake2b_file(file), "of a test")));
  }
};

}  // namespace

TEST_CASE("each of a signed file's bits flipped, and every cut of it, is refused") {
  const std::string text = random_text(4096);
  Signed sample(text);
  CHECK_NOTHROW((void)open_model(sample.file, &sample.trust));
  const PublicKey key = sample.key.public_key();
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    Blake2bStream stream;
    stream.add(view(changed));
    if (check_signature(sample.file, "", key, stream.finish()).is == Verdict::Is::good) ++accepted;
    Blake2bStream cut;
    cut.add(view(text).first(i));
    if (check_signature(sample.file, "", key, cut.finish()).is == Verdict::Is::good) ++accepted;
  }
  CHECK(accepted == 0);
}

TEST_CASE("a file that is changed after it was verified is refused where it was changed") {
  const std::string text = random_text(1'000'000);
  Signed sample(text);
  const auto in = open_model(sample.file, &sample.trust);
  Bytes bytes(100);
  in->read_at(700'000, bytes);
  CHECK(std::string(bytes.begin(), bytes.end()) == text.substr(700'000, 100));
  std::fstream file(sample.file, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(700'050);
  file.put(static_cast<char>(text[700'050] ^ 1));
  file.close();
  CHECK_THROWS_WITH_AS(in->read_at(700'000, bytes),
                       doctest::Contains("was changed after its signature was verified"), Error);
  in->read_at(100, bytes);
  CHECK(std::string(bytes.begin(), bytes.end()) == text.substr(100, 100));
  Bytes all(text.size());
  CHECK_THROWS_AS(io::read_exactly(*in, all), Error);
}

TEST_CASE("nothing comes out of a pipe before all that came is verified; then it is like a file") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5000}, (std::size_t{32} << 20U) + 999}) {
    const std::string text = random_text(size);
    Signed sample(text);
    const test::Folder folder;
    const std::string pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    sample.trust.signature = sample.file + ".minisig";
    const auto open = [&](const std::string& sent, const Trust& trust) {
      std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << sent; });
      std::unique_ptr<io::Input> in;
      std::string why;
      try {
        in = open_model(pipe, &trust);
      } catch (const Error& error) {
        why = error.message();
      }
      writer.join();
      return std::pair(std::move(in), why);
    };
    const auto [in, why] = open(text, sample.trust);
    REQUIRE(why.empty());
    CHECK(in->size() == size);
    const Bytes all = io::read_all(*in, size);
    CHECK(std::string(all.begin(), all.end()) == text);
    Bytes middle(std::min<std::size_t>(size, 100));
    in->read_at(size - middle.size(), middle);
    CHECK(std::string(middle.begin(), middle.end()) == text.substr(size - middle.size()));
    CHECK(open(text + "x", sample.trust).second.find("does not have what") != std::string::npos);
  }
}

TEST_CASE("a pipe is held up to a limit") {
  CHECK_THROWS_WITH_AS((void)io::held(*io::open_input("/dev/zero"), 40 << 20),
                       "/dev/zero is larger than 41.94 MB", Error);
}

TEST_CASE("what is read of a verified file is what is in it, wherever it begins and ends") {
  const std::string text = random_text(600'001);
  Signed sample(text);
  const auto in = open_model(sample.file, &sample.trust);
  CHECK(in->size() == text.size());
  const Bytes all = io::read_all(*in, text.size());
  CHECK(std::string(all.begin(), all.end()) == text);
  for (const auto& [begin, count] : {std::pair<std::size_t, std::size_t>{0, 0},
                                     {262'143, 2},
                                     {262'144, 262'144},
                                     {100, 599'901},
                                     {600'000, 1}}) {
    Bytes part(count);
    in->read_at(begin, part);
    CHECK(std::string(part.begin(), part.end()) == text.substr(begin, count));
  }
  Bytes beyond(2);
  CHECK_THROWS_AS(in->read_at(600'000, beyond), Error);
  CHECK_THROWS_AS(in->read_at(700'000, beyond), Error);
}

TEST_CASE("unsigned, signed by another and badly signed are three things") {
  Signed sample("some text");
  const auto message = [&] {
    try {
      (void)open_model(sample.file, &sample.trust);
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
      return error.message();
    }
    return std::string();
  };
  CHECK(message().empty());
  const SecretKey other = make_secret_key();
  test::write_file(sample.file + ".minisig", to_text(sign(other, blake2b_file(sample.file), "")));
  CHECK(message() == sample.file + " is signed by " + key_name(other.id) + ", not by " +
                         key_name(sample.key.id));
  // The right one beside it, in a file of its own.
  CHECK(signature_place(sample.file, sample.key.id) ==
        sample.file + "." + key_name(sample.key.id) + ".minisig");
  test::write_file(signature_place(sample.file, sample.key.id),
                   to_text(sign(sample.key, blake2b_file(sample.file), "")));
  CHECK(message().empty());
  CHECK(signers_beside(sample.file).size() == 2);
  test::write_file(sample.file, "same text");
  CHECK(message().find("does not have what") != std::string::npos);
  std::filesystem::remove(sample.file + ".minisig");
  std::filesystem::remove(sample.file + "." + key_name(sample.key.id) + ".minisig");
  CHECK(message() == sample.file + " is not signed: there is no " + sample.file + ".minisig");
}

TEST_CASE("a file that was signed under another name is known by it") {
  Signed sample("some text");
  const Blake2b512 digest = blake2b_file(sample.file);
  const auto said = [&](const std::string& comment, const std::string& file) {
    const std::string place = sample.folder / "s";
    test::write_file(place, to_text(sign(sample.key, digest, comment)));
    return check_signature(file, place, sample.key.public_key(), digest).other_name;
  };
  CHECK(said("file:m.mx", sample.file).empty());
  CHECK(said("timestamp:1\tfile:m.mx\thashed", sample.file).empty());
  CHECK(said("release 3", sample.file).empty());
  CHECK(said("file:old.mx\tmx:00", sample.file) == "old.mx");
  CHECK(said("file:old.mx", "-").empty());
  CHECK(said("file:old.mx", "/dev/fd/63").empty());
}

TEST_CASE("no signature is waited for") {
  Signed sample("some text");
  std::filesystem::remove(sample.file + ".minisig");
  REQUIRE(::mkfifo((sample.file + ".minisig").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS((void)open_model(sample.file, &sample.trust),
                       doctest::Contains("is no regular file"), Error);
  CHECK(signers_beside(sample.file).empty());
}

}  // namespace mx
