#ifndef SSEGW_GATEWAY_API_CONNECTION_PATH_H_
#define SSEGW_GATEWAY_API_CONNECTION_PATH_H_

#include <optional>
#include <string>
#include <string_view>

namespace ssegw::api {

// The id of a path "/@connections/<id>", which may be below a stage or any other path, as Amazon's
// clients have it: "/prod/@connections/<id>", in any spelling (http::NormalPath). All that follows
// is the id, so that one with a slash is an id that nobody has. nullopt: it is another path.
std::optional<std::string> ConnectionIdOf(std::string_view path);

// Whether a connection may have that id.
bool IsConnectionId(std::string_view id);

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_CONNECTION_PATH_H_
