#include "gateway/api/gatekeeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/http/replies.h"

namespace ssegw::api {
namespace {

using http::Request;
using Field = net::HttpRequest::Field;

class GatekeeperTest : public ::testing::Test {
 protected:
  GatekeeperTest() {
    credentials_.tokens.Set(
        std::make_shared<const auth::ApiTokens>(*auth::ApiTokens::Parse("good\nnext\n")));
    credentials_.access_keys.Set(std::make_shared<const auth::AccessKeys>(
        *auth::AccessKeys::Parse("AKIDEXAMPLE wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")));
  }

  std::variant<Caller, TurnedAway> Admit(std::vector<Field> fields) {
    fields.push_back({"Host", host_});
    const net::HttpRequest request = Request("POST", "/@connections/a", std::move(fields));
    return Gatekeeper(credentials_)
        .Admit(request, {.path = "/@connections/a", .query = ""}, rules_, now_);
  }
  int StatusOf(std::vector<Field> fields) {
    const auto admitted = Admit(std::move(fields));
    const auto* const away = std::get_if<TurnedAway>(&admitted);
    detail_ = away == nullptr ? "" : away->detail;
    return away == nullptr ? 200 : away->status;
  }

  ApiCredentials credentials_;
  std::string host_ = "gateway:8090";
  Gatekeeper::Rules rules_{.hosts = http::AdminHosts({}, /*unix=*/false),
                           .origins = http::CorsPolicy({"https://app.example"})};
  base::WallTime now_ = std::chrono::system_clock::now();
  std::string detail_;
};

constexpr Field kGood{"Authorization", "Bearer good"};

TEST_F(GatekeeperTest, EachTokenOfTheFileIsGood) {
  EXPECT_EQ(StatusOf({kGood}), 200);
  EXPECT_EQ(StatusOf({{"Authorization", "bearer  next"}}), 200);
  EXPECT_EQ(std::get<Caller>(Admit({kGood})).identity, "bearer");
}

TEST_F(GatekeeperTest, AnotherTokenIs401) {
  for (const char* value : {"Bearer", "Bearer ", "Bearer other", "Bearer good, Bearer good",
                            "Basic Z29vZA==", "good", ""}) {
    EXPECT_EQ(StatusOf({{"Authorization", value}}), 401) << value;
    EXPECT_EQ(detail_.find("other"), std::string::npos) << "a token is told";
  }
  EXPECT_EQ(StatusOf({}), 401);
  credentials_.tokens.Set(nullptr);
  EXPECT_EQ(StatusOf({kGood}), 401);
}

TEST_F(GatekeeperTest, ACookieIsNoCredential) {
  EXPECT_EQ(StatusOf({{"Cookie", "sse_gateway=good"}}), 403);
  EXPECT_EQ(StatusOf({kGood, {"Cookie", "a=b"}}), 200);
}

TEST_F(GatekeeperTest, APageIsTurnedAwayWhateverItShows) {
  for (const char* origin : {"https://evil.example", "null", "", "http://gateway:8090"}) {
    EXPECT_EQ(StatusOf({kGood, {"Origin", origin}}), 403) << origin;
  }
  for (const char* name : {"Sec-Fetch-Site", "sec-fetch-dest", "Sec-Fetch-User"}) {
    EXPECT_EQ(StatusOf({kGood, {name, "none"}}), 403) << name;
  }
  EXPECT_EQ(StatusOf({kGood, {"Origin", "https://app.example"}}), 200);
  // "*" lists nobody.
  rules_.origins = http::CorsPolicy({"*"});
  EXPECT_EQ(StatusOf({kGood, {"Origin", "https://app.example"}}), 403);
}

TEST_F(GatekeeperTest, FetchOfNodeIsNoPage) {
  EXPECT_EQ(StatusOf({kGood, {"sec-fetch-mode", "cors"}}), 200);
}

TEST_F(GatekeeperTest, AHostOfTheInternetIs421) {
  for (const char* host : {"evil.example", "evil.example:8090"}) {
    host_ = host;
    EXPECT_EQ(StatusOf({kGood}), 421) << host;
  }
  for (const char* host : {"127.0.0.1:8090", "localhost", "gateway.default.svc", "[::1]:1"}) {
    host_ = host;
    EXPECT_EQ(StatusOf({kGood}), 200) << host;
  }
}

TEST_F(GatekeeperTest, ABadSignatureIs403) {
  now_ = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) + std::chrono::hours(12) +
         std::chrono::minutes(36);
  const auto signed_by = [&](std::string_view key) {
    return std::string("AWS4-HMAC-SHA256 Credential=") + std::string(key) +
           "/20150830/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, "
           "Signature=3b04d77fe02f7cbb634b40d86514683e4d4322d3891d393edbe59ed93dc867dc";
  };
  const Field date{"X-Amz-Date", "20150830T123600Z"};
  const std::string known = signed_by("AKIDEXAMPLE");
  const std::string unknown = signed_by("AKIDOTHER");
  const Field empty_hash{"X-Amz-Content-Sha256",
                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  EXPECT_EQ(StatusOf({{"Authorization", unknown}, date}), 403);
  EXPECT_EQ(StatusOf({{"Authorization", known}, date, empty_hash}), 403);
  // Whose it claims to be is for the log.
  EXPECT_EQ(std::get<TurnedAway>(Admit({{"Authorization", known}, date, empty_hash})).identity,
            "AKIDEXAMPLE");
  EXPECT_EQ(std::get<TurnedAway>(Admit({{"Authorization", unknown}, date})).identity, "");
  // Without the body's hash it cannot be told yet.
  const auto admitted = Admit({{"Authorization", known}, date});
  ASSERT_TRUE(std::holds_alternative<Caller>(admitted));
  EXPECT_FALSE(std::get<Caller>(admitted).claim->CheckBody("x").ok());
  credentials_.access_keys.Set(nullptr);
  EXPECT_EQ(StatusOf({{"Authorization", known}, date}), 403);
}

}  // namespace
}  // namespace ssegw::api
