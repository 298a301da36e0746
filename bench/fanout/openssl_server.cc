#include "bench/fanout/openssl_server.h"

#include "bench/fanout/credentials.h"
#include "bench/fanout/free_ports.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/tcp_socket.h"
#include "tests/testing/wait_for.h"

namespace ssegw::bench {

using base::Concat;

OpensslServer::OpensslServer(size_t tickets)
    : OpensslServer(tickets, Concat("127.0.0.1:", FreePorts(1).front())) {}

// -rev: what comes after the handshake is read from the connection, and not from the terminal; it
// is the cheapest of its ways.
OpensslServer::OpensslServer(size_t tickets, const std::string& address)
    : address_(address),
      process_("/usr/bin/env",
               {"openssl", "s_server", "-accept", address, "-cert", BenchCertificate().cert_file(),
                "-key", BenchCertificate().key_file(), "-tls1_3", "-num_tickets", Concat(tickets),
                "-quiet", "-rev"}) {
  bool listens = false;
  testing::WaitFor([&] {
    listens = testing::TcpSocket::CanConnect(address_);
    return listens || process_.WaitExit(base::Duration::zero());
  });
  if (!listens) throw testing::Failure(Concat("s_server: ", process_.Stderr()));
}

Target OpensslServer::target() const {
  return {.address = address_, .path = "", .query = "", .carrier = {.tls = true}};
}

void OpensslServer::Publish(const std::vector<NumberedEvent>&) {
  throw testing::Failure("nothing can be published to s_server");
}

}  // namespace ssegw::bench
