// SPDX-License-Identifier: Apache-2.0
// mx-train: from data to a model.
#include "cli/run.h"
#include "file/layout.h"
#include "model/runtime.h"
#include "train/prepare.h"
#include "train/train.h"
#include "train/tune.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-train";
  tool.purpose = "Train a model on rows of a table, on images or on text.";
  tool.reads = {mx::kVersionsRead, "csv", "tsv", "jsonl", "text", "idx", "npy"};
  tool.writes = {mx::kVersionsWritten};
  tool.libraries = {{"LibTorch", mx::torch_version()}};
  tool.commands.push_back(mx::train_command());
  tool.commands.push_back(mx::prepare_command());
  tool.commands.push_back(mx::tune_command());
  return mx::cli::run_tool(tool, argc, argv);
}
