// SPDX-License-Identifier: Apache-2.0
// Files of torch.save, held against what PyTorch says is in them, and pickles that want more.
#include <set>

#include "convert/pickle.h"
#include "convert/zip.h"
#include "helpers.h"

namespace mx {
namespace {

using test::golden;
using test::read_through;

std::string dtype_of(const std::string& torch) {
  static const std::map<std::string, std::string> kNames = {
      {"float32", "f32"},        {"float64", "f64"}, {"float16", "f16"},
      {"bfloat16", "bf16"},      {"int8", "i8"},     {"uint8", "u8"},
      {"int16", "i16"},          {"uint16", "u16"},  {"int32", "i32"},
      {"int64", "i64"},          {"bool", "bool"},   {"float8_e4m3fn", "f8_e4m3"},
      {"float8_e5m2", "f8_e5m2"}};
  return kNames.at(torch);
}

// A zip as torch.save makes it, of this pickle and these numbers.
Bytes file_of(std::string_view pickle,
              const std::vector<std::pair<std::string, std::string>>& more) {
  Bytes out;
  const auto to = io::memory_output(out);
  ZipWriter zip(*to);
  const auto add = [&](const std::string& name, ByteView bytes) {
    zip.begin(name, bytes.size(), crc32_of(bytes));
    zip.write(bytes);
  };
  add("x/data.pkl", view(pickle));
  for (const auto& [name, bytes] : more) add("x/" + name, view(bytes));
  zip.finish();
  to->commit();
  return out;
}

std::string refused(std::string_view pickle) {
  try {
    (void)read_pickle(view(pickle), "p");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return "taken";
}

using namespace std::string_literals;

// {"t": a tensor of the storage "0" (4 floats), with these arguments behind it}
std::string tensor_pickle(const std::string& arguments) {
  return "\x80\x02}X\x01\0\0\0tctorch._utils\n_rebuild_tensor_v2\n(("s +
         "X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
         "0X\x03\0\0\0cpuK\x04tQ"s +
         arguments + "\x89}tRs."s;
}

TEST_CASE("what PyTorch wrote is read bit for bit, views and all") {
  const Json all = Json::parse(text(test::golden_bytes("pytorch.json")));
  CHECK(all.size() == 6);
  for (const auto& [file, tensors] : all.items()) {
    CAPTURE(file);
    const test::Held held = read_through(*open_source(golden(file)));
    REQUIRE(held.entries.size() == tensors.size());
    std::size_t i = 0;
    for (const auto& [name, tensor] : tensors.items()) {
      CAPTURE(name);
      CHECK(held.entries[i].name == name);
      CHECK(name_of(held.entries[i].dtype) == dtype_of(tensor["dtype"].get<std::string>()));
      CHECK(Json(held.entries[i].shape) == tensor["shape"]);
      CHECK(test::hex(held.values[i]) == tensor["bytes"].get<std::string>());
      ++i;
    }
  }
}

TEST_CASE("a pickle that wants to call anything else is refused by its name") {
  CHECK(refused("\x80\x02"
                "cos\nsystem\n(X\x02\0\0\0idtR."s) ==
        "p wants to call os.system, which is not allowed");
  CHECK(refused("\x80\x04\x8c\x08"
                "builtins\x8c\x04"
                "eval\x93\x8c\x01"
                "1\x85R."s) == "p wants to call builtins.eval, which is not allowed");
  CHECK(refused("\x80\x02"
                "cargparse\nNamespace\n)\x81}b."s) ==
        "p wants to call argparse.Namespace, which is not allowed");
  CHECK(refused("\x80\x02(X\x02\0\0\0idios\nsystem\n."s) ==
        "p wants to call os.system, which is not allowed");
  CHECK(refused("\x80\x02(cos\nsystem\nX\x02\0\0\0ido."s) ==
        "p wants to call os.system, which is not allowed");
  CHECK(refused("\x80\x02"
                "cos\nsystem\n}b."s) == "p wants to call os.system, which is not allowed");
  CHECK(refused("\x80\x04"
                "cmodule\nThing\n)}\x92."s) ==
        "p wants to call module.Thing, which is not allowed");
  CHECK(refused("\x80\x02\x82\x01."s) == "p refers to a class by number, which is not allowed");
  // A function of the list as the reward of another one.
  CHECK(refused("\x80\x02"
                "ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN)}tR."s) ==
        "p wants to call os.system, which is not allowed");
  // Named only, nothing happens.
  CHECK(refused("\x80\x02}X\x01\0\0\0acos\nsystem\ns."s) == "taken");
}

TEST_CASE("malformed pickles are refused, circular ones end") {
  CHECK(refused("") == "p is incomplete");
  CHECK(refused("\x80\x02"s) == "p is incomplete");
  CHECK(refused("\x80\x01."s) == "p is a pickle of protocol 1; 2 to 5 are known");
  CHECK(refused("\x80\x02."s) == "p is no sound pickle: its end comes too early");
  CHECK(refused("\x80\x02NN."s) == "p is no sound pickle: its end comes too early");
  CHECK(refused("\x80\x02N.N"s).starts_with("p "));
  CHECK(refused("\x80\x02R."s) == "p is no sound pickle: its stack is empty");
  CHECK(refused("\x80\x02(R."s) == "p is no sound pickle: a mark stands where a value belongs");
  CHECK(refused("\x80\x02t."s) == "p is no sound pickle: a mark is missing");
  CHECK(refused("\x80\x02h\x05."s) == "p is no sound pickle: it refers to what it did not keep");
  CHECK(refused("\x80\x02\x7f."s) == "p is no sound pickle: the opcode 0x7f is not known");
  CHECK(refused("\x80\x02X\x02\0\0\0\xff\xfe."s) == "p is no sound pickle: a text is not UTF-8");
  CHECK(refused("\x80\x02X\xff\xff\xff\x7f"
                "a."s) == "p is incomplete");
  CHECK(refused("\x80\x02K\x01K\x02K\x03s."s) ==
        "p is no sound pickle: an item is set of what is no dictionary");
  CHECK(refused("\x80\x02}(K\x01u."s) == "p is no sound pickle: a dictionary's item is no pair");
  CHECK(refused("\x80\x02NQ."s) ==
        "p is no sound pickle: something else stands where a tuple belongs");
  CHECK(refused("\x80\x02]q\0h\0a."s) == "taken");  // a list that holds itself
  // Arguments that are themselves the call.
  CHECK(refused("\x80\x02"
                "ctorch._tensor\n_rebuild_from_type_v2\nq\1]q\0(h\1Nh\0}eR."s) ==
        "p is no sound pickle: calls are nested too deep");
  // A million values, out of little.
  CHECK(refused("\x80\x02" + std::string(1'100'000, 'N') + "."s) == "p holds over 1000000 values");
  CHECK(refused("\x80\x02]q\0("s + std::string(500'000, 'N') + "e" + std::string(600'000, 'N')) ==
        "p holds over 1000000 values");
  // One long name and one large dictionary, looked at again and again.
  const std::string name(2000, 'n');
  CHECK(refused("\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\xd0\x07\0\0"s + name +
                "X\x03\0\0\0cpuK\x04tQ."s) ==
        "p is no sound pickle: the name of a storage is too long");
  std::string dictionary = "\x80\x02}q\0("s;
  for (int i = 0; i < 100'000; ++i) dictionary += "N\x89";
  std::string tensors =
      "u(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
      "0X\x03\0\0\0cpuK\x04tQq\x01"s;
  for (int i = 0; i < 20; ++i) {
    tensors += "ctorch._utils\n_rebuild_tensor_v2\n(h\1K\0K\4\x85K\1\x85\x89}h\0tR0"s;
  }
  CHECK(refused(dictionary + tensors) == "p holds over 1000000 values");
  const Bytes whole = test::golden_bytes("mlp.pth");
  const auto zipped = io::memory_input(whole, "x");
  const ZipReader zip(*zipped);
  Bytes pickle = io::read_all(*zip.open(zip.members().front()), 1 << 20);
  for (std::size_t cut = 0; cut < pickle.size(); ++cut) {
    CHECK_THROWS_AS((void)read_pickle(ByteView(pickle).first(cut), "p"), Error);
  }
  for (std::size_t bit = 0; bit < pickle.size() * 8; ++bit) {  // whatever it becomes, it ends
    pickle[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    try {
      (void)read_pickle(pickle, "p");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::input);
    }
    pickle[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

TEST_CASE("tensors lie within their numbers") {
  const std::string four(16, 'x');
  const auto refusal = [&](const std::string& arguments) {
    return test::refusal(file_of(tensor_pickle(arguments), {{"data/0", four}}));
  };
  CHECK(refusal("K\x00K\x04\x85K\x01\x85"s) == "");
  CHECK(refusal("K\x01K\x03\x85K\x01\x85"s) == "");
  CHECK(refusal("K\x01K\x04\x85K\x01\x85"s) == "x: the tensor t reaches behind its numbers");
  CHECK(refusal("K\x00K\x03\x85K\x02\x85"s) == "x: the tensor t reaches behind its numbers");
  CHECK(refusal("J\xff\xff\xff\xffK\x02\x85K\x01\x85"s) ==
        "x: the tensor t begins in front of its numbers");
  CHECK(refusal("K\x00K\x02\x85J\xff\xff\xff\xff\x85"s) ==
        "x: the tensor t begins in front of its numbers");
  CHECK(refusal("K\x00K\x02\x85)"s) == "x: the tensor t has not a stride for each dimension");
  CHECK(refusal("K\x00J\xff\xff\xff\x7f\x85K\x00\x85"s) ==
        "x: the tensor t repeats its numbers too often");
  CHECK(refusal("K\x00J\xff\xff\xff\xff\x85K\x01\x85"s) == "x: the tensor t has a negative size");
  CHECK(refusal("K\x00(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01tK\x01\x85"s) ==
        "x: its pickle is no sound pickle: a tensor has too many dimensions");
  const std::string good = tensor_pickle("K\x00K\x04\x85K\x01\x85"s);
  CHECK(test::refusal(file_of(good, {})) == "x: the numbers 0 are missing");
  CHECK(test::refusal(file_of(good, {{"data/0", four + "y"}})) ==
        "x: the numbers 0 are 17 bytes, not 4 of 4");
  CHECK(test::refusal(file_of(good, {{"data/0", four}, {"byteorder", "big"}})) ==
        "x: its numbers are big-endian, which is not known");
  CHECK(test::refusal(file_of(good, {{"data/0", four}, {"constants.pkl", ""}})) ==
        "x is a TorchScript program, which is never run here");
  CHECK(test::refusal(file_of("\x80\x02}."s, {})) == "x holds no tensors");
  CHECK(test::refusal(file_of("\x80\x02N."s, {})) == "x is no dictionary of tensors");
  // Nothing but dictionaries within one another, and one that holds itself.
  CHECK(test::refusal(file_of("\x80\x02}q\0X\x01\0\0\0ah\0s."s, {})) ==
        "x: its dictionaries are nested too deep");
}

TEST_CASE("files from before PyTorch 1.6 are read as hostile, too") {
  const Bytes whole = test::golden_bytes("old.pt");
  CHECK(test::refusal(whole).empty());
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    CHECK(!test::refusal(part).empty());
  }
  Bytes more = whole;
  more.push_back(0);
  CHECK(test::refusal(more) == "x goes on behind its numbers");
  Bytes flipped = whole;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {  // whatever it becomes, it ends
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    (void)test::refusal(flipped);
    flipped[bit / 8] = whole[bit / 8];
  }
  // The mark, version 1001, the machine, what was saved, the keys, and numbers behind their counts.
  const auto old_of = [](const std::string& machine, const std::string& saved,
                         const std::string& keys, const std::string& numbers) {
    const std::string all = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s +
                            "\x80\x02M\xe9\x03." + machine + saved + keys + numbers;
    return Bytes(all.begin(), all.end());
  };
  const std::string machine = "\x80\x02}X\x0d\0\0\0little_endian\x88s."s;
  const std::string saved = tensor_pickle("K\x00K\x04\x85K\x01\x85"s);
  const std::string keys =
      "\x80\x02]X\x01\0\0\0"
      "0a."s;
  const std::string numbers = "\x04\0\0\0\0\0\0\0"s + std::string(16, 'x');
  CHECK(test::refusal(old_of(machine, saved, keys, numbers)).empty());
  CHECK(test::refusal(old_of("\x80\x02}X\x0d\0\0\0little_endian\x89s."s, saved, keys, numbers)) ==
        "x: its numbers are big-endian, which is not known");
  CHECK(test::refusal(old_of(machine, saved, "\x80\x02]."s, "")) == "x: the numbers 0 are missing");
  CHECK(test::refusal(old_of(machine, saved, "\x80\x02N."s, "")) ==
        "x does not say where its numbers are");
  CHECK(test::refusal(old_of(machine, saved, "\x80\x02]X\x01\0\0\0\x31\x61."s, numbers)) ==
        "x holds numbers that belong to no tensor");
  CHECK(test::refusal(old_of(machine, saved, keys, "\x05\0\0\0\0\0\0\0"s + std::string(20, 'x'))) ==
        "x: the numbers 0 are 20 bytes, not 4 of 4");
  CHECK(test::refusal(old_of(machine, saved, keys, std::string(8, '\xff'))) ==
        "x: a storage is too large");
}

}  // namespace
}  // namespace mx
