// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/prepare.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/error.h"
#include "base/random.h"
#include "data/prepare/documents.h"
#include "data/tokens.h"
#include "file/lineage.h"
#include "io/folder.h"
#include "text/minhash.h"

using namespace mx;

namespace {

struct Run {
  Prepared prepared;
  Bytes bytes;
  [[nodiscard]] TokenData data() const { return TokenData(MappedContainer(bytes, "the test")); }
};

Run run(const std::vector<std::string>& inputs, const PrepareOptions& options,
        std::uint64_t seed = 1, std::size_t threads = 2) {
  Run out;
  ThreadPool pool(threads);
  NoLog log;
  const auto to = io::memory_output(out.bytes);
  out.prepared = prepare(inputs, options, seed, make_record("prepare", "test", Json::object()), *to,
                         pool, log);
  return out;
}

PrepareOptions bytes_of_lines() {
  PrepareOptions options;
  options.documents = DocumentRule::line;
  options.tokenizer = "byte";
  return options;
}

std::vector<std::string> texts_of(const TokenData& data, Part part) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < data.documents(part); ++i) {
    const TokenData::Range range = data.document(part, i);
    std::vector<TokenId> ids(range.end - range.begin);
    data.read(part, range.begin, ids);
    if (!ids.empty() && data.tokenizer().is_special(ids.back())) ids.pop_back();
    texts.push_back(data.tokenizer().decode(ids));
  }
  return texts;
}

std::vector<std::string> read_all(const std::vector<std::string>& paths, PrepareOptions options) {
  Documents documents(paths, options);
  std::vector<std::string> out;
  Document document;
  while (documents.next(document)) {
    out.push_back(document.text);
    if (document.answer > document.text.size()) {
      out.back() += " unanswered";
    } else if (document.answer > 0) {
      out.back().insert(document.answer, 1, '|');
    }
  }
  return out;
}

std::string sentence(Random& random) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += fmt::format("word{} ", random.below(3000));
  return text + "end.";
}

}  // namespace

TEST_CASE("documents come out of every format alike, packed or not") {
  const test::Folder folder;
  test::write_file(folder / "a.txt", "one\r\n\r\n\xC3\xA9two\n \nthree");
  test::write_file(
      folder / "b.jsonl",
      "{\"text\":\"one\"}\n\n{\"id\":1,\"text\":\"\\u00e9two\"}\n{\"text\":\"three\"}");
  test::write_file(folder / "c.csv", "id,text\n1,one\n2,\xC3\xA9two\n3,\"three\"\n");
  test::write_file(folder / "d.tsv", "one\t1\n\xC3\xA9two\t2\nthree\t3\n");
  const std::vector<std::string> expected = {"one", "\xC3\xA9two", "three"};
  PrepareOptions options;
  options.documents = DocumentRule::line;
  CHECK(read_all({folder / "a.txt"}, options) == expected);
  options.documents = DocumentRule::paragraph;
  CHECK(read_all({folder / "a.txt"}, options) == expected);
  CHECK(read_all({folder / "b.jsonl"}, options) == expected);
  CHECK(read_all({folder / "c.csv"}, options) == expected);
  options.header = false;
  options.text = "1";
  CHECK(read_all({folder / "d.tsv"}, options) == expected);
  options.text = "nothing";
  CHECK_THROWS_AS((void)read_all({folder / "d.tsv"}, options), Error);
}

TEST_CASE("a row that cannot be read is passed over and counted") {
  const test::Folder folder;
  test::write_file(
      folder / "a.jsonl",
      "{\"text\":\"good\"}\n{broken\n{\"other\":1}\n{\"text\":7}\n{\"text\":\"too\"}\n");
  PrepareOptions options;
  Documents documents({folder / "a.jsonl"}, options);
  Document document;
  std::uint64_t count = 0;
  while (documents.next(document)) ++count;
  CHECK(count == 2);
  CHECK(documents.unreadable() == 3);
  CHECK(documents.first_unreadable().find("line 2") != std::string::npos);
  CHECK(documents.used()[0].rows == 2);
}

TEST_CASE("a prompt and its completion are one document that knows where the answer begins") {
  const test::Folder folder;
  test::write_file(folder / "a.jsonl",
                   "{\"prompt\":\"2+2=\",\"completion\":\"4\"}\n{\"text\":\"a=b\"}\n"
                   "{\"prompt\":\"\",\"completion\":\"all\"}\n{\"prompt\":\"no answer\"}\n");
  PrepareOptions options;
  CHECK(read_all({folder / "a.jsonl"}, options) ==
        std::vector<std::string>{"2+2=|4", "a=b", "all"});
  options.loss_after = "=";
  CHECK(read_all({folder / "a.jsonl"}, options) ==
        std::vector<std::string>{"2+2=|4", "a=|b", "all unanswered"});
  // A long one is cut: what follows the cut is answer as before it.
  options.max_document = "1KiB";
  options.loss_after.clear();
  test::write_file(folder / "b.jsonl", "{\"prompt\":\"" + std::string(1500, 'q') +
                                           "=\",\"completion\":\"" + std::string(900, 'a') + "\"}");
  Documents documents({folder / "b.jsonl"}, options);
  Document document;
  std::vector<std::size_t> answers;
  while (documents.next(document)) {
    CHECK(document.text.size() <= 1024);
    answers.push_back(document.answer);
  }
  // Nothing of the first piece, what is behind the mark in the second, all of the third.
  CHECK(answers == std::vector<std::size_t>{1025, 1501 - 1024, 0});
}

TEST_CASE("where answers begin goes through cleaning, tokens and the file") {
  const test::Folder folder;
  test::write_file(folder / "a.jsonl",
                   "{\"prompt\":\"e\\u0301t\\u200be?\\r\\n\",\"completion\":\" yes \\r\\nno\"}\n"
                   "{\"text\":\"plain\"}\n{\"prompt\":\"\\ufdd0q\",\"completion\":\"a\"}\n");
  PrepareOptions options = bytes_of_lines();
  options.end_of_document = false;
  const Run out = run({folder / "a.jsonl"}, options);
  const TokenData data = out.data();
  CHECK(texts_of(data, Part::train) ==
        std::vector<std::string>{"\xC3\xA9te?\n yes\nno", "plain", "\xEF\xB7\x90qa"});
  CHECK(data.has_answers(Part::train));
  CHECK(data.answer(Part::train, 0) == 6);
  CHECK(data.answer(Part::train, 1) == data.document(Part::train, 1).begin);
  CHECK(data.answer(Part::train, 2) == data.document(Part::train, 2).begin + 4);
  // Without any there is no such tensor.
  test::write_file(folder / "b.txt", "no answer\n");
  CHECK_FALSE(run({folder / "b.txt"}, options).data().has_answers(Part::train));
}

TEST_CASE("one endless line is cut between characters, and nothing is lost") {
  const test::Folder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += i % 3 == 0 ? "\xF0\x9F\x98\x80" : "a\xC3\xA9";
  test::write_file(folder / "a.txt", text);
  for (const DocumentRule rule :
       {DocumentRule::file, DocumentRule::line, DocumentRule::paragraph}) {
    PrepareOptions options;
    options.documents = rule;
    options.max_document = "1KB";
    CHECK_THROWS_AS((void)read_all({folder / "a.txt"}, options), Error);
    options.max_document = "1KiB";
    std::string joined;
    const auto pieces = read_all({folder / "a.txt"}, options);
    for (const std::string& piece : pieces) {
      CHECK(piece.size() <= 1024);
      CHECK((static_cast<unsigned char>(piece[0]) & 0xC0U) != 0x80);
      joined += piece;
    }
    CHECK(pieces.size() > 5);
    CHECK(joined == text);
  }
}

TEST_CASE("what goes in comes out: tokens, documents, counts, digests, licence") {
  const test::Folder folder;
  test::write_file(folder / "a.txt", "first line\nsecond line here\nthe third one\n");
  PrepareOptions options = bytes_of_lines();
  options.data_license = {"CC-BY-4.0"};
  options.data_source = {"somewhere"};
  const Run out = run({folder / "a.txt"}, options);
  const TokenData data = out.data();
  CHECK(texts_of(data, Part::train) ==
        std::vector<std::string>{"first line", "second line here", "the third one"});
  CHECK(data.tokens(Part::train) == 10 + 16 + 13 + 3);
  CHECK(data.text_bytes(Part::train) == 10 + 16 + 13);
  CHECK(data.tokens(Part::valid) == 0);
  CHECK(data.document_at(Part::train, 10) == 0);
  CHECK(data.document_at(Part::train, 11) == 1);
  CHECK(data.document_at(Part::train, data.tokens(Part::train) - 1) == 2);
  const Record& record = data.overview().lineage.records.at(0);
  CHECK(record.operation == "prepare");
  CHECK(record.data.at(0).license == "CC-BY-4.0");
  CHECK(record.data.at(0).source == "somewhere");
  CHECK(record.data.at(0).rows == 3);
  CHECK(record.metrics["documents_read"] == 3);
  CHECK(data.overview().header.kind == FileKind::data);
}

TEST_CASE("the same inputs give the same bytes for any number of threads, another seed others") {
  const test::Folder folder;
  Random random(4);
  std::string text;
  for (int i = 0; i < 400; ++i) text += sentence(random) + "\n";
  test::write_file(folder / "a.txt", text);
  PrepareOptions options = bytes_of_lines();
  options.tokenizer = "bpe";
  options.vocab = 400;
  options.valid_fraction = 0.1;
  const Run one = run({folder / "a.txt"}, options, 1, 1),
            three = run({folder / "a.txt"}, options, 1, 3);
  CHECK(one.bytes == three.bytes);
  CHECK(one.bytes != run({folder / "a.txt"}, options, 2).bytes);
  const TokenData data = one.data();
  CHECK(data.tokenizer().size() == 400);
  const double share =
      static_cast<double>(data.text_bytes(Part::valid)) / static_cast<double>(text.size());
  CHECK(share == doctest::Approx(0.1).epsilon(0.05));
}

TEST_CASE("exact and near duplicates are dropped, the first of them stays") {
  const test::Folder folder;
  Random random(5);
  std::string lines, kept;
  for (int i = 0; i < 50; ++i) {
    const std::string text = sentence(random);
    lines += text + "\n";
    if (i % 5 == 0) lines += text + "\n";                     // equal
    if (i % 10 == 1) lines += "So: " + text + " It does.\n";  // nearly equal
  }
  test::write_file(folder / "a.txt", lines);
  PrepareOptions options = bytes_of_lines();
  options.similarity = 0.6;
  Run out = run({folder / "a.txt"}, options);
  CHECK(out.prepared.report["steps"]["exact-duplicates"]["documents_dropped"] == 10);
  CHECK(out.prepared.report["steps"]["near-duplicates"]["documents_dropped"] == 5);
  CHECK(out.data().documents(Part::train) == 50);
  for (const std::string& text : texts_of(out.data(), Part::train)) {
    CHECK_FALSE(text.starts_with("So:"));
  }
  options.near_duplicates = false;
  CHECK(run({folder / "a.txt"}, options).data().documents(Part::train) == 55);
  options.exact_duplicates = false;
  out = run({folder / "a.txt"}, options);
  CHECK(out.data().documents(Part::train) == 65);
  CHECK_FALSE(out.prepared.report["steps"].contains("exact-duplicates"));
}

TEST_CASE("no two documents that share a band are on different sides of the split") {
  const test::Folder folder;
  Random random(6);
  std::string lines;
  for (int i = 0; i < 60; ++i) {
    std::string text = sentence(random);
    for (int copy = 0; copy < 4; ++copy) {  // a chain of growing differences
      lines += text + "\n";
      text += fmt::format(" more{} and{} again{}", random.below(999), copy, i);
    }
  }
  test::write_file(folder / "a.txt", lines);
  PrepareOptions options = bytes_of_lines();
  options.exact_duplicates = options.near_duplicates = false;
  options.valid_fraction = options.test_fraction = 0.2;
  const Run out = run({folder / "a.txt"}, options);
  const TokenData data = out.data();
  std::map<std::pair<std::size_t, std::uint64_t>, Part> side;
  std::size_t shared = 0;
  for (const Part part : {Part::train, Part::valid, Part::test}) {
    CHECK(data.documents(part) > 20);
    for (const std::string& text : texts_of(data, part)) {
      const auto keys = band_keys(minhash(text));
      for (std::size_t band = 0; band < kBands; ++band) {
        const auto [at, fresh] = side.try_emplace({band, keys[band]}, part);
        shared += fresh ? 0 : 1;
        CHECK(at->second == part);
      }
    }
  }
  CHECK(shared > 100);
  CHECK(out.prepared.report["clusters"].get<int>() < 240);
}

TEST_CASE("the tail of one text is its validation part, cut between characters") {
  const test::Folder folder;
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\xC3\xA9";
  test::write_file(folder / "a.txt", text);
  PrepareOptions options;
  options.tokenizer = "byte";
  options.split = SplitRule::tail;
  options.valid_fraction = 0.1001;
  options.end_of_document = false;
  const TokenData data = run({folder / "a.txt"}, options).data();
  CHECK(data.tokens(Part::train) == 900);
  CHECK(data.tokens(Part::valid) == 100);
  CHECK(texts_of(data, Part::train)[0] + texts_of(data, Part::valid)[0] == text);
  options.split = SplitRule::cluster;
  CHECK_THROWS_WITH((void)run({folder / "a.txt"}, options),
                    "no cluster of documents is left for validation: there are too few");
}

TEST_CASE("a tokenizer can be taken from another data file") {
  const test::Folder folder;
  test::write_file(folder / "a.txt", "abc\nabd\nabcd\n");
  PrepareOptions options = bytes_of_lines();
  options.near_duplicates = false;
  options.tokenizer = "char";
  const Run first = run({folder / "a.txt"}, options);
  test::write_file(folder / "first.mx", text(first.bytes));
  test::write_file(folder / "b.txt", "xa\n");
  options.tokenizer = folder / "first.mx";
  const Run second = run({folder / "b.txt"}, options);
  CHECK(second.data().tokenizer().to_json() == first.data().tokenizer().to_json());
  CHECK(second.prepared.report["tokenizer"]["unknown"] == 1);
  options.tokenizer = "chat";
  CHECK_THROWS_AS((void)run({folder / "b.txt"}, options), Error);
}

TEST_CASE("input without a document is refused in words") {
  const test::Folder folder;
  test::write_file(folder / "empty.txt", "");
  test::write_file(folder / "blank.txt", " \n\n\t\n");
  CHECK_THROWS_WITH((void)run({folder / "empty.txt"}, bytes_of_lines()),
                    "there is no document in the input");
  CHECK_THROWS_WITH((void)run({folder / "blank.txt"}, bytes_of_lines()),
                    "there is no document in the input");
  PrepareOptions strict = bytes_of_lines();
  strict.clean.min_length = 100;
  test::write_file(folder / "short.txt", "short\n");
  CHECK_THROWS_WITH((void)run({folder / "short.txt"}, strict),
                    "none of 1 documents is left after cleaning");
}

TEST_CASE("large data is mapped, checked at first touch, and refused where it is damaged") {
  const test::Folder folder;
  std::string text;
  Random random(8);
  for (int i = 0; i < 3'000'000; ++i) text.push_back(static_cast<char>('a' + random.below(26)));
  test::write_file(folder / "a.txt", text);
  PrepareOptions options;
  options.tokenizer = "byte";
  options.near_duplicates = false;
  options.clean.normal_form = NormalForm::none;
  const Run out = run({folder / "a.txt"}, options);
  test::write_file(folder / "a.mx", mx::text(out.bytes));
  const TokenData data(folder / "a.mx");
  CHECK(data.tokens(Part::train) == 3'000'001);
  std::vector<TokenId> ids(1000);
  for (const std::uint64_t at : {0ULL, 1'048'000ULL, 2'000'000ULL, 2'999'001ULL}) {
    data.read(Part::train, at, ids);
    for (std::size_t i = 0; i < 999; ++i) {
      REQUIRE(ids[i] == static_cast<unsigned char>(text[static_cast<std::size_t>(at) + i]));
    }
  }
  Bytes damaged = out.bytes;
  damaged[4'000'000] ^= 1U;  // in the tokens near 2,000,000
  const TokenData other(MappedContainer(damaged, "the test"));
  other.read(Part::train, 0, ids);
  CHECK_THROWS_AS(other.read(Part::train, 1'999'000, std::span(ids)), Error);
  CHECK_THROWS_AS(other.read(Part::train, 3'000'000, std::span(ids)), Error);
}

TEST_CASE("nothing of the temporary data is left in its folder") {
  const test::Folder folder, scratch;
  test::write_file(folder / "a.txt", "some text\n");
  PrepareOptions options = bytes_of_lines();
  options.temporary = scratch.path();
  (void)run({folder / "a.txt"}, options);
  CHECK(scratch.names().empty());
  options.temporary = scratch / "missing";
  CHECK_THROWS_AS((void)run({folder / "a.txt"}, options), Error);
}

TEST_CASE("a data file of format version 1 is read for ever") {
  const TokenData data(std::string(MX_GOLDEN) + "/text-1.mx");
  CHECK(data.tokenizer().size() == 260);
  std::vector<std::string> texts = texts_of(data, Part::train);
  for (const std::string& text : texts_of(data, Part::valid)) texts.push_back(text);
  std::sort(texts.begin(), texts.end());
  CHECK(texts ==
        std::vector<std::string>{"and another one, \xC3\xA9", "one line of text", "the third"});
  CHECK(data.overview().lineage.records.at(0).data.at(0).license == "CC0-1.0");
}
