// TLS on http_listen: what a page and an operator see of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "tests/integration/certificate_directory.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/tls_client.h"

namespace ssegw::testing {
namespace {

using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::string_view kLive = "event: gateway.live";
constexpr char kReloadsOk[] = R"(tls_reloads_total{result="ok"})";
constexpr char kReloadsFailed[] = R"(tls_reloads_total{result="failed"})";
// Two keys of 32 bytes.
constexpr std::string_view kKeyA = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n";
constexpr std::string_view kKeyB = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=\n";

TlsClientOptions Trusting() { return {.ca = TestCertificate::Ca()}; }

std::unique_ptr<TlsClient> Subscribe(const GatewayProcess& gateway,
                                     const TlsClientOptions& options = Trusting(),
                                     const TcpOptions& tcp = {}) {
  auto client = std::make_unique<TlsClient>(gateway.http(), options, tcp);
  EXPECT_TRUE(client->ShakeHands()) << client->peer().error();
  client->Get("/v1/events");
  EXPECT_TRUE(client->ReadUntil(kLive));
  return client;
}

// The name in the certificate that a new handshake gets.
std::string NameServed(const GatewayProcess& gateway) {
  TlsClient client(gateway.http());
  EXPECT_TRUE(client.ShakeHands()) << client.peer().error();
  return client.peer().certificate_name();
}

TEST(TlsTest, AStreamIsWhatItIsInTheClear) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  const auto page = Subscribe(gateway);
  EXPECT_THAT(page->received(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page->received(), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(page->received(), HasSubstr("event: gateway.hello\n"));
  const std::string id = Publisher(gateway.grpc()).MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_TRUE(page->ReadUntil(base::Concat("id: ", id, "\n\n")));
}

TEST(TlsTest, CurlTrustsIt) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  for (const char* const version : {"1.2", "1.3"}) {
    Process curl("/usr/bin/curl",
                 {"--silent", "--show-error", "--cacert", files.Path("ca.pem"),
                  base::Concat("--tlsv", version), "--tls-max", version, "--http1.1",
                  base::Concat("https://", gateway.http(), "/v1/snapshot")});
    EXPECT_EQ(curl.WaitExit(), 0) << curl.Stderr();
    EXPECT_THAT(curl.Stdout(), HasSubstr("\"events\":[]"));
  }
}

TEST(TlsTest, HttpInTheClearIsToldSo) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  Process curl("/usr/bin/curl", {"--silent", "--http1.1", "--write-out", "%{http_code}",
                                 base::Concat("http://", gateway.http(), "/v1/events")});
  EXPECT_EQ(curl.WaitExit(), 0) << curl.Stderr();
  EXPECT_THAT(curl.Stdout(), HasSubstr("this port speaks TLS: use https"));
  EXPECT_THAT(curl.Stdout(), EndsWith("400"));
  EXPECT_EQ(gateway.Scrape()[R"(tls_handshakes_total{result="failed"})"], 1);
}

TEST(TlsTest, TlsOnAClearPortIsNamed) {
  const GatewayProcess gateway;
  TlsClient client(gateway.http());
  EXPECT_FALSE(client.ShakeHands());
  EXPECT_THAT(gateway.Log(), HasSubstr("TLS"));
}

TEST(TlsTest, AdminStaysInTheClear) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  EXPECT_EQ(gateway.Scrape()[R"(transports{protocol="h1",tls="true"})"], 0);
}

TEST(TlsTest, TheOldestVersionIsAsTold) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http", {"--tls_min_version=1.3"}));
  TlsClient old(gateway.http(), {.max_version = TLS1_2_VERSION});
  EXPECT_FALSE(old.ShakeHands());
  TlsClient now(gateway.http());
  EXPECT_TRUE(now.ShakeHands());
}

TEST(TlsTest, FilesWithAFaultKeepItFromStartingAndFromBeingDelivered) {
  const CertificateDirectory files;
  const TestCertificate other = TestCertificate::Make();
  files.Write("other.pem", other.key);
  files.Write("bad.keys", "no key\n");
  const std::string cert = files.Path("cert.pem");
  struct Case {
    std::vector<std::string> flags;
    std::string fault;
  };
  const std::vector<Case> cases = {
      {files.Flags("http", {"--tls_ticket_key_file=" + files.Path("bad.keys")}),
       "line 1 is not a key of 32 bytes in base64"},
      {{"--http_tls_cert_file=" + cert, "--http_tls_key_file=" + files.Path("other.pem")},
       "the key is not that of the certificate"},
      {{"--grpc_tls_cert_file=" + cert, "--grpc_tls_key_file=" + files.Path("none.pem")},
       "No such file or directory"},
      {files.Flags("grpc", {"--grpc_client_ca_file=" + files.Path("key.pem")}),
       "no certificate in PEM"},
      {{"--http_tls_cert_file=" + cert}, "--http_tls_cert_file: needs --http_tls_key_file"}};
  for (const Case& test : cases) {
    std::vector<std::string> flags = test.flags;
    const RunResult started = RunGateway(flags);
    EXPECT_EQ(started.exit_code, 2) << test.fault;
    EXPECT_THAT(started.err, HasSubstr(test.fault));
    flags.emplace_back("--check_config");
    const RunResult checked = RunGateway(flags);
    EXPECT_EQ(checked.exit_code, 2) << test.fault;
    EXPECT_THAT(checked.err, HasSubstr(test.fault));
  }
  EXPECT_EQ(RunGateway(files.Flags("http", {"--check_config"})).exit_code, 0);
}

TEST(TlsTest, ANewPairServesNewHandshakesAndNoStreamUnderLoadIsDropped) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  std::vector<std::unique_ptr<TlsClient>> pages;
  for (int i = 0; i < 20; ++i) pages.push_back(Subscribe(gateway));
  std::atomic<bool> stop = false;
  std::thread load([&] {
    Publisher publisher(gateway.grpc());
    for (uint32_t i = 1; !stop; ++i) publisher.MustPublish(NumberedEvent("a", "k", i, 500));
  });
  for (int i = 1; i <= 3; ++i) {
    files.Replace(TestCertificate::Make({.name = base::Concat("renewed-", i)}));
    gateway.Signal(SIGHUP);
    EXPECT_TRUE(gateway.WaitForMetric(kReloadsOk, i)) << gateway.Log();
    EXPECT_EQ(NameServed(gateway), base::Concat("renewed-", i));
  }
  stop = true;
  load.join();
  Publisher publisher(gateway.grpc());
  const std::string last = publisher.MustPublish(NumberedEvent("a", "k", 999'999));
  for (const auto& page : pages) {
    EXPECT_TRUE(page->ReadUntil(base::Concat("id: ", last, "\n\n"))) << page->peer().error();
  }
  EXPECT_EQ(gateway.Scrape()["connections_opened_total"], 20);
  EXPECT_EQ(gateway.Scrape()[kReloadsFailed], 0);
}

TEST(TlsTest, ABadPairChangesNothingAndIsToldOnce) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  const TestCertificate good = TestCertificate::Make({.name = "good"});
  const TestCertificate expired = TestCertificate::Make({.ends = seconds(-60)});
  int failed = 0;
  const auto expect_refused = [&](const char* fault) {
    gateway.Signal(SIGHUP);
    EXPECT_TRUE(gateway.WaitForMetric(kReloadsFailed, ++failed)) << fault;
    EXPECT_THAT(gateway.Log(), HasSubstr(fault));
    EXPECT_EQ(NameServed(gateway), "localhost");
  };
  // As it is where a file is written after the other.
  files.Write("cert.pem", good.certificate);
  expect_refused("the key is not that of the certificate");
  files.Write("key.pem", "garbage");
  expect_refused("no private key in PEM");
  std::filesystem::remove(files.Path("key.pem"));
  expect_refused("No such file or directory");
  files.Replace(expired);
  expect_refused("the certificate has expired");
  // Nothing has changed since.
  gateway.Signal(SIGHUP);
  EXPECT_EQ(NameServed(gateway), "localhost");
  files.Replace(good);
  gateway.Signal(SIGHUP);
  EXPECT_TRUE(gateway.WaitForMetric(kReloadsOk, 1));
  EXPECT_EQ(NameServed(gateway), "good");
  EXPECT_EQ(gateway.Scrape()[kReloadsFailed], failed);
}

TEST(TlsTest, FilesAreReadAgainByThemselves) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  files.Replace(TestCertificate::Make({.name = "renewed"}));
  // Every 10 s (DESIGN.md 5.6).
  EXPECT_TRUE(WaitFor([&] { return NameServed(gateway) == "renewed"; }, seconds(20)));
}

TEST(TlsTest, ReplicasThatShareAFileResumeEachOthersSessions) {
  const CertificateDirectory files;
  files.Write("tickets", kKeyA);
  const auto flags = files.Flags("http", {"--tls_ticket_key_file=" + files.Path("tickets")});
  const GatewayProcess first(flags);
  const GatewayProcess second(flags);
  const auto page = Subscribe(first);
  const std::shared_ptr<SSL_SESSION> session = page->peer().session();
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(page->peer().tickets(), 1);
  // A client uses each ticket once, and each visit gives it another.
  const auto visit = [&](const std::shared_ptr<SSL_SESSION>& ticket) {
    TlsClientOptions options = Trusting();
    options.session = ticket;
    return Subscribe(second, options);
  };
  const auto resumed = visit(session);
  EXPECT_TRUE(resumed->peer().resumed());
  // Rotated: what was sealed before still opens, and what comes back is sealed anew.
  files.Write("tickets", base::Concat(kKeyB, kKeyA));
  second.Signal(SIGHUP);
  ASSERT_TRUE(second.WaitForMetric(kReloadsOk, 1));
  const auto rotated = visit(resumed->peer().session());
  EXPECT_TRUE(rotated->peer().resumed());
  files.Write("tickets", kKeyB);
  second.Signal(SIGHUP);
  ASSERT_TRUE(second.WaitForMetric(kReloadsOk, 2));
  EXPECT_TRUE(visit(rotated->peer().session())->peer().resumed());
  EXPECT_FALSE(visit(Subscribe(first)->peer().session())->peer().resumed());
}

TEST(TlsTest, ASlowReaderGetsFreshState) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  Publisher publisher(gateway.grpc());
  const auto page = Subscribe(gateway, Trusting(), {.receive_buffer_bytes = 4096});
  constexpr uint32_t kEvents = 5'000;
  std::vector<ssegateway::v1::Event> events;
  for (uint32_t i = 1; i <= kEvents; ++i) events.push_back(NumberedEvent("a", "k", i, 1000));
  const std::string last = publisher.MustPublish(events).back();
  ASSERT_TRUE(page->ReadUntil(base::Concat("id: ", last, "\n\n")));
  // 5 MB went by. In the clear the kernels hold some 200 KB for such a reader; TLS adds a record.
  EXPECT_LT(page->received().size(), 500'000U);
}

TEST(TlsTest, ADrainSaysByeAndGoodbye) {
  const CertificateDirectory files;
  GatewayProcess gateway(files.Flags("http", {"--drain_delay=0s", "--drain_window=1s"}));
  const auto page = Subscribe(gateway);
  gateway.Terminate();
  page->ReadToEnd();
  EXPECT_THAT(page->received(), HasSubstr("event: gateway.bye"));
  EXPECT_TRUE(page->peer().ended());
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(TlsTest, AFloodOfHandshakesHoldsUpNoDelivery) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http", {"--threads=1"}));
  const auto page = Subscribe(gateway);
  std::atomic<bool> stop = false;
  std::atomic<int> handshakes = 0;
  std::vector<std::thread> flood;
  for (int i = 0; i < 4; ++i) {
    flood.emplace_back([&] {
      // Hello and no more: all the work is the gateway's.
      TlsPeer peer;
      peer.ShakeHands();
      const std::string hello = peer.TakeOutput();
      std::vector<std::unique_ptr<TcpSocket>> sockets;
      while (!stop) {
        if (sockets.size() > 100) sockets.clear();
        sockets.push_back(std::make_unique<TcpSocket>(gateway.http()));
        sockets.back()->Send(hello);
        ++handshakes;
      }
    });
  }
  ASSERT_TRUE(WaitFor([&] { return handshakes > 400; }));
  Publisher publisher(gateway.grpc());
  base::Duration longest{0};
  for (uint32_t i = 1; i <= 20; ++i) {
    const base::TimePoint from = base::Now();
    const std::string id = publisher.MustPublish(NumberedEvent("a", "k", i));
    ASSERT_TRUE(page->ReadUntil(base::Concat("id: ", id, "\n\n")));
    longest = std::max(longest, base::Now() - from);
  }
  stop = true;
  for (std::thread& thread : flood) thread.join();
  // Hundreds of handshakes wait, of some ms each with a sanitizer: a delivery waits for few.
  EXPECT_LT(longest, seconds(2));
}

}  // namespace
}  // namespace ssegw::testing
