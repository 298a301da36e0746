#ifndef SSEGW_GATEWAY_AUTH_JSON_H_
#define SSEGW_GATEWAY_AUTH_JSON_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ssegw::auth {

struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::map<std::string, Json, std::less<>>;

// integer: only where it is written as one and fits.
struct JsonNumber {
  double value = 0;
  std::optional<int64_t> integer = {};
};

struct Json {
  // std::monostate: null.
  std::variant<std::monostate, bool, JsonNumber, std::string, JsonArray, JsonObject> value;
};

// Arrays and objects in one another, the outermost among them. Tokens and key sets have 4.
inline constexpr size_t kMaxJsonDepth = 16;

// A JSON text (RFC 8259) whose value is an object, as tokens and key sets have it. More strict than
// JSON in that no object has a member twice, at any depth: of two values a signer and a gateway may
// each take another one (RFC 8725 section 2.4). Absent: anything else, too deep, not UTF-8, a
// number that is larger than a double, a byte order mark.
//
// Cost: a few allocations a member. The caller bounds the size.
std::optional<JsonObject> ParseJsonObject(std::string_view text);

// The member, if it is there and of that type.
template <typename T>
const T* FindMember(const JsonObject& object, std::string_view name) {
  const auto member = object.find(name);
  return member == object.end() ? nullptr : std::get_if<T>(&member->second.value);
}

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_JSON_H_
