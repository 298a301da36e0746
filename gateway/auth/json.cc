#include "gateway/auth/json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace ssegw::auth {
namespace {

// Builds the value from the parser's events; false stops the parser.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override {
    Place();
    return true;
  }
  bool boolean(bool value) override { return Set(value); }
  bool number_integer(number_integer_t value) override {
    return Set(JsonNumber{.value = static_cast<double>(value), .integer = value});
  }
  bool number_unsigned(number_unsigned_t value) override {
    JsonNumber number{.value = static_cast<double>(value)};
    if (std::in_range<int64_t>(value)) number.integer = static_cast<int64_t>(value);
    return Set(number);
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return Set(JsonNumber{.value = value});
  }
  bool string(string_t& value) override { return Set(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(size_t /*elements*/) override { return Open<JsonObject>(); }
  bool end_object() override { return Close(); }
  bool start_array(size_t /*elements*/) override { return Open<JsonArray>(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    auto& object = std::get<JsonObject>(open_.back()->value);
    const auto [member, is_new] = object.try_emplace(std::move(name));
    member_ = &member->second;
    return is_new;
  }

  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

  Json& root() { return root_; }

 private:
  template <typename T>
  bool Set(T value) {
    Place().value.template emplace<T>(std::move(value));
    return true;
  }

  template <typename T>
  bool Open() {
    if (open_.size() == kMaxJsonDepth) return false;
    // An open value stays where it is: its array gets no other element before it is closed, and
    // the members of an object do not move.
    Json& place = Place();
    place.value.template emplace<T>();
    open_.push_back(&place);
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  // Where the next value goes.
  Json& Place() {
    if (open_.empty()) return root_;
    auto* const array = std::get_if<JsonArray>(&open_.back()->value);
    return array != nullptr ? array->emplace_back() : *member_;
  }

  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;  // the value of the key that has just come
};

}  // namespace

std::optional<JsonObject> ParseJsonObject(std::string_view text) {
  // The parser skips a byte order mark, and takes a NUL for the end of the text.
  if (!text.starts_with('{') && text.find_first_of(" \t\r\n") != 0) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Builder builder;
  if (!nlohmann::json::sax_parse(text, &builder)) return std::nullopt;
  auto* const object = std::get_if<JsonObject>(&builder.root().value);
  if (object == nullptr) return std::nullopt;
  return std::move(*object);
}

}  // namespace ssegw::auth
