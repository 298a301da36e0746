#include "gateway/ingest/publisher_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "gateway/auth/key_set.h"
#include "gateway/auth/verifier.h"
#include "internal/base/concat.h"
#include "tests/testing/token_signer.h"

namespace ssegw::ingest {
namespace {

using auth::Result;
using ::testing::HasSubstr;
using testing::KeySetOf;
using ::testing::Not;
using testing::SigningKey;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view kClaims =
    R"({"sub":"orders","exp":1800000600,"publish":["orders.>","a..b"]})";

// Brings what a test says when it is asked.
class Keys : public auth::KeyRequests {
 public:
  bool Ask(std::function<void()> done) override {
    if (!on_ask) return false;
    on_ask();
    done();
    return true;
  }
  std::function<void()> on_ask;
};

class PublisherAuthTest : public ::testing::Test {
 protected:
  PublisherAuthTest() { SetKeys("a"); }

  void SetKeys(const std::string& kid) {
    verifier_.SetKeys(
        *auth::KeySet::Parse(KeySetOf({key_.Jwk(base::Concat(R"("kid":")", kid, "\""))}),
                             auth::TokenRules().algorithms));
  }
  PublisherAuthOptions Options(PublisherAuthKind kind) {
    return {
        .kind = kind, .verifier = &verifier_, .keys = &keys_, .grants = &grants_, .stats = &stats_};
  }
  uint64_t Counted(Result result) { return stats_.checked[auth::Side::kPublisher][result].value(); }
  std::string Token(std::string_view kid = "a") { return key_.Token("ES256", kClaims, kid); }

  const SigningKey key_ = SigningKey::P256();
  auth::Verifier verifier_{auth::TokenRules()};
  Keys keys_;
  CurrentPublisherGrants grants_;
  auth::AuthStats stats_;
};

const Publisher& PublisherIn(const IdentityOrWait& identity) {
  return *std::get<PublisherPtr>(identity);
}
std::string MessageIn(const IdentityOrWait& identity) {
  const auto& refused = std::get<Unidentified>(identity);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnauthenticated);
  return std::string(refused.status.message());
}

TEST_F(PublisherAuthTest, NobodyAsksUnlessItIsConfigured) {
  const PublisherAuth open((PublisherAuthOptions()));
  EXPECT_EQ(std::get<PublisherPtr>(open.Identify({}, kNow)), nullptr);
  EXPECT_FALSE(open.ends_streams());
}

TEST_F(PublisherAuthTest, ATokenGrantsWhatItsClaimLists) {
  const PublisherAuth auth(Options(PublisherAuthKind::kJwt));
  EXPECT_TRUE(auth.ends_streams());
  const auto identity = auth.Identify({.tokens = {Token()}}, kNow);
  const Publisher& publisher = PublisherIn(identity);
  EXPECT_EQ(publisher.subject, "orders");
  EXPECT_EQ(publisher.ends_at, kNow + std::chrono::seconds(630));  // exp and the leeway
  EXPECT_TRUE(publisher.check("orders.eu").ok());
  const absl::Status outside = publisher.check("hosts.a");
  EXPECT_EQ(outside.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(outside.message()), HasSubstr("\"hosts.a\""));
  EXPECT_EQ(Counted(Result::kOk), 1U);
  EXPECT_EQ(Counted(Result::kForbidden), 1U);
  EXPECT_EQ(stats_.voided_grants.value(), 1U);  // "a..b"
}

TEST_F(PublisherAuthTest, AFilterIsWatchedByWhoMayPublishToAllOfIt) {
  const PublisherAuth auth(Options(PublisherAuthKind::kJwt));
  const auto identity = auth.Identify({.tokens = {Token()}}, kNow);
  const Publisher& publisher = PublisherIn(identity);
  EXPECT_TRUE(publisher.check_filter(*window::Filter::Parse("orders.*")).ok());
  const absl::Status refused = publisher.check_filter(*window::Filter::Parse(">"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Counted(Result::kForbidden), 1U);
  ASSERT_TRUE(grants_.Get() == nullptr);
  const PublisherAuth mtls(Options(PublisherAuthKind::kMtls));
  const auto named =
      mtls.Identify({.certificate_names = {"orders"}, .has_certificate = true}, kNow);
  const window::Filter filter = *window::Filter::Parse("orders.*");
  EXPECT_FALSE(PublisherIn(named).check_filter(filter).ok());
  grants_.Set(std::make_shared<PublisherGrants>(*PublisherGrants::Parse("orders orders.>")));
  EXPECT_TRUE(PublisherIn(named).check_filter(filter).ok());
}

TEST_F(PublisherAuthTest, ATokenWithoutTheClaimGrantsNothing) {
  const PublisherAuth auth(Options(PublisherAuthKind::kJwt));
  const std::string token = key_.Token("ES256", R"({"exp":1800000600,"topics":[">"]})", "a");
  const auto identity = auth.Identify({.tokens = {token}}, kNow);
  EXPECT_FALSE(PublisherIn(identity).check("orders.eu").ok());
}

TEST_F(PublisherAuthTest, WithoutAGoodTokenNobodyPublishes) {
  const PublisherAuth auth(Options(PublisherAuthKind::kJwt));
  const auto fault = [&](const PublisherCredentials& credentials) {
    return MessageIn(auth.Identify(credentials, kNow));
  };
  EXPECT_THAT(fault({}), HasSubstr("a token is needed"));
  EXPECT_THAT(fault({.certificate_names = {"a"}, .has_certificate = true}),
              HasSubstr("a token is needed"));
  EXPECT_THAT(fault({.tokens = {Token(), Token()}}), HasSubstr("several tokens"));
  EXPECT_THAT(fault({.tokens = {""}}), HasSubstr("the token is not three parts"));
  EXPECT_THAT(fault({.tokens = {SigningKey::P256().Token("ES256", kClaims, "a")}}),
              HasSubstr("the token has a wrong signature"));
  const std::string expired = key_.Token("ES256", R"({"sub":"me","exp":1700000000})", "a");
  EXPECT_THAT(fault({.tokens = {expired}}), HasSubstr("the token has expired"));
  EXPECT_EQ(Counted(Result::kMissing), 2U);
  EXPECT_EQ(Counted(Result::kMalformed), 2U);
  EXPECT_EQ(Counted(Result::kSignature), 1U);
  EXPECT_EQ(Counted(Result::kExpired), 1U);
  // The log says whose it was, the publisher is not told.
  const auto identity = auth.Identify({.tokens = {expired}}, kNow);
  EXPECT_EQ(std::get<Unidentified>(identity).subject, "me");
  EXPECT_THAT(MessageIn(identity), Not(HasSubstr("me")));
}

TEST_F(PublisherAuthTest, AnUnknownKeyIsWaitedFor) {
  PublisherAuthOptions options = Options(PublisherAuthKind::kJwt);
  const PublisherAuth auth(options);
  const std::string token =
      key_.Token("ES256", R"({"sub":"orders","exp":4102444800,"publish":["orders.>"]})", "new");
  ASSERT_TRUE(std::holds_alternative<NeedsKeys>(auth.Identify({.tokens = {token}}, kNow)));
  EXPECT_EQ(Counted(Result::kKey), 0U);
  Identity identity;
  const auto wait = [&] {
    auth.IdentifyLater({.tokens = {token}}, [&](Identity got) { identity = std::move(got); });
  };
  wait();  // nobody can bring newer ones
  EXPECT_EQ(std::get<Unidentified>(identity).status.code(), absl::StatusCode::kUnauthenticated);
  keys_.on_ask = [] {};
  wait();  // they do not have it either
  EXPECT_TRUE(std::holds_alternative<Unidentified>(identity));
  EXPECT_EQ(Counted(Result::kKey), 2U);
  keys_.on_ask = [&] { SetKeys("new"); };
  wait();
  EXPECT_TRUE(std::get<PublisherPtr>(identity)->check("orders.eu").ok());
}

TEST_F(PublisherAuthTest, ACertificateGrantsWhatTheFileSaysNow) {
  const PublisherAuth auth(Options(PublisherAuthKind::kMtls));
  EXPECT_FALSE(auth.ends_streams());
  EXPECT_THAT(MessageIn(auth.Identify({}, kNow)), HasSubstr("a certificate is needed"));
  EXPECT_THAT(MessageIn(auth.Identify({.tokens = {Token()}}, kNow)),
              HasSubstr("a certificate is needed"));
  EXPECT_EQ(Counted(Result::kMissing), 2U);
  const auto identity =
      auth.Identify({.certificate_names = {"spiffe://a", "a.b"}, .has_certificate = true}, kNow);
  const Publisher& publisher = PublisherIn(identity);
  EXPECT_EQ(publisher.subject, "spiffe://a");
  EXPECT_FALSE(publisher.check("x").ok());  // there are no grants yet
  const auto set = [&](std::string_view text) {
    grants_.Set(std::make_shared<const PublisherGrants>(*PublisherGrants::Parse(text)));
  };
  set("a.b x\n");
  EXPECT_TRUE(publisher.check("x").ok());
  set("a.b y\n");  // on a stream that is open
  EXPECT_FALSE(publisher.check("x").ok());
  EXPECT_TRUE(publisher.check("y").ok());
}

}  // namespace
}  // namespace ssegw::ingest
