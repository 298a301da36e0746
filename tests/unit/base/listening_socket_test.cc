#include "internal/base/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::base {
namespace {

using testing::EndsWith;

std::string MessageOf(const absl::StatusOr<ListeningSocket>& opened) {
  const auto message = opened.status().message();
  return {message.data(), message.size()};
}

bool Exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

// Returns errno, 0 where it connects.
int ErrorOfConnecting(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const int error =
      ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

TEST(ListeningSocketTest, AnyFreePortIsTheSameForEveryAddressOfAName) {
  const auto socket = ListeningSocket::Open({.host = "localhost"});
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_GT(socket->bound().port, 0);
  for (const int fd : socket->fds()) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    // In both families it is at the same place.
    EXPECT_EQ(ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port), socket->bound().port);
  }
}

TEST(ListeningSocketTest, WithoutAHostTakesIpv4Too) {
  const auto socket = ListeningSocket::Open({});
  ASSERT_TRUE(socket.ok()) << socket.status();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(socket->bound().port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
}

TEST(ListeningSocketTest, APortInUseIsNamed) {
  const auto first = ListeningSocket::Open({.host = "127.0.0.1"});
  const auto second = ListeningSocket::Open(first->bound());
  EXPECT_EQ(MessageOf(second),
            Concat("cannot listen on ", first->bound().ToString(), ": Address already in use"));
}

class UnixSocketTest : public testing::Test {
 protected:
  UnixSocketTest() : directory_(Concat(testing::TempDir(), "ssegw-", ::getpid())) {
    ::mkdir(directory_.c_str(), 0700);
  }
  ~UnixSocketTest() override {
    ::unlink(endpoint_.path.c_str());
    ::rmdir(directory_.c_str());
  }

  const std::string directory_;
  const Endpoint endpoint_{.path = Concat(directory_, "/http")};
};

TEST_F(UnixSocketTest, HasItsModeWhateverTheUmaskAndIsGoneAfterwards) {
  const mode_t before = ::umask(077);
  auto socket = ListeningSocket::Open(endpoint_);
  ::umask(before);
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(socket->bound().ToString(), Concat("unix:", endpoint_.path));
  struct stat status;
  ASSERT_EQ(::lstat(endpoint_.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660U);
  EXPECT_EQ(ErrorOfConnecting(endpoint_.path), 0);
  socket->Close();
  EXPECT_FALSE(Exists(endpoint_.path));
}

TEST_F(UnixSocketTest, OneInUseIsNotTakenAndStays) {
  const auto first = ListeningSocket::Open(endpoint_);
  ASSERT_TRUE(first.ok());
  {
    const auto second = ListeningSocket::Open(endpoint_);
    EXPECT_THAT(MessageOf(second), EndsWith("Address already in use"));
  }
  EXPECT_EQ(ErrorOfConnecting(endpoint_.path), 0);
}

TEST_F(UnixSocketTest, OneThatAProcessLeftBehindIsReplaced) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  endpoint_.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(left);
  ASSERT_EQ(ErrorOfConnecting(endpoint_.path), ECONNREFUSED);
  const auto socket = ListeningSocket::Open(endpoint_);
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(ErrorOfConnecting(endpoint_.path), 0);
}

TEST_F(UnixSocketTest, AFileThatIsNoSocketStays) {
  std::ofstream(endpoint_.path) << "precious";
  EXPECT_FALSE(ListeningSocket::Open(endpoint_).ok());
  EXPECT_TRUE(Exists(endpoint_.path));
}

TEST_F(UnixSocketTest, OneThatAnotherHasPutInItsPlaceStays) {
  auto first = ListeningSocket::Open(endpoint_);
  ASSERT_TRUE(first.ok());
  ::unlink(endpoint_.path.c_str());
  const auto second = ListeningSocket::Open(endpoint_);
  ASSERT_TRUE(second.ok());
  first->Close();
  EXPECT_EQ(ErrorOfConnecting(endpoint_.path), 0);
}

TEST_F(UnixSocketTest, APathThatIsTooLongIsSaidToBe) {
  const auto socket = ListeningSocket::Open({.path = std::string(200, '/')});
  EXPECT_THAT(MessageOf(socket), EndsWith("a path of 200 bytes exceeds 107"));
}

TEST_F(UnixSocketTest, MovesWithItsFile) {
  auto socket = ListeningSocket::Open(endpoint_);
  ASSERT_TRUE(socket.ok());
  {
    const ListeningSocket other = *std::move(socket);
    EXPECT_EQ(ErrorOfConnecting(endpoint_.path), 0);
  }
  EXPECT_FALSE(Exists(endpoint_.path));
}

}  // namespace
}  // namespace ssegw::base
