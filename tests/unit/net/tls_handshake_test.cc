// Sessions over TLS with real shards, sockets and threads.
#include "internal/net/tls_handshake.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/tls_client.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/net/shard_fixture.h"
#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

using testing::TlsClient;
using testing::WaitFor;

class TlsHandshakeTest : public ShardThreadTest {
 protected:
  void StartTls(const ConnectionOptions& options = {}, size_t handshake_rate = 0) {
    tls_ = std::make_unique<TlsPort>(MakeContext(), handshake_rate);
    Start(options);
  }
  std::unique_ptr<TlsClient> Connect() {
    auto client = std::make_unique<TlsClient>(address_, TrustingOptions());
    EXPECT_TRUE(client->ShakeHands()) << client->peer().error();
    return client;
  }
  std::unique_ptr<TlsClient> SubscribeTls(std::string_view target = "/sse") {
    auto client = Connect();
    client->Get(target);
    EXPECT_TRUE(client->ReadUntil(kLive));
    return client;
  }
  static testing::TlsClientOptions TrustingOptions() {
    return {.ca = testing::TestCertificate::Ca()};
  }
  uint64_t Sum(const std::function<uint64_t(const NetStats&)>& of) const {
    uint64_t sum = 0;
    for (const auto& shard : shards_) sum += of(shard->stats());
    return sum;
  }
  uint64_t Ok() const {
    return Sum([](const NetStats& stats) { return stats.handshakes_ok.value(); });
  }
  uint64_t Failed() const {
    return Sum([](const NetStats& stats) { return stats.handshakes_failed.value(); });
  }
  uint64_t Refused(HandshakeRefusal refusal) const {
    return Sum([&](const NetStats& stats) { return stats.handshakes_refused[refusal].value(); });
  }
  uint64_t Transports(bool tls) const {
    return Sum([&](const NetStats& stats) {
      const TransportCounts& counts = stats.transports;
      return (tls ? counts.with_tls : counts.in_the_clear)[Protocol::kHttp1].value();
    });
  }
  size_t Sockets() const { return shards_[0]->sockets() + shards_[1]->sockets(); }
};

TEST_F(TlsHandshakeTest, CarriesRequestsAndStreams) {
  StartTls();
  const auto client = Connect();
  client->Get("/text");
  EXPECT_TRUE(client->ReadUntil("\r\n\r\ntext"));
  client->Get("/sse");
  EXPECT_TRUE(client->ReadUntil(kLive));
  Publish(R"({"a":1})");
  EXPECT_TRUE(client->ReadUntil(R"({"a":1})"));
  EXPECT_EQ(Ok(), 1U);
  EXPECT_EQ(Transports(/*tls=*/true), 1U);
  EXPECT_EQ(Transports(/*tls=*/false), 0U);
  client->socket().Close();
  EXPECT_TRUE(WaitFor([&] { return Transports(true) == 0 && Sockets() == 0; }));
  EXPECT_EQ(Closed(CloseReason::kPeerClosed), 1U);
}

TEST_F(TlsHandshakeTest, ThePeersGoodbyeClosesItsStream) {
  StartTls();
  const auto client = SubscribeTls();
  client->peer().End();
  client->socket().Send(client->peer().TakeOutput());
  EXPECT_TRUE(WaitFor([&] { return Closed(CloseReason::kPeerClosed) == 1; }));
}

TEST_F(TlsHandshakeTest, ALargeAnswerComesWhole) {
  StartTls();
  const auto client = Connect();
  client->Get("/large");
  EXPECT_TRUE(client->ReadUntil("\r\n\r\n"));
  const size_t head = client->received().find("\r\n\r\n") + 4;
  while (client->received().size() < head + kLargeBytes && client->ReadSome()) {
  }
  EXPECT_EQ(client->received().substr(head), std::string(kLargeBytes, 'x'));
}

TEST_F(TlsHandshakeTest, ASlowReaderLosesNothingOfAllAndIsNotStuckAtTheLastRecord) {
  StartTls();
  auto client = std::make_unique<TlsClient>(address_, TrustingOptions(),
                                            testing::TcpOptions{.receive_buffer_bytes = 4096});
  ASSERT_TRUE(client->ShakeHands());
  client->Get("/all");
  ASSERT_TRUE(client->ReadUntil(kLive));
  constexpr int kEvents = 300;
  for (int i = 0; i < kEvents; ++i) {
    Publish(base::Concat(R"({"n":)", i, R"(,"x":")", std::string(3000, 'x'), R"("})"));
  }
  // Nothing more is published: the last record has to go out without a write that follows it.
  for (int i = 0; i < kEvents; ++i) {
    ASSERT_TRUE(client->ReadUntil(base::Concat(R"({"n":)", i, ","))) << i;
  }
  ASSERT_TRUE(client->ReadUntil(base::Concat("id: e-", kEvents, "\n\n")));
}

TEST_F(TlsHandshakeTest, HttpInTheClearIsAnsweredInTheClear) {
  StartTls();
  Client client(address_);
  client.Get("/sse");
  client.ReadToEnd();
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 400 ")) << client.received();
  EXPECT_TRUE(client.received().ends_with("this port speaks TLS: use https")) << client.received();
  EXPECT_EQ(Failed(), 1U);
  EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
}

TEST_F(TlsHandshakeTest, GarbageIsCountedAndClosed) {
  StartTls();
  Client client(address_);
  client.Send("\x16\x03\x01\x00\x05garbage that is no ClientHello");
  client.ReadToEnd();
  EXPECT_TRUE(WaitFor([&] { return Failed() == 1 && Sockets() == 0; }));
}

TEST_F(TlsHandshakeTest, APeerThatSpeaksAnotherVersionHearsWhyAndIsCounted) {
  StartTls();
  TlsClient client(address_, {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  SSL_set_security_level(client.peer().ssl(), 0);
  EXPECT_FALSE(client.ShakeHands());
  EXPECT_NE(client.peer().error(), "");
  EXPECT_TRUE(WaitFor([&] { return Failed() == 1 && Sockets() == 0; }));
}

TEST_F(TlsHandshakeTest, OneThatDoesNotGoOnHasTheHeadersTime) {
  StartTls({.request_header_timeout = milliseconds(200)});
  Client silent(address_);
  TlsClient half(address_);
  half.peer().ShakeHands();
  half.socket().Send(half.peer().TakeOutput().substr(0, 100));
  // Never says a word: no handshake of its has begun.
  silent.ReadToEnd();
  EXPECT_TRUE(WaitFor([&] { return Sockets() == 0; }));
  EXPECT_EQ(Failed(), 1U);
}

TEST_F(TlsHandshakeTest, APeerThatResetsIsGoneAtOnce) {
  StartTls();
  TlsClient half(address_);
  half.peer().ShakeHands();
  half.socket().Send(half.peer().TakeOutput());
  // Hands are being shaken: the server's part has come.
  EXPECT_FALSE(half.socket().Receive().empty());
  half.socket().Reset();
  Client silent(address_);
  silent.socket().Reset();
  EXPECT_TRUE(WaitFor([&] { return Failed() == 1 && Sockets() == 0; }));
}

TEST_F(TlsHandshakeTest, ARequestAfterTheHandshakeHasItsOwnTime) {
  StartTls({.request_header_timeout = milliseconds(300)});
  const auto client = Connect();
  client->ReadToEnd();
  EXPECT_TRUE(client->received().starts_with("HTTP/1.1 408 ")) << client->received();
  EXPECT_TRUE(client->peer().ended()) << "with a goodbye";
}

TEST_F(TlsHandshakeTest, EachAddressHasARate) {
  StartTls({}, /*handshake_rate=*/2);
  std::vector<std::unique_ptr<TlsClient>> clients;
  int done = 0;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<TlsClient>(address_));
    done += clients.back()->ShakeHands() ? 1 : 0;
  }
  // Some time passes meanwhile, in which another may be due.
  EXPECT_GE(done, 2);
  EXPECT_LT(done, 6);
  EXPECT_EQ(Refused(HandshakeRefusal::kRate), 6U - static_cast<unsigned>(done));
  EXPECT_EQ(Failed(), 0U);
  // Another address is not concerned.
  TlsClient other(address_, {}, {.local_address = "127.0.0.9"});
  EXPECT_TRUE(other.ShakeHands());
}

TEST_F(TlsHandshakeTest, ANewCertificateServesNewHandshakesAndOpenStreamsStay) {
  StartTls();
  const auto old = SubscribeTls();
  EXPECT_EQ(old->peer().certificate_name(), "localhost");
  tls_->SetContext(MakeContext({}, std::make_shared<TlsTicketKeys>(),
                               testing::TestCertificate::Make({.name = "renewed"})));
  TlsClient renewed(address_);
  ASSERT_TRUE(renewed.ShakeHands());
  EXPECT_EQ(renewed.peer().certificate_name(), "renewed");
  Publish(R"({"still":"there"})");
  EXPECT_TRUE(old->ReadUntil(R"({"still":"there"})"));
}

TEST_F(TlsHandshakeTest, ADrainSaysByeOverTlsAndGoodbye) {
  StartTls();
  const auto client = SubscribeTls();
  for (auto& shard : shards_) {
    shard->BeginDrain();
    shard->Drain(milliseconds(50), 0);
  }
  client->ReadToEnd();
  EXPECT_NE(client->received().find("event: gateway.bye"), std::string::npos);
  EXPECT_TRUE(client->peer().ended());
}

TEST_F(TlsHandshakeTest, TheLongestWaitingMakeRoomForNewSockets) {
  tls_ = std::make_unique<TlsPort>(MakeContext());
  Start({}, {}, /*max_sockets=*/4);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Client>(address_));
  EXPECT_TRUE(SubscribeTls()->received().find("gateway.live") != std::string::npos);
}

TEST_F(TlsHandshakeTest, DeliveriesHaveTheirTurnsInAFloodOfHandshakes) {
  StartTls();
  const auto subscriber = SubscribeTls("/all");
  // Whole flights that are cut after the ClientHello: all the work is the gateway's.
  testing::TlsPeer peer;
  peer.ShakeHands();
  const std::string hello = peer.TakeOutput();
  std::vector<std::unique_ptr<Client>> flood;
  for (int i = 0; i < 200; ++i) {
    flood.push_back(std::make_unique<Client>(address_));
    flood.back()->Send(hello);
  }
  Publish(R"({"in":"time"})");
  EXPECT_TRUE(subscriber->ReadUntil(R"({"in":"time"})"));
}

}  // namespace
}  // namespace ssegw::net
