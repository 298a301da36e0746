#include "gateway/app/metrics/open_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace ssegw::app {
namespace {

class OpenFilesTest : public ::testing::TestWithParam<size_t (*)()> {};

TEST_P(OpenFilesTest, CountsThoseThatAreOpen) {
  const size_t before = GetParam()();
  std::vector<int> files;
  for (int i = 0; i < 700; ++i) files.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(GetParam()(), before + 700);
  for (size_t i = 0; i < files.size(); i += 2) ::close(files[i]);
  EXPECT_EQ(GetParam()(), before + 350);
  for (size_t i = 1; i < files.size(); i += 2) ::close(files[i]);
  EXPECT_EQ(GetParam()(), before);
}

// The second is for older kernels, and works on every one.
INSTANTIATE_TEST_SUITE_P(BothWays, OpenFilesTest, ::testing::Values(CountOpenFiles, PollOpenFiles));

TEST(CountOpenFilesTest, AgreesWithTheOtherWay) { EXPECT_EQ(CountOpenFiles(), PollOpenFiles()); }

}  // namespace
}  // namespace ssegw::app
