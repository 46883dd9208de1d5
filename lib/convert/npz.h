// SPDX-License-Identifier: Apache-2.0
// NumPy's .npz: a zip whose members NAME.npy are arrays, stored or deflated.
#pragma once

#include "convert/source.h"

namespace mx {

// `in` must be seekable.
[[nodiscard]] std::unique_ptr<TensorSource> npz_source(std::unique_ptr<io::Input> in);
// Members are stored, not compressed, as numpy.savez does.
[[nodiscard]] std::unique_ptr<TensorSink> npz_sink(io::Output& out,
                                                   const std::vector<TensorEntry>& entries);

}  // namespace mx
