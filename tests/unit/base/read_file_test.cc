#include "internal/base/read_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ssegw::base {
namespace {

class ReadFileTest : public ::testing::Test {
 protected:
  ReadFileTest() {
    std::string name = ::testing::TempDir() + "read_file_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ReadFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + '/' + name; }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }

  static std::string Fault(const std::string& path, size_t max_bytes = 1000) {
    return std::string(ReadRegularFile(path, max_bytes).status().message());
  }

 private:
  std::string folder_;
};

TEST_F(ReadFileTest, ReadsEveryByteUpToTheBound) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i % 251);
  EXPECT_EQ(*ReadRegularFile(Write("large", bytes), 1 << 20), bytes);
  EXPECT_EQ(*ReadRegularFile(Path("large"), bytes.size()), bytes);
  EXPECT_EQ(Fault(Path("large"), bytes.size() - 1), "it is larger than 299999 bytes");
  EXPECT_EQ(*ReadRegularFile(Write("empty", ""), 0), "");
}

TEST_F(ReadFileTest, FollowsLinksToRegularFiles) {
  Write("set.binpb", "abc");
  std::filesystem::create_symlink("set.binpb", Path("..data"));
  std::filesystem::create_symlink("..data", Path("link"));
  EXPECT_EQ(*ReadRegularFile(Path("link"), 1000), "abc");
  std::filesystem::create_symlink("itself", Path("itself"));
  EXPECT_EQ(Fault(Path("itself")), "Too many levels of symbolic links");
}

TEST_F(ReadFileTest, RefusesAFifoWithoutWaitingForItsWriter) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Fault(Path("fifo")), "it is a FIFO, not a regular file");
  std::filesystem::create_symlink("fifo", Path("link"));
  EXPECT_EQ(Fault(Path("link")), "it is a FIFO, not a regular file");
}

TEST_F(ReadFileTest, RefusesDevicesAndFolders) {
  EXPECT_EQ(Fault("/dev/zero"), "it is a device, not a regular file");
  EXPECT_EQ(Fault("/dev/tty"), "it is a device, not a regular file");
  EXPECT_EQ(Fault(Path("")), "Is a directory");
}

TEST_F(ReadFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(Fault(Path("missing")), "No such file or directory");
  EXPECT_EQ(Fault(Write("file", "") + "/x"), "Not a directory");
  EXPECT_EQ(ReadRegularFile("", 1).status().code(), absl::StatusCode::kInvalidArgument);
}

// Their size is 0 until they are read.
TEST_F(ReadFileTest, BoundsFilesThatDoNotSayTheirSize) {
  EXPECT_GT(ReadRegularFile("/proc/self/status", 1 << 20)->size(), 100U);
  EXPECT_EQ(Fault("/proc/self/status", 100), "it is larger than 100 bytes");
}

}  // namespace
}  // namespace ssegw::base
