#ifndef SSEGW_GATEWAY_AUTH_CANONICAL_REQUEST_H_
#define SSEGW_GATEWAY_AUTH_CANONICAL_REQUEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace ssegw::auth {

// What a signature covers of a request, as it was sent: nothing is decoded.
struct SignedParts {
  std::string_view method;
  std::string_view path;
  std::string_view query = {};  // without "?"
  struct Field {
    std::string_view name;
    std::string_view value;  // without surrounding white space
  };
  std::vector<Field> fields = {};
};

// The canonical request of AWS Signature Version 4 ("Create a signed AWS API request" of the AWS
// documentation). The path is normalised and encoded once more, as all services but S3 do; of the
// query, "+" is a space. signed_headers: in lower case and in order; payload_hash: in hex.
std::string CanonicalRequest(const SignedParts& parts,
                             const std::vector<std::string_view>& signed_headers,
                             std::string_view payload_hash);

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_CANONICAL_REQUEST_H_
