#ifndef SSEGW_BENCH_FANOUT_GATEWAY_SERVER_H_
#define SSEGW_BENCH_FANOUT_GATEWAY_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "bench/fanout/server.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::bench {

// The gateway, and a publisher that has one PublishStream open.
class GatewayServer : public Server {
 public:
  // flags: on top of its defaults. binary: of another build.
  explicit GatewayServer(const std::vector<std::string>& flags = {}, const Carrier& carrier = {},
                         const std::string& binary = testing::GatewayBinary());
  ~GatewayServer() override;

  Target target() const override;
  base::Duration CpuTime() override { return process_.process().CpuTime(); }
  size_t PssBytes() override { return process_.process().PssBytes(); }
  void Publish(const std::vector<NumberedEvent>& events) override;

 private:
  struct Stream;

  const Carrier carrier_;
  testing::GatewayProcess process_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_GATEWAY_SERVER_H_
