// SPDX-License-Identifier: Apache-2.0
// mx-pack: the smallest file, and everything about files. Links no LibTorch.
#include "cli/run.h"
#include "file/layout.h"
#include "pack/commands.h"

int main(int argc, char** argv) {
  mx::cli::Tool tool;
  tool.name = "mx-pack";
  tool.purpose = "Make model files small, look into them, convert them.";
  tool.reads = {mx::kVersionsRead, "GGUF", "npy", "npz", "PyTorch (.pt)", "safetensors"};
  tool.writes = {mx::kVersionsWritten, "npy", "npz", "safetensors"};
  tool.commands.push_back(mx::pack::pack_command());
  tool.commands.push_back(mx::pack::info_command());
  tool.commands.push_back(mx::pack::list_command());
  tool.commands.push_back(mx::pack::check_command());
  tool.commands.push_back(mx::pack::diff_command());
  tool.commands.push_back(mx::pack::extract_command());
  tool.commands.push_back(mx::pack::lineage_command());
  tool.commands.push_back(mx::pack::import_command());
  tool.commands.push_back(mx::pack::export_command());
  tool.commands.push_back(mx::pack::card_command());
  tool.commands.push_back(mx::pack::licenses_command());
  tool.commands.push_back(mx::pack::doctor_command());
  tool.commands.push_back(mx::pack::keygen_command());
  tool.commands.push_back(mx::pack::sign_command());
  tool.commands.push_back(mx::pack::verify_command());
  tool.commands.push_back(mx::pack::encrypt_command());
  tool.commands.push_back(mx::pack::decrypt_command());
  return mx::cli::run_tool(tool, argc, argv);
}
