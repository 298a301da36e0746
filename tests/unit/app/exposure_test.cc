#include "gateway/app/exposure.h"

#include <gtest/gtest.h>

#include <vector>

#include "gateway/config/parse.h"

namespace ssegw::app {
namespace {

std::optional<Exposure> Of(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "sse-gateway");
  const config::ParseResult parsed =
      config::Parse(static_cast<int>(flags.size()), flags.data(),
                    [](const char*) -> const char* { return nullptr; });
  return ExposureOf(*parsed.config);
}

TEST(ExposureTest, SaysWhatIsOpenToWhom) {
  struct Case {
    const char* name;
    std::vector<const char*> flags;
    const char* listeners;
    const char* origins;
    const char* hosts;
  };
  const Case cases[] = {
      {"defaults", {}, "http,grpc,admin", "any", "any"},
      {"loopback",
       {"--http_listen=127.0.0.1:1", "--grpc_listen=[::1]:2", "--admin_listen=localhost:3"},
       "none",
       "any",
       "loopback"},
      {"sidecar", {"--grpc_listen=127.0.0.1:2", "--admin_listen=unix:/a"}, "http", "any", "any"},
      {"lists",
       {"--allow_origins=https://a.example", "--allowed_hosts=a.example"},
       "http,grpc,admin",
       "listed",
       "listed"},
      {"any host after all",
       {"--http_listen=127.0.0.1:1", "--allowed_hosts=*"},
       "grpc,admin",
       "any",
       "any"},
  };
  for (const Case& c : cases) {
    const std::optional<Exposure> exposure = Of(c.flags);
    ASSERT_TRUE(exposure) << c.name;
    EXPECT_EQ(exposure->listeners, c.listeners) << c.name;
    EXPECT_EQ(exposure->origins, c.origins) << c.name;
    EXPECT_EQ(exposure->hosts, c.hosts) << c.name;
  }
}

TEST(ExposureTest, WhatNeedsATokenIsNotOpen) {
  const auto exposure = Of({"--auth=jwt", "--jwt_jwks=/keys"});
  ASSERT_TRUE(exposure);
  EXPECT_EQ(exposure->listeners, "grpc,admin");
  EXPECT_FALSE(Of({"--auth=jwt", "--jwt_jwks=/keys", "--grpc_listen=127.0.0.1:2",
                   "--admin_listen=127.0.0.1:3"}));
}

TEST(ExposureTest, IsNothingWhereOnlyThisMachineAndListedPagesGetIn) {
  EXPECT_FALSE(Of({"--http_listen=127.0.0.1:1", "--grpc_listen=unix:/g", "--admin_listen=[::1]:3",
                   "--allow_origins=https://a.example"}));
}

}  // namespace
}  // namespace ssegw::app
