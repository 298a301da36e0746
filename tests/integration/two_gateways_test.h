#ifndef SSEGW_TESTS_INTEGRATION_TWO_GATEWAYS_TEST_H_
#define SSEGW_TESTS_INTEGRATION_TWO_GATEWAYS_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/testing/gateway_process.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {

// Two gateways with one log in a nats-server. Skips itself where there is none.
class TwoGatewaysTest : public ::testing::Test {
 protected:
  // Of both gateways, beside the log's.
  virtual std::vector<std::string> Flags() const { return {}; }

  // They know of each other.
  void SetUp() override {
    if (!NatsServer::IsInstalled()) GTEST_SKIP() << "there is no nats-server";
    nats_ = std::make_unique<NatsServer>();
    std::vector<std::string> flags = Flags();
    flags.push_back("--store=" + nats_->url());
    a_ = std::make_unique<GatewayProcess>(flags);
    b_ = std::make_unique<GatewayProcess>(flags);
    for (const GatewayProcess* gateway : {a_.get(), b_.get()}) {
      ASSERT_TRUE(WaitFor([&] {
        return gateway->Log().find("msg=\"replica there\"") != std::string::npos;
      })) << gateway->Log();
    }
  }

  std::unique_ptr<NatsServer> nats_;
  std::unique_ptr<GatewayProcess> a_;
  std::unique_ptr<GatewayProcess> b_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_TWO_GATEWAYS_TEST_H_
