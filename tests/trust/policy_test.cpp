// SPDX-License-Identifier: Apache-2.0
#include "trust/policy.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "infer/probe.h"
#include "io/folder.h"
#include "net/families.h"

namespace mx {
namespace {

Policy policy_of(const std::string& text) {
  const test::Folder folder;
  test::write_file(folder / "policy.yaml", text);
  return read_policy(folder / "policy.yaml");
}

std::string refusal(const std::string& text) {
  const test::Folder folder;
  const std::string path = folder / "p.yaml";
  test::write_file(path, text);
  try {
    (void)read_policy(path);
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::usage);
    return error.message().substr(folder.path().size() + 1);
  }
  return "taken";
}

Model model_under(const std::string& license, ThreadPool& pool) {
  Model out;
  ModelOptions options;
  options.hidden = {3};
  out.header.network = build(options, {2}, 2);
  for (const TensorSpec& spec : tensors(out.header.network)) {
    out.weights.push_back({.name = spec.name, .values = Tensor(DType::f32, spec.shape)});
    for (float& number : out.weights.back().values.as<float>()) number = 0;
  }
  out.header.rights.license = license;
  out.bytes = 1000;
  Record record;
  record.metrics = {{"valid_accuracy", 0.9}, {"valid_loss", 0.3}};
  out.lineage.records = {record, Record()};
  set_probes(out, pool);
  return out;
}

TEST_CASE("each clause asks for one thing, and an unmet one names itself") {
  ThreadPool pool(1);
  const auto said = [&](const std::string& text, const Model& model) {
    const std::vector<std::string> clauses = unmet(policy_of(text), model, pool);
    return clauses.empty() ? std::string("met") : fmt::format("{}", fmt::join(clauses, "; "));
  };
  const Model mit = model_under("MIT", pool);
  CHECK(unmet(Policy(), mit, pool).empty());
  CHECK(said("{}", mit) == "met");
  CHECK(said("largest-file: 1KB", mit) == "met");
  CHECK(said("largest-file: 999", mit) == "largest-file: it has 1,000 bytes, over 999");
  CHECK(said("allowed-licenses: [mit, ISC]", mit) == "met");
  CHECK(said("allowed-licenses: [ISC]", mit) == "allowed-licenses: it is under MIT");
  CHECK(said("allowed-licenses: [MIT]", model_under("ISC OR MIT", pool)) == "met");
  CHECK(said("allowed-licenses: [MIT]", model_under("ISC AND MIT", pool)) ==
        "allowed-licenses: it is under ISC AND MIT");
  CHECK(said("allowed-licenses: [MIT]", model_under("", pool)) ==
        "allowed-licenses: it names no licence");
  // An empty list means none, not all.
  CHECK(said("allowed-licenses: []", mit) == "allowed-licenses: it is under MIT");
  CHECK(said("allowed-licenses: []", model_under("", pool)) ==
        "allowed-licenses: it names no licence");
  CHECK(said("permit: []", mit) == "met");
  CHECK(refusal("signers: []") == "p.yaml:1: signers: it names nobody, so no model is ever taken");
  CHECK(said("unlicensed: refuse", model_under("", pool)) == "unlicensed: it names no licence");
  CHECK(said("unlicensed: own", model_under("", pool)) == "met");
  CHECK(said("permit: [commercial, modify]", mit) == "met");
  CHECK(said("permit: [commercial]", model_under("CC-BY-NC-4.0", pool)) ==
        "permit: commercial is forbidden");
  CHECK(said("permit: [serve]", model_under("LicenseRef-x", pool)) ==
        "permit: serve is not known to be allowed");
  CHECK(said("permit: [serve]\nlicenses: {LicenseRef-x: {serve: yes, modify: no, distil: no, "
             "redistribute: no, commercial: no}}",
             model_under("LicenseRef-x", pool)) == "met");
  CHECK(said("quality: {valid_accuracy: {at-least: 0.9}, valid_loss: {at-most: 0.3}}", mit) ==
        "met");
  CHECK(said("quality: {valid_accuracy: {at-least: 0.95}}", mit) ==
        "quality: valid_accuracy is 0.9, under 0.95");
  CHECK(said("quality: {valid_loss: {at-most: 0.25}}", mit) ==
        "quality: valid_loss is 0.3, over 0.25");
  CHECK(said("quality: {test_loss: {at-most: 1}}", mit) == "quality: test_loss was never measured");
  CHECK(said("probes: agree", mit) == "met");
  Model other = mit;
  REQUIRE(!other.probes.empty());
  other.probes[0].output[0] += 1;
  CHECK(said("probes: agree", other) == "probes: they differ by 1");
  CHECK(said("probes: present", other) == "met");
  other.probes.clear();
  CHECK(said("probes: present", other) == "probes: it has none");
  Model taught = mit;
  taught.lineage.records[1].data = {{Sha256{0xab}, 1, "train", "CC-BY-NC-4.0", ""}};
  CHECK(said("allowed-licenses: [MIT]", taught) ==
        "allowed-licenses: the data ab0000000000 is under CC-BY-NC-4.0");
  CHECK(said("{largest-file: 1, probes: present}", other) ==
        "largest-file: it has 1,000 bytes, over 1; probes: it has none");
}

TEST_CASE("keys are found beside the policy") {
  const Policy policy = policy_of("signers: [team.pub, /keys/other.pub]");
  REQUIRE(policy.signers.size() == 2);
  CHECK(policy.signers[0].ends_with("/team.pub"));
  CHECK(policy.signers[1] == "/keys/other.pub");
}

TEST_CASE("what is no policy is refused with its line") {
  CHECK(refusal("a: 1") == "p.yaml:1: a: this clause is not known");
  CHECK(refusal("probes: agree\nlargest-file: much").starts_with("p.yaml:2: largest-file: "));
  CHECK(refusal("signers: key.pub") == "p.yaml:1: signers: it is not a list of words");
  CHECK(refusal("probes: yes") == "p.yaml:1: probes: it is none of any, present, agree");
  CHECK(refusal("permit: [sell]") ==
        "p.yaml:1: permit: it is none of serve, modify, distil, redistribute, commercial");
  CHECK(refusal("unlicensed: maybe") == "p.yaml:1: unlicensed: it is none of own, refuse");
  CHECK(refusal("quality: 1") == "p.yaml:1: quality: it names no metrics");
  CHECK(refusal("quality: {a: 1}") == "p.yaml:1: quality: a has no bound");
  CHECK(refusal("quality: {a: {over: 1}}") == "p.yaml:1: quality: a: over is no bound");
  CHECK(refusal("quality: {a: {at-least: x}}") == "p.yaml:1: quality: a: at-least is no bound");
  CHECK(refusal("licenses: {MIT: {serve: yes}}") == "p.yaml:1: MIT: \"modify\" is missing");
  CHECK(refusal("- 1").ends_with("is no list of clauses"));
}

}  // namespace
}  // namespace mx
