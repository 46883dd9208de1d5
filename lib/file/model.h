// SPDX-License-Identifier: Apache-2.0
// What a model file holds, as values. The bytes are drawn in FORMAT.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "file/permissions.h"
#include "net/network.h"
#include "tensor/codec.h"
#include "tensor/tensor.h"

namespace mx {

using Sha256 = std::array<std::uint8_t, 32>;

// What kind of thing the file is. The values are written to files.
enum class FileKind : std::uint8_t {
  model = 0,
  tensors = 1,
  checkpoint = 2,
  data = 3,
  cache = 4,
  adapter = 5
};

struct TensorEntry {  // the directory in the header: known before any payload is read
  std::string name;
  DType dtype = DType::f32;  // of the stored values (i8 unless plain)
  Shape shape;
  Scheme scheme = Scheme::plain;
  std::size_t group = 0;  // scheme group
  // Number of the entry before it that holds the same bytes, type and shape: stored once.
  std::optional<std::size_t> same = {};

  bool operator==(const TensorEntry&) const = default;
};
// As the directory lists it.
[[nodiscard]] TensorEntry entry_of(const Weight& weight);

// A licence in words of one's own, and what it allows.
struct OwnLicense {
  std::string id, text;  // "LicenseRef-..."
  Permissions permissions;

  bool operator==(const OwnLicense&) const = default;
};

struct Rights {  // whose a model is and what may be done with it; all may be empty
  std::string name = {}, owner = {}, contact = {}, responsible = {};
  std::string license = {};       // an expression of SPDX (license.h)
  std::string output_terms = {};  // who owns what the model answers
  std::vector<std::string> notices = {};
  std::vector<OwnLicense> own = {};  // those that `license` names

  bool operator==(const Rights&) const = default;
};

struct Header {
  FileKind kind = FileKind::model;
  std::string family;  // which builder wrote the network: for people only
  Network network;     // empty blocks: tensors without a network
  Json schema;         // input schema (data/schema.h), null when there is none
  Rights rights;
  std::optional<Sha256> base;  // identity of the parent a delta or adapter needs
  Json extra;  // kind-specific (a checkpoint's state, imported metadata); null: none
  std::vector<TensorEntry> tensors;
};

struct Parent {
  Sha256 identity;
  std::string role;  // "init", "teacher", "input", "base", "adapter"
};

struct DataUsed {
  Sha256 sha256;
  std::uint64_t rows = 0;
  std::string role;  // "train", "valid", "labels", "calibrate"
  std::string license, source;
};

// What was done although a licence forbids it, or does not say.
struct PermissionOverride {
  struct Refusal {
    std::string license;
    Permission permission = Permission::modify;
    Allowed allowed = Allowed::unknown;

    bool operator==(const Refusal&) const = default;
  };
  std::string reason;
  std::vector<Refusal> refusals;
};

struct Record {                          // one writing tool's entry in the lineage
  std::string operation, tool, version;  // "train", "mx-train", "0.1.0"
  Json options = Json::object();         // those that affect the result
  std::optional<std::uint64_t> seed;
  std::vector<Parent> parents;
  std::vector<DataUsed> data;
  Json metrics = Json::object();
  std::optional<std::int64_t> time;  // only from SOURCE_DATE_EPOCH
  std::optional<Sha256> model = {};  // what it made; not yet said of the last one
  Rights given = {};                 // to this operation
  std::optional<PermissionOverride> override_permission = {};
};

struct Lineage {
  std::vector<Record> records;  // oldest first; the last one made this file
};

struct Probe {  // an input made from schema and seed, and what the network answers
  std::vector<float> input, output;
};

struct Model {
  Header header;
  std::vector<Weight> weights;  // in the directory's order
  Lineage lineage;
  std::vector<Probe> probes;
  Sha256 identity = {};     // set by reading and by writing: SHA-256 of the index
  std::uint64_t bytes = 0;  // of the file it was read from
  // Bytes that reading it was allowed, which hold for running it too; 0: half of the machine's.
  std::uint64_t max_memory = 0;
};

// Trained numbers: the network's, or all there are.
[[nodiscard]] std::uint64_t parameters_of(const Header& header);
[[nodiscard]] const Weight* find_weight(const Model& model, std::string_view name);
[[nodiscard]] Json to_json(const Lineage& lineage);
[[nodiscard]] Lineage lineage_from_json(const Json& json);

}  // namespace mx
