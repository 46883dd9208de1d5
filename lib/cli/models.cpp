// SPDX-License-Identifier: Apache-2.0
#include "cli/models.h"

#include "base/error.h"
#include "base/words.h"
#include "io/age.h"
#include "io/held_input.h"
#include "io/range_input.h"
#include "trust/gate.h"

namespace mx::cli {
namespace {

// As much of it as the policy asks about; the forward position stays where it is.
Model model_in(io::Input& in, Session& session) {
  if (session.policy().probes == Policy::Probes::agree) {
    ThreadPool pool(session.threads());
    io::RangeInput all(in);
    return mx::read_model(all, pool, {.max_memory = session.max_memory()});
  }
  Overview overview = read_overview(in);
  Model out;
  out.header = std::move(overview.header);
  out.lineage = std::move(overview.lineage);
  out.probes = std::move(overview.probes);
  out.bytes = overview.bytes;
  return out;
}

void check_policy(const Model& model, const std::string& path, Session& session) {
  const Policy& policy = session.policy();
  if (policy.file.empty()) return;
  ThreadPool pool(session.threads());
  const std::vector<std::string> clauses = unmet(policy, model, pool);
  if (clauses.empty()) return;
  throw Error{Kind::input,
              fmt::format("{} does not meet {}: {}", input_name(path), printable(policy.file),
                          fmt::join(clauses, "; ")),
              "mx-pack doctor --policy looks at all of them"};
}

}  // namespace

ReadOptions reading(Session& session) {
  return {.max_memory = session.max_memory(),
          .verify_sections = true,
          .trust = &session.common().trust,
          .admit = [&session](const Model& model, const std::string& path) {
            admit(model, path, session);
          }};
}

std::unique_ptr<io::Input> open_model(const std::string& path, Session& session) {
  std::unique_ptr<io::Input> in = mx::open_model(path, &session.common().trust);
  const Policy& policy = session.policy();
  if (policy.file.empty()) return in;
  // It may have been unsealed.
  if (!in->seekable()) in = std::make_unique<io::HeldInput>(std::move(in), session.max_memory());
  check_policy(model_in(*in, session), path, session);
  return in;
}

void admit(const Model& model, const std::string& path, Session& session) {
  check_policy(model, path, session);
  say_overrides(model.lineage, path, session);
}

void say_overrides(const Lineage& lineage, const std::string& path, Session& session) {
  for (const std::string& line : overrides_of(lineage)) {
    session.log().warn(fmt::format("{}: {}", input_name(path), line));
  }
}

bool seals(const Session& session) {
  return session.common().trust.opens_sealed() || !session.common().recipients.empty();
}

std::unique_ptr<io::Output> open_output(const Session& session) {
  const Common& common = session.common();
  std::vector<io::AgeRecipient> recipients;
  for (const std::string& text : common.recipients) {
    recipients.push_back(io::parse_recipient(text));
  }
  const std::string path = common.dry_run ? "/dev/null" : common.output;
  auto out = io::open_output(path.empty() ? "-" : path,
                             common.force ? io::Existing::replace : io::Existing::refuse);
  return recipients.empty() ? std::move(out) : io::sealed(std::move(out), recipients, {});
}

std::uint64_t write_model(Model& model, const Session& session, ThreadPool& pool,
                          const WriteOptions& options) {
  const std::unique_ptr<io::Output> out = open_output(session);
  mx::write_model(*out, model, pool, options);
  return out->written();
}

}  // namespace mx::cli
