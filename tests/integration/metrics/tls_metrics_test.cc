// What /metrics counts of TLS, beside what was done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/certificate_directory.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http2_client.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/tls_client.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Ge;
using ::testing::Le;

TEST(TlsMetricsTest, HandshakesAndSocketsAreThoseOfThePeers) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http"));
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<TlsClient>(gateway.http()));
    EXPECT_TRUE(clients.back()->ShakeHands());
  }
  TlsClient distrusts(gateway.http(),
                      {.ca = TestCertificate::Make({.self_signed = true}).certificate});
  EXPECT_FALSE(distrusts.ShakeHands());
  EXPECT_TRUE(gateway.WaitForMetric(R"(tls_handshakes_total{result="failed"})", 1));
  TlsClient h2(gateway.http(), {.protocols = {"h2"}});
  EXPECT_TRUE(h2.ShakeHands());
  h2.Send(Http2Preface());
  EXPECT_TRUE(gateway.WaitForMetric(R"(transports{protocol="h2",tls="true"})", 1));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(transports{protocol="h2",tls="true"})", 1);
  ExpectSeries(metrics, R"(tls_handshakes_total{result="failed"})", 1);
  ExpectSeries(metrics, R"(tls_handshakes_total{result="ok"})", 4);
  ExpectSeries(metrics, R"(transports{protocol="h1",tls="true"})", 3);
}

TEST(TlsMetricsTest, SocketsInTheClearAreThoseOfThePeers) {
  const GatewayProcess gateway;
  SseReader one(gateway.http());
  SseReader two(gateway.http());
  one.Next();
  two.Next();
  ExpectSeries(gateway.Scrape(), R"(transports{protocol="h1",tls="false"})", 2);
}

TEST(TlsMetricsTest, Http2HasItsSocketsAndItsMemory) {
  const GatewayProcess gateway;
  Http2Client client(gateway.http());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.ReadUntil(client.Get("/sse"), "gateway.live"));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(transports{protocol="h2",tls="false"})", 1);
  ExpectSeries(metrics, R"(memory_bytes{class="http2"})", AllOf(Ge(20'000), Le(40'000)));
}

TEST(TlsMetricsTest, RefusedAreThoseBeyondTheRate) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http", {"--tls_handshake_rate=1"}));
  int refused = 0;
  for (int i = 0; i < 5; ++i) refused += TlsClient(gateway.http()).ShakeHands() ? 0 : 1;
  EXPECT_GT(refused, 0);
  ExpectSeries(gateway.Scrape(), R"(tls_handshakes_refused_total{reason="rate"})", refused);
}

TEST(TlsMetricsTest, ReloadsAndTheirEnd) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("http", files.Flags("grpc")));
  files.Write("key.pem", "garbage");
  gateway.Signal(SIGHUP);
  // Both listeners have the same files here.
  EXPECT_TRUE(gateway.WaitForMetric(R"(tls_reloads_total{result="failed"})", 2));
  files.Replace(TestCertificate::Make({.ends = std::chrono::hours(48)}));
  gateway.Signal(SIGHUP);
  EXPECT_TRUE(gateway.WaitForMetric(R"(tls_reloads_total{result="ok"})", 2));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(tls_reloads_total{result="failed"})", 2);
  ExpectSeries(metrics, R"(tls_reloads_total{result="ok"})", 2);
  const auto end = std::chrono::system_clock::now() + std::chrono::hours(48);
  const auto seconds = static_cast<double>(
      std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count());
  for (const char* const series :
       {R"(tls_certificate_expiry_timestamp_seconds{listener="http"})",
        R"(tls_certificate_expiry_timestamp_seconds{listener="grpc"})"}) {
    ExpectSeries(metrics, series, DoubleNear(seconds, 60));
  }
}

}  // namespace
}  // namespace ssegw::testing
