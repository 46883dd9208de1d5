// SPDX-License-Identifier: Apache-2.0
#include "prune/options.h"

#include <algorithm>
#include <array>

namespace mx::prune {
namespace {

// What a model's schema settles.
constexpr std::array<std::string_view, 4> kFacts = {"task", "features", "input-shape", "scaling"};

// The part of the rows on which the loss may grow by --max-loss-increase, when none is named.
constexpr double kHeldOut = 0.1;

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error{Kind::usage, std::move(message), std::move(hint)};
}

}  // namespace

Fields Options::fields() {
  Fields fields = prune.fields();
  append(fields, {{.group = "Pruning",
                   .name = "calibrate",
                   .help = "Rows to look at, instead of --data, with all criteria but magnitude",
                   .value = &calibrate,
                   .holds = Holds::file}});
  append(fields, {{.group = "Distillation",
                   .name = "teacher",
                   .help = "A model that teaches the fine-tuning, as the one before pruning; "
                           "several are weighted by --teacher-weight",
                   .value = &teachers,
                   .holds = Holds::file}});
  append(fields, distill.fields());
  append(fields, data.fields(true));
  Fields training = train.fields();
  std::erase_if(training,
                [](const Field& field) { return field.name == "epochs" || field.name == "steps"; });
  for (Field& field : training) {
    if (field.name == "schedule") field.name = "lr-schedule";
  }
  append(fields, std::move(training));
  return fields;
}

void Options::settle() {
  const Pattern how = pattern();
  const bool n_of_m = how.kind == Pattern::Kind::n_of_m;
  if (n_of_m && (prune.sparsity || searches())) {
    refuse(fmt::format("the pattern {} says how much goes, so --sparsity and --max-loss-increase "
                       "have no say",
                       prune.pattern),
           "leave them out");
  }
  if (prune.sparsity && searches()) {
    refuse("--sparsity and --max-loss-increase both say how much goes", "give one of them");
  }
  if (!n_of_m && !prune.sparsity && !searches()) {
    refuse("how much is to go was not said",
           "--sparsity 0.5, --max-loss-increase 0.02 with --data, or --pattern 2:4");
  }
  if (prune.finetune_epochs && prune.finetune_steps) {
    refuse("--finetune-epochs and --finetune-steps both say how long", "give one of them");
  }
  if (gradual() && !finetunes()) {
    refuse("--schedule gradual prunes while it trains, but there is no fine-tuning",
           "add --finetune-epochs N and --data FILE");
  }
  if (data.data.empty() && finetunes()) {
    refuse("fine-tuning needs rows to train on", "add --data FILE");
  }
  if (!teachers.empty() && !finetunes()) {
    refuse("--teacher has no say without fine-tuning", "add --finetune-epochs N and --data FILE");
  }
  if (data.data.empty() && searches()) {
    refuse("--max-loss-increase needs rows to measure the loss on", "add --data FILE");
  }
  const bool measures = prune.criterion != Criterion::magnitude;
  if (measures && data.data.empty() && calibrate.empty()) {
    refuse(prune.criterion == Criterion::gradient
               ? "--criterion gradient needs rows to take gradients over"
               : "the criteria wanda, sparsegpt and likelihood need rows to look at",
           "add --data FILE or --calibrate FILE");
  }
  if (!measures && !calibrate.empty()) {
    refuse("--calibrate has no say in --criterion magnitude", "leave it out, or take gradient");
  }
  if (!prune.importance.empty() && !knows_importance()) {
    refuse(
        "--importance keeps what does not depend on how much goes: of --criterion gradient, or "
        "likelihood with --scope global, at once",
        "leave it out");
  }
  if (prune.criterion == Criterion::likelihood) {
    if (how.kind != Pattern::Kind::structures) {
      refuse("the criterion likelihood removes whole structures",
             "add --pattern neurons, channels, heads or blocks");
    }
    if (gradual()) {
      refuse("the criterion likelihood prunes at once", "leave out --schedule gradual");
    }
  }
  if (prune.layerwise()) {
    if (how.kind == Pattern::Kind::structures && how.structure == Structure::blocks) {
      refuse("the criteria wanda and sparsegpt remove no blocks",
             "take --criterion gradient or likelihood");
    }
    if (gradual()) {
      refuse("the criteria wanda and sparsegpt prune at once", "leave out --schedule gradual");
    }
    if (prune.scope == Scope::global && how.kind != Pattern::Kind::structures) {
      refuse("with wanda and sparsegpt the weights of different maps do not compete",
             "--scope layer, outliers or sensitivity");
    }
  }
  const bool by_block = prune.scope == Scope::outliers || prune.scope == Scope::sensitivity;
  if (by_block && (!prune.layerwise() || how.kind != Pattern::Kind::free)) {
    refuse(fmt::format("--scope {} is for --criterion wanda and sparsegpt and the pattern free",
                       prune.scope == Scope::outliers ? "outliers" : "sensitivity"),
           "--scope layer, or global");
  }
  if (searches() && data.valid.empty() && data.valid_fraction == 0) data.valid_fraction = kHeldOut;
  train.epochs = prune.finetune_epochs;
  train.steps = prune.finetune_steps;
}

void Options::check_facts(const cli::Session& session, bool has_schema) const {
  if (!has_schema) return;
  for (const std::string_view name : kFacts) {
    if (!session.given(name)) continue;
    refuse(fmt::format("--{} is settled by the model's schema", name), "leave it out");
  }
}

Json Options::for_lineage(const cli::Session& session, bool text, bool settled) {
  Json out = session.lineage_options();
  const auto leave_out = [&out](const Fields& fields) {
    for (const Field& field : fields) out.erase(std::string(field.name));
  };
  if (teachers.empty()) leave_out(distill.fields());
  if (!finetunes()) {
    leave_out(train.fields());
    out.erase("lr-schedule");
    out["schedule"] = "one-shot";
  }
  if (finetunes()) out["threads"] = session.threads();
  data.leave_out_idle(out, text, settled);
  if (data.data.empty() && calibrate.empty()) leave_out(data.fields(true));
  return out;
}

}  // namespace mx::prune
