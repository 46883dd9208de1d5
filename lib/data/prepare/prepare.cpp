// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/prepare.h"

#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "data/prepare/choose_tokenizer.h"
#include "data/prepare/collect.h"
#include "data/prepare/divide.h"
#include "data/prepare/encode.h"
#include "data/prepare/pieces.h"
#include "io/input.h"

namespace mx {
namespace {

Blocklist read_blocklist(const std::string& path) {
  if (path.empty()) return {};
  const std::unique_ptr<io::Input> in = io::open_input(path, io::Decompress::by_magic);
  return Blocklist(text(io::read_all(*in, std::uint64_t{64} << 20U)));
}

void check(const PrepareOptions& options) {
  if (options.valid_fraction + options.test_fraction > 0.95) {
    fail(Kind::usage, "--valid-fraction and --test-fraction leave nothing to train on");
  }
}

void nothing_left(const Documents& documents) {
  if (documents.read() == 0) {
    throw Error{Kind::input, "there is no document in the input",
                documents.unreadable() > 0 ? documents.first_unreadable() : std::string{}};
  }
  throw Error{Kind::input,
              fmt::format("none of {} documents is left after cleaning", documents.read()),
              "switch steps off, or use --dry-run to see the counts"};
}

}  // namespace

Prepared prepare(const std::vector<std::string>& inputs, const PrepareOptions& options,
                 std::uint64_t seed, Record record, io::Output& out, ThreadPool& pool, Log& log) {
  check(options);
  PrepareOptions::check_said(options.data_license, inputs.size(), "data-license");
  PrepareOptions::check_said(options.data_source, inputs.size(), "data-source");
  const std::shared_ptr<const Tokenizer> given =
      options.ready ? options.ready : load_tokenizer(options.tokenizer);
  const Cleaner cleaner(options.clean, read_blocklist(options.clean.blocklist));
  const bool clusters =
      options.split == SplitRule::cluster && options.valid_fraction + options.test_fraction > 0;
  const DuplicateOptions duplicate{options.exact_duplicates, options.near_duplicates, clusters,
                                   options.similarity};

  Documents documents(inputs, options);
  Corpus corpus(options.temporary);
  Duplicates duplicates(duplicate, options.temporary);
  const CleanCounts counts = collect(documents, cleaner, duplicate, corpus, duplicates, pool, log);
  if (corpus.documents() == 0) nothing_left(documents);
  const Duplicates::Found found = duplicates.finish(corpus);

  const Fractions fractions{options.valid_fraction, options.test_fraction};
  std::optional<Tail> tail;
  if (options.split == SplitRule::tail) {
    tail = divide_tail(corpus, fractions);
  } else {
    divide_clusters(corpus, fractions, seed);
  }

  const std::unique_ptr<Tokenizer> trained =
      given ? nullptr : train_tokenizer(options, corpus, tail, log);
  const Tokenizer& tokenizer = given ? *given : *trained;
  Encoded encoded = encode_corpus(tokenizer, options.end_of_document, corpus, tail, pool, log);
  check_parts(encoded, fractions);

  Prepared prepared;
  prepared.unreadable = documents.unreadable();
  prepared.first_unreadable = documents.first_unreadable();
  Json& report = prepared.report;
  report = {{"documents_read", documents.read()},
            {"bytes_read", documents.bytes()},
            {"documents_cut", documents.cut()},
            {"rows_unreadable", documents.unreadable()},
            {"steps", counts.json(options.clean)}};
  if (!options.loss_after.empty()) report["documents_without_answer"] = documents.unanswered();
  if (duplicate.exact) report["steps"]["exact-duplicates"] = {{"documents_dropped", found.exact}};
  if (duplicate.near) report["steps"]["near-duplicates"] = {{"documents_dropped", found.near}};
  if (duplicate.banded()) {
    report["banded_pairs"] = found.pairs;
    report["clusters"] = found.clusters;
  }
  report["tokenizer"] = {{"kind", name_of(tokenizer.kind())},
                         {"tokens", tokenizer.size()},
                         {"unknown", encoded.unknown}};
  report["parts"] = parts_json(encoded);

  Header header;
  header.kind = FileKind::data;
  header.extra = {{"tokenizer", tokenizer.to_json()}, {"parts", report["parts"]}};
  record.operation = "prepare";
  record.data = documents.used();
  record.metrics = report;
  prepared.identity = write_data_file(encoded, std::move(header), {{std::move(record)}}, out, pool);
  return prepared;
}

}  // namespace mx
