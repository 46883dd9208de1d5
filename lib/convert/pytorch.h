// SPDX-License-Identifier: Apache-2.0
// Tensors out of what torch.save writes: a zip of one pickle, which is read as data and runs
// nothing (pickle.h), and of the numbers; or, before PyTorch 1.6, both one after the other.
#pragma once

#include "convert/source.h"

namespace mx {

// Whether it begins as files from before PyTorch 1.6 do.
[[nodiscard]] bool is_old_pytorch(const io::Input& in);
// Whether a zip is such a file.
[[nodiscard]] bool is_pytorch(const io::Input& in);
// `in` must be seekable. Tensors of dictionaries within dictionaries, named by their keys with
// points between; of a checkpoint the part called state_dict, model_state_dict or model alone.
// Views are written out; those that share numbers have them twice. Numbers that several parts of
// them are views of are read once and held, all such in at most `limit` bytes.
[[nodiscard]] std::unique_ptr<TensorSource> pytorch_source(std::unique_ptr<io::Input> in,
                                                           std::uint64_t limit);

}  // namespace mx
