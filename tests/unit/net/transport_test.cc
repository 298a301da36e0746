#include "internal/net/transport/transport.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string_view>
#include <utility>

#include "internal/net/shard/epoll_set.h"

namespace ssegw::net {
namespace {

class CountingHandler final : public EpollHandler {
 public:
  void OnEvents(uint32_t events) override {
    ++calls_;
    events_ |= events;
  }
  int calls_ = 0;
  uint32_t events_ = 0;
};

class TransportTest : public testing::Test {
 protected:
  TransportTest() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0); }
  ~TransportTest() override { ::close(peer()); }

  int own() const { return ends_[0]; }
  int peer() const { return ends_[1]; }
  void Say(std::string_view text) const {
    EXPECT_EQ(::send(peer(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  boost::asio::io_context io_;
  EpollSet set_{io_};

 private:
  int ends_[2] = {-1, -1};
};

TEST_F(TransportTest, AMovedOneHasTheSocketAndTheOldOneIsClosed) {
  Transport old(own());
  Transport moved(std::move(old));
  // NOLINTNEXTLINE(bugprone-use-after-move): that is what is asked
  EXPECT_FALSE(old.is_open());
  ASSERT_TRUE(moved.is_open());
  Say("bytes");
  std::array<char, 16> buffer{};
  size_t bytes = 0;
  EXPECT_EQ(moved.Read(buffer, bytes), Transport::Received::kBytes);
  EXPECT_EQ(std::string_view(buffer.data(), bytes), "bytes");
}

TEST_F(TransportTest, AMovedOnesEventsGoToTheSessionThatWatchesIt) {
  CountingHandler first;
  CountingHandler second;
  Transport old(own());
  ASSERT_TRUE(old.Watch(set_, first, /*for_readable=*/true));
  Transport moved(std::move(old));
  ASSERT_TRUE(moved.Watch(set_, second, /*for_readable=*/true));
  Say("bytes");
  io_.run_one();
  EXPECT_EQ(first.calls_, 0);
  EXPECT_EQ(second.calls_, 1);
  EXPECT_EQ(second.events_, uint32_t{EPOLLIN});
}

TEST_F(TransportTest, AMovedOneStillWaitsForWritability) {
  CountingHandler handler;
  Transport old(own());
  old.WaitWritable();
  Transport moved(std::move(old));
  EXPECT_TRUE(moved.waits_writable());
  ASSERT_TRUE(moved.Watch(set_, handler, /*for_readable=*/false));
  io_.run_one();
  EXPECT_EQ(handler.events_, uint32_t{EPOLLOUT});
  EXPECT_TRUE(moved.TakeEvents(EPOLLOUT).writable);
}

}  // namespace
}  // namespace ssegw::net
