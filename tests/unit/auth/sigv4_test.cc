#include "gateway/auth/sigv4.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssegw::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The access key of the examples in AWS's documentation of signatures.
constexpr std::string_view kKeyId = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kDateTime = "20150830T123600Z";
constexpr std::string_view kHelloHash =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const base::WallTime kSignedAt =
    std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) + std::chrono::hours(12) + minutes(36);

std::optional<std::string> FindSecret(std::string_view id) {
  return id == kKeyId ? std::optional<std::string>(kSecret) : std::nullopt;
}

// A request of the tests: `hello` posted to one connection, as botocore 1.43 signs it.
struct Request {
  std::string method = "POST";
  std::string path = "/prod/%40connections/L0SM9cOFvHcCIhw%3D";
  std::string query = {};
  std::string host = "gw.example:8090";
  std::string scope = "AKIDEXAMPLE/20150830/eu-central-1/execute-api/aws4_request";
  std::string signed_headers = "host;x-amz-date";
  std::string signature = "b4d10d8d1492df676eaf1f2f1fe3ad15f3b3961bed491fea4aff3f1ed81be9b4";
  std::string date_time = std::string(kDateTime);
  std::string content_type = {};
  std::vector<SignedParts::Field> more = {};
  std::string authorization = {};

  SignedParts Parts() {
    if (authorization.empty()) {
      authorization = "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=" + signed_headers +
                      ", Signature=" + signature;
    }
    SignedParts parts{.method = method, .path = path, .query = query};
    parts.fields = {{"Host", host}, {"X-Amz-Date", date_time}, {"Authorization", authorization}};
    if (!content_type.empty()) parts.fields.push_back({"Content-Type", content_type});
    parts.fields.insert(parts.fields.end(), more.begin(), more.end());
    return parts;
  }

  absl::StatusOr<Sigv4Claim> Check(base::WallTime now = kSignedAt) {
    return Sigv4Claim::Check(Parts(), now, FindSecret);
  }
  // Of the whole request.
  absl::Status Verify(std::string_view body = "hello", base::WallTime now = kSignedAt) {
    const absl::StatusOr<Sigv4Claim> claim = Check(now);
    return claim.ok() ? claim->CheckBody(body) : claim.status();
  }
};

std::string Fault(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  return std::string(status.message());
}

// Requests of AWS's test suite for Signature Version 4, with the signatures that it publishes.
TEST(Sigv4Test, SignsAsThePublishedExamples) {
  struct Case {
    std::string_view name;
    std::string_view method;
    std::string_view query;
    std::string_view signature;
  };
  for (const Case& c :
       std::vector<Case>{{"get-vanilla", "GET", "",
                          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
                         {"post-vanilla", "POST", "",
                          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
                         {"get-vanilla-query-order-key-case", "GET", "Param2=value2&Param1=value1",
                          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"}}) {
    SCOPED_TRACE(c.name);
    const SignedParts parts{
        .method = c.method,
        .path = "/",
        .query = c.query,
        .fields = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", kDateTime}}};
    const Sigv4Authorization signer{.access_key_id = kKeyId,
                                    .date = "20150830",
                                    .region = "us-east-1",
                                    .service = "service",
                                    .signed_headers = {"host", "x-amz-date"},
                                    .signature = {}};
    const std::string canonical =
        CanonicalRequest(parts, signer.signed_headers,
                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(
        Sigv4Signature(Sigv4Scope(signer, kDateTime), canonical, Sigv4SigningKey(signer, kSecret)),
        c.signature);
  }
}

TEST(Sigv4Test, TheCanonicalPathIsNormalisedAndEncodedOnceMore) {
  const auto canonical_path = [](std::string_view path) {
    const std::string canonical = CanonicalRequest({.method = "GET", .path = path}, {}, "");
    return canonical.substr(4, canonical.find('\n', 4) - 4);
  };
  EXPECT_EQ(canonical_path("/"), "/");
  EXPECT_EQ(canonical_path(""), "/");
  EXPECT_EQ(canonical_path("/%40connections/a%3D"), "/%2540connections/a%253D");
  EXPECT_EQ(canonical_path("/@connections/a"), "/%40connections/a");
  EXPECT_EQ(canonical_path("//prod/./x/..//a"), "/prod/a");
  EXPECT_EQ(canonical_path("/example1/example2/../.."), "/");
  EXPECT_EQ(canonical_path("/example//"), "/example/");
  EXPECT_EQ(canonical_path("/../../a"), "/a");
  EXPECT_EQ(canonical_path("/-._~"), "/-._~");
}

TEST(Sigv4Test, TheCanonicalQueryIsDecodedSortedAndEncoded) {
  const auto canonical_query = [](std::string_view query) {
    const std::string canonical =
        CanonicalRequest({.method = "GET", .path = "/", .query = query}, {}, "");
    return canonical.substr(6, canonical.find('\n', 6) - 6);
  };
  EXPECT_EQ(canonical_query("b=2&a=1"), "a=1&b=2");
  EXPECT_EQ(canonical_query("a=2&a=1"), "a=1&a=2");
  EXPECT_EQ(canonical_query("a-b=1&a=1"), "a=1&a-b=1");
  EXPECT_EQ(canonical_query("a&&b="), "a=&b=");
  EXPECT_EQ(canonical_query("key=x y&k=x+y&l=%e1%88%b4&m=%zz"),
            "k=x%20y&key=x%20y&l=%E1%88%B4&m=%25zz");
}

TEST(Sigv4Test, FieldsAreTrimmedAndJoined) {
  const SignedParts parts{
      .method = "GET",
      .path = "/",
      .fields = {{"My-Header1", "  value  1\t "}, {"my-header1", "value2"}, {"Other", "x"}}};
  EXPECT_EQ(CanonicalRequest(parts, {"my-header1"}, "hash"),
            "GET\n/\n\nmy-header1:value 1,value2\n\nmy-header1\nhash");
}

TEST(Sigv4ClaimTest, AcceptsWhatAnSdkSigns) {
  EXPECT_EQ(Request().Verify(), absl::OkStatus());
  EXPECT_EQ(Request().Check()->access_key_id(), kKeyId);
  Request publish{.path = "/v1/publish",
                  .query = "topic=a.b&key=x%20y&type=",
                  .signed_headers = "content-type;host;x-amz-date",
                  .signature = "09abca92c882302b583a0532b1557531bf4ec920f2fc82f3dd45fe249f5a3b7c",
                  .content_type = "application/json"};
  EXPECT_EQ(publish.Verify(R"({"n":1})"), absl::OkStatus());
  Request odd_path{.method = "DELETE",
                   .path = "/prod//./x/../%40connections/a%2Fb",
                   .signature = "85d27e273b5a986484396568cd034d1c56a1f2d6d0cc6c9dac735607b859f521"};
  EXPECT_EQ(odd_path.Verify(""), absl::OkStatus());
}

TEST(Sigv4ClaimTest, RefusesWhateverWasChanged) {
  const std::string no_match = "signature: does not match the request";
  EXPECT_EQ(Fault(Request().Verify("hellO")), no_match);
  EXPECT_EQ(Fault(Request{.method = "GET"}.Verify()), no_match);
  EXPECT_EQ(Fault(Request{.path = "/prod/%40connections/other"}.Verify()), no_match);
  EXPECT_EQ(Fault(Request{.query = "a=b"}.Verify()), no_match);
  EXPECT_EQ(Fault(Request{.host = "elsewhere"}.Verify()), no_match);
  EXPECT_EQ(Fault(Request{.date_time = "20150830T123601Z"}.Verify()), no_match);
  EXPECT_EQ(
      Fault(Request{.scope = "AKIDEXAMPLE/20150830/eu-west-1/execute-api/aws4_request"}.Verify()),
      no_match);
  Request other;
  other.signature.back() = '5';
  EXPECT_EQ(Fault(other.Verify()), no_match);
}

TEST(Sigv4ClaimTest, RefusesAnUnknownKeyAndAnotherScope) {
  const auto fault_of = [](std::string scope) {
    return Fault(Request{.scope = std::move(scope)}.Verify());
  };
  EXPECT_EQ(fault_of("AKIDOTHER/20150830/eu-central-1/execute-api/aws4_request"),
            "signature: the access key is not known");
  EXPECT_EQ(fault_of("AKIDEXAMPLE/20150830/eu-central-1/s3/aws4_request"),
            "signature: is for another service than execute-api");
  EXPECT_EQ(fault_of("AKIDEXAMPLE/20150831/eu-central-1/execute-api/aws4_request"),
            "signature: the scope has another date than X-Amz-Date");
  EXPECT_EQ(fault_of("AKIDEXAMPLE/2015/eu-central-1/execute-api/aws4_request"),
            "signature: the scope has another date than X-Amz-Date");
  for (const char* scope : {"AKIDEXAMPLE/20150830/eu-central-1/execute-api/aws5_request",
                            "AKIDEXAMPLE/20150830/eu-central-1/execute-api", "AKIDEXAMPLE", "",
                            "/20150830/eu-central-1/execute-api/aws4_request"}) {
    EXPECT_EQ(fault_of(scope),
              "signature: Credential is not <key>/<date>/<region>/<service>/aws4_request");
  }
}

TEST(Sigv4ClaimTest, RefusesAnOldOrFutureDate) {
  EXPECT_EQ(Request().Verify("hello", kSignedAt + minutes(5)), absl::OkStatus());
  EXPECT_EQ(Request().Verify("hello", kSignedAt - minutes(5)), absl::OkStatus());
  const std::string far = "signature: X-Amz-Date is more than 5 minutes from the gateway's clock";
  EXPECT_EQ(Fault(Request().Verify("hello", kSignedAt + minutes(5) + seconds(1))), far);
  EXPECT_EQ(Fault(Request().Verify("hello", kSignedAt - minutes(5) - seconds(1))), far);
  for (const char* date : {"", "20150830", "20150830T123600", "20150830 123600Z",
                           "2015083OT123600Z", "20151330T123600Z", "Sun, 30 Aug 2015"}) {
    EXPECT_EQ(Fault(Request{.date_time = date}.Verify()),
              "signature: there is not one X-Amz-Date like 20150830T123600Z")
        << date;
  }
  EXPECT_EQ(Fault(Request{.more = {{"X-Amz-Date", kDateTime}}}.Verify()),
            "signature: there is not one X-Amz-Date like 20150830T123600Z");
}

TEST(Sigv4ClaimTest, HostAndDateHaveToBeSigned) {
  EXPECT_EQ(Fault(Request{.signed_headers = "x-amz-date"}.Verify()),
            "signature: host is not signed");
  EXPECT_EQ(Fault(Request{.signed_headers = "host"}.Verify()),
            "signature: x-amz-date is not signed");
  EXPECT_EQ(Fault(Request{.signed_headers = "host;x-amz-date;x-other"}.Verify()),
            "signature: a signed field is missing");
  for (const char* names : {"x-amz-date;host", "Host;x-amz-date", "host;host;x-amz-date",
                            "host;;x-amz-date", ";host;x-amz-date"}) {
    EXPECT_EQ(Fault(Request{.signed_headers = names}.Verify()),
              "signature: SignedHeaders are not lower-case names in order");
  }
}

TEST(Sigv4ClaimTest, ADeclaredHashFindsABadSignatureBeforeTheBody) {
  Request good{.more = {{"X-Amz-Content-Sha256", kHelloHash}}};
  EXPECT_EQ(good.Verify(), absl::OkStatus());
  EXPECT_EQ(Fault(good.Check()->CheckBody("other")), "signature: is of another body");
  Request bad{.method = "DELETE", .more = {{"X-Amz-Content-Sha256", kHelloHash}}};
  EXPECT_EQ(Fault(bad.Check().status()), "signature: does not match the request");
}

TEST(Sigv4ClaimTest, RefusesUnsignedPayloadsPresignedRequestsAndTemporaryCredentials) {
  for (const std::string_view hash :
       {"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""}) {
    EXPECT_EQ(Fault(Request{.more = {{"X-Amz-Content-Sha256", hash}}}.Verify()),
              "signature: the payload is not signed with its SHA-256");
  }
  EXPECT_EQ(Fault(Request{.more = {{"X-Amz-Security-Token", "t"}}}.Verify()),
            "signature: temporary credentials (X-Amz-Security-Token) are not known here");
  Request presigned{.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"};
  presigned.authorization = "Bearer x";
  EXPECT_EQ(Fault(presigned.Verify()), "signature: the algorithm is not AWS4-HMAC-SHA256");
}

TEST(Sigv4ClaimTest, RefusesAMalformedAuthorization) {
  for (const char* text :
       {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 ,,,", "AWS4-HMAC-SHA256 a=b",
        "AWS4-ECDSA-P256-SHA256 Credential=x", "AWS4-HMAC-SHA256Credential=x"}) {
    Request request;
    request.authorization = text;
    EXPECT_FALSE(request.Verify().ok()) << text;
  }
  for (const char* signature : {"", "b4d1", "zz"}) {
    EXPECT_EQ(Fault(Request{.signature = signature}.Verify()),
              "signature: Signature is not 64 hex digits");
  }
}

}  // namespace
}  // namespace ssegw::auth
