#include "gateway/config/api_options.h"

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/config/flag_values.h"
#include "gateway/config/option_kinds.h"

namespace ssegw::config {
namespace {

absl::StatusOr<std::optional<Address>> ParseOptionalAddress(std::string_view text) {
  if (text.empty()) return std::optional<Address>();
  return ParseAddress(text);
}

}  // namespace

std::vector<Option> ApiPort() {
  return {
      MakeMember(
          "api_listen", &Config::api_listen, "host:port, or unix:/path", ParseOptionalAddress,
          [](const std::optional<Address>&) { return std::string(); },
          "Where backends reach single connections at /@connections/{id}, as with Amazon API "
          "Gateway, and publish by HTTP at /v1/publish. In the clear: keep it off the public "
          "network. It needs api_token_file, api_credentials_file or both. Empty: nowhere."),
      Path("api_token_file", &Config::api_token_file,
           "Bearer tokens that api_listen takes, one a line; # begins a comment. Read again every "
           "10 s and on SIGHUP."),
      Path("api_credentials_file", &Config::api_credentials_file,
           "Access keys whose signatures (AWS Signature Version 4) api_listen takes, a line each: "
           "access key id, space, secret; # begins a comment. Read again every 10 s and on "
           "SIGHUP."),
  };
}

std::vector<std::string> FaultsOfApi(const Config& config) {
  const bool has_credentials =
      !config.api_token_file.empty() || !config.api_credentials_file.empty();
  if (config.api_listen && !has_credentials) {
    return {"--api_listen: needs --api_token_file or --api_credentials_file"};
  }
  if (!config.api_listen && has_credentials) {
    return {config.api_token_file.empty() ? "--api_credentials_file: needs --api_listen"
                                          : "--api_token_file: needs --api_listen"};
  }
  return {};
}

}  // namespace ssegw::config
