#include "internal/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "internal/log/capture_for_test.h"

namespace ssegw::log {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::MatchesRegex;

TEST(LogTest, WritesTheLevelsFromInfoUpAtStart) {
  CaptureForTest capture;
  Log(Level::kDebug, "a");
  Info("b");
  Warn("c");
  Error("d");
  EXPECT_THAT(capture.lines(),
              ElementsAre(EndsWith("level=info msg=b"), EndsWith("level=warn msg=c"),
                          EndsWith("level=error msg=d")));
}

TEST(LogTest, LevelChangesAtRunTime) {
  CaptureForTest capture;
  SetLevel(Level::kDebug);
  Log(Level::kDebug, "a");
  SetLevel(Level::kError);
  Warn("b");
  EXPECT_FALSE(Enabled(Level::kWarn));
  EXPECT_TRUE(Enabled(Level::kError));
  EXPECT_THAT(capture.lines(), ElementsAre(EndsWith("level=debug msg=a")));
}

TEST(LogTest, FormatChangesAtRunTime) {
  CaptureForTest capture;
  SetFormat(Format::kJson);
  Info("listening", {{"port", 8080}});
  EXPECT_THAT(capture.lines(),
              ElementsAre(EndsWith(R"(Z","level":"info","msg":"listening","port":8080})")));
}

TEST(LogTest, StampsLinesWithTheTimeOfNow) {
  CaptureForTest capture;
  Info("m");
  EXPECT_THAT(
      capture.lines(),
      ElementsAre(MatchesRegex("ts=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
                               "\\.[0-9]{3}Z level=info msg=m")));
}

TEST(LogTest, TakesAnyStringAsAFieldValue) {
  CaptureForTest capture;
  const std::string text = "s";
  Info("m", {{"literal", "l"}, {"string", text}, {"view", std::string_view(text)}});
  Info("one", {{"literal", "l"}});
  EXPECT_THAT(capture.lines(), ElementsAre(EndsWith("msg=m literal=l string=s view=s"),
                                           EndsWith("msg=one literal=l")));
}

TEST(CaptureForTestTest, GivesBackLevelAndFormat) {
  {
    CaptureForTest capture;
    SetLevel(Level::kError);
    SetFormat(Format::kJson);
  }
  EXPECT_EQ(GetLevel(), Level::kInfo);
  EXPECT_EQ(GetFormat(), Format::kLogfmt);
}

// Stands in for stderr. A seqpacket socket keeps each write(2) apart, so a line that took two would
// be seen as two.
class StderrTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair_.data()), 0);
    stderr_ = ::dup(STDERR_FILENO);
    ASSERT_EQ(::dup2(pair_[1], STDERR_FILENO), STDERR_FILENO);
    ::close(pair_[1]);
  }
  void TearDown() override {
    Restore();
    ::close(pair_[0]);
  }

  void Restore() {
    if (stderr_ < 0) return;
    ::dup2(stderr_, STDERR_FILENO);
    ::close(stderr_);
    stderr_ = -1;
  }

  // What the next write(2) wrote; empty when stderr has been restored and all was read.
  std::string NextWrite() {
    std::array<char, 4096> buffer;
    const ssize_t n = ::recv(pair_[0], buffer.data(), buffer.size(), 0);
    return n <= 0 ? "" : std::string(buffer.data(), static_cast<size_t>(n));
  }

 private:
  std::array<int, 2> pair_ = {-1, -1};
  int stderr_ = -1;
};

TEST_F(StderrTest, EachLineIsOneWrite) {
  Info("first", {{"a", 1}});
  Log(Level::kDebug, "not this one");
  Info("second", {{"text", "two words"}});
  Restore();
  EXPECT_THAT(NextWrite(), EndsWith(" level=info msg=first a=1\n"));
  EXPECT_THAT(NextWrite(), EndsWith(" level=info msg=second text=\"two words\"\n"));
  EXPECT_THAT(NextWrite(), IsEmpty());
}

TEST_F(StderrTest, LinesOfSeveralThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLinesEach = 200;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int line = 0; line < kLinesEach; ++line) Info("m", {{"line", line}});
    });
  }
  int whole_lines = 0;
  for (; whole_lines < kThreads * kLinesEach; ++whole_lines) {
    const std::string write = NextWrite();
    if (write.empty()) break;
    EXPECT_THAT(write, MatchesRegex("ts=[^\n]* level=info msg=m line=[0-9]+\n"));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(whole_lines, kThreads * kLinesEach);
}

}  // namespace
}  // namespace ssegw::log
