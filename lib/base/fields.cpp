// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

#include <iterator>

namespace mx {
namespace {

template <class T>
Json value_of(T* value) {
  return *value;
}
template <class T>
Json value_of(std::optional<T>* value) {
  return *value ? Json(**value) : Json();
}
Json value_of(const Choice& choice) {
  const int current = choice.get();
  for (const Word& word : choice.words) {
    if (word.value == current) return std::string(word.text);
  }
  return nullptr;
}

}  // namespace

void append(Fields& fields, Fields more) {
  fields.insert(fields.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

Json to_json(const Field& field) {
  return std::visit([](const auto& value) { return value_of(value); }, field.value);
}

Json result_options(const Fields& fields) {
  Json out = Json::object();
  for (const Field& field : fields) {
    if (field.affects != Affects::result) continue;
    Json value = to_json(field);
    const bool nothing =
        value.is_string() ? value.get_ref<const std::string&>().empty() : value.empty();
    if (nothing) continue;
    out[std::string(field.name)] = std::move(value);
  }
  return out;
}

}  // namespace mx
