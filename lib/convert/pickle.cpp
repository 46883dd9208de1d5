// SPDX-License-Identifier: Apache-2.0
#include "convert/pickle.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

using Value = PickledValue;
using Is = PickledValue::Is;

constexpr std::size_t kMostBytes = 16 << 20;
constexpr std::size_t kMostValues = 1'000'000;

struct Named {
  std::string_view name;
  DType dtype;
};
constexpr Named kStorages[] = {
    {"torch.FloatStorage", DType::f32}, {"torch.DoubleStorage", DType::f64},
    {"torch.HalfStorage", DType::f16},  {"torch.BFloat16Storage", DType::bf16},
    {"torch.CharStorage", DType::i8},   {"torch.ByteStorage", DType::u8},
    {"torch.ShortStorage", DType::i16}, {"torch.IntStorage", DType::i32},
    {"torch.LongStorage", DType::i64},  {"torch.BoolStorage", DType::boolean}};
constexpr Named kTypes[] = {{"torch.float32", DType::f32},
                            {"torch.float64", DType::f64},
                            {"torch.float16", DType::f16},
                            {"torch.bfloat16", DType::bf16},
                            {"torch.int8", DType::i8},
                            {"torch.uint8", DType::u8},
                            {"torch.int16", DType::i16},
                            {"torch.uint16", DType::u16},
                            {"torch.int32", DType::i32},
                            {"torch.uint32", DType::u32},
                            {"torch.int64", DType::i64},
                            {"torch.uint64", DType::u64},
                            {"torch.bool", DType::boolean},
                            {"torch.float8_e4m3fn", DType::f8_e4m3},
                            {"torch.float8_e5m2", DType::f8_e5m2}};

std::optional<DType> type_of(std::span<const Named> known, std::string_view name) {
  const auto found = std::ranges::find(known, name, &Named::name);
  return found == known.end() ? std::nullopt : std::optional(found->dtype);
}

class Unpickler {
 public:
  Unpickler(ByteView bytes, const std::string& name) : in_(bytes, name), name_(name) {
    if (bytes.size() > kMostBytes) fail(Kind::input, "{} is over 16 MiB", name_);
  }

  Pickled run() {
    while (!step(in_.u8())) {
    }
    if (stack_.size() != 1) wrong("its end comes too early");
    out_.root = stack_.back();
    return std::move(out_);
  }
  [[nodiscard]] std::size_t position() const { return in_.position(); }
  void finish() const { in_.finish(); }

 private:
  [[noreturn]] void wrong(std::string_view why) const {
    fail(Kind::input, "{} is no sound pickle: {}", name_, why);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error{Kind::input,
                fmt::format("{} wants to call {}, which is not allowed", name_, printable(what)),
                "pickles are programs, and only tensors in dictionaries are read of them: save the "
                "state_dict alone, or with safetensors.torch.save_file"};
  }

  void count() {
    if (++made_ > kMostValues) fail(Kind::input, "{} holds over {} values", name_, kMostValues);
  }
  void push(Value value) {
    count();
    stack_.push_back(value);
  }
  Value pop() {
    if (stack_.empty()) wrong("its stack is empty");
    const Value out = stack_.back();
    stack_.pop_back();
    if (out.is == Is::mark) wrong("a mark stands where a value belongs");
    return out;
  }
  Value& top() {
    if (stack_.empty() || stack_.back().is == Is::mark) wrong("its stack is empty");
    return stack_.back();
  }
  // All above the last mark, which goes too.
  std::vector<Value> to_mark() {
    std::size_t at = stack_.size();
    while (at > 0 && stack_[at - 1].is != Is::mark) --at;
    if (at == 0) wrong("a mark is missing");
    std::vector<Value> out(stack_.begin() + static_cast<std::ptrdiff_t>(at), stack_.end());
    stack_.resize(at - 1);
    return out;
  }

  Value text(std::string value, Is is = Is::text) {
    out_.texts.push_back(std::move(value));
    return {.is = is, .at = out_.texts.size() - 1};
  }
  Value list(std::vector<Value> values) {
    out_.lists.push_back(std::move(values));
    return {.is = Is::list, .at = out_.lists.size() - 1};
  }
  Value dict() {
    out_.dicts.emplace_back();
    return {.is = Is::dict, .at = out_.dicts.size() - 1};
  }
  [[nodiscard]] const std::string& text_of(const Value& value, Is is = Is::text) const {
    if (value.is != is) wrong("something else stands where a text belongs");
    return out_.texts[value.at];
  }
  [[nodiscard]] const std::vector<Value>& list_of(const Value& value) const {
    if (value.is != Is::list) wrong("something else stands where a tuple belongs");
    return out_.lists[value.at];
  }
  [[nodiscard]] std::int64_t integer_of(const Value& value) const {
    if (value.is != Is::integer) wrong("something else stands where a number belongs");
    return value.integer;
  }
  [[nodiscard]] Shape integers_of(const Value& value) const {
    Shape out;
    if (list_of(value).size() > kMaxRank) wrong("a tensor has too many dimensions");
    for (const Value& one : list_of(value)) out.push_back(integer_of(one));
    return out;
  }

  std::string bytes(std::uint64_t size) {
    const ByteView raw = in_.take(static_cast<std::size_t>(size));
    return {raw.begin(), raw.end()};
  }
  std::string line() {
    std::string out;
    for (char c = static_cast<char>(in_.u8()); c != '\n'; c = static_cast<char>(in_.u8())) out += c;
    return out;
  }
  Value unicode(std::uint64_t size) {
    std::string out = bytes(size);
    if (!valid_utf8(out)) wrong("a text is not UTF-8");
    return text(std::move(out));
  }
  // A string of Python 2: a text, or any bytes.
  Value string_of_2(std::uint64_t size) {
    std::string out = bytes(size);
    return valid_utf8(out) ? text(std::move(out)) : Value{.is = Is::opaque};
  }
  static Value integer(std::int64_t value) { return {.is = Is::integer, .integer = value}; }
  static Value boolean(bool value) { return {.is = Is::boolean, .integer = value ? 1 : 0}; }

  // Two's complement, little-endian; longer than 8 bytes is nothing that sizes are.
  Value long_of(std::uint64_t size) {
    const ByteView raw = in_.take(static_cast<std::size_t>(size));
    if (raw.size() > 8) return {.is = Is::opaque};
    std::uint64_t out = !raw.empty() && raw.back() >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = raw.size(); i-- > 0;) out = out << 8U | raw[i];
    return integer(static_cast<std::int64_t>(out));
  }

  void set_item(const Value& to, const Value& key, const Value& value) {
    if (to.is == Is::opaque) return;
    if (to.is != Is::dict) wrong("an item is set of what is no dictionary");
    count();
    out_.dicts[to.at].emplace_back(key, value);
  }
  void append_to(const Value& to, const Value& value) {
    if (to.is == Is::opaque) return;
    if (to.is != Is::list) wrong("a value is added to what is no list");
    count();
    out_.lists[to.at].push_back(value);
  }

  void memoize(std::uint64_t number) {
    memo_[number] = top();
    if (memo_.size() > kMostValues)
      fail(Kind::input, "{} holds over {} values", name_, kMostValues);
  }
  void recall(std::uint64_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) wrong("it refers to what it did not keep");
    push(found->second);
  }

  // ("storage", type, key, place, count), in older files with none behind it or, before PyTorch
  // 0.4, with the storage that it is a part of.
  Value storage(const Value& id) {
    const std::vector<Value>& parts = list_of(id);
    if (parts.size() < 5 || text_of(parts[0]) != "storage") wrong("it refers to no storage");
    if (parts.size() > 5 && parts[5].is != Is::none) {
      fail(Kind::input, "{} holds a storage that is a part of another, which is not known", name_);
    }
    PickledStorage out;
    const std::string& type = text_of(parts[1], Is::global);
    out.dtype = type_of(kStorages, type);
    if (!out.dtype && type != "torch.storage.UntypedStorage" && type != "torch.UntypedStorage") {
      fail(Kind::input, "{} holds numbers of the type {}, which is not known", name_,
           printable(type));
    }
    constexpr std::size_t kLongestKey = 1024;  // they are copied, and compared
    if (text_of(parts[2]).size() > kLongestKey) wrong("the name of a storage is too long");
    out.key = text_of(parts[2]);
    out.count = integer_of(parts[4]);
    if (out.count < 0) wrong("a storage has a negative size");
    const auto [known, is_new] = storages_.emplace(out.key, out_.storages.size());
    if (is_new) {
      out_.storages.push_back(std::move(out));
    } else if (const PickledStorage& other = out_.storages[known->second];
               other.dtype != out.dtype || other.count != out.count) {
      wrong("a storage is told twice");
    }
    return {.is = Is::storage, .at = known->second};
  }

  // _rebuild_tensor(storage, offset, size, stride), _v2(..., requires_grad, hooks, [metadata]),
  // _v3(..., requires_grad, hooks, dtype, [metadata])
  Value tensor(const std::vector<Value>& arguments, int version) {
    const std::size_t least = version == 1 ? 4 : version == 2 ? 6 : 7;
    if (arguments.size() < least || arguments[0].is != Is::storage)
      wrong("a tensor has no storage");
    PickledTensor out;
    out.storage = arguments[0].at;
    out.offset = integer_of(arguments[1]);
    out.shape = integers_of(arguments[2]);
    out.stride = integers_of(arguments[3]);
    const PickledStorage& in = out_.storages[out.storage];
    std::optional<DType> dtype = in.dtype;
    if (version == 3) dtype = type_of(kTypes, text_of(arguments[6], Is::global));
    if (!dtype) wrong("a tensor has numbers of an unknown type");
    out.dtype = *dtype;
    if (arguments.size() > least && arguments[least].is == Is::dict) {
      for (const auto& [key, value] : out_.dicts[arguments[least].at]) {
        count();  // many tensors may have the same
        if (value.is == Is::boolean && value.integer != 0) {
          fail(Kind::input, "{} holds a tensor that is {} of another, which is not known", name_,
               printable(text_of(key)));
        }
      }
    }
    out_.tensors.push_back(std::move(out));
    return {.is = Is::tensor, .at = out_.tensors.size() - 1};
  }

  // What the few that are known would give. What is in the arena stays where it is.
  Value call(const std::string& what, const std::vector<Value>& arguments, int depth = 0) {
    constexpr int kDeepest = 4;
    if (depth > kDeepest) wrong("calls are nested too deep");
    if (what == "collections.OrderedDict") {
      const Value out = dict();
      if (arguments.empty()) return out;
      for (const Value& pair : list_of(arguments[0])) {
        const std::vector<Value>& both = list_of(pair);
        if (both.size() != 2) wrong("a dictionary's item is no pair");
        set_item(out, both[0], both[1]);
      }
      return out;
    }
    if (what == "torch._utils._rebuild_tensor") return tensor(arguments, 1);
    if (what == "torch._utils._rebuild_tensor_v2") return tensor(arguments, 2);
    if (what == "torch._utils._rebuild_tensor_v3") return tensor(arguments, 3);
    if (what == "torch._utils._rebuild_parameter" ||
        what == "torch._utils._rebuild_parameter_with_state") {
      if (arguments.empty() || arguments[0].is != Is::tensor) wrong("a parameter is no tensor");
      return arguments[0];
    }
    if (what == "torch._tensor._rebuild_from_type_v2") {
      if (arguments.size() != 4) wrong("a tensor is not told as it should be");
      return call(text_of(arguments[0], Is::global), list_of(arguments[2]), depth + 1);
    }
    if (what == "torch.Size") {
      return arguments.size() == 1 ? arguments[0] : list({});
    }
    if (what == "torch.device") return {.is = Is::opaque};
    refuse(what);
  }

  void reduce() {
    const Value arguments = pop(), what = pop();
    if (what.is != Is::global) wrong("it calls what is no function");
    push(call(out_.texts[what.at], list_of(arguments)));
  }
  void new_object(const Value& type) {
    if (type.is != Is::global) wrong("it makes an object of no class");
    refuse(out_.texts[type.at]);
  }

  // Whether it was the last one.
  bool step(std::uint8_t opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (const std::uint8_t version = in_.u8(); version < 2 || version > 5) {
          fail(Kind::input, "{} is a pickle of protocol {}; 2 to 5 are known", name_, version);
        }
        return false;
      case 0x95:  // FRAME
        (void)in_.take(8);
        return false;
      case '.':  // STOP
        return true;
      case '(':
        push({.is = Is::mark});
        return false;
      case '0':  // POP
        if (stack_.empty()) wrong("its stack is empty");
        stack_.pop_back();
        return false;
      case '1':  // POP_MARK
        (void)to_mark();
        return false;
      case '2':  // DUP
        push(top());
        return false;
      default:
        break;
    }
    if (!number(opcode) && !string(opcode) && !container(opcode) && !memory(opcode))
      call_of(opcode);
    return false;
  }

  bool number(std::uint8_t opcode) {
    switch (opcode) {
      case 'N':
        push({});
        return true;
      case 0x88:
      case 0x89:
        push(boolean(opcode == 0x88));
        return true;
      case 'J':
        push(integer(static_cast<std::int32_t>(in_.u32())));
        return true;
      case 'K':
        push(integer(in_.u8()));
        return true;
      case 'M': {
        const std::uint8_t low = in_.u8();
        push(integer(low | in_.u8() << 8));
        return true;
      }
      case 0x8a:
        push(long_of(in_.u8()));
        return true;
      case 0x8b:
        push(long_of(in_.u32()));
        return true;
      case 'G':
        (void)in_.take(8);
        push({.is = Is::real});
        return true;
      default:
        return false;
    }
  }

  bool string(std::uint8_t opcode) {
    switch (opcode) {
      case 'X':
        push(unicode(in_.u32()));
        return true;
      case 0x8c:
        push(unicode(in_.u8()));
        return true;
      case 'T':
        push(string_of_2(in_.u32()));
        return true;
      case 'U':
        push(string_of_2(in_.u8()));
        return true;
      case 'B':
        (void)bytes(in_.u32());
        push({.is = Is::opaque});
        return true;
      case 'C':
        (void)bytes(in_.u8());
        push({.is = Is::opaque});
        return true;
      case 'c': {
        std::string module = line();
        push(text(std::move(module) + "." + line(), Is::global));
        return true;
      }
      case 0x93: {
        const Value name = pop(), module = pop();
        push(text(text_of(module) + "." + text_of(name), Is::global));
        return true;
      }
      default:
        return false;
    }
  }

  bool container(std::uint8_t opcode) {
    switch (opcode) {
      case '}':
        push(dict());
        return true;
      case ']':
      case ')':
        push(list({}));
        return true;
      case 0x8f:  // EMPTY_SET
        push({.is = Is::opaque});
        return true;
      case 0x85:
      case 0x86:
      case 0x87: {
        std::vector<Value> values(static_cast<std::size_t>(opcode - 0x84));
        for (std::size_t i = values.size(); i-- > 0;) values[i] = pop();
        push(list(std::move(values)));
        return true;
      }
      case 't':
      case 'l':
        push(list(to_mark()));
        return true;
      case 'a': {
        const Value value = pop();
        append_to(top(), value);
        return true;
      }
      case 'e':
      case 0x90: {  // APPENDS, ADDITEMS
        const std::vector<Value> values = to_mark();
        for (const Value& value : values) append_to(top(), value);
        return true;
      }
      case 's': {
        const Value value = pop(), key = pop();
        set_item(top(), key, value);
        return true;
      }
      case 'd':
      case 'u': {
        const std::vector<Value> values = to_mark();
        if (values.size() % 2 != 0) wrong("a dictionary's item is no pair");
        if (opcode == 'd') push(dict());
        for (std::size_t i = 0; i < values.size(); i += 2)
          set_item(top(), values[i], values[i + 1]);
        return true;
      }
      default:
        return false;
    }
  }

  bool memory(std::uint8_t opcode) {
    switch (opcode) {
      case 'q':
        memoize(in_.u8());
        return true;
      case 'r':
        memoize(in_.u32());
        return true;
      case 0x94:
        memoize(memo_.size());
        return true;
      case 'h':
        recall(in_.u8());
        return true;
      case 'j':
        recall(in_.u32());
        return true;
      default:
        return false;
    }
  }

  void call_of(std::uint8_t opcode) {
    switch (opcode) {
      case 'R':
        return reduce();
      case 'Q':
        return push(storage(pop()));
      case 'b': {  // the attributes of a dictionary say nothing of its items
        (void)pop();
        const Value& to = top();
        if (to.is == Is::global) refuse(out_.texts[to.at]);
        return;
      }
      case 0x81: {
        (void)pop();
        return new_object(pop());
      }
      case 0x92: {
        (void)pop();
        (void)pop();
        return new_object(pop());
      }
      case 'o': {
        const std::vector<Value> values = to_mark();
        if (values.empty()) wrong("it makes an object of no class");
        return new_object(values.front());
      }
      case 'i': {
        const std::string module = line();
        refuse(module + "." + line());
      }
      case 0x82:
      case 0x83:
      case 0x84:
        fail(Kind::input, "{} refers to a class by number, which is not allowed", name_);
      default:
        wrong(fmt::format("the opcode 0x{:02x} is not known", opcode));
    }
  }

  ByteReader in_;
  std::string name_;
  Pickled out_;
  std::vector<Value> stack_;
  std::map<std::uint64_t, Value> memo_;
  std::map<std::string, std::size_t> storages_;  // by key
  std::size_t made_ = 0;
};

}  // namespace

Pickled read_pickle(ByteView bytes, const std::string& name) {
  Unpickler unpickler(bytes, name);
  Pickled out = unpickler.run();
  unpickler.finish();
  return out;
}

PickledPart read_first_pickle(ByteView bytes, const std::string& name) {
  Unpickler unpickler(bytes, name);
  Pickled out = unpickler.run();
  return {std::move(out), unpickler.position()};
}

}  // namespace mx
