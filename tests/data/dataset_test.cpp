// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "data/npy.h"
#include "file/digest.h"
#include "io/folder.h"

using mx::test::Folder;
using mx::test::write_file;

namespace {

class Words final : public mx::Log {
 public:
  std::string infos, warnings;
  void info(std::string_view message) override { infos += std::string(message) + "\n"; }
  void verbose(std::string_view) override {}
  void warn(std::string_view message) override { warnings += std::string(message) + "\n"; }
  void progress(const mx::Progress&) override {}
  void metrics(const mx::Json&) override {}
};

mx::Loaded load(const mx::DataOptions& options, const mx::Schema* given = nullptr,
                std::uint64_t seed = 1) {
  mx::NoLog log;
  return mx::load_for_training(options, given, seed, log);
}

std::string refusal(const mx::DataOptions& options, mx::Kind kind,
                    const mx::Schema* given = nullptr) {
  try {
    (void)load(options, given);
  } catch (const mx::Error& error) {
    CHECK(error.kind() == kind);
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return {};
}

mx::DataOptions digits() {
  mx::DataOptions options;
  options.data = {MX_TEST_DATA "/digits.csv"};
  return options;
}

std::string rows_counting(int count) {  // x is the row's number, so that rows can be told apart
  std::string out = "x,y\n";
  for (int i = 0; i < count; ++i) out += std::to_string(i) + "," + (i % 2 == 0 ? "a" : "b") + "\n";
  return out;
}

std::string idx(std::vector<unsigned> sizes, std::string_view elements) {
  std::string out("\0\0\x08", 3);
  out += static_cast<char>(sizes.size());
  for (const unsigned size : sizes) {
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift);
  }
  return out + std::string(elements);
}

}  // namespace

TEST_CASE("the digits are loaded with their last column as the label") {
  Words log;
  mx::DataOptions options = digits();
  options.data_license = {"CC-BY-4.0"};
  const mx::Loaded loaded = mx::load_for_training(options, nullptr, 1, log);
  CHECK(loaded.train.rows == 1797);
  CHECK(loaded.train.inputs == 64);
  CHECK(loaded.train.x.size() == 1797 * 64);
  CHECK(loaded.train.classes[0] == 0);
  CHECK(loaded.train.classes[1] == 1);
  CHECK(loaded.schema.classes.size() == 10);
  CHECK(loaded.schema.label == "digit");
  CHECK(log.infos ==
        "the label is the last column, digit\n"
        "1797 rows to train on, 64 numbers each, 10 classes\n");
  CHECK(log.warnings.empty());
  REQUIRE(loaded.used.size() == 1);
  CHECK(loaded.used[0].rows == 1797);
  CHECK(loaded.used[0].role == "train");
  CHECK(loaded.used[0].license == "CC-BY-4.0");
  CHECK(loaded.used[0].sha256 == mx::sha256_file(MX_TEST_DATA "/digits.csv"));
  // Standardized on the rows themselves: mean 0 and deviation 1, constant columns 0.
  for (std::size_t c = 0; c < 64; ++c) {
    double sum = 0;
    double squares = 0;
    for (std::size_t r = 0; r < 1797; ++r) {
      const double x = loaded.train.x[r * 64 + c];
      sum += x;
      squares += x * x;
    }
    CHECK(std::fabs(sum / 1797) < 1.1e-3);
    CHECK((squares == 0 || std::fabs(squares / 1797 - 1) < 2.2e-3));
  }
}

TEST_CASE("folds part the rows by position, the rest by the seed") {
  Folder folder;
  write_file(folder / "rows.csv", rows_counting(100));
  mx::DataOptions options;
  options.data = {folder / "rows.csv"};
  options.scaling = mx::Scaling::none;
  options.fold = "2/5";
  options.valid_fraction = 0.25;
  const mx::Loaded loaded = load(options);
  CHECK(loaded.train.rows == 60);
  CHECK(loaded.valid.rows == 20);
  CHECK(loaded.test.rows == 20);
  CHECK(loaded.test.x[0] == 1);
  CHECK(loaded.test.x[1] == 6);
  std::set<float> seen(loaded.train.x.begin(), loaded.train.x.end());
  seen.insert(loaded.valid.x.begin(), loaded.valid.x.end());
  seen.insert(loaded.test.x.begin(), loaded.test.x.end());
  CHECK(seen.size() == 100);
  CHECK(std::is_sorted(loaded.valid.x.begin(), loaded.valid.x.end()));
  CHECK(load(options).valid.x == loaded.valid.x);
  CHECK(load(options, nullptr, 2).valid.x != loaded.valid.x);
  CHECK(load(options, nullptr, 2).test.x == loaded.test.x);

  mx::NoLog log;
  const mx::Loaded part = mx::load_for_evaluation(options, loaded.schema, log);
  CHECK(part.test.x == loaded.test.x);
  CHECK(part.train.rows + part.valid.rows == 0);
  options.fold.clear();
  CHECK(mx::load_for_evaluation(options, loaded.schema, log).test.rows == 100);
}

TEST_CASE("the schema is learned from the training rows only") {
  Folder folder;
  write_file(folder / "rows.csv", "n,c,y\n1,red,a\n99,blue,a\n3,red,b\n99,green,b\n");
  mx::DataOptions options;
  options.data = {folder / "rows.csv"};
  options.fold = "2/2";
  options.scaling = mx::Scaling::minmax;
  const mx::Loaded loaded = load(options);
  CHECK(loaded.schema.features[0].mean == 1);
  CHECK(loaded.schema.features[0].scale == 2);
  CHECK(loaded.schema.features[1].categories == std::vector<std::string>{"red"});
  CHECK(loaded.train.x == std::vector<float>{0, 1, 1, 1});
  CHECK(loaded.test.x == std::vector<float>{49, 0, 49, 0});
}

TEST_CASE("several files, columns in any order, gzip and JSON lines") {
  Folder folder;
  write_file(folder / "a.csv", "x,y,z\n1,a,9\n2,b,9\n");
  const std::string other = "z\ty\tx\n9\tb\t3\n";
  const std::string packed = folder / "b.tsv.gz";
  gzFile const file = gzopen(packed.c_str(), "wb");
  gzwrite(file, other.data(), static_cast<unsigned>(other.size()));
  gzclose(file);
  write_file(folder / "v.jsonl", "{\"y\":\"a\",\"x\":7}\n");
  mx::DataOptions options;
  options.data = {folder / "a.csv", packed};
  options.valid = {folder / "v.jsonl"};
  options.label = "y";
  options.features = "x";
  options.scaling = mx::Scaling::none;
  const mx::Loaded loaded = load(options);
  CHECK(loaded.train.x == std::vector<float>{1, 2, 3});
  CHECK(loaded.train.classes == std::vector<std::int64_t>{0, 1, 1});
  CHECK(loaded.valid.x == std::vector<float>{7});
  REQUIRE(loaded.used.size() == 3);
  CHECK(loaded.used[2].role == "valid");
  CHECK(loaded.used[2].rows == 1);
}

TEST_CASE("regression has several targets, columns by number without a header") {
  Folder folder;
  write_file(folder / "rows.csv", "1,10,100\n3,30,300\n");
  mx::DataOptions options;
  options.data = {folder / "rows.csv"};
  options.header = false;
  options.task = mx::Task::regress;
  options.label = "3,1";
  options.scaling = mx::Scaling::minmax;
  const mx::Loaded loaded = load(options);
  CHECK(loaded.train.outputs == 2);
  CHECK(loaded.train.targets == std::vector<float>{0, 0, 1, 1});
  CHECK(loaded.schema.targets[0].scale == 200);
  CHECK(loaded.schema.features[0].name == "2");
  CHECK_FALSE(loaded.schema.header);
  mx::DataOptions again;  // the model knows that there is no header
  again.data = options.data;
  mx::NoLog log;
  CHECK(mx::load_for_evaluation(again, loaded.schema, log).test.targets == loaded.train.targets);
  again.label = "3";
  CHECK_THROWS_AS((void)mx::load_for_evaluation(again, loaded.schema, log), mx::Error);
  again.label = "3,1";
  CHECK(mx::load_for_evaluation(again, loaded.schema, log).test.rows == 2);
}

TEST_CASE("a pipe is loaded like a file") {
  Folder folder;
  const std::string fifo = folder / "fifo";
  write_file(folder / "rows.csv", rows_counting(50));
  REQUIRE(
      std::system(("mkfifo " + fifo + " && (cat " + (folder / "rows.csv") + " > " + fifo + " &)")
                      .c_str()) == 0);
  mx::DataOptions options;
  options.data = {folder / "rows.csv"};
  options.valid_fraction = 0.2;
  const mx::Loaded expected = load(options);
  options.data = {fifo};
  const mx::Loaded loaded = load(options);
  CHECK(loaded.train.x == expected.train.x);
  CHECK(loaded.schema == expected.schema);
  CHECK(loaded.used[0].sha256 == expected.used[0].sha256);
}

TEST_CASE("columns that are not there are named with the closest") {
  mx::DataOptions options = digits();
  options.label = "digitt";
  CHECK(refusal(options, mx::Kind::usage) ==
        "--label: " MX_TEST_DATA "/digits.csv has no column 'digitt'; did you mean digit");
  options = digits();
  options.features = "p00,nothing";
  CHECK(refusal(options, mx::Kind::usage).ends_with("; its 65 columns are p00 to digit"));
  options = digits();
  options.label = "digit,p00";
  CHECK(refusal(options, mx::Kind::usage).starts_with("--task classify has one label"));
}

TEST_CASE("a row that cannot be used is named with its file and line") {
  Folder folder;
  const std::string path = folder / "rows.csv";
  mx::DataOptions options;
  options.data = {path};
  write_file(path, "x,y\n1,a\n2,\n3,b\n");
  CHECK(refusal(options, mx::Kind::input) ==
        path + " line 3: the label y is missing; remove the row or fill it in");
  write_file(path, "x,y\n1,a\n2,b,c\n");
  CHECK(refusal(options, mx::Kind::input).starts_with(path + " line 3: 3 cells for 2 columns"));
  write_file(path, "x,y\n1,a\n2,a\n");
  CHECK(refusal(options, mx::Kind::input).starts_with("all rows to train on have the label 'a'"));
  write_file(path, "x,y\n");
  CHECK(refusal(options, mx::Kind::input) == "there are no rows to train on");
  write_file(path, "x;y\n1;2\n");
  CHECK(refusal(options, mx::Kind::input).find("semicolons") != std::string::npos);
  write_file(path, "x,x,y\n1,1,a\n2,2,b\n");
  CHECK(refusal(options, mx::Kind::input) == path + ": the column 'x' stands twice");
  write_file(path, "x,y\n1,a\n2,b\n");
  const mx::Schema schema = load(options).schema;
  write_file(path, "x,y\n1,a\noops,b\n");
  CHECK(refusal(options, mx::Kind::input, &schema) ==
        path + " line 3: 'oops' in column x is not a number");
  write_file(path, "x,y\n1,c\n");
  CHECK(refusal(options, mx::Kind::input, &schema)
            .starts_with(path + " line 2: 'c' in column y is none of the model's 2 classes"));
  write_file(path, "z,y\n1,a\n");
  CHECK(refusal(options, mx::Kind::input, &schema).starts_with(path + ": the column x is missing"));
}

TEST_CASE("options that contradict each other are refused") {
  mx::DataOptions options = digits();
  options.fold = "1/5";
  options.test = options.data;
  CHECK_FALSE(refusal(options, mx::Kind::usage).empty());
  options = digits();
  options.valid_fraction = 0.1;
  options.valid = options.data;
  CHECK_FALSE(refusal(options, mx::Kind::usage).empty());
  CHECK_FALSE(refusal({}, mx::Kind::usage).empty());
  for (const auto* fold : {"0/5", "6/5", "1/1", "1", "a/b", "1/5x", "-1/5"}) {
    options = digits();
    options.fold = fold;
    CHECK_FALSE(refusal(options, mx::Kind::usage).empty());
  }
  options = digits();
  for (const auto* shape : {"64", "1,8,9", "1,8,x", "0,8,8"}) {
    options.input_shape = shape;
    CHECK_FALSE(refusal(options, mx::Kind::usage).empty());
  }
  options.input_shape = "1,8,8";
  CHECK(load(options).schema.input == mx::Shape{1, 8, 8});
}

TEST_CASE("odd tables are warned about") {
  Folder folder;
  Words log;
  mx::DataOptions options;
  options.data = {folder / "rows.csv"};
  std::string text = "1,2\n";
  for (int i = 0; i < 40; ++i) text += "0," + std::to_string(i) + "\n";
  write_file(folder / "rows.csv", text);
  (void)mx::load_for_training(options, nullptr, 1, log);
  CHECK(log.warnings.find("is all numbers; --no-header") != std::string::npos);
  CHECK(log.warnings.find("40 different labels in 40 rows") != std::string::npos);
}

TEST_CASE("images come with the labels that lie beside them") {
  Folder folder;
  std::string pixels;
  for (int i = 0; i < 12; ++i) pixels += static_cast<char>(i * 20);
  write_file(folder / "t-images-idx3-ubyte", idx({3, 2, 2}, pixels));
  write_file(folder / "t-labels-idx1-ubyte", idx({3}, "\x0a\x02\x0a"));
  mx::DataOptions options;
  options.data = {folder / "t-images-idx3-ubyte"};
  const mx::Loaded loaded = load(options);
  CHECK(loaded.schema.source == mx::Schema::Source::image);
  CHECK(loaded.schema.input == mx::Shape{1, 2, 2});
  CHECK(loaded.schema.classes == std::vector<std::string>{"2", "10"});
  CHECK(loaded.train.classes == std::vector<std::int64_t>{1, 0, 1});
  CHECK(loaded.train.x[11] == 220.0F / 255.0F);
  REQUIRE(loaded.used.size() == 2);
  CHECK(loaded.used[1].role == "labels");
  options.fold = "1/3";
  CHECK(load(options).test.rows == 1);
  mx::NoLog log;
  const mx::Loaded part = mx::load_for_evaluation(options, loaded.schema, log);
  CHECK(part.test.rows == 1);
  CHECK(part.test.x[0] == 0);
  options.fold.clear();
  options.input_shape = "4,1,1";
  CHECK(load(options).schema.input == mx::Shape{4, 1, 1});
  write_file(folder / "t-labels-idx1-ubyte", idx({2}, "\x01\x02"));
  CHECK(refusal(options, mx::Kind::input).find("2 labels for the 3 images") != std::string::npos);
  std::filesystem::remove(folder / "t-labels-idx1-ubyte");
  CHECK(refusal(options, mx::Kind::usage).ends_with("name them with --labels FILE"));
  options.data.emplace_back(MX_TEST_DATA "/digits.csv");
  CHECK_FALSE(refusal(options, mx::Kind::usage).empty());
  options.data.erase(options.data.begin());
  CHECK_FALSE(refusal(options, mx::Kind::input, &loaded.schema).empty());
}

TEST_CASE("arrays are rows, or images when they are bytes of three dimensions") {
  Folder folder;
  const float values[] = {1, 2, 0, 3, 4, 1};
  const std::string_view raw(reinterpret_cast<const char*>(values), sizeof values);
  write_file(folder / "x.npy", mx::npy_header(mx::DType::f32, {2, 3}) + std::string(raw));
  write_file(folder / "y.npy", mx::npy_header(mx::DType::u8, {2}) + "\x07\x05");
  mx::DataOptions options;
  options.data = {folder / "x.npy"};
  options.scaling = mx::Scaling::none;
  mx::Loaded loaded = load(options);
  CHECK(loaded.train.x == std::vector<float>{1, 2, 3, 4});
  CHECK(loaded.schema.label == "3");
  options.labels = folder / "y.npy";
  loaded = load(options);
  CHECK(loaded.train.x == std::vector<float>{1, 2, 0, 3, 4, 1});
  CHECK(loaded.schema.classes == std::vector<std::string>{"5", "7"});
  CHECK(loaded.schema.label == "label");
  options.task = mx::Task::regress;
  CHECK(load(options).train.targets == std::vector<float>{7, 5});
  write_file(folder / "y.npy", mx::npy_header(mx::DType::u8, {1}) + "\x07");
  CHECK(refusal(options, mx::Kind::input).ends_with("holds 1 labels; there are more rows"));
  options.data = {MX_TEST_DATA "/digits.csv"};
  CHECK_FALSE(refusal(options, mx::Kind::usage).empty());

  write_file(folder / "i.npy", mx::npy_header(mx::DType::u8, {2, 1, 2}) + "\x01\x02\x03\x04");
  write_file(folder / "y.npy", mx::npy_header(mx::DType::u8, {2}) + "\x07\x05");
  options = {};
  options.data = {folder / "i.npy"};
  options.labels = folder / "y.npy";
  loaded = load(options);
  CHECK(loaded.schema.input == mx::Shape{1, 1, 2});
  CHECK(loaded.train.x[3] == 4.0F / 255.0F);
}

TEST_CASE("MNIST's test images are read as they were published") {
  const std::string path = MX_SHARED_DATA "/mnist-t10k-images-idx3-ubyte.gz";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: no MNIST in the shared folder");
    return;
  }
  mx::DataOptions options;
  options.data = {path};
  options.fold = "1/5";
  const mx::Loaded loaded = load(options);
  CHECK(loaded.train.rows == 8000);
  CHECK(loaded.test.rows == 2000);
  CHECK(loaded.schema.input == mx::Shape{1, 28, 28});
  CHECK(loaded.schema.classes.size() == 10);
  CHECK(loaded.test.classes[0] == 7);
}

TEST_CASE("what is kept of the rows is held to the limit") {
  const Folder folder;
  write_file(folder / "few.csv", rows_counting(10));
  write_file(folder / "many.csv", rows_counting(10'000));
  mx::DataOptions options;
  options.data = {folder / "many.csv"};
  options.max_memory = 80'000;
  CHECK(refusal(options, mx::Kind::input) ==
        folder /
            "many.csv: the parts of 10000 rows asks for 90.00 KB of memory, over the limit of "
            "80.00 KB; raise it with --max-memory if you trust the file");
  options.data = {folder / "few.csv"};
  options.valid = {folder / "many.csv"};
  CHECK(refusal(options, mx::Kind::input)
            .starts_with(folder / "few.csv: 10010 rows of 1 numbers asks for 120.12 KB of memory"));
  options.max_memory = 130'000;
  CHECK(load(options).valid.rows == 10'000);

  std::string words = "x,y\n";
  for (int i = 0; i < 100; ++i) {
    words += std::string(1000, 'w') + std::to_string(i) + (i % 2 == 0 ? ",a\n" : ",b\n");
  }
  write_file(folder / "words.csv", words);
  options.data = {folder / "words.csv"};
  options.valid = {};
  CHECK(load(options).train.rows == 100);
  options.max_memory = 100'000;
  CHECK(refusal(options, mx::Kind::input).find(": column x: its categories asks for 100.") !=
        std::string::npos);
}

TEST_CASE("tables of very many columns take time that grows with them") {
  const Folder folder;
  std::string table;
  for (int i = 0; i < 100'000; ++i) table += fmt::format("c{},", i);
  table += "y\n";
  for (const char* const label : {"a", "b", "a"}) {
    for (int i = 0; i < 100'000; ++i) table += "1,";
    table += std::string(label) + "\n";
  }
  write_file(folder / "wide.csv", table);
  mx::DataOptions options;
  options.data = {folder / "wide.csv"};
  options.scaling = mx::Scaling::none;
  CHECK(load(options).train.inputs == 100'000);
}
