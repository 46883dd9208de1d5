// SPDX-License-Identifier: Apache-2.0
// Makes the files in tests/golden/hostile: whole in every byte, with records that would have
// another program's words run, files written and licences forgotten. tests/cli/trust reads them.
#include <doctest/doctest.h>

#include "base/threads.h"
#include "file/writer.h"
#include "io/output.h"
#include "net/families.h"

namespace mx {
namespace {

void make(const std::string& path, Record record, std::string name = "", Json extra = nullptr) {
  ThreadPool pool(1);
  Model model;
  ModelOptions options;
  options.hidden = {2};
  model.header.family = "mlp";
  model.header.network = build(options, {2}, 2);
  model.header.rights = record.given;
  model.header.rights.name = name;
  model.header.extra = std::move(extra);
  for (const TensorSpec& spec : tensors(model.header.network)) {
    Tensor t(DType::f32, spec.shape);
    for (float& x : t.as<float>()) x = 0.5F;
    model.weights.push_back({spec.name, std::move(t), Scheme::plain, Tensor{}});
  }
  record.tool = "mx-" + record.operation;
  record.version = "0.1.0";
  model.lineage.records = {record};
  auto out = io::open_output(path, io::Existing::replace);
  write_model(*out, model, pool, {});
}
// Run with --no-skip to write them again.
TEST_CASE("models whose records are hostile" * doctest::skip()) {
  const std::string to = MX_GOLDEN "/hostile/";
  const auto train = [](Json options) {
    Record r;
    r.operation = "train";
    r.options = std::move(options);
    r.seed = 1;
    return r;
  };
  make(to + "run-key.mx", train({{"epochs", 1}, {"metrics", "/tmp/planted"}}));
  make(to + "two-keys.mx", train({{"epochs: 1\nmetrics", "planted"}}));
  make(to + "checkpoint.mx",
       train({{"epochs", 1}, {"checkpoint", "planted"}, {"resume", "never"}}));
  make(to + "object.mx", train({{"hidden", {{"a", 1}}}}));
  make(to + "tokenizer.mx", train({{"tokenizer", "../tokenizer.json"}}));
  make(to + "tokenizer-number.mx", train({{"tokenizer", {1, 2}}}));
  {
    Record r = train({{"epochs", 1}});
    r.given.license = "/etc/hostname";
    make(to + "license-path.mx", r);
  }
  {
    Record r = train({{"epochs", 1}});
    r.given.owner = "--metrics=planted";
    r.given.contact = "$(touch planted)'`touch planted`\n";
    r.given.name = "x\ntouch planted\n#";
    r.data.push_back({Sha256{7}, 1, "train\ntouch planted", "", ""});
    r.data.push_back({Sha256{7}, 1, "train", "-f", "--report"});
    make(to + "words.mx", r);
  }
  {
    Record r;
    r.operation = "distill";
    r.options = {{"student", "/etc/passwd"}};
    r.parents = {{Sha256{1}, "teacher"}};
    make(to + "student.mx", r);
  }
  {
    Record r = train({{"epochs", 1}});
    r.override_permission =
        PermissionOverride{"because\x1b[2J", {{"NONE", Permission::modify, Allowed::no}}};
    make(to + "override.mx", r);
  }
  {
    Record r;
    r.operation = "import";
    r.given.license = "CC-BY-ND-4.0";
    r.given.owner = "Some Lab";
    r.given.notices = {"Keep this line."};
    make(to + "no-derivatives.mx", r, "ND");
  }
  {
    Record r;
    r.operation = "import";
    r.given.license = "LicenseRef-x";
    r.given.own = {{"LicenseRef-x", "All yours.", Permissions::all(Allowed::yes)},
                   {"LicenseRef-x", "Not yours.", Permissions::all(Allowed::no)}};
    make(to + "twice.mx", r);
  }
  const Json step = {{"replace", {"a", "aa"}}};
  make(to + "steps.mx", train({{"epochs", 1}}), "",
       {{"tokenizer", {{"kind", "byte"}, {"normalize", Json(33, step)}}}});
}

}  // namespace
}  // namespace mx
