#include "internal/net/transport/tls_channel.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

using Handshake = TlsChannel::Handshake;

constexpr uint8_t kData = 23;  // a record of application data (RFC 8446 section 5.1)

// The sizes of the records of bytes on the wire.
std::vector<size_t> DataRecords(std::string_view bytes) {
  std::vector<size_t> sizes;
  while (bytes.size() >= 5) {
    const size_t size =
        static_cast<size_t>(static_cast<uint8_t>(bytes[3])) << 8 | static_cast<uint8_t>(bytes[4]);
    if (static_cast<uint8_t>(bytes[0]) == kData) sizes.push_back(size);
    bytes.remove_prefix(std::min(5 + size, bytes.size()));
  }
  return sizes;
}

struct Version {
  const char* name;
  int version;
};

class TlsChannelVersionTest : public ::testing::TestWithParam<Version> {
 protected:
  testing::TlsClientOptions Client() const {
    return {.ca = testing::TestCertificate::Ca(), .max_version = GetParam().version};
  }
  // Has shaken hands.
  std::unique_ptr<TlsPair> Connected() const {
    auto pair = std::make_unique<TlsPair>(*context_, Client());
    EXPECT_EQ(pair->ShakeHands(), Handshake::kDone) << pair->client().error();
    return pair;
  }

  const std::shared_ptr<const TlsContext> context_ = MakeContext();
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsChannelVersionTest,
                         ::testing::Values(Version{"Tls12", TLS1_2_VERSION},
                                           Version{"Tls13", TLS1_3_VERSION}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(TlsChannelVersionTest, CarriesBytesBothWays) {
  const auto pair = Connected();
  EXPECT_EQ(pair->client().version(), GetParam().version);
  pair->ClientSends("question");
  std::string text;
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(text, "question");
  EXPECT_EQ(pair->Read(text), Received::kNothing);
  EXPECT_EQ(pair->Write("answer"), 6);
  pair->FromServer();
  EXPECT_EQ(pair->client().Read(), "answer");
}

TEST_P(TlsChannelVersionTest, ShakesHandsWithAPeerThatSendsByteByByte) {
  TlsPair pair(*context_, Client());
  EXPECT_EQ(pair.ShakeHands(/*bytes_at_once=*/1), Handshake::kDone) << pair.client().error();
  pair.ClientSends("question");
  std::string text;
  EXPECT_EQ(pair.Read(text), Received::kBytes);
}

TEST_P(TlsChannelVersionTest, AHandshakeThatIsCutAtAnyByteFails) {
  size_t bytes = 0;
  {
    TlsPair whole(*context_, Client());
    whole.client().ShakeHands();
    bytes = whole.client().TakeOutput().size();
  }
  ASSERT_GT(bytes, 100U);
  for (size_t cut = 0; cut < bytes; ++cut) {
    TlsPair pair(*context_, Client());
    pair.client().ShakeHands();
    pair.ToServer(pair.client().TakeOutput().substr(0, cut));
    ASSERT_EQ(pair.channel().ShakeHands(), Handshake::kNeedsMore) << cut;
    pair.HangUp();
    ASSERT_EQ(pair.channel().ShakeHands(), Handshake::kFailed) << cut;
    ASSERT_FALSE(pair.channel().failure().empty());
  }
  // A queue of errors that is not empty would be taken for the next call's.
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(TlsChannelVersionTest, AHandshakeWithAnyByteWrongHurtsNobody) {
  TlsPair first(*context_, Client());
  first.client().ShakeHands();
  const size_t bytes = first.client().TakeOutput().size();
  for (size_t wrong = 0; wrong < bytes; ++wrong) {
    TlsPair pair(*context_, Client());
    pair.client().ShakeHands();
    std::string hello = pair.client().TakeOutput();
    hello[wrong] = static_cast<char>(hello[wrong] ^ 0x55);
    pair.ToServer(hello);
    static_cast<void>(pair.channel().ShakeHands());
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

TEST_P(TlsChannelVersionTest, HalfARecordIsNothingYet) {
  const auto pair = Connected();
  pair->client().Write("question");
  const std::string record = pair->client().TakeOutput();
  std::string text;
  for (const char byte : record) {
    EXPECT_EQ(pair->Read(text), Received::kNothing);
    pair->ToServer({&byte, 1});
  }
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(text, "question");
}

TEST_P(TlsChannelVersionTest, ReadsARecordAtOnceSoThatTheEpollSetTellsOfTheRest) {
  const auto pair = Connected();
  const std::string largest(TlsChannel::kMaxRecordBytes, 'x');
  pair->ClientSends(largest);
  pair->ClientSends("next");
  std::string text;
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(text, largest);
  char byte = 0;
  // Nothing of the next record has been taken from the socket, which stays readable.
  EXPECT_EQ(SSL_pending(pair->client().ssl()), 0);
  EXPECT_FALSE(pair->transport().Peek().broken);
  EXPECT_TRUE(pair->transport().Peek().byte.has_value());
  static_cast<void>(byte);
  text.clear();
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(text, "next");
}

TEST_P(TlsChannelVersionTest, AFlushIsOneRecord) {
  const auto pair = Connected();
  pair->FromServer();
  const std::vector<std::string> texts(50, std::string(100, 'x'));
  std::vector<iovec> pieces;
  for (const std::string& text : texts) {
    pieces.push_back({.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()});
  }
  EXPECT_EQ(pair->transport().Write(pieces), 5000);
  const std::vector<size_t> records = DataRecords(pair->FromServer());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_LT(records[0], 5000U + 64);
  EXPECT_EQ(pair->client().Read(), std::string(5000, 'x'));
}

TEST_P(TlsChannelVersionTest, WhatTheSocketDoesNotTakeIsKeptAndBounded) {
  const auto pair = Connected();
  std::string sent;
  // Every byte says where it is.
  std::string all(1 << 20, ' ');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>('a' + i / 1000 % 26);
  size_t taken = 0;
  std::string received;
  int refused = 0;
  while (taken < all.size()) {
    const ssize_t n = pair->Write(std::string_view(all).substr(taken, 50'000));
    ASSERT_GE(n, 0);
    taken += static_cast<size_t>(n);
    if (n > 0) continue;
    ++refused;
    EXPECT_TRUE(pair->channel().has_unsent());
    EXPECT_TRUE(pair->transport().HasUntaken());
    pair->FromServer(/*max_bytes=*/10'000);
    received += pair->client().Read();
  }
  while (pair->channel().has_unsent()) {
    pair->FromServer();
    EXPECT_TRUE(pair->channel().SendUnsent());
  }
  pair->FromServer();
  received += pair->client().Read();
  EXPECT_EQ(received, all);
  EXPECT_GT(refused, 10);
}

TEST_P(TlsChannelVersionTest, APeerThatIsGoneIsAnErrorOfTheWrite) {
  const auto pair = Connected();
  pair->HangUp();
  EXPECT_LT(pair->Write("answer"), 0);
  std::string text;
  EXPECT_NE(pair->Read(text), Received::kBytes);
}

TEST_P(TlsChannelVersionTest, SaysGoodbyeAndStillReads) {
  const auto pair = Connected();
  EXPECT_EQ(pair->Write("last words"), 10);
  EXPECT_TRUE(pair->transport().EndOutput());
  pair->FromServer();
  EXPECT_EQ(pair->client().Read(), "last words");
  EXPECT_TRUE(pair->client().ended());
  pair->ClientSends("more");
  std::string text;
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(text, "more");
}

TEST_P(TlsChannelVersionTest, GoodbyeWaitsForWhatIsUnsent) {
  const auto pair = Connected();
  const std::string large(1 << 20, 'x');
  size_t taken = 0;
  for (;;) {
    const ssize_t n = pair->Write(std::string_view(large).substr(taken));
    if (n <= 0) break;
    taken += static_cast<size_t>(n);
  }
  ASSERT_TRUE(pair->channel().has_unsent());
  EXPECT_TRUE(pair->transport().EndOutput());
  std::string received;
  for (int i = 0; i < 1000 && !pair->client().ended(); ++i) {
    pair->FromServer();
    received += pair->client().Read();
    pair->transport().TakeEvents(EPOLLOUT);
  }
  EXPECT_TRUE(pair->client().ended());
  EXPECT_EQ(received.size(), taken);
}

TEST_P(TlsChannelVersionTest, ThePeersGoodbyeIsTheEnd) {
  const auto pair = Connected();
  pair->ClientSends("last words");
  pair->client().End();
  pair->ToServer(pair->client().TakeOutput());
  std::string text;
  EXPECT_EQ(pair->Read(text), Received::kBytes);
  EXPECT_EQ(pair->Read(text), Received::kEnd);
}

TEST_P(TlsChannelVersionTest, APeerThatLeavesWithoutGoodbyeIsTheEndToo) {
  const auto pair = Connected();
  pair->HangUp();
  std::string text;
  EXPECT_EQ(pair->Read(text), Received::kEnd);
}

TEST_P(TlsChannelVersionTest, DiscardsUnwantedBytesUpToABound) {
  const auto pair = Connected();
  std::array<char, TlsChannel::kMaxRecordBytes> scratch;
  std::optional<CloseReason> reason;
  int records = 0;
  for (; !reason && records < 100; ++records) {
    pair->ClientSends(std::string(8 * 1024, 'x'));
    reason = pair->transport().Discard(scratch, Transport::kMaxUnwantedBytes);
  }
  EXPECT_EQ(reason, CloseReason::kPeerFlood);
  EXPECT_EQ(records, 9);
}

TEST(TlsChannelTest, RefusesToRenegotiate) {
  const auto context = MakeContext();
  TlsPair pair(*context, {.max_version = TLS1_2_VERSION});
  ASSERT_EQ(pair.ShakeHands(), Handshake::kDone);
  SSL_renegotiate(pair.client().ssl());
  pair.client().ShakeHands();
  pair.ToServer(pair.client().TakeOutput());
  std::string text;
  EXPECT_NE(pair.Read(text), Received::kBytes);
  pair.FromServer();
  pair.client().Read();
  EXPECT_EQ(pair.client().error(), "no renegotiation");
}

TEST(TlsChannelTest, AnswersAKeyUpdateAndGoesOn) {
  const auto context = MakeContext();
  TlsPair pair(*context);
  ASSERT_EQ(pair.ShakeHands(), Handshake::kDone);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(SSL_key_update(pair.client().ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    pair.ClientSends("question");
    std::string text;
    EXPECT_EQ(pair.Read(text), Received::kBytes);
    EXPECT_EQ(text, "question");
    EXPECT_EQ(pair.Write("answer"), 6);
    pair.FromServer();
    EXPECT_EQ(pair.client().Read(), "answer") << pair.client().error();
  }
}

TEST(TlsChannelTest, AFloodOfKeyUpdatesEndsIt) {
  const auto context = MakeContext();
  TlsPair pair(*context);
  ASSERT_EQ(pair.ShakeHands(), Handshake::kDone);
  auto received = Received::kNothing;
  int updates = 0;
  // Each takes 22 bytes or more on the wire.
  constexpr int kBound = TlsChannel::kMaxIdleBytes / 22 + 1;
  for (; received == Received::kNothing && updates <= kBound; ++updates) {
    ASSERT_EQ(SSL_key_update(pair.client().ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    pair.client().ShakeHands();
    pair.ToServer(pair.client().TakeOutput());
    std::string text;
    received = pair.Read(text);
  }
  EXPECT_EQ(received, Received::kBroken);
}

TEST(TlsChannelTest, ChoosesTheProtocolByAlpn) {
  struct Case {
    const char* name;
    bool offers_h2;
    std::vector<std::string> asked;
    std::string chosen;
    Handshake result = Handshake::kDone;
  };
  for (const Case& test :
       {Case{"no ALPN", true, {}, ""}, Case{"HTTP/1.1 alone", true, {"http/1.1"}, "http/1.1"},
        Case{"ours first", true, {"http/1.1", "h2"}, "h2"},
        Case{"without HTTP/2", false, {"h2", "http/1.1"}, "http/1.1"},
        Case{"neither", true, {"acme-tls/1"}, "", Handshake::kFailed}}) {
    const auto context = MakeContext({.offers_h2 = test.offers_h2});
    TlsPair pair(*context, {.protocols = test.asked});
    EXPECT_EQ(pair.ShakeHands(), test.result) << test.name;
    if (test.result != Handshake::kDone) {
      EXPECT_EQ(pair.channel().failure(), "no application protocol") << test.name;
      continue;
    }
    EXPECT_EQ(pair.channel().protocol(), test.chosen) << test.name;
    EXPECT_EQ(pair.client().protocol(), test.chosen) << test.name;
  }
}

TEST(TlsChannelTest, TheOldestVersionIsAsTold) {
  const auto context = MakeContext({.min_version = TlsOptions::Version::k13});
  TlsPair old(*context, {.max_version = TLS1_2_VERSION});
  EXPECT_EQ(old.ShakeHands(), Handshake::kFailed);
  EXPECT_EQ(old.channel().failure(), "unsupported protocol");
  EXPECT_NE(old.client().error(), "") << "the peer hears why";
  TlsPair now(*context);
  EXPECT_EQ(now.ShakeHands(), Handshake::kDone);
}

TEST(TlsChannelTest, VersionsBefore12AreRefused) {
  const auto context = MakeContext();
  TlsPair pair(*context, {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  // The library's own rules would not let the client begin.
  SSL_set_security_level(pair.client().ssl(), 0);
  EXPECT_EQ(pair.ShakeHands(), Handshake::kFailed);
}

}  // namespace
}  // namespace ssegw::net
