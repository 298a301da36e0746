#ifndef SSEGW_TESTS_UNIT_NET_TLS_FIXTURE_H_
#define SSEGW_TESTS_UNIT_NET_TLS_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "internal/net/transport/certificate.h"
#include "internal/net/transport/tls_channel.h"
#include "internal/net/transport/tls_context.h"
#include "internal/net/transport/transport.h"
#include "tests/testing/test_certificate.h"
#include "tests/testing/tls_peer.h"

namespace ssegw::net {

inline std::shared_ptr<const TlsContext> MakeContext(
    const TlsOptions& options = {},
    std::shared_ptr<TlsTicketKeys> keys = std::make_shared<TlsTicketKeys>(),
    const testing::TestCertificate& pair = testing::TestCertificate::Make()) {
  const auto certificate =
      Certificate::Parse(pair.certificate, pair.key, std::chrono::system_clock::now());
  EXPECT_TRUE(certificate.ok()) << certificate.status();
  auto context = TlsContext::Create(*certificate, options, std::move(keys));
  EXPECT_TRUE(context.ok()) << context.status();
  return *std::move(context);
}

// A transport with TLS, and a client's side of it, whose bytes the test moves.
class TlsPair {
 public:
  explicit TlsPair(const TlsContext& context, const testing::TlsClientOptions& options = {})
      : ends_(Connect()),
        transport_(ends_[0]),
        client_(std::make_unique<testing::TlsPeer>(options)) {
    transport_.BeginTls(context);
  }
  ~TlsPair() { HangUp(); }

  // As far as it goes, with at most that many bytes at once.
  TlsChannel::Handshake ShakeHands(size_t bytes_at_once = 100'000) {
    auto result = TlsChannel::Handshake::kNeedsMore;
    for (int i = 0; i < 3 && result == TlsChannel::Handshake::kNeedsMore; ++i) {
      client_->ShakeHands();
      std::string output = client_->TakeOutput();
      for (std::string_view rest = output;
           !rest.empty() && result == TlsChannel::Handshake::kNeedsMore;
           rest.remove_prefix(std::min(bytes_at_once, rest.size()))) {
        ToServer(rest.substr(0, bytes_at_once));
        result = transport_.tls()->ShakeHands();
      }
      FromServer();
    }
    // What comes behind the server's last words: the tickets.
    client_->ShakeHands();
    client_->Read();
    return result;
  }
  void ToServer(std::string_view bytes) const {
    EXPECT_EQ(::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void ClientSends(std::string_view text) {
    client_->Write(text);
    ToServer(client_->TakeOutput());
  }
  // What the server has sent, as it is on the wire; it is given to the client.
  std::string FromServer(size_t max_bytes = 1 << 24) {
    std::string all;
    std::array<char, 4096> buffer;
    while (all.size() < max_bytes) {
      const ssize_t n = ::recv(ends_[1], buffer.data(),
                               std::min(buffer.size(), max_bytes - all.size()), MSG_DONTWAIT);
      if (n <= 0) break;
      all.append(buffer.data(), static_cast<size_t>(n));
    }
    client_->Feed(all);
    return all;
  }
  ssize_t Write(std::string_view text) {
    const iovec piece{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    return transport_.Write({&piece, 1});
  }
  Received Read(std::string& text) {
    size_t bytes = 0;
    const Received received = transport_.Read(buffer_, bytes);
    text.append(buffer_.data(), bytes);
    return received;
  }
  void HangUp() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

  Transport& transport() { return transport_; }
  TlsChannel& channel() { return *transport_.tls(); }
  testing::TlsPeer& client() { return *client_; }
  // The client's memory is given back; its socket stays.
  void DropClient() { client_ = nullptr; }

 private:
  static std::array<int, 2> Connect() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    return ends;
  }

  std::array<int, 2> ends_;
  Transport transport_;
  std::unique_ptr<testing::TlsPeer> client_;
  std::array<char, TlsChannel::kMaxRecordBytes> buffer_;
};

}  // namespace ssegw::net

#endif  // SSEGW_TESTS_UNIT_NET_TLS_FIXTURE_H_
