#include "internal/base/watched_file.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace ssegw::base {
namespace {

class WatchedFileTest : public testing::Test {
 protected:
  WatchedFileTest() : path_(testing::TempDir() + "watched-" + std::to_string(::getpid())) {
    std::filesystem::remove(path_);
  }
  ~WatchedFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) const { std::ofstream(path_) << text; }

  const std::string path_;
};

TEST_F(WatchedFileTest, TellsEachContentOnce) {
  Write("one");
  WatchedFile file(path_, 10);
  auto read = file.ReadIfChanged();
  ASSERT_TRUE(read.has_value() && read->ok());
  EXPECT_EQ(**read, "one");
  EXPECT_FALSE(file.ReadIfChanged().has_value());

  // As long, and as old.
  const auto written = std::filesystem::last_write_time(path_);
  Write("two");
  std::filesystem::last_write_time(path_, written);
  read = file.ReadIfChanged();
  ASSERT_TRUE(read.has_value() && read->ok());
  EXPECT_EQ(**read, "two");
  EXPECT_FALSE(file.ReadIfChanged().has_value());
}

TEST_F(WatchedFileTest, TellsOnceThatItCannotBeRead) {
  WatchedFile file(path_, 10);
  auto read = file.ReadIfChanged();
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->ok());
  EXPECT_FALSE(file.ReadIfChanged().has_value());

  Write("longer than ten bytes");
  read = file.ReadIfChanged();
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->status().message(), "it is larger than 10 bytes");
  Write("short");
  read = file.ReadIfChanged();
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->ok());
}

}  // namespace
}  // namespace ssegw::base
