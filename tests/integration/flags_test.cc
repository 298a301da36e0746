// The command line as an operator meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "internal/base/concat.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/publisher.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(FlagsTest, VersionIsPrinted) {
  const RunResult result = RunGateway({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, MatchesRegex("sse-gateway [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(FlagsTest, BadFlagIsOneClearLine) {
  struct Case {
    std::string flag;
    std::string word;
  };
  const Case cases[] = {
      {"--no_such_flag=1", "no_such_flag"},
      {"--retry=soon", "retry"},
      {"--window_max_events=-1", "window_max_events"},
      {"--http_listen=nowhere", "http_listen"},
      {"--default_mode=fast", "default_mode"},
      {"--allow_origins=app.example.com", "allow_origins"},
      {"--allow_origins=https://a.example,https://*b.example", "in entry 2 an origin"},
      {"--allow_origins=https://a.example/", "slash at the end"},
      {"--allow_origins=null,*", "* alone"},
      {"--descriptor_set=/no/such/file.pb", "/no/such/file.pb"},
      {"argument", "argument"},
  };
  for (const Case& c : cases) {
    const RunResult result = RunGateway({c.flag});
    EXPECT_EQ(result.exit_code, 2) << c.flag;
    EXPECT_EQ(Lines(result.err), 1u) << result.err;
    EXPECT_THAT(result.err, HasSubstr(c.word));
  }
}

TEST(FlagsTest, CheckConfigReportsEveryFault) {
  const RunResult bad = RunGateway({"--check_config", "--retry=soon", "--threads=many"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("retry"));
  EXPECT_THAT(bad.err, HasSubstr("threads"));
  EXPECT_EQ(RunGateway({"--check_config", "--retry=3s"}).exit_code, 0);
  EXPECT_EQ(RunGateway({"--check_config", "--allow_origins=https://*.example"}).exit_code, 0);
  EXPECT_EQ(RunGateway({"--check_config", "--allow_origins=https://*example"}).exit_code, 2);
}

TEST(FlagsTest, FaultsOfFilesAreReportedWithAllOthers) {
  const std::vector<std::string> flags = {"--descriptor_set=/no/such/file.pb", "--store=redis://x"};
  for (const std::string how : {"--check_config", "--check_config=false"}) {
    const RunResult result = RunGateway({how, flags[0], flags[1]}, {{"SSE_GATEWAY_RETRY", "soon"}});
    EXPECT_EQ(result.exit_code, 2) << how;
    EXPECT_EQ(Lines(result.err), 3u) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("/no/such/file.pb"), HasSubstr("--store=redis://x"),
                                  HasSubstr("SSE_GATEWAY_RETRY=soon")));
  }
}

TEST(FlagsTest, VariableThatIsNearlyAFlagsIsAWarning) {
  const std::map<std::string, std::string> environment = {{"SSE_GATEWAY_HTTP_LISTN", ":80"},
                                                          {"SSE_GATEWAY_SERVICE_HOST", "10.0.0.1"}};
  const RunResult check = RunGateway({"--check_config"}, environment);
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_EQ(check.err,
            "sse-gateway: warning: SSE_GATEWAY_HTTP_LISTN is not read; did you mean "
            "SSE_GATEWAY_HTTP_LISTEN?\n");
  const GatewayProcess gateway({}, environment);
  EXPECT_THAT(gateway.Log(),
              AllOf(HasSubstr("level=warn msg=\"environment variable not read\" "
                              "name=SSE_GATEWAY_HTTP_LISTN did_you_mean=SSE_GATEWAY_HTTP_LISTEN"),
                    Not(HasSubstr("SERVICE_HOST"))));
}

TEST(FlagsTest, PortInUseIsOneClearLine) {
  const GatewayProcess gateway;
  const std::vector<std::pair<std::string, std::string>> taken = {
      {"http_listen", gateway.http()},
      {"grpc_listen", gateway.grpc()},
      {"admin_listen", gateway.admin()}};
  for (const auto& [flag, address] : taken) {
    std::vector<std::string> flags = {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                      "--admin_listen=127.0.0.1:0"};
    flags.push_back(base::Concat("--", flag, "=", address));
    const RunResult result = RunGateway(flags);
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_EQ(Lines(result.err), 1u) << result.err;
    EXPECT_THAT(result.err, HasSubstr(address)) << flag;
  }
}

TEST(FlagsTest, FlagIsStrongerThanEnvironmentInAFlagfileToo) {
  const std::filesystem::path flagfile =
      std::filesystem::path(::testing::TempDir()) / base::Concat("flags-", getpid());
  std::ofstream(flagfile) << "# a comment\n--console=true\n";
  const std::map<std::string, std::string> off = {{"SSE_GATEWAY_CONSOLE", "false"}};
  {
    const GatewayProcess by_environment({}, off);
    EXPECT_EQ(HttpGet(by_environment.http(), "/").status, 404);
    const GatewayProcess by_flag({"--console=true"}, off);
    EXPECT_EQ(HttpGet(by_flag.http(), "/").status, 200);
    const GatewayProcess by_flagfile({base::Concat("--flagfile=", flagfile.string())}, off);
    EXPECT_EQ(HttpGet(by_flagfile.http(), "/").status, 200);
  }
  std::filesystem::remove(flagfile);
}

TEST(FlagsTest, BadEnvironmentIsNamed) {
  const RunResult result = RunGateway({}, {{"SSE_GATEWAY_RETRY", "soon"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("SSE_GATEWAY_RETRY"));
}

TEST(FlagsTest, LogIsJsonWhereAsked) {
  const Process process(GatewayBinary(), {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                          "--admin_listen=127.0.0.1:0", "--log_format=json"});
  EXPECT_TRUE(
      WaitFor([&] { return process.Stderr().find(R"("msg":"listening")") != std::string::npos; }));
  EXPECT_EQ(process.Stdout(), "") << "logs go to stderr";
}

}  // namespace
}  // namespace ssegw::testing
