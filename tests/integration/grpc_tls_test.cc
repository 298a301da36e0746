// TLS on grpc_listen: what publishers see of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/integration/certificate_directory.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/tls_client.h"

namespace ssegw::testing {
namespace {

constexpr char kReloadsOk[] = R"(tls_reloads_total{result="ok"})";
constexpr char kReloadsFailed[] = R"(tls_reloads_total{result="failed"})";

PublisherTls Trusting() { return {.ca = TestCertificate::Ca()}; }

std::string NameServed(const GatewayProcess& gateway) {
  TlsClient client(gateway.grpc(), {.protocols = {"h2"}});
  EXPECT_TRUE(client.ShakeHands()) << client.peer().error();
  return client.peer().certificate_name();
}

TEST(GrpcTlsTest, APublisherThatTrustsItPublishesAndOneInTheClearDoesNot) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("grpc"));
  Publisher publisher(gateway.grpc(), Trusting());
  EXPECT_TRUE(publisher.Publish(NumberedEvent("a", "k", 1)).ok());
  EXPECT_EQ(publisher.Health(), "SERVING");
  Publisher clear(gateway.grpc());
  EXPECT_EQ(clear.Publish(NumberedEvent("a", "k", 2)).code, kUnavailable);
}

TEST(GrpcTlsTest, TheOldestVersionIs12) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("grpc"));
  TlsClient old(gateway.grpc(), {.protocols = {"h2"}, .max_version = TLS1_2_VERSION});
  EXPECT_TRUE(old.ShakeHands());
  TlsClient older(
      gateway.grpc(),
      {.protocols = {"h2"}, .min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  SSL_set_security_level(older.peer().ssl(), 0);
  EXPECT_FALSE(older.ShakeHands());
}

TEST(GrpcTlsTest, ANewPairServesNewHandshakesAndAnOpenStreamStays) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("grpc"));
  Publisher publisher(gateway.grpc(), Trusting());
  const auto stream = publisher.OpenStream();
  ASSERT_TRUE(stream->Write(1, NumberedEvent("a", "k", 1)));
  ASSERT_TRUE(stream->Read().has_value());
  files.Replace(TestCertificate::Make({.name = "renewed"}));
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(gateway.WaitForMetric(kReloadsOk, 1)) << gateway.Log();
  EXPECT_EQ(NameServed(gateway), "renewed");
  EXPECT_EQ(NameServed(gateway), "renewed") << "and the second time";
  ASSERT_TRUE(stream->Write(2, NumberedEvent("a", "k", 2)));
  EXPECT_TRUE(stream->Read().has_value());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(GrpcTlsTest, ABadPairChangesNothing) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("grpc"));
  files.Write("key.pem", TestCertificate::Make().key);
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(gateway.WaitForMetric(kReloadsFailed, 1));
  EXPECT_EQ(NameServed(gateway), "localhost");
  Publisher publisher(gateway.grpc(), Trusting());
  EXPECT_TRUE(publisher.Publish(NumberedEvent("a", "k", 1)).ok());
}

TEST(GrpcTlsTest, WithACaAPublisherNeedsACertificateOfIt) {
  const CertificateDirectory files;
  const GatewayProcess gateway(
      files.Flags("grpc", {"--grpc_client_ca_file=" + files.Path("ca.pem")}));
  const TestCertificate known = TestCertificate::Make({.name = "publisher"});
  const TestCertificate unknown = TestCertificate::Make({.name = "other", .self_signed = true});
  Publisher with(gateway.grpc(), PublisherTls{.ca = TestCertificate::Ca(),
                                              .certificate = known.certificate,
                                              .key = known.key});
  EXPECT_TRUE(with.Publish(NumberedEvent("a", "k", 1)).ok());
  Publisher without(gateway.grpc(), Trusting());
  EXPECT_EQ(without.Publish(NumberedEvent("a", "k", 2)).code, kUnavailable);
  Publisher stranger(gateway.grpc(), PublisherTls{.ca = TestCertificate::Ca(),
                                                  .certificate = unknown.certificate,
                                                  .key = unknown.key});
  EXPECT_EQ(stranger.Publish(NumberedEvent("a", "k", 3)).code, kUnavailable);
}

// A page can send a POST to any port, with one of three content types (Fetch Standard, no-cors),
// and TLS gives it HTTP/2 too. It cannot set the field te, but Firefox sends it by itself.
TEST(GrpcTlsTest, APagesPostNeverPublishes) {
  const CertificateDirectory files;
  const GatewayProcess gateway(files.Flags("grpc"));
  ssegateway::v1::PublishRequest request;
  *request.mutable_event() = NumberedEvent("a", "k", 1);
  const std::string message = request.SerializeAsString();
  std::string body(5, '\0');
  body[3] = static_cast<char>(message.size() >> 8);
  body[4] = static_cast<char>(message.size());
  std::ofstream(files.Path("body"), std::ios::binary) << body << message;
  const auto post = [&](const std::vector<std::string>& fields) {
    std::vector<std::string> arguments = {"--silent",
                                          "--http2",
                                          "--insecure",
                                          "--max-time",
                                          "10",
                                          "--data-binary",
                                          "@" + files.Path("body")};
    for (const std::string& field : fields) {
      arguments.emplace_back("--header");
      arguments.push_back(field);
    }
    arguments.push_back(
        base::Concat("https://", gateway.grpc(), "/ssegateway.v1.PublisherService/Publish"));
    Process curl("/usr/bin/curl", arguments);
    EXPECT_TRUE(curl.WaitExit().has_value());
  };
  for (const char* const type :
       {"text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""}) {
    for (const char* const te : {"TE: trailers", "TE:"}) {
      for (const char* const field : {"Origin: https://page.example", "Sec-Fetch-Mode: no-cors"}) {
        post({base::Concat("Content-Type: ", type), te, field});
      }
    }
  }
  EXPECT_EQ(gateway.Scrape()["window_events"], 0);
  EXPECT_EQ(gateway.Scrape()[R"(publisher_calls_refused_total{reason="page"})"], 8);
  // The same bytes publish where they come from a publisher.
  post({"Content-Type: application/grpc", "TE: trailers"});
  EXPECT_TRUE(gateway.WaitForMetric("window_events", 1));
}

}  // namespace
}  // namespace ssegw::testing
