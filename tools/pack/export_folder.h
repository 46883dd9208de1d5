// SPDX-License-Identifier: Apache-2.0
// A folder that Transformers (and sentence-transformers) loads.
#pragma once

#include <cstdint>
#include <string>

#include "convert/hf_out.h"
#include "convert/tokenizer_out.h"
#include "io/output.h"

namespace mx::pack {

// Makes `folder`, or with Existing::replace writes into one that is there, whose other files stay.
// Each file comes whole or not at all, config.json, without which nothing loads it, last. What was
// made is removed when something fails. `readme`: README.md; facts: an object of strings, for the
// tensors' file. Notices and licences of one's own are NOTICE and LICENSE. Returns the bytes
// written. Throws Kind::usage when there is something in the way, Kind::output.
std::uint64_t write_folder(const std::string& folder, io::Existing existing, const Header& header,
                           const HfOut& model, const std::optional<HfTokenizer>& tokenizer,
                           const std::string& readme, const Json& facts);

}  // namespace mx::pack
