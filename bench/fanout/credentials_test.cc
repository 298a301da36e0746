#include "bench/fanout/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "bench/fanout/gateway_server.h"
#include "bench/fanout/load.h"

namespace ssegw::bench {
namespace {

std::set<std::string> Lines(const std::string& path) {
  std::set<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

TEST(CredentialsTest, TokensDifferAndEndWithTheObject) {
  std::string path;
  {
    const Tokens tokens(20);
    path = tokens.all_file();
    EXPECT_EQ(Lines(path).size(), 20u);
    EXPECT_EQ(Lines(tokens.one_file()).size(), 1u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(CredentialsTest, TheGatewayTakesEachToken) {
  const Tokens tokens(3);
  GatewayServer gateway({"--auth=jwt", "--jwt_jwks=" + tokens.jwks_file()});
  Load load(gateway.target(), {.connections = 6, .tokens_file = tokens.all_file()});
  load.WaitUntilOpen(std::chrono::seconds(30));
  EXPECT_EQ(load.Report().faults(), 0u);
}

}  // namespace
}  // namespace ssegw::bench
