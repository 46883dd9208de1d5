// SPDX-License-Identifier: Apache-2.0
#include "learn/cache.h"

#include <sys/stat.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/signals.h"
#include "base/words.h"
#include "data/cache_piece.h"
#include "file/digest.h"
#include "file/forward.h"
#include "file/lineage.h"
#include "file/reader.h"
#include "file/rights.h"
#include "file/writer.h"
#include "io/target.h"
#include "learn/batch.h"
#include "learn/match.h"
#include "learn/teacher.h"
#include "model/runtime.h"
#include "net/layers.h"

namespace mx {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDefaultTop = 64;
constexpr std::uint64_t kPiecePositions = 16384;  // asked for again after a kill, at most
constexpr std::uint64_t kMostPieces = 8192;
constexpr std::size_t kNumbersAtOnce = std::size_t{1} << 24U;  // of a teacher's outputs: 64 MiB

std::string parts_of(const std::string& file) { return file + ".parts"; }

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::uint64_t context_of_rows(const Dataset& data) {
  return data.tokens ? data.tokens->context() : 1;
}

// At most, of the network's tokens; 1 where it is not on tokens.
std::uint64_t tokens_of_rows(const TrainJob& job) {
  const Dataset& data = job.data->train;
  return takes_tokens(job.network) ? std::max<std::uint64_t>(1, data.inputs)
                                   : context_of_rows(data);
}

// The layers whose hidden states are wanted.
std::vector<std::uint64_t> kept_layers(const CacheOptions& options, const TrainJob& job,
                                       const Model& teacher, const DistillOptions& distill) {
  const std::size_t there = layers(teacher.header.network).size();
  std::set<std::uint64_t> out;
  for (const std::string& item : items_of(options.hidden)) {
    const auto number = whole_number(item);
    if (!number || *number >= there) {
      fail(Kind::usage, "--cache-hidden: the teacher has {} layers, counted from 0, and no '{}'",
           there, printable(item));
    }
    out.insert(*number);
  }
  for (const std::size_t layer : hidden_layers(distill, job.network, teacher.header.network)) {
    out.insert(layer);
  }
  return {out.begin(), out.end()};
}

void refuse(std::string_view what, std::string_view hint) {
  throw Error{Kind::usage, fmt::format("--cache cannot hold {}", what), std::string(hint)};
}

// Asks the teachers for the rows of a piece.
class Maker {
 public:
  Maker(const CacheRequest& request, ThreadPool& pool)
      : facts_(request.facts),
        data_(request.job.data->train),
        pool_(pool),
        once_(at_once(request)),
        teacher_(at_one(request.teaching), request.job.network, request.job.data->schema.task),
        loader_(data_, once_),
        tokens_(takes_tokens(request.job.network)) {}

  // None: a signal came.
  [[nodiscard]] std::optional<CachePiece> piece(std::uint64_t number) {
    const std::uint64_t rows = facts_.rows_in(number);
    const std::uint64_t begin = number * facts_.piece;
    CachePiece out = make_piece(facts_, number, counts(begin, rows));
    lengths_.clear();
    states_.assign(facts_.hidden.size(), {});
    std::size_t at = 0;
    for (std::uint64_t done = 0; done < rows;) {
      if (signals::caught() != 0) return std::nullopt;
      const std::uint64_t epoch = (begin + done) / facts_.rows, row = (begin + done) % facts_.rows;
      const std::uint64_t here = std::min({once_, rows - done, facts_.rows - row});
      std::vector<std::uint32_t> numbers(static_cast<std::size_t>(here));
      std::iota(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(row));
      at += add(out, at, outputs(numbers, facts_.offset(epoch, context_of_rows(data_))));
      done += here;
    }
    if (at != out.positions()) fail(Kind::failed, "the teacher's outputs do not fit the rows");
    if (!states_.empty()) set_hidden(facts_, out, lengths_, joined());
    return out;
  }

 private:
  static Teaching at_one(const Teaching& teaching) {
    Teaching out = teaching;
    out.options.temperature = 1;
    return out;
  }

  static std::uint64_t at_once(const CacheRequest& request) {
    const std::size_t numbers = request.facts.classes * context_of_rows(request.job.data->train);
    constexpr std::size_t kMost = 256;
    return std::clamp<std::size_t>(kNumbersAtOnce / numbers, 1, kMost);
  }

  // Positions of each row.
  [[nodiscard]] std::vector<std::uint32_t> counts(std::uint64_t begin, std::uint64_t rows) const {
    std::vector<std::uint32_t> out(static_cast<std::size_t>(rows), 1);
    if (!data_.tokens) return out;
    const std::uint64_t context = data_.tokens->context();
    std::vector<std::int32_t> ids(static_cast<std::size_t>(context)), targets(ids), documents(ids);
    for (std::uint64_t i = 0; i < rows; ++i) {
      const std::uint64_t offset = facts_.offset((begin + i) / facts_.rows, context);
      data_.tokens->read((begin + i) % facts_.rows, offset, {ids, targets, documents});
      out[i] = static_cast<std::uint32_t>(
          std::ranges::count_if(targets, [](std::int32_t target) { return target >= 0; }));
    }
    return out;
  }

  // Log-probabilities: [positions, classes].
  [[nodiscard]] at::Tensor outputs(const std::vector<std::uint32_t>& rows, std::uint64_t offset) {
    Random unused(0);
    Batch batch = data_.tokens ? loader_.gather_tokens(rows, offset, nullptr, unused)
                               : loader_.gather(rows, nullptr, nullptr);
    const at::Tensor wanted = data_.tokens ? only_scored(batch) : at::Tensor();
    const Lesson lesson = teacher_.lesson(batch, rows, wanted, !facts_.hidden.empty());
    if (!facts_.hidden.empty()) keep_hidden(batch, lesson);
    return lesson.target(0, batch.classes.numel());
  }

  void keep_hidden(const Batch& batch, const Lesson& lesson) {
    const std::int64_t rows = batch.x.size(0);
    at::Tensor real;
    if (tokens_) real = real_tokens(batch.x, lesson.layers);
    const at::Tensor counts = tokens_ ? real.sum(1) : at::ones({rows}, at::kLong);
    const at::Tensor lengths = counts.to(at::kInt).contiguous();
    for (std::int64_t i = 0; i < rows; ++i) {
      lengths_.push_back(static_cast<std::uint32_t>(lengths.data_ptr<std::int32_t>()[i]));
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const at::Tensor& hidden = lesson.layers[facts_.hidden[i]].hidden;
      states_[i].push_back(tokens_ ? hidden.index({real}) : hidden.flatten(1));
    }
  }

  // Of each layer [tokens, width].
  [[nodiscard]] std::vector<Tensor> joined() const {
    std::vector<Tensor> out;
    for (const std::vector<at::Tensor>& parts : states_) {
      const at::Tensor all = at::cat(parts).to(at::kFloat).contiguous();
      out.push_back(tensor_of({all.size(0), all.size(1)},
                              {all.data_ptr<float>(), static_cast<std::size_t>(all.numel())}));
    }
    return out;
  }

  std::size_t add(CachePiece& piece, std::size_t begin, const at::Tensor& log_p) {
    const at::NoGradGuard no_gradients;
    const auto top = static_cast<std::int64_t>(facts_.top);
    const auto [likeliest, numbers] = at::topk(log_p, top);
    if (!at::isfinite(likeliest).all().item<bool>()) {
      fail(Kind::failed, "the teacher's outputs are not all finite");
    }
    at::Tensor sums, root_sums;
    if (facts_.top < facts_.classes) {
      at::Tensor rest = log_p.scatter(-1, numbers, -INFINITY);
      sums = at::logsumexp(rest, -1);
      root_sums = at::logsumexp(rest.mul_(0.5), -1);
    }
    const at::Tensor values = likeliest.contiguous(), ids = numbers.contiguous();
    const auto count = static_cast<std::size_t>(values.size(0));
    constexpr std::size_t kShare = 256;
    pool_.run((count + kShare - 1) / kShare, [&](std::size_t share) {
      const std::size_t width = facts_.top;
      for (std::size_t i = share * kShare; i < std::min(count, (share + 1) * kShare); ++i) {
        TailBytes tail;
        if (sums.defined()) {
          tail = tail_of(sums.data_ptr<float>()[i], root_sums.data_ptr<float>()[i],
                         facts_.classes - facts_.top);
        }
        set_position(facts_, piece, begin + i, {ids.data_ptr<std::int64_t>() + i * width, width},
                     {values.data_ptr<float>() + i * width, width}, tail);
      }
    });
    return count;
  }

  const CacheFacts& facts_;
  const Dataset& data_;
  ThreadPool& pool_;
  std::uint64_t once_;
  Teacher teacher_;
  BatchLoader loader_;
  bool tokens_;
  std::vector<std::uint32_t> lengths_;           // of the piece that is made
  std::vector<std::vector<at::Tensor>> states_;  // of each kept layer
};

// The pieces that are made, each in a file of its own.
class Parts {
 public:
  Parts(const CacheRequest& request, ThreadPool& pool)
      : request_(request), folder_(parts_of(request.options.file)), pool_(pool) {}

  [[nodiscard]] std::string path(std::uint64_t number) const {
    return fmt::format("{}/{:06}.mx", folder_, number);
  }

  // Whether it is there. Throws Kind::usage when it is another run's.
  [[nodiscard]] bool has(std::uint64_t number) const {
    const std::string file = path(number);
    if (!exists(file)) return false;
    Header header;
    try {
      header = read_overview(*io::open_own(file)).header;
    } catch (const Error&) {
      return false;  // it is made again
    }
    // Another run's is for check_facts to tell.
    if (header.kind != FileKind::checkpoint) return false;
    header.kind = FileKind::cache;
    check_facts(file, cache_facts(header, file), request_.facts);
    return true;
  }

  void save(CachePiece piece) const {
    std::error_code error;
    std::filesystem::create_directory(folder_, error);
    if (error) {
      fail(Kind::output, "cannot make {}: {}", printable(folder_), error.message());
    }
    const std::string file = path(piece.number);
    Model model;
    model.header.kind = FileKind::checkpoint;
    model.header.extra = to_json(request_.facts);
    model.weights = take_weights(request_.facts, std::move(piece));
    write_model(file, io::Existing::replace, model, pool_);
  }

  // All of them in one file, in order.
  void join() const {
    const auto& teachers = request_.teaching.teachers;
    Header header;
    header.kind = FileKind::cache;
    header.extra = to_json(request_.facts);
    std::vector<Rights> rights;
    std::vector<Past> pasts;
    Record record =
        make_record("cache", "mx-distill",
                    {{"cache-top", request_.facts.top}, {"cache-epochs", request_.facts.epochs}});
    for (const Model* teacher : teachers) {
      rights.push_back(teacher->header.rights);  // it holds their answers
      pasts.push_back({&teacher->lineage, teacher->identity});
      record.parents.push_back({teacher->identity, "teacher"});
    }
    for (const DataUsed& used : request_.job.data->used) {
      if (used.role == "train") record.data.push_back(used);
    }
    header.rights = inherit_rights(rights, {});
    for (std::uint64_t number = 0; number < request_.facts.pieces(); ++number) {
      const std::size_t begin = header.tensors.size();
      for (TensorEntry entry : read_overview(*io::open_own(path(number))).header.tensors) {
        if (entry.same) *entry.same += begin;
        header.tensors.push_back(std::move(entry));
      }
    }
    const auto out = io::open_output(request_.options.file);
    ModelWriter writer(*out, header, pool_);
    for (std::uint64_t number = 0; number < request_.facts.pieces(); ++number) {
      Model part =
          read_model(*io::open_own(path(number)), pool_, {.max_memory = request_.max_memory});
      for (Weight& weight : part.weights) writer.add(std::move(weight));
    }
    writer.finish(extend(pasts, std::move(record)), {});
  }

  // Throws where the folder is somebody else's, or holds anything but pieces.
  void check() const {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(folder_, error);
    if (status.type() == fs::file_type::not_found) return;
    struct stat facts = {};
    const bool ours = fs::is_directory(status) && ::lstat(folder_.c_str(), &facts) == 0 &&
                      (facts.st_uid == ::geteuid() || facts.st_uid == 0);
    if (!ours) foreign(folder_ + " is no folder of this user's");
    for (const std::string& name : names()) {
      if (!is_piece(name)) foreign(fmt::format("{} holds {}", folder_, name));
    }
  }

  // The pieces, and the folder when nothing else is in it.
  void remove() const {
    std::error_code ignored;
    if (!fs::is_directory(fs::symlink_status(folder_, ignored))) return;
    for (const std::string& name : names()) {
      try {
        if (is_piece(name)) fs::remove(fs::path(folder_) / name, ignored);
      } catch (const Error&) {
        continue;  // somebody else's
      }
    }
    fs::remove(folder_, ignored);
  }

 private:
  [[noreturn]] static void foreign(const std::string& what) {
    throw Error{Kind::usage, printable(what) + ", where the pieces of --cache belong",
                "name another file with --cache, or move what is there"};
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    std::error_code error;
    for (fs::directory_iterator at(folder_, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      out.push_back(at->path().filename().string());
    }
    if (error) fail(Kind::input, "cannot read {}: {}", printable(folder_), error.message());
    return out;
  }

  // Whether a run made it there: a piece, also a damaged one, or one that was being written.
  [[nodiscard]] bool is_piece(const std::string& name) const {
    constexpr std::size_t kDigits = 6;
    const std::size_t begin = name.starts_with('.') ? 1 : 0;
    const std::string piece = name.substr(begin, kDigits + 3);
    if (piece.size() != kDigits + 3 || !piece.ends_with(".mx") ||
        piece.find_first_not_of("0123456789") != kDigits) {
      return false;
    }
    if (begin == 1) return io::is_temporary_of(name, piece);
    if (name != piece) return false;
    const auto in = io::open_own(folder_ + "/" + name);
    Header header;
    try {
      header = read_overview(*in).header;
    } catch (const Error&) {
      return is_container(*in);
    }
    try {
      if (header.kind != FileKind::checkpoint) return false;
      header.kind = FileKind::cache;
      (void)cache_facts(header, name);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  const CacheRequest& request_;
  std::string folder_;
  ThreadPool& pool_;
};

// False: a signal came.
bool make_cache(const CacheRequest& request, const Parts& parts, ThreadPool& pool, Log& log) {
  const std::uint64_t pieces = request.facts.pieces();
  std::uint64_t kept = 0;
  std::optional<Maker> maker;
  prepare_torch(request.job.threads);
  bool whole = true;
  with_torch_errors([&] {
    for (std::uint64_t number = 0; number < pieces && whole; ++number) {
      if (parts.has(number)) {
        ++kept;
        continue;
      }
      if (!maker) maker.emplace(request, pool);
      std::optional<CachePiece> piece = maker->piece(number);
      whole = piece.has_value();
      if (whole) parts.save(std::move(*piece));
      log.progress({"piece", number + 1, pieces, "what the teacher says"});
    }
  });
  if (kept > 0) {
    log.info(fmt::format("{} of {} pieces of the teacher's outputs were there", kept, pieces));
  }
  if (whole) parts.join();
  return whole;
}

}  // namespace

Fields CacheOptions::fields() {
  const char* const g = "Distillation";
  return {
      {.group = g,
       .name = "cache",
       .help = "What the teachers say of the training rows, in this file: made once, then used "
               "by any student without asking them",
       .value = &file,
       .affects = Affects::run,
       .holds = Holds::file},
      {g, "cache-top",
       "Classes or tokens that it keeps of each, the likeliest (64, or all if there are fewer)",
       &top, Range{1, 65536}},
      {g, "cache-epochs",
       "Epochs that cut the text into windows at different places and are all kept (1); later "
       "ones take them in turn",
       &epochs, Range{1, 1024}},
      {.group = g,
       .name = "cache-hidden",
       .help = "Layers of the (first) teacher whose hidden states it keeps too, from 0 (default: "
               "those that --match hidden needs)",
       .value = &hidden,
       .affects = Affects::run,
       .meaning = "L[,L...]"}};
}

CacheFacts wanted_cache(const CacheOptions& options, const TrainJob& job,
                        const Teaching& teaching) {
  const Task task = job.data->schema.task;
  if (task == Task::regress) refuse("what teachers of --task regress say", "leave --cache out");
  if (task == Task::mlm) {
    refuse("what is said of hidden tokens, which are others in each epoch", "leave --cache out");
  }
  if (!teaching.options.teacher_weight.empty()) {
    refuse("how much each teacher weighs, as --teacher-weight says", "leave one of them out");
  }
  if (!job.options.augment.empty()) {
    refuse("what is said of images that --augment moves anew in each epoch",
           "leave one of them out");
  }
  const Dataset& data = job.data->train;
  CacheFacts out;
  for (const Model* teacher : teaching.teachers) out.teachers.push_back(to_hex(teacher->identity));
  out.data = rows_digest(data);
  out.tokens = data.tokens != nullptr;
  out.rows = data.rows;
  out.classes =
      static_cast<std::uint64_t>(output_shape(teaching.teachers.front()->header.network).back());
  std::int64_t top = kDefaultTop, epochs = 1;
  std::optional<CacheFacts> found;
  out.hidden = kept_layers(options, job, *teaching.teachers.front(), teaching.options);
  if (exists(options.file)) {
    found = cache_facts(read_overview(*io::open_own(options.file)).header, options.file);
    top = static_cast<std::int64_t>(found->top);
    epochs = static_cast<std::int64_t>(found->epochs);
  }
  out.top = std::min(out.classes, static_cast<std::uint64_t>(options.top.value_or(top)));
  out.epochs = static_cast<std::uint64_t>(options.epochs.value_or(epochs));
  // Rows that are documents are cut nowhere, and rows of numbers are what they are.
  const bool cut = data.tokens && data.tokens->rules().stride > 0;
  if (!cut && out.epochs > 1) {
    throw Error{Kind::usage, "--cache-epochs is for text that is cut into windows",
                "leave it out: rows are the same in each epoch"};
  }
  const std::uint64_t context = context_of_rows(data);
  const std::uint64_t positions = out.rows * out.epochs * context;
  const std::uint64_t piece = std::max(kPiecePositions, positions / kMostPieces + 1);
  out.piece = std::max<std::uint64_t>(1, piece / context);
  if (found) {
    check_facts(options.file, *found, out);
    out.hidden = found->hidden;
  }
  return out;
}

std::unique_ptr<OutputCache> ready_cache(const CacheRequest& request, ThreadPool& pool, Log& log) {
  const std::string& file = request.options.file;
  const Parts parts(request, pool);
  if (!exists(file)) {
    log.info(fmt::format("asking the teacher about {} rows, for {}",
                         request.facts.rows * request.facts.epochs, printable(file)));
    parts.check();
    if (!make_cache(request, parts, pool, log)) return nullptr;
  }
  parts.remove();
  return std::make_unique<OutputCache>(file, request.facts, tokens_of_rows(request.job), pool,
                                       request.max_memory);
}

}  // namespace mx
