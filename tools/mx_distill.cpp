// SPDX-License-Identifier: Apache-2.0
// mx-distill: a small student from a large teacher.
#include "cli/run.h"
#include "distill/distill.h"
#include "file/layout.h"
#include "model/runtime.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-distill";
  tool.purpose = "Train a small model to answer as larger ones do.";
  tool.reads = {mx::kVersionsRead, "csv", "tsv", "jsonl", "text", "idx", "npy"};
  tool.writes = {mx::kVersionsWritten};
  tool.libraries = {{"LibTorch", mx::torch_version()}};
  tool.commands.push_back(mx::distill_command());
  return mx::cli::run_tool(tool, argc, argv);
}
