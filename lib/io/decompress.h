// SPDX-License-Identifier: Apache-2.0
// Sees through gzip (several members, zero padding) and zstd (several frames, skippable ones,
// windows up to 128 MiB), told by their first bytes; anything else passes as it is.
// A stream that is cut throws Kind::input "NAME is incomplete", a damaged one says so. Memory is
// bounded whatever the stream claims: who reads bounds how much comes out.
#pragma once

#include <memory>

#include "io/input.h"

namespace mx::io {

[[nodiscard]] std::unique_ptr<Input> decompressed(std::unique_ptr<Input> raw);

}  // namespace mx::io
