#include <gtest/gtest.h>

#include "gateway/probe/probe.h"

namespace ssegw::probe {
namespace {

using config::Address;

TEST(ProbedAddressTest, IsTheTargetsOwnOrTheAdminPortsByLoopback) {
  const auto of = [](const Address& admin) {
    return ProbedAddress({.address = {}, .path = "/readyz"}, admin).value();
  };
  EXPECT_EQ(of({"0.0.0.0", 9090}), (Address{"127.0.0.1", 9090}));
  EXPECT_EQ(of({"", 9090}), (Address{"localhost", 9090}));
  EXPECT_EQ(of({"::", 9090}), (Address{"::1", 9090}));
  EXPECT_EQ(of({"10.0.0.5", 9090}), (Address{"10.0.0.5", 9090}));
  EXPECT_EQ(ProbedAddress({.address = Address{"gw.example.com", 80}, .path = "/"}, {"", 0}).value(),
            (Address{"gw.example.com", 80}));
}

TEST(ProbedAddressTest, AUnixSocketIsItself) {
  const Address admin{.path = "/run/gateway/admin"};
  EXPECT_EQ(ProbedAddress({.address = {}, .path = "/readyz"}, admin).value(), admin);
}

TEST(ProbedAddressTest, AnyFreePortIsNone) {
  const auto address = ProbedAddress({.address = {}, .path = "/readyz"}, {"0.0.0.0", 0});
  EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ssegw::probe
