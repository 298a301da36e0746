#include "gateway/http/host_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ssegw::http {
namespace {

constexpr const char* kLoopbacks[] = {"localhost",   "localhost:8080", "a.localhost",
                                      "127.0.0.1:1", "127.1.2.3",      "[::1]:8080"};
constexpr const char* kInner[] = {"10.0.0.7:9090",
                                  "[fd00::1]:9090",
                                  "203.0.113.5",
                                  "sse-gateway",
                                  "sse-gateway:9090",
                                  "sse-gateway.apps.svc",
                                  "sse-gateway.apps.svc.cluster.local:9090",
                                  "10-0-0-7.apps.pod.cluster.local.",
                                  "host.docker.internal:9090"};
constexpr const char* kOuter[] = {
    "example.com",        "evil.example:9090",      "localhost.evil.example",
    "a.svc.evil.example", "127.0.0.1.evil.example", "cluster.local.evil.example",
    "sse-gateway.apps"};

TEST(HostPolicyTest, WithoutAListALoopbackPortAnswersForLoopbackAlone) {
  const HostPolicy policy = PublicHosts({}, /*loopback=*/true, /*unix=*/false);
  for (const char* host : kLoopbacks) EXPECT_TRUE(policy.Allows(host)) << host;
  for (const char* host : kInner) EXPECT_FALSE(policy.Allows(host)) << host;
  for (const char* host : kOuter) EXPECT_FALSE(policy.Allows(host)) << host;
  EXPECT_TRUE(policy.Allows("")) << "of HTTP/1.0";
}

TEST(HostPolicyTest, WithoutAListAnyOtherPortAnswersForAny) {
  const HostPolicy policy = PublicHosts({}, /*loopback=*/false, /*unix=*/false);
  for (const char* host : kLoopbacks) EXPECT_TRUE(policy.Allows(host)) << host;
  for (const char* host : kOuter) EXPECT_TRUE(policy.Allows(host)) << host;
}

TEST(HostPolicyTest, ListIsAllThatAPublicPortAnswersFor) {
  for (const bool loopback : {true, false}) {
    const HostPolicy policy =
        PublicHosts({"app.example.com", "*.example.org", "10.0.0.7"}, loopback, /*unix=*/false);
    for (const char* host :
         {"app.example.com", "APP.example.com:8080", "a.example.org", "10.0.0.7:8080", ""}) {
      EXPECT_TRUE(policy.Allows(host)) << host;
    }
    for (const char* host : kLoopbacks) EXPECT_FALSE(policy.Allows(host)) << host;
    for (const char* host : kOuter) EXPECT_FALSE(policy.Allows(host)) << host;
    EXPECT_FALSE(policy.Allows("example.org"));
  }
  EXPECT_TRUE(PublicHosts({"*"}, /*loopback=*/true, /*unix=*/false).Allows("evil.example"));
}

TEST(HostPolicyTest, AdminPortAnswersForWhatNoPageOfTheInternetIsFrom) {
  for (const std::vector<std::string>& list :
       {std::vector<std::string>{}, std::vector<std::string>{"*"}}) {
    const HostPolicy policy = AdminHosts(list, /*unix=*/false);
    for (const char* host : kLoopbacks) EXPECT_TRUE(policy.Allows(host)) << host;
    for (const char* host : kInner) EXPECT_TRUE(policy.Allows(host)) << host;
    for (const char* host : kOuter) EXPECT_FALSE(policy.Allows(host)) << host;
    EXPECT_TRUE(policy.Allows("")) << "of HTTP/1.0";
  }
  const HostPolicy listed = AdminHosts({"node-1.example.com"}, /*unix=*/false);
  EXPECT_TRUE(listed.Allows("node-1.example.com:9090"));
  EXPECT_TRUE(listed.Allows("10.0.0.7:9090"));
  EXPECT_FALSE(listed.Allows("evil.example"));
}

TEST(HostPolicyTest, UnixSocketAnswersForAny) {
  for (const char* host : kOuter) {
    EXPECT_TRUE(PublicHosts({"a.example"}, /*loopback=*/false, /*unix=*/true).Allows(host));
    EXPECT_TRUE(AdminHosts({"a.example"}, /*unix=*/true).Allows(host));
  }
}

TEST(HostPolicyTest, RefusalSaysWhatToAllow) {
  EXPECT_THAT(HostRefusal("Evil.Example:80"),
              ::testing::EndsWith("add evil.example:80 to --allowed_hosts"));
}

}  // namespace
}  // namespace ssegw::http
