// SPDX-License-Identifier: Apache-2.0
// A network as a file of ONNX (https://onnx.ai/onnx/repo-docs/IR.html), which other programs run:
// logits equal to those of the engine within the rounding of f32.
//
// A network on rows takes "input" (onnx_rows.h says what of the schema is in the graph). One on
// tokens takes input_ids and attention_mask, both i64 [batch, time], as Transformers exports them:
// the mask is 0 at padding, which stands behind and is seen by no one; time is at most the
// network's context. It gives "logits" [batch, outputs], or [batch, time, vocabulary] of what
// scores tokens; "prediction" [batch, targets] of a regression, in units of their own;
// "sentence_embedding" [batch, dim] where nothing scores the pooled tokens.
//
// Tensors keep their names. The weights of linear maps lie turned, [in, out], as MatMul takes them.
// f16 and bf16 stay so, with a Cast behind them, and the rest is f32. Licence, owner and notices
// stand in metadata_props, beside the names of rows and classes.
#pragma once

#include "convert/source.h"
#include "file/model.h"

namespace mx {

// facts: an object of strings, for the model's properties. `tensors`: the network's under our
// names. Commits. Throws Kind::usage for what an ONNX file cannot hold, before anything is written,
// and Kind::input when tensors or schema do not fit the network.
void write_onnx(io::Output& out, const Header& header, const TensorSource& tensors,
                const Json& facts = nullptr);

}  // namespace mx
