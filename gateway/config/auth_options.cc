#include "gateway/config/auth_options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "gateway/config/flag_values.h"
#include "gateway/config/option_kinds.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 10> kAlgorithms = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256"};

absl::StatusOr<std::vector<std::string>> ParseAlgorithms(std::string_view text) {
  auto list = ParseList(text);
  if (!list.ok()) return list;
  std::string expected = "expected by comma one of";
  for (const std::string_view name : kAlgorithms) expected += base::Concat(' ', name);
  if (list->empty()) return absl::InvalidArgumentError(expected);
  for (const std::string& name : *list) {
    if (std::find(kAlgorithms.begin(), kAlgorithms.end(), name) == kAlgorithms.end()) {
      return absl::InvalidArgumentError(expected);
    }
  }
  return list;
}

// The characters that a cookie's name may have (RFC 6265 section 4.1.1).
bool IsCookieNameCharacter(char c) {
  return base::IsLetterOrDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

absl::StatusOr<std::string> ParseCookieName(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), IsCookieNameCharacter)) {
    return absl::InvalidArgumentError("expected the name of a cookie");
  }
  return std::string(text);
}

// As JSON has it, but for what a list of claims would be.
absl::StatusOr<std::string> ParseClaimName(std::string_view text) {
  if (text.find_first_of(", ") != std::string_view::npos) {
    return absl::InvalidArgumentError("expected the name of one claim");
  }
  return std::string(text);
}

absl::StatusOr<std::string> ParseKeysPlace(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos && text.substr(0, scheme) != "https") {
    return absl::InvalidArgumentError("expected a path or a URL that begins with https://");
  }
  return ParsePath(text);
}

std::vector<Option> Tokens() {
  return {
      Choice<Auth>("auth", &Config::auth, {{"none", Auth::kNone}, {"jwt", Auth::kJwt}},
                   "Who may subscribe. none: everyone who reaches http_listen, to everything; jwt: "
                   "who has a token, to what it grants."),
      Text("jwt_jwks", &Config::jwt_jwks, "a path or an https:// URL", ParseKeysPlace,
           "The keys that tokens are verified with, as a JWK Set. A file is read again every 10 s "
           "and on SIGHUP, a URL as its Cache-Control says."),
      Path("jwt_jwks_ca_file", &Config::jwt_jwks_ca_file,
           "Certificates (PEM) that the server of jwt_jwks is trusted by. Empty: those of the "
           "system."),
      List("jwt_issuer", &Config::jwt_issuer, "texts by comma", ParseList,
           "A token's iss has to be one of these. Empty: any."),
      List("jwt_audience", &Config::jwt_audience, "texts by comma", ParseList,
           "A token's aud has to have one of these. Empty: any."),
      Duration("jwt_leeway", &Config::jwt_leeway, {milliseconds(0), std::chrono::minutes(10)},
               "How far the clocks of those who sign tokens and of this machine may differ: so "
               "long after its exp a token is still good."),
      List("jwt_algorithms", &Config::jwt_algorithms,
           "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256 by comma",
           ParseAlgorithms,
           "The signatures that are accepted. HS256 goes with keys of the type oct alone."),
  };
}

std::vector<Option> GrantsAndTickets() {
  return {
      Text("topics_claim", &Config::topics_claim, "the name of a claim", ParseClaimName,
           "The claim of a token that lists what it grants: an array of filters, or one string "
           "with spaces between them. Empty: none."),
      List("granted_topics", &Config::granted_topics, "filters by comma", ParseList,
           "What every token grants beside its claim. {name}, as a whole token of a filter, stands "
           "for that claim: users.{sub}.>."),
      List("anonymous_topics", &Config::anonymous_topics, "filters by comma", ParseList,
           "What requests without a token get, and they alone. Empty: nothing."),
      Text("auth_cookie", &Config::auth_cookie, "the name of a cookie", ParseCookieName,
           "The cookie that may hold the token. Empty: none."),
      Path("ticket_key_file", &Config::ticket_key_file,
           "Keys that seal tickets, 32 bytes of base64 a line: the first one seals, all open. All "
           "replicas need the same. Read again every 10 s and on SIGHUP. Empty: a key of this "
           "process."),
  };
}

}  // namespace

std::vector<Option> Subscribers() {
  std::vector<Option> all = Tokens();
  for (Option& option : GrantsAndTickets()) all.push_back(std::move(option));
  return all;
}

std::vector<Option> Publishers() {
  return {
      Choice<PublisherAuth>(
          "publisher_auth", &Config::publisher_auth,
          {{"none", PublisherAuth::kNone},
           {"jwt", PublisherAuth::kJwt},
           {"mtls", PublisherAuth::kMtls}},
          "Who may publish. none: everyone who reaches grpc_listen, to every topic; jwt: who sends "
          "a token as metadata, by the keys of jwt_jwks; mtls: who has a certificate."),
      Text("publish_claim", &Config::publish_claim, "the name of a claim", ParseClaimName,
           "The claim of a publisher's token that lists the topics that it may publish to: an "
           "array of filters, or one string with spaces between them."),
      Path(
          "publisher_grants_file", &Config::publisher_grants_file,
          "What publishers with certificates may publish to, a line each: a URI or DNS name of the "
          "certificate, then filters; * is for those that no other line names. Read again every "
          "10 s and on SIGHUP."),
  };
}

std::vector<std::string> FaultsOfSubscribers(const Config& config) {
  std::vector<std::string> faults;
  if (config.auth == Auth::kJwt && config.jwt_jwks.empty()) {
    faults.emplace_back("--auth=jwt: needs --jwt_jwks");
  }
  const bool grants_nothing = config.topics_claim.empty() && config.granted_topics.empty() &&
                              config.anonymous_topics.empty();
  if (config.auth == Auth::kJwt && grants_nothing) {
    faults.emplace_back(
        "--auth=jwt: grants nothing without --topics_claim, --granted_topics or "
        "--anonymous_topics");
  }
  return faults;
}

std::vector<std::string> FaultsOfPublishers(const Config& config) {
  std::vector<std::string> faults;
  if (config.publisher_auth == PublisherAuth::kJwt && config.jwt_jwks.empty()) {
    faults.emplace_back("--publisher_auth=jwt: needs --jwt_jwks");
  }
  if (config.publisher_auth == PublisherAuth::kJwt && config.publish_claim.empty()) {
    faults.emplace_back("--publisher_auth=jwt: grants nothing without --publish_claim");
  }
  if (config.publisher_auth == PublisherAuth::kMtls && config.publisher_grants_file.empty()) {
    faults.emplace_back("--publisher_auth=mtls: needs --publisher_grants_file");
  }
  if (config.publisher_auth == PublisherAuth::kMtls && config.grpc_client_ca_file.empty()) {
    faults.emplace_back("--publisher_auth=mtls: needs --grpc_client_ca_file");
  }
  return faults;
}

}  // namespace ssegw::config
