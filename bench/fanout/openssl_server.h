#ifndef SSEGW_BENCH_FANOUT_OPENSSL_SERVER_H_
#define SSEGW_BENCH_FANOUT_OPENSSL_SERVER_H_

#include <string>
#include <vector>

#include "bench/fanout/server.h"
#include "tests/testing/process.h"

namespace ssegw::bench {

// `openssl s_server`, with the gateway's key: it takes one connection after the other, and does
// nothing beside the handshake. Nothing can be published to it.
class OpensslServer : public Server {
 public:
  // tickets: for each handshake.
  explicit OpensslServer(size_t tickets);

  Target target() const override;
  base::Duration CpuTime() override { return process_.CpuTime(); }
  size_t PssBytes() override { return process_.PssBytes(); }
  void Publish(const std::vector<NumberedEvent>& events) override;

 private:
  OpensslServer(size_t tickets, const std::string& address);

  const std::string address_;
  testing::Process process_;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_OPENSSL_SERVER_H_
