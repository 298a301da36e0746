#include "bench/fanout/handshakes.h"

#include <gtest/gtest.h>

#include "bench/fanout/openssl_server.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using std::chrono::milliseconds;

TEST(HandshakesTest, AreFullOrResumed) {
  OpensslServer server(1);
  const std::string address = server.target().address;
  EXPECT_EQ(CountTickets(address, milliseconds(200)), 1u);
  const base::Duration before = server.CpuTime();
  ShakeHands(address, HandshakeKind::kFull, 10);
  ShakeHands(address, HandshakeKind::kResumed, 10);
  EXPECT_GT(server.CpuTime(), before);
}

TEST(HandshakesTest, TellOfAServerThatGivesNoTicket) {
  OpensslServer server(0);
  EXPECT_EQ(CountTickets(server.target().address, milliseconds(200)), 0u);
}

TEST(HandshakesTest, TellOfAServerThatIsNotThere) {
  EXPECT_THROW(ShakeHands("127.0.0.1:1", HandshakeKind::kFull, 1), testing::Failure);
}

}  // namespace
}  // namespace ssegw::bench
