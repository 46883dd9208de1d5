// SPDX-License-Identifier: Apache-2.0
// mx-prune: removes the weights a model needs least.
#include "cli/run.h"
#include "file/layout.h"
#include "model/runtime.h"
#include "prune/prune.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-prune";
  tool.purpose = "Remove the weights a model needs least.";
  tool.reads = {mx::kVersionsRead, "csv", "tsv", "jsonl", "text", "idx", "npy"};
  tool.writes = {mx::kVersionsWritten};
  tool.libraries = {{"LibTorch", mx::torch_version()}};
  tool.commands.push_back(mx::prune::prune_command());
  return mx::cli::run_tool(tool, argc, argv);
}
