// SPDX-License-Identifier: Apache-2.0
// mx-prune: removes the weights a model needs least.
#include "cli/run.h"
#include "model/runtime.h"
#include "prune/prune.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-prune";
  tool.purpose = "Remove the weights a model needs least.";
  tool.reads = {"mx 1", "csv", "tsv", "idx"};
  tool.writes = {"mx 1"};
  tool.libraries = {{"LibTorch", mx::torch_version()}};
  tool.commands.push_back(mx::prune::prune_command());
  return mx::cli::run_tool(tool, argc, argv);
}
