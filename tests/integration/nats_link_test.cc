// Links to a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/listening_socket.h"
#include "internal/nats/libnats_link.h"
#include "tests/integration/nats_credentials.h"
#include "tests/testing/link_on_thread.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/test_certificate.h"
#include "tests/testing/wait_for.h"

namespace ssegw::nats {
namespace {

using std::chrono::seconds;
using testing::LinkOnThread;
using testing::NatsServer;
using testing::TestCertificate;
using testing::WaitFor;

class Listener final : public LinkListener {
 public:
  void OnMessage(SubscriptionId subscription, Message message) override {
    const base::MutexLock lock(mutex_);
    received_.push_back(base::Concat(subscription, " ", message.subject(), " ", message.reply(),
                                     " ", message.header("Nats-Msg-Id").value_or("-"), " ",
                                     message.data(), " ", message.status()));
  }
  void OnRefused(std::string_view text) override {
    const base::MutexLock lock(mutex_);
    refused_.emplace_back(text);
  }
  void OnClosed(std::string_view reason) override {
    const base::MutexLock lock(mutex_);
    closed_.emplace_back(reason);
  }

  std::vector<std::string> received() const {
    const base::MutexLock lock(mutex_);
    return received_;
  }
  std::vector<std::string> refused() const {
    const base::MutexLock lock(mutex_);
    return refused_;
  }
  std::vector<std::string> closed() const {
    const base::MutexLock lock(mutex_);
    return closed_;
  }

 private:
  mutable base::Mutex mutex_;
  std::vector<std::string> received_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> refused_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> closed_ ABSL_GUARDED_BY(mutex_);
};

class NatsLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
  }

  static DialOptions To(const NatsServer& server) { return {.servers = {server.address()}}; }

  absl::Status Dial(DialOptions options) {
    auto link = LibnatsDialer(std::move(options)).Dial(listener_);
    if (!link.ok()) return link.status();
    link_ = std::make_unique<LinkOnThread>(*std::move(link));
    return absl::OkStatus();
  }

  Listener listener_;
  std::unique_ptr<Link> link_;
};

TEST_F(NatsLinkTest, BringsWhatIsPublishedAsItWasSent) {
  NatsServer server;
  ASSERT_TRUE(Dial(To(server)).ok());
  EXPECT_EQ(link_->server().address, server.address());
  EXPECT_EQ(link_->server().max_payload, 1048576U);
  ASSERT_TRUE(link_->Subscribe(3, "a.*").ok());
  ASSERT_TRUE(link_->Subscribe(4, "in.*").ok());
  ASSERT_TRUE(link_
                  ->Publish({.subject = "a.b",
                             .reply = "in.1",
                             .header = {{"Nats-Msg-Id", "p:x"}},
                             .data = "data"})
                  .ok());
  ASSERT_TRUE(link_->Publish({.subject = "nobody", .reply = "in.2"}).ok());
  ASSERT_TRUE(WaitFor([&] { return listener_.received().size() == 2; }));
  EXPECT_THAT(listener_.received(),
              ::testing::UnorderedElementsAre("3 a.b in.1 p:x data 0", "4 in.2  -  503"));
}

TEST_F(NatsLinkTest, BringsNothingAfterUnsubscribe) {
  NatsServer server;
  ASSERT_TRUE(Dial(To(server)).ok());
  ASSERT_TRUE(link_->Subscribe(1, "a").ok());
  ASSERT_TRUE(link_->Subscribe(2, "b").ok());
  link_->Unsubscribe(1);
  for (const char* subject : {"a", "b"}) ASSERT_TRUE(link_->Publish({.subject = subject}).ok());
  ASSERT_TRUE(WaitFor([&] { return !listener_.received().empty(); }));
  EXPECT_THAT(listener_.received(), ::testing::ElementsAre("2 b  -  0"));
}

TEST_F(NatsLinkTest, RefusesWhatIsLargerThanTheServerTakes) {
  NatsServer server("max_payload: 1000");
  ASSERT_TRUE(Dial(To(server)).ok());
  const std::string data(999, 'x');
  EXPECT_TRUE(link_->Publish({.subject = "a", .data = data}).ok());
  // The header counts.
  const absl::Status refused =
      link_->Publish({.subject = "a", .header = {{"Nats-Msg-Id", "m"}}, .data = data});
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("1000"));
}

TEST_F(NatsLinkTest, ALostConnectionIsToldOnceAndIsOver) {
  NatsServer server;
  ASSERT_TRUE(Dial(To(server)).ok());
  server.Kill();
  ASSERT_TRUE(WaitFor([&] { return !listener_.closed().empty(); }));
  EXPECT_EQ(link_->Publish({.subject = "a"}).code(), absl::StatusCode::kUnavailable);
  server.Start();
  EXPECT_EQ(link_->Publish({.subject = "a"}).code(), absl::StatusCode::kUnavailable)
      << "it does not come back by itself";
  link_.reset();
  EXPECT_EQ(listener_.closed().size(), 1U);
}

TEST_F(NatsLinkTest, AServerThatIsFrozenIsLeftSoonAlsoWhileMuchIsSentToIt) {
  NatsServer server;
  ASSERT_TRUE(Dial(To(server)).ok());
  const std::unique_ptr<Link> quiet = std::move(link_);
  Listener other;
  const auto busy = std::make_unique<LinkOnThread>(*LibnatsDialer(To(server)).Dial(other));
  server.Signal(SIGSTOP);
  const base::TimePoint frozen = base::Now();
  const std::string data(500'000, 'x');
  while (busy->Publish({.subject = "a", .data = data}).ok()) {
  }
  ASSERT_TRUE(WaitFor([&] { return !listener_.closed().empty() && !other.closed().empty(); }));
  EXPECT_LT(base::Now() - frozen, seconds(4));
}

TEST_F(NatsLinkTest, AServerThatIsAboutToGoIsLeftAtOnce) {
  NatsServer server("lame_duck_duration: 30s\nlame_duck_grace_period: 5s");
  ASSERT_TRUE(Dial(To(server)).ok());
  server.Signal(SIGUSR2);
  ASSERT_TRUE(WaitFor([&] { return !listener_.closed().empty(); }, seconds(4)));
  EXPECT_THAT(listener_.closed().at(0), ::testing::HasSubstr("lame duck"));
  EXPECT_EQ(link_->Publish({.subject = "a"}).code(), absl::StatusCode::kUnavailable);
}

TEST_F(NatsLinkTest, TriesTheNextServerWhereOneIsAway) {
  NatsServer first;
  NatsServer second;
  LibnatsDialer dialer({.servers = {first.address(), second.address()}});
  link_ = *dialer.Dial(listener_);
  NatsServer& lost = link_->server().address == first.address() ? first : second;
  NatsServer& left = &lost == &first ? second : first;
  // The one that was lost is the last to be tried.
  link_ = *dialer.Dial(listener_);
  EXPECT_EQ(link_->server().address, left.address());
  left.Kill();
  link_ = *dialer.Dial(listener_);
  EXPECT_EQ(link_->server().address, lost.address());
  lost.Kill();
  EXPECT_EQ(dialer.Dial(listener_).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(NatsLinkTest, TellsWhatTheServerRefuses) {
  NatsServer server(
      "authorization { users: [ { user: u, password: hush-hush, permissions: { publish: [\"a\"], "
      "subscribe: [\"a\"] } } ] }");
  DialOptions options = To(server);
  EXPECT_EQ(Dial(options).code(), absl::StatusCode::kPermissionDenied);
  options.user = "u";
  options.password = "wrong-password";
  const absl::Status refused = Dial(options);
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(refused.ToString(), ::testing::Not(::testing::HasSubstr("wrong-password")));
  options.password = "hush-hush";
  ASSERT_TRUE(Dial(options).ok());
  ASSERT_TRUE(link_->Publish({.subject = "b"}).ok());
  ASSERT_TRUE(WaitFor([&] { return !listener_.refused().empty(); }));
  EXPECT_THAT(listener_.refused().at(0), ::testing::HasSubstr("Permissions Violation"));
  EXPECT_TRUE(listener_.closed().empty()) << "the connection stays";
}

TEST_F(NatsLinkTest, SignsInWithTheSeedOfAnNkey) {
  NatsServer server(
      "authorization { users: [ { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } "
      "] }");
  const std::string file = server.directory() / "seed";
  DialOptions options = To(server);
  options.nkey_seed_file = file;
  EXPECT_EQ(Dial(options).code(), absl::StatusCode::kFailedPrecondition);
  std::ofstream(file) << "nonsense\n";
  EXPECT_EQ(Dial(options).code(), absl::StatusCode::kFailedPrecondition);
  std::ofstream(file)
      << "# a comment\nSUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n";
  EXPECT_TRUE(Dial(options).ok());
}

TEST_F(NatsLinkTest, SignsInWithACredentialsFileThatIsReadAnewAtEachDial) {
  NatsServer server(
      base::Concat("operator: ", kOperatorJwt, "\nresolver: MEMORY\nresolver_preload: { ", kAccount,
                   ": ", kAccountJwt, " }"),
      /*jetstream=*/false);
  const std::string file = server.directory() / "user.creds";
  DialOptions options = To(server);
  EXPECT_EQ(Dial(options).code(), absl::StatusCode::kPermissionDenied);
  options.credentials_file = file;
  LibnatsDialer dialer(options);
  EXPECT_EQ(dialer.Dial(listener_).status().code(), absl::StatusCode::kFailedPrecondition);
  std::ofstream(file) << "-----BEGIN NATS USER JWT-----\n"
                      << kUserJwt << "\n------END NATS USER JWT------\n\n"
                      << "-----BEGIN USER NKEY SEED-----\n"
                      << kUserSeed << "\n------END USER NKEY SEED------\n";
  EXPECT_EQ(dialer.Dial(listener_).status().ToString(), "OK");
}

TEST_F(NatsLinkTest, ACredentialsFileThatIsNotThereIsNamed) {
  DialOptions options{.servers = {"127.0.0.1:1"}};
  options.credentials_file = "/nonexistent/user.creds";
  const absl::Status refused = Dial(options);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(options.credentials_file));
}

// Servers that take a connection and say nothing.
TEST_F(NatsLinkTest, ADialThatWaitsEndsAtOnceWhenItIsStopped) {
  auto silent = base::ListeningSocket::Open({.host = "127.0.0.1"});
  auto another = base::ListeningSocket::Open({.host = "127.0.0.1"});
  ASSERT_TRUE(silent.ok() && another.ok());
  LibnatsDialer dialer({.servers = {silent->bound().ToString(), another->bound().ToString()}});
  std::future<absl::Status> dialled =
      std::async(std::launch::async, [&] { return dialer.Dial(listener_).status(); });
  pollfd dials[] = {{.fd = silent->fds().at(0), .events = POLLIN, .revents = 0},
                    {.fd = another->fds().at(0), .events = POLLIN, .revents = 0}};
  ASSERT_EQ(poll(dials, 2, 10'000), 1);
  const base::TimePoint stopped = base::Now();
  dialer.Stop();
  EXPECT_EQ(dialled.get().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(dialer.Dial(listener_).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(base::Now() - stopped, std::chrono::milliseconds(500));
}

// A server that says that it wants TLS, and then nothing any more, as one that is frozen.
TEST_F(NatsLinkTest, ATlsHandshakeThatDoesNotEndIsLeft) {
  auto listening = base::ListeningSocket::Open({.host = "127.0.0.1"});
  ASSERT_TRUE(listening.ok());
  std::thread server([fd = listening->fds().at(0)] {
    pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
    poll(&wanted, 1, -1);
    const int accepted = accept(fd, nullptr, nullptr);
    constexpr std::string_view kInfo =
        "INFO {\"server_id\":\"x\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
        "\"max_payload\":1048576,\"tls_required\":true}\r\n";
    send(accepted, kInfo.data(), kInfo.size(), 0);
    // Until the client is gone.
    poll(nullptr, 0, 1200);
    close(accepted);
  });
  DialOptions options{.servers = {listening->bound().ToString()}};
  options.connect_timeout = std::chrono::milliseconds(300);
  const base::TimePoint begun = base::Now();
  const absl::Status refused = Dial(options);
  EXPECT_LT(base::Now() - begun, seconds(1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("handshake"));
  server.join();
}

class NatsTlsTest : public NatsLinkTest {
 protected:
  void SetUp() override {
    NatsLinkTest::SetUp();
    if (IsSkipped()) return;
    Write(server_.directory(), "ca.pem", TestCertificate::Ca());
    WritePair("server", TestCertificate::Make());
    WritePair("client", TestCertificate::Make());
    options_ = To(server_);
    options_.tls = true;
  }

  static void Write(const std::filesystem::path& directory, const std::string& name,
                    std::string_view text) {
    std::ofstream(directory / name) << text;
  }
  void WritePair(const std::string& name, const TestCertificate& pair) {
    Write(server_.directory(), name + ".pem", pair.certificate);
    Write(server_.directory(), name + ".key", pair.key);
  }
  std::string Path(const std::string& name) const { return server_.directory() / name; }
  std::string ServerTls(std::string_view more = "verify: false") const {
    return base::Concat("tls { cert_file: \"", Path("server.pem"), "\", key_file: \"",
                        Path("server.key"), "\", ca_file: \"", Path("ca.pem"), "\", ", more, " }");
  }

  // Its directory is there before it speaks TLS.
  NatsServer server_;
  DialOptions options_;
};

TEST_F(NatsTlsTest, TrustsWhomTheCaFileNames) {
  EXPECT_EQ(Dial(options_).code(), absl::StatusCode::kUnavailable) << "a server without TLS";
  server_.Terminate();
  server_.Configure(ServerTls());
  server_.Start();
  const absl::Status untrusted = Dial(options_);
  EXPECT_EQ(untrusted.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(untrusted.message()), ::testing::HasSubstr("certificate"));
  options_.ca_file = Path("missing.pem");
  EXPECT_EQ(Dial(options_).code(), absl::StatusCode::kFailedPrecondition);
  options_.ca_file = Path("ca.pem");
  ASSERT_EQ(Dial(options_).ToString(), "OK");
  ASSERT_TRUE(link_->Subscribe(1, "a").ok());
  ASSERT_TRUE(link_->Publish({.subject = "a", .data = "sealed"}).ok());
  EXPECT_TRUE(WaitFor([&] { return !listener_.received().empty(); }));
}

TEST_F(NatsTlsTest, ShowsItsCertificateAndReadsItAnewAtEachDial) {
  server_.Terminate();
  server_.Configure(ServerTls("verify: true"));
  server_.Start();
  options_.ca_file = Path("ca.pem");
  EXPECT_FALSE(Dial(options_).ok());
  options_.certificate_file = Path("client.pem");
  options_.key_file = Path("client.key");
  LibnatsDialer dialer(options_);
  EXPECT_EQ(dialer.Dial(listener_).status().ToString(), "OK");
  Write(server_.directory(), "client.pem", "nonsense");
  EXPECT_EQ(dialer.Dial(listener_).status().code(), absl::StatusCode::kFailedPrecondition);
  WritePair("client", TestCertificate::Make());
  EXPECT_EQ(dialer.Dial(listener_).status().ToString(), "OK");
}

TEST_F(NatsTlsTest, WantsTheServersNameInItsCertificate) {
  WritePair("server", TestCertificate::Make({.name = "elsewhere", .alternative_names = {}}));
  server_.Terminate();
  server_.Configure(ServerTls());
  server_.Start();
  options_.ca_file = Path("ca.pem");
  const absl::Status refused = Dial(options_);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("mismatch"));
}

}  // namespace
}  // namespace ssegw::nats
