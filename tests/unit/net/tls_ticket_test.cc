// Resumption of TLS sessions by tickets.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "internal/net/transport/tls_ticket_keys.h"
#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

base::SecretKey Secret(uint8_t byte) {
  base::SecretKey key;
  key.fill(byte);
  return key;
}

std::shared_ptr<TlsTicketKeys> Keys(const std::vector<base::SecretKey>& secrets) {
  auto keys = std::make_shared<TlsTicketKeys>();
  keys->Set(secrets);
  return keys;
}

class TlsTicketTest : public ::testing::TestWithParam<int> {
 protected:
  // The ticket of a new session, which is resumed if there is one.
  struct Visit {
    bool resumed = false;
    int tickets = 0;
    std::shared_ptr<SSL_SESSION> session;
  };
  static Visit Connect(const TlsContext& context, std::shared_ptr<SSL_SESSION> session = nullptr) {
    TlsPair pair(context, {.max_version = GetParam(), .session = std::move(session)});
    EXPECT_EQ(pair.ShakeHands(), TlsChannel::Handshake::kDone);
    // TLS 1.3's ticket comes with the data.
    pair.Write("answer");
    pair.FromServer();
    EXPECT_EQ(pair.client().Read(), "answer");
    return {.resumed = pair.client().resumed(),
            .tickets = pair.client().tickets(),
            .session = pair.client().session()};
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsTicketTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) {
                           return tested.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsTicketTest, OneTicketIsGivenAndResumes) {
  const auto context = MakeContext();
  const Visit first = Connect(*context);
  EXPECT_FALSE(first.resumed);
  EXPECT_EQ(first.tickets, 1);
  ASSERT_NE(first.session, nullptr);
  const Visit second = Connect(*context, first.session);
  EXPECT_TRUE(second.resumed);
  // A client of TLS 1.3 uses each ticket once, so it gets another.
  EXPECT_EQ(second.tickets, GetParam() == TLS1_3_VERSION ? 1 : 0);
  EXPECT_TRUE(Connect(*context, second.session).resumed);
}

TEST_P(TlsTicketTest, ANewCertificateCostsNobodyAFullHandshake) {
  const auto keys = std::make_shared<TlsTicketKeys>();
  const Visit first = Connect(*MakeContext({}, keys));
  EXPECT_TRUE(Connect(*MakeContext({}, keys), first.session).resumed);
}

TEST_P(TlsTicketTest, ReplicasThatShareAFileResumeEachOthersSessions) {
  const Visit first = Connect(*MakeContext({}, Keys({Secret(1)})));
  EXPECT_TRUE(Connect(*MakeContext({}, Keys({Secret(1)})), first.session).resumed);
  EXPECT_FALSE(Connect(*MakeContext({}, Keys({Secret(2)})), first.session).resumed);
}

TEST_P(TlsTicketTest, AfterARotationOldTicketsResumeAndAreRenewed) {
  const auto keys = Keys({Secret(1)});
  const auto context = MakeContext({}, keys);
  const Visit first = Connect(*context);
  keys->Set(std::vector{Secret(2), Secret(1)});
  const Visit second = Connect(*context, first.session);
  EXPECT_TRUE(second.resumed);
  keys->Set(std::vector{Secret(2)});
  EXPECT_FALSE(Connect(*context, first.session).resumed);
  EXPECT_TRUE(Connect(*context, second.session).resumed);
}

TEST_P(TlsTicketTest, AnotherProcessesTicketIsAFullHandshakeAndNoFault) {
  const Visit first = Connect(*MakeContext());
  EXPECT_FALSE(Connect(*MakeContext(), first.session).resumed);
}

TEST(TlsTicketKeysTest, TheProcesssOwnKeyIsReplacedAndOpensForAsLongAgain) {
  TlsTicketKeys keys;
  const base::TimePoint start = base::Now();
  const auto life = TlsTicketKeys::kTicketLife;
  const TlsTicketKeys::Key first = keys.Sealing(start);
  EXPECT_EQ(keys.Sealing(start + life / 2).name, first.name);
  const base::TimePoint later = start + life + std::chrono::seconds(1);
  const TlsTicketKeys::Key second = keys.Sealing(later);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  // A ticket that was sealed in the last moment is good for its life.
  ASSERT_TRUE(keys.Find(first.name, later + life / 2).has_value());
  EXPECT_FALSE(keys.Find(first.name, later + life / 2)->is_first);
  EXPECT_TRUE(keys.Find(second.name, later)->is_first);
  EXPECT_FALSE(keys.Find(first.name, later + life + std::chrono::seconds(1)).has_value());
}

TEST(TlsTicketKeysTest, WhatNobodyUsedForTwoLivesOpensNothing) {
  TlsTicketKeys keys;
  const base::TimePoint start = base::Now();
  const TlsTicketKeys::Key first = keys.Sealing(start);
  EXPECT_FALSE(keys.Find(first.name, start + 3 * TlsTicketKeys::kTicketLife).has_value());
}

TEST(TlsTicketKeysTest, SharedKeysAreNotReplaced) {
  TlsTicketKeys keys;
  keys.Set(std::vector{Secret(1)});
  const TlsTicketKeys::Key first = keys.Sealing(base::Now());
  EXPECT_EQ(keys.Sealing(base::Now() + 10 * TlsTicketKeys::kTicketLife).name, first.name);
}

TEST(TlsTicketKeysTest, TheSecretsOfAKeyAreThreeDifferentOnes) {
  TlsTicketKeys keys;
  keys.Set(std::vector{Secret(1)});
  const TlsTicketKeys::Key key = keys.Sealing(base::Now());
  EXPECT_NE(key.cipher, key.mac);
  EXPECT_NE(key.cipher, Secret(1));
  EXPECT_FALSE(std::equal(key.name.begin(), key.name.end(), key.cipher.begin()));
}

}  // namespace
}  // namespace ssegw::net
