// SPDX-License-Identifier: Apache-2.0
// Python pickles read as data: a stack machine that builds dictionaries, lists, numbers, texts and
// tensors, and calls nothing. What a pickle wants to call must be on a short list, whose meaning is
// known here; anything else is refused by its name. Protocols 2 to 5:
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tensor/tensor.h"

namespace mx {

// The numbers that tensors of a PyTorch file are views of.
struct PickledStorage {
  std::string key;             // of the member that holds them
  std::optional<DType> dtype;  // none: bytes, and the tensors say what they are
  std::int64_t count = 0;      // elements (none: bytes)
};
struct PickledTensor {
  std::size_t storage = 0;
  DType dtype = DType::f32;
  std::int64_t offset = 0;  // elements
  Shape shape, stride;      // elements
};

struct PickledValue {
  enum class Is {
    none,
    boolean,
    integer,
    real,
    text,
    list,
    dict,
    global,
    storage,
    tensor,
    opaque,
    mark
  };
  Is is = Is::none;
  std::int64_t integer = 0;  // boolean, integer
  std::size_t at = 0;        // of the arena below: text, list, dict, global, storage, tensor
};

// What a pickle holds. Values refer into it, so that shared and even circular ones are nothing
// special.
struct Pickled {
  PickledValue root;
  std::deque<std::string> texts;                                         // text, global
  std::deque<std::vector<PickledValue>> lists;                           // lists and tuples
  std::deque<std::vector<std::pair<PickledValue, PickledValue>>> dicts;  // in the order they came
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
};

// Throws Kind::input, beginning with `name`: for what is cut, malformed or too large (over 16 MiB
// or a million values), and with the name of what it wanted to call.
[[nodiscard]] Pickled read_pickle(ByteView bytes, const std::string& name);
// The first of several that follow one another, and how many bytes it has.
struct PickledPart {
  Pickled pickled;
  std::size_t size = 0;
};
[[nodiscard]] PickledPart read_first_pickle(ByteView bytes, const std::string& name);

}  // namespace mx
