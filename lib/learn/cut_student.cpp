// SPDX-License-Identifier: Apache-2.0
#include "learn/cut_student.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "engine/engine.h"
#include "infer/likelihood.h"
#include "infer/metrics.h"
#include "learn/train.h"
#include "shrink/fit.h"

namespace mx {
namespace {

constexpr std::size_t kRows = 2048, kWindows = 128;  // looked at
constexpr std::size_t kDepths = 12;                  // tried

// Dropout holds a network back that has more room than rows; one that was cut small has none to
// spare.
void leave_dropout_out(std::vector<Block>& blocks) {
  std::erase_if(blocks,
                [](const Block& block) { return std::holds_alternative<Dropout>(block.any); });
  for (Block& block : blocks) {
    if (auto* attention = std::get_if<Attention>(&block.any)) attention->dropout = 0;
    if (auto* residual = std::get_if<Residual>(&block.any)) leave_dropout_out(residual->blocks);
  }
}

class Cutter {
 public:
  Cutter(const Network& teacher, std::vector<Weight> weights, const Schema& schema,
         const Dataset& rows, double share, ThreadPool& pool, std::size_t threads, Log& log)
      : teacher_(teacher),
        weights_(std::move(weights)),
        schema_(schema),
        rows_(pick(rows, spread_rows(rows.rows, rows.tokens ? kWindows : kRows))),
        most_(static_cast<std::uint64_t>(
            std::floor(share * static_cast<double>(cost(teacher).parameters)))),
        pool_(pool),
        log_(log),
        blocks_(groups_of(teacher, Structure::blocks)) {
    for (Weight& weight : weights_) weight = {.name = weight.name, .values = to_f32(weight)};
    const std::vector<StructureGroup> groups = inner_groups(teacher, true);
    const Importance importance =
        gate_importance(teacher, weights_, &schema, rows_, groups, threads);
    for (std::size_t g = 0; g < groups.size(); ++g) importance_[groups[g].name] = importance[g];
  }

  [[nodiscard]] CutStudent best() {
    std::optional<CutStudent> best;
    const std::vector<std::size_t> order = block_order();
    const std::size_t step = order.size() / kDepths + 1;
    for (std::size_t gone = 0; gone <= order.size(); gone += step) {
      if (gone > 0 && gone == order.size()) break;  // one block stays
      for (const bool width : {false, true}) {
        std::optional<CutStudent> one = at(order, gone, width);
        if (!one) continue;
        log_.verbose(fmt::format("student: {}: loss {:.4g}", one->how, one->loss));
        if (!best || one->loss < best->loss) best = std::move(one);
      }
    }
    if (best) return std::move(*best);
    throw Error{
        Kind::usage,
        fmt::format("no network of this kind has {} parameters or fewer; the smallest has {}",
                    most_, least_),
        "ask for a larger share"};
  }

 private:
  // Positions in the group of blocks: what is missed least goes first.
  [[nodiscard]] std::vector<std::size_t> block_order() {
    std::vector<std::size_t> out;
    if (blocks_.empty() || schema_.task == Task::regress) return out;
    const LikelihoodChoice choice = likelihood_choice(
        {teacher_, weights_, schema_, rows_, blocks_, 1.0, Scope::global, {}}, pool_, log_);
    for (const auto& [group, structure] : choice.order) out.push_back(structure);
    return out;
  }

  [[nodiscard]] std::optional<CutStudent> at(const std::vector<std::size_t>& order,
                                             std::size_t gone, bool width) {
    std::vector<Kept> kept;
    for (const StructureGroup& group : blocks_) kept.emplace_back(group.structures, 1);
    for (std::size_t i = 0; i < gone; ++i) kept[0][order[i]] = 0;
    const Fit fit = fit_structures(cut_network(teacher_, blocks_, kept), importance_, most_, width);
    least_ = std::min(least_, fit.parameters);
    if (fit.parameters > most_) return std::nullopt;
    const std::size_t last = fit.groups.empty() ? 0 : fit.groups.size() - 1;
    if (width && (fit.groups.empty() || fit.groups[last].name != "width")) return std::nullopt;
    Cut shallow = cut_structures(teacher_, weights_, blocks_, kept);
    Cut small = cut_structures(shallow.network, std::move(shallow.weights), fit.groups, fit.kept);
    Engine engine(small.network, small.weights, pool_);
    const double loss = evaluate(schema_, rows_, engine).loss;
    leave_dropout_out(small.network.blocks);
    return CutStudent{std::move(small.network), std::move(small.weights), loss,
                      describe(fit, gone)};
  }

  [[nodiscard]] std::string describe(const Fit& fit, std::size_t gone) const {
    std::string out;
    if (!blocks_.empty()) {
      out = fmt::format("{} of {} blocks, ", blocks_[0].structures - gone, blocks_[0].structures);
    }
    std::size_t all = 0, stay = 0;
    for (std::size_t g = 0; g < fit.groups.size(); ++g) {
      const auto left =
          static_cast<std::size_t>(std::count(fit.kept[g].begin(), fit.kept[g].end(), 1));
      if (fit.groups[g].name == "width") {
        out += fmt::format("{} of {} wide, ", left, fit.groups[g].structures);
      } else {
        all += fit.groups[g].structures;
        stay += left;
      }
    }
    return out + fmt::format("{} of {} structures, {} parameters", stay, all, fit.parameters);
  }

  const Network& teacher_;
  std::vector<Weight> weights_;
  const Schema& schema_;
  Dataset rows_;
  std::uint64_t most_, least_ = std::numeric_limits<std::uint64_t>::max();
  ThreadPool& pool_;
  Log& log_;
  std::vector<StructureGroup> blocks_;
  ImportanceByName importance_;
};

}  // namespace

CutStudent cut_student(const Network& teacher, std::vector<Weight> weights, const Schema& schema,
                       const Dataset& rows, double share, ThreadPool& pool, std::size_t threads,
                       Log& log) {
  return Cutter(teacher, std::move(weights), schema, rows, share, pool, threads, log).best();
}

}  // namespace mx
