// SPDX-License-Identifier: Apache-2.0
#include "pack/packed.h"

#include "base/words.h"
#include "file/digest.h"
#include "pack/describe.h"

namespace mx::pack {

ProbeResult agreeing(const Model& model, ThreadPool& pool) {
  const ProbeResult result = run_probes(model, pool);
  if (!result.agrees) {
    throw Error{
        Kind::answer,
        fmt::format("a probe's answer differs from the recorded one by {:g}", result.difference),
        "nothing was written; mx-pack check -v says what is wrong"};
  }
  return result;
}

void report_packed(cli::Session& session, const Header& header, const Totals& totals,
                   const Json& metrics, const std::string& more) {
  Json out = {{"bytes", totals.bytes},
              {"raw_bytes", raw_bytes(header)},
              {"parameters", parameters_of(header)},
              {"nonzero", totals.nonzero},
              {"identity", to_hex(totals.identity)}};
  out.update(metrics);
  session.result(
      out, fmt::format("{}{}{} bytes, 1/{:.1f} of {} raw; {} parameters, {} not zero\n", more,
                       session.common().dry_run ? "would be " : "", grouped(totals.bytes),
                       static_cast<double>(raw_bytes(header)) / static_cast<double>(totals.bytes),
                       grouped(raw_bytes(header)), grouped(parameters_of(header)),
                       grouped(totals.nonzero)));
}

}  // namespace mx::pack
