#include "gateway/app/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "internal/log/capture_for_test.h"

namespace ssegw::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr base::TimePoint kStart{1h};

config::ParseResult Read(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"sse-gateway"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  config::ParseResult result = config::Parse(static_cast<int>(argv.size()), argv.data(),
                                             [](const char*) -> const char* { return nullptr; });
  result.has_flagfile = true;
  return result;
}

class ReloaderTest : public testing::Test {
 protected:
  log::CaptureForTest log_;
  std::vector<std::string> arguments_;
  int reads_ = 0;
  Reloader reloader_{Read({}), [this] {
                       ++reads_;
                       return Read(arguments_);
                     }};
};

TEST_F(ReloaderTest, ReadsOnlyWhenAsked) {
  EXPECT_EQ(reloader_.Tick(kStart), Reloader::Outcome::kNone);
  EXPECT_EQ(reads_, 0);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(ReloaderTest, SaysWhatChangedAndWhatNeedsARestart) {
  arguments_ = {"--retry=4s", "--http_listen=0.0.0.0:81"};
  reloader_.Ask();
  EXPECT_EQ(reloader_.Tick(kStart), Reloader::Outcome::kReloaded);
  EXPECT_EQ(reloader_.config().retry, 4s);
  EXPECT_EQ(reloader_.config().http_listen.port, 8080);
  EXPECT_THAT(
      log_.lines(),
      ElementsAre(HasSubstr("level=info msg=\"flag changed\" flag=retry before=2s after=4s"),
                  HasSubstr("level=warn msg=\"flag needs a restart\" flag=http_listen "
                            "running=:8080 configured=0.0.0.0:81"),
                  HasSubstr("level=info msg=\"configuration reloaded\" changed=1 need_restart=1")));
}

TEST_F(ReloaderTest, FaultChangesNothingAndIsNamed) {
  arguments_ = {"--retry=4s", "--retry=soon", "--threads=many"};
  reloader_.Ask();
  EXPECT_EQ(reloader_.Tick(kStart), Reloader::Outcome::kRefused);
  EXPECT_EQ(reloader_.config().retry, 2s);
  EXPECT_THAT(log_.lines(),
              ElementsAre(AllOf(HasSubstr("level=error"), HasSubstr("--retry=soon: expected")),
                          AllOf(HasSubstr("level=error"), HasSubstr("--threads=many: expected")),
                          HasSubstr("msg=\"configuration not reloaded\" faults=2")));
}

TEST_F(ReloaderTest, FlagsThatWouldEndTheProcessAreFaults) {
  for (const std::string flag : {"--check_config", "--help", "--version", "--probe=readyz"}) {
    Reloader reloader(Read({}), [&] { return Read({"--retry=4s", flag}); });
    reloader.Ask();
    EXPECT_EQ(reloader.Tick(kStart), Reloader::Outcome::kRefused) << flag;
    EXPECT_EQ(reloader.config().retry, 2s) << flag;
  }
}

TEST_F(ReloaderTest, FloodOfSignalsIsReadOnceInEachInterval) {
  for (int ms = 0; ms < 3000; ms += 10) {
    reloader_.Ask();
    reloader_.Tick(kStart + std::chrono::milliseconds(ms));
  }
  EXPECT_EQ(reads_, 3);
}

TEST_F(ReloaderTest, SignalWithinTheIntervalIsNotLost) {
  reloader_.Ask();
  EXPECT_EQ(reloader_.Tick(kStart), Reloader::Outcome::kReloaded);
  arguments_ = {"--retry=4s"};
  reloader_.Ask();
  EXPECT_EQ(reloader_.Tick(kStart + 999ms), Reloader::Outcome::kNone);
  EXPECT_EQ(reloader_.Tick(kStart + 1s), Reloader::Outcome::kReloaded);
  EXPECT_EQ(reloader_.config().retry, 4s);
}

TEST_F(ReloaderTest, ChangeOfTheLevelIsSeenWhicheverWayItGoes) {
  arguments_ = {"--log_level=error"};
  reloader_.Ask();
  reloader_.Tick(kStart);
  EXPECT_EQ(log::GetLevel(), log::Level::kError);
  EXPECT_EQ(log_.lines().size(), 2U);
  arguments_ = {"--log_level=debug"};
  reloader_.Ask();
  reloader_.Tick(kStart + 1s);
  EXPECT_EQ(log::GetLevel(), log::Level::kDebug);
  EXPECT_EQ(log_.lines().size(), 4U);
}

TEST(ReloaderWithoutFlagfileTest, SaysThatThereIsNothingToRead) {
  const log::CaptureForTest log;
  config::ParseResult at_start = Read({});
  at_start.has_flagfile = false;
  Reloader reloader(at_start, [] { return Read({"--retry=4s"}); });
  reloader.Ask();
  EXPECT_EQ(reloader.Tick(kStart), Reloader::Outcome::kNone);
  EXPECT_EQ(reloader.config().retry, 2s);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("msg=\"nothing to reload\"")));
}

}  // namespace
}  // namespace ssegw::app
