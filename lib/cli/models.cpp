// SPDX-License-Identifier: Apache-2.0
#include "cli/models.h"

#include "io/age.h"

namespace mx::cli {

ReadOptions reading(const Session& session) {
  return {.max_memory = session.max_memory(), .trust = &session.common().trust};
}

std::unique_ptr<io::Input> open_model(const std::string& path, const Session& session) {
  return mx::open_model(path, &session.common().trust);
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
  return recipients.empty() ? std::move(out) : io::sealed(std::move(out), recipients, "");
}

std::uint64_t write_model(Model& model, const Session& session, ThreadPool& pool,
                          const WriteOptions& options) {
  const std::unique_ptr<io::Output> out = open_output(session);
  mx::write_model(*out, model, pool, options);
  return out->written();
}

}  // namespace mx::cli
