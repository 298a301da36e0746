#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/failure.h"
#include "tests/testing/process.h"
#include "tests/testing/self_signed.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

struct Protocol {
  std::string name;  // as stream_server.mjs has it
  bool tls;
  size_t streams_per_socket;
};

constexpr size_t kStreams = 5;

// The crowd beside a server that is none of ours, over each carrier.
class CrowdCarriersTest : public ::testing::TestWithParam<Protocol> {
 protected:
  void Start(size_t members, const std::string& path) {
    server_.emplace("/usr/bin/env",
                    std::vector<std::string>{"node", SSEGW_STREAM_SERVER, GetParam().name,
                                             pair_.cert_file(), pair_.key_file()});
    if (!WaitFor([&] { return server_->Stdout().find('\n') != std::string::npos; })) {
      throw Failure(server_->Stderr());
    }
    CrowdGroup group = {.name = "members"};
    for (size_t i = 0; i < members; ++i) {
      group.members.push_back({.query = base::Concat("topic=t.", i),
                               .coverage = {.every_event = true, .from_the_first = true},
                               .token = base::Concat("token", i)});
    }
    crowd_.emplace(CrowdOptions{.address = base::Concat("127.0.0.1:", Lines().front()),
                                .path = path,
                                .tls = GetParam().tls,
                                .streams_per_socket = GetParam().streams_per_socket},
                   std::vector<CrowdGroup>{group});
    crowd_->Start();
  }
  CrowdReport Report() { return crowd_->Report().front(); }
  std::vector<std::string> Lines() const {
    std::istringstream out(server_->Stdout());
    std::vector<std::string> lines;
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    return lines;
  }
  // Their requests, without the number of the connection.
  std::vector<std::string> Requests() const {
    std::vector<std::string> requests;
    for (const std::string& line : Lines()) {
      if (const size_t space = line.find(' '); space != std::string::npos) {
        requests.push_back(line.substr(space + 1));
      }
    }
    return requests;
  }
  size_t Connections() const {
    std::set<std::string> numbers;
    for (const std::string& line : Lines()) {
      if (line.find(' ') != std::string::npos) numbers.insert(line.substr(0, line.find(' ')));
    }
    return numbers.size();
  }
  bool is_http2() const { return GetParam().streams_per_socket > 0; }

  const SelfSigned pair_;
  std::optional<Process> server_;
  std::optional<Crowd> crowd_;
};

TEST_P(CrowdCarriersTest, EachMemberHasItsStream) {
  Start(2 * kStreams, "/held");
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 2 * kStreams; }))
      << crowd_->LastError() << server_->Stderr();
  const CrowdReport report = Report();
  EXPECT_EQ(report.connected, 2 * kStreams);
  EXPECT_EQ(report.deliveries.first_fault, "");
  EXPECT_EQ(report.given_up, 0u);
  EXPECT_THAT(Requests(), SizeIs(2 * kStreams));
  EXPECT_THAT(Requests(), Contains("/held?topic=t.7 - Bearer token7"));
  EXPECT_EQ(Connections(), is_http2() ? 2u : 2 * kStreams);
}

TEST_P(CrowdCarriersTest, ComesBackWithItsLastIdWhenTheServerEndsIt) {
  Start(2, "/ended");
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 4; })) << crowd_->LastError();
  const CrowdReport report = Report();
  EXPECT_EQ(report.ended, 2u);
  EXPECT_EQ(report.cut, 0u);
  EXPECT_EQ(report.connected, 2u);
  EXPECT_EQ(report.deliveries.byes, 2u);
  EXPECT_EQ(report.deliveries.first_fault, "");
  EXPECT_THAT(Requests(), Contains("/ended?topic=t.1 e-1 Bearer token1"));
  EXPECT_EQ(Connections(), is_http2() ? 1u : 4u);
}

TEST_P(CrowdCarriersTest, ComesBackWhenItIsCut) {
  Start(2, "/cut");
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 4; })) << crowd_->LastError();
  EXPECT_EQ(Report().cut, 2u);
  EXPECT_EQ(Report().ended, 0u);
  EXPECT_EQ(Report().deliveries.first_fault, "");
}

TEST_P(CrowdCarriersTest, GivesUpAsAnEventSourceDoes) {
  Start(2, "/busy");
  EXPECT_TRUE(WaitFor([&] { return Report().given_up == 2; }));
  EXPECT_EQ(crowd_->LastError(), "status 503");
  EXPECT_EQ(Report().requested, 0u);
}

TEST_P(CrowdCarriersTest, TakesAnotherConnectionAfterGoAway) {
  if (!is_http2()) GTEST_SKIP() << "HTTP/1.1 has none";
  Start(kStreams, "/goaway");
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 2 * kStreams; }))
      << crowd_->LastError();
  EXPECT_EQ(Report().given_up, 0u);
  EXPECT_EQ(Report().deliveries.first_fault, "");
  EXPECT_EQ(Report().ended, kStreams);
  EXPECT_EQ(Connections(), 2u);
}

TEST_P(CrowdCarriersTest, TriesAgainWhereItIsRefused) {
  Start(2, "/held");
  EXPECT_TRUE(WaitFor([&] { return Report().deliveries.events == 2; }));
  server_->Signal(SIGKILL);
  EXPECT_TRUE(WaitFor([&] { return Report().cut == 2 && Report().refused >= 2; }));
  EXPECT_EQ(Report().connected, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, CrowdCarriersTest,
                         ::testing::Values(Protocol{"https", true, 0},
                                           Protocol{"h2", true, kStreams},
                                           Protocol{"h2c", false, kStreams}),
                         [](const auto& test) { return test.param.name; });

TEST(CrowdHttp2Test, HasNoSlowReaders) {
  EXPECT_THROW(Crowd({.address = "127.0.0.1:1", .streams_per_socket = 2},
                     {{.name = "slow",
                       .reading = CrowdReading::kSlowly,
                       .members = {{.query = "", .coverage = {}}}}}),
               Failure);
}

}  // namespace
}  // namespace ssegw::testing
