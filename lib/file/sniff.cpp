// SPDX-License-Identifier: Apache-2.0
#include "file/sniff.h"

#include <algorithm>
#include <array>

namespace mx {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view start;
  OtherKind kind;
};

constexpr std::string_view kImport = "mx-pack import reads it";
constexpr std::string_view kTextMode =
    "it went through a copy in text mode: copy it in binary mode";

constexpr std::array kMagics = {
    Magic{"\x8dMX\r\n\x1a\n\x00"sv, {"a model file", "every tool reads it as it is"}},
    Magic{"\x8dMX"sv, {"a model file whose first bytes are damaged", kTextMode}},
    Magic{"\xc2\x8dMX"sv, {"a model file re-encoded as text", kTextMode}},
    Magic{"\xef\xbf\xbdMX"sv, {"a model file re-encoded as text", kTextMode}},
    Magic{"PK\x03\x04"sv, {"a zip archive (npz or a PyTorch checkpoint)", kImport}},
    Magic{"PK\x05\x06"sv, {"an empty zip archive", ""}},
    Magic{"\x93NUMPY"sv, {"a NumPy array (npy)", kImport}},
    Magic{"GGUF"sv, {"a GGUF file", kImport}},
    Magic{"\x28\xb5\x2f\xfd"sv, {"a zstd frame", "decompress it first: zstd -d"}},
    Magic{"\x1f\x8b"sv, {"a gzip file", "decompress it first: gzip -d"}},
    Magic{"\xfd"
          "7zXZ"sv,
          {"an xz file", "decompress it first: xz -d"}},
    Magic{"BZh"sv, {"a bzip2 file", "decompress it first: bzip2 -d"}},
    Magic{"version https://git-lfs"sv,
          {"a Git LFS pointer, not the file itself", "fetch it: git lfs pull"}},
    Magic{"age-encryption.org/"sv,
          {"an age file (encrypted)", "--identity FILE or --passphrase-file FILE opens it"}},
    Magic{"-----BEGIN AGE ENCRYPTED FILE-----"sv,
          {"an age file (encrypted)", "--identity FILE or --passphrase-file FILE opens it"}},
    Magic{"untrusted comment:"sv,
          {"a minisign signature or key", "name the model, not its signature"}},
    Magic{"\x89HDF\r\n\x1a\n"sv, {"an HDF5 file", ""}},
    Magic{"\x89PNG"sv, {"a PNG image", ""}},
    Magic{"\x7f"
          "ELF"sv,
          {"an executable", ""}},
    Magic{"\x00\x00\x08\x01"sv, {"an IDX file of labels", ""}},
    Magic{"\x00\x00\x08\x03"sv, {"an IDX file of images", ""}},
    Magic{"<!DOCTYPE"sv, {"an HTML page", "the download was answered with a page"}},
    Magic{"<html"sv, {"an HTML page", "the download was answered with a page"}},
};

bool is_text(std::string_view start) {
  return std::ranges::all_of(start, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : byte == '\n' || byte == '\r' || byte == '\t';
  });
}

bool is_safetensors(ByteView start) {
  // A header length that fits the format's own limit of 100 MB, then a JSON object.
  return start.size() > 8 && start[8] == '{' &&
         std::all_of(start.begin() + 4, start.begin() + 8, [](std::uint8_t b) { return b == 0; });
}

bool is_pickle(ByteView start) {
  return start.size() > 2 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5;
}

}  // namespace

OtherKind sniff(ByteView start) {
  const std::string_view bytes = text(start);
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.start)) return magic.kind;
  }
  if (is_safetensors(start)) return {"a safetensors file", kImport};
  if (is_pickle(start)) {
    return {"a Python pickle, which is a program and never run here",
            "of what torch.save writes mx-pack import reads the tensors"};
  }
  if (!is_text(bytes)) return {"of an unknown kind", ""};
  const std::size_t word = bytes.find_first_not_of(" \t\r\n");
  if (word == std::string_view::npos) return {"blank text", ""};
  if (bytes[word] == '{' || bytes[word] == '[') return {"JSON text", ""};
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.find(',') != std::string_view::npos) {
    return {"a CSV table", "rows go behind the model: mx-infer MODEL ROWS"};
  }
  return {"text", ""};
}

}  // namespace mx
