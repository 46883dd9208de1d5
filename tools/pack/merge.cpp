// SPDX-License-Identifier: Apache-2.0
#include "pack/merge.h"

#include "base/words.h"
#include "cli/models.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/merge.h"
#include "pack/describe.h"
#include "pack/packed.h"
#include "trust/gate.h"

namespace mx::pack {
namespace {

constexpr double kSparse = 0.01;  // from which share of zeros on a map was pruned

void warn_of_loss(const MergeFacts& facts, const std::string& path, Log& log) {
  const char* const hint = "without a merge nothing is lost: keep the adapter beside its base";
  if (static_cast<double>(facts.filled) > kSparse * static_cast<double>(facts.numbers)) {
    log.warn(fmt::format("{} zeros of the pruned {} are filled ({})", grouped(facts.filled),
                         input_name(path), hint));
  }
  if (facts.coded > 0) {
    log.warn(fmt::format("{} quantized weights of {} become 32-bit numbers ({})", facts.coded,
                         input_name(path), hint));
  }
}

}  // namespace

int merge(cli::Session& session, const MergeJob& job) {
  ThreadPool pool(session.threads());
  Model model = read_model(job.path, pool, cli::reading(session));
  refuse_adapter(model.header, job.path);
  Record record = make_record("merge", "mx-pack", session.lineage_options());
  record.parents = {{model.identity, "base"}};
  std::vector<Model> adapters;
  MergeFacts facts;
  for (const std::string& path : job.adapters) {
    adapters.push_back(read_model(path, pool, cli::reading(session)));
    facts += merge_adapter(model, adapters.back(), path, pool);
    record.parents.push_back({adapters.back().identity, "adapter"});
  }
  const Rights said = job.rights.settle(session.licenses(), session.log());
  Gate gate(session.licenses(), session.common().output, job.rights.override_reason);
  gate.model(Permission::modify, "merge", model, job.path);
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    gate.model(Permission::modify, "merge", adapters[i], job.adapters[i]);
  }
  record.override_permission = gate.settle(session.log());
  warn_of_loss(facts, job.path, session.log());
  std::vector<Rights> rights = {model.header.rights};
  std::vector<Past> pasts = {{&model.lineage, model.identity}};
  for (const Model& adapter : adapters) {
    rights.push_back(adapter.header.rights);
    pasts.push_back({&adapter.lineage, adapter.identity});
  }
  model.header.rights = inherit_rights(rights, said);
  declare(record, said, model.header.rights, session.licenses());
  model.lineage = extend(pasts, std::move(record));
  set_probes(model, pool);
  const auto out = cli::open_output(session);
  write_model(*out, model, pool, {.effort = job.effort});
  std::uint64_t nonzero = 0;
  for (const Weight& weight : model.weights) nonzero += count_nonzero(weight.values);
  report_packed(session, model.header, {nonzero, out->written(), model.identity}, Json::object(),
                "");
  return 0;
}

}  // namespace mx::pack
