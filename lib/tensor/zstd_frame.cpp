// SPDX-License-Identifier: Apache-2.0
#include "tensor/zstd_frame.h"

#define ZSTD_STATIC_LINKING_ONLY  // literalCompressionMode and the frame header are declared there
#include <zstd.h>

#include <memory>
#include <new>

#include "base/error.h"
#include "tensor/scratch.h"

namespace mx {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result) != 0) {
    fail(Kind::failed, "zstd cannot encode: {}", ZSTD_getErrorName(result));
  }
  return result;
}

// Each thread has one, with the memory it needed last.
ZSTD_CCtx& encoder(int level) {
  thread_local std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  checked(ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters));
  checked(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
  checked(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0));
  return *context;
}

ZSTD_DCtx& decoder() {
  thread_local std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  checked(ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters));
  return *context;
}

Bytes finish(ZSTD_CCtx& context, ByteView raw) {
  Buffer large;
  const std::span out = scratch<struct ZstdFrame>(ZSTD_compressBound(raw.size()), large);
  const std::size_t size =
      checked(ZSTD_compress2(&context, out.data(), out.size(), raw.data(), raw.size()));
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

[[noreturn]] void damaged(const char* what) { fail(Kind::input, "a zstd frame {}", what); }

}  // namespace

Bytes zstd_encode(ByteView raw, int level, ByteView dictionary) {
  ZSTD_CCtx& context = encoder(level);
  checked(ZSTD_CCtx_setParameter(&context, ZSTD_c_windowLog, kZstdWindowLog));
  if (!dictionary.empty()) {
    checked(ZSTD_CCtx_refPrefix(&context, dictionary.data(), dictionary.size()));
  }
  return finish(context, raw);
}

Bytes zstd_encode_literals(ByteView raw) {
  constexpr int kNoMatches = -(1 << 17);  // the largest step between attempts to find one
  ZSTD_CCtx& context = encoder(kNoMatches);
  checked(ZSTD_CCtx_setParameter(&context, ZSTD_c_literalCompressionMode, ZSTD_ps_enable));
  return finish(context, raw);
}

void zstd_decode(ByteView encoded, std::span<std::uint8_t> out, ByteView dictionary) {
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader(&header, encoded.data(), encoded.size()) != 0 ||
      header.frameType != ZSTD_frame) {
    damaged("is damaged at its start");
  }
  if (header.frameContentSize != out.size()) damaged("is not of the expected size");
  if (header.windowSize > (1ULL << kZstdWindowLog)) damaged("asks for a window over 8 MiB");
  if (header.dictID != 0) damaged("asks for a dictionary");
  if (ZSTD_findFrameCompressedSize(encoded.data(), encoded.size()) != encoded.size()) {
    damaged("is cut or has bytes behind it");
  }
  ZSTD_DCtx& context = decoder();
  if (!dictionary.empty()) {
    ZSTD_DCtx_refPrefix(&context, dictionary.data(), dictionary.size());
  }
  const std::size_t got =
      ZSTD_decompressDCtx(&context, out.data(), out.size(), encoded.data(), encoded.size());
  if (ZSTD_isError(got) != 0 || got != out.size()) damaged("is damaged");
}

}  // namespace mx
