#include "gateway/config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "gateway/config/options.h"

namespace ssegw::config {

void PrintTo(const UnusedVariable& unused, std::ostream* out) {
  *out << unused.name << " for " << unused.meant;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<UnusedVariable> Find(const std::vector<std::string>& entries) {
  std::vector<const char*> environment;
  for (const std::string& entry : entries) environment.push_back(entry.c_str());
  environment.push_back(nullptr);
  return FindUnusedVariables(environment.data());
}

TEST(EnvironmentTest, NamesWhatAVariableWasMeantToBe) {
  EXPECT_THAT(Find({"PATH=/bin", "SSE_GATEWAY_HTTP_LISTN=:80", "SSE_GATEWAY_RETRY=2s",
                    "SSE_GATEWAY_LOGLEVEL=debug", "SSE_GATEWAY_ALLOW_ORIGIN=*"}),
              ElementsAre(UnusedVariable{"SSE_GATEWAY_ALLOW_ORIGIN", "SSE_GATEWAY_ALLOW_ORIGINS"},
                          UnusedVariable{"SSE_GATEWAY_HTTP_LISTN", "SSE_GATEWAY_HTTP_LISTEN"},
                          UnusedVariable{"SSE_GATEWAY_LOGLEVEL", "SSE_GATEWAY_LOG_LEVEL"}));
}

TEST(EnvironmentTest, SeesSlipsOfCaseAndPrefix) {
  for (const std::string name :
       {"sse_gateway_log_level", "SSE_GATEWAY_log_level", "SSE_GATWAY_LOG_LEVEL",
        "SSEGATEWAY_LOG_LEVEL", "SSE_GATEWAYLOG_LEVEL", "SSE_GATEWAY_LOG-LEVEL"}) {
    EXPECT_THAT(Find({name + "=debug"}),
                ElementsAre(UnusedVariable{name, "SSE_GATEWAY_LOG_LEVEL"}));
  }
}

TEST(EnvironmentTest, SaysThatSomeFlagsHaveNoVariable) {
  EXPECT_THAT(Find({"SSE_GATEWAY_FLAGFILE=/etc/f", "SSE_GATEWAY_PROBE=readyz"}),
              ElementsAre(UnusedVariable{"SSE_GATEWAY_FLAGFILE", "--flagfile"},
                          UnusedVariable{"SSE_GATEWAY_PROBE", "--probe"}));
}

TEST(EnvironmentTest, LeavesOutWhatIsReadOrEmptyOrForSomethingElse) {
  std::vector<std::string> entries = {"SSE_GATEWAY_LOGLEVEL=",
                                      "SSE_GATEWAY_BIN=/bin/sse-gateway",
                                      "SSE_GATEWAY_VERSION=1.2.3",
                                      "SSE_GATEWAY_=x",
                                      "GATEWAY=x",
                                      "=x",
                                      "API_GATEWAY_RETRY=3",
                                      "MESSE_GATEWAY_RETRIES=5"};
  for (const Option& option : Options()) {
    if (option.in_environment) entries.push_back(option.EnvironmentName() + "=x");
  }
  EXPECT_THAT(Find(entries), IsEmpty());
}

TEST(EnvironmentTest, LeavesOutWhatKubernetesSetsForServices) {
  std::vector<std::string> entries;
  for (const std::string service :
       {"SSE_GATEWAY", "SSE_GATEWAY_HTTP", "SSE_GATEWAY_GRPC", "SSE_GATEWAY_ADMIN",
        "SSE_GATEWAY_CANARY", "SSE_GATEWAY_HEADLESS", "SSE_GATEWAY_STORE", "SSE_GATEWAY_CONSOLE"}) {
    entries.push_back(service + "_SERVICE_HOST=10.0.0.1");
    entries.push_back(service + "_SERVICE_PORT=8080");
    entries.push_back(service + "_PORT=tcp://10.0.0.1:8080");
    for (const std::string port : {"HTTP", "GRPC", "ADMIN", "METRICS"}) {
      entries.push_back(service + "_SERVICE_PORT_" + port + "=8080");
    }
    for (const std::string port : {"_PORT_8080_TCP", "_PORT_53_UDP"}) {
      entries.push_back(service + port + "=tcp://10.0.0.1:8080");
      for (const std::string part : {"_PROTO=tcp", "_PORT=8080", "_ADDR=10.0.0.1"}) {
        entries.push_back(service + port + part);
      }
    }
  }
  EXPECT_THAT(Find(entries), IsEmpty());
}

}  // namespace
}  // namespace ssegw::config
