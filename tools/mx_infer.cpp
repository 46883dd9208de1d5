// SPDX-License-Identifier: Apache-2.0
// mx-infer: rows in, predictions out; evaluation and comparison. Links no LibTorch.
#include "cli/run.h"
#include "file/layout.h"
#include "infer/commands.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-infer";
  tool.purpose = "Run models: predict rows, evaluate, compare, measure speed.";
  tool.reads = {mx::kVersionsRead, "csv", "tsv", "jsonl", "text", "idx", "npy"};
  tool.writes = {"jsonl", "tsv", "text"};
  tool.commands.push_back(mx::infer::predict_command());
  tool.commands.push_back(mx::infer::eval_command());
  tool.commands.push_back(mx::infer::compare_command());
  tool.commands.push_back(mx::infer::bench_command());
  return mx::cli::run_tool(tool, argc, argv);
}
