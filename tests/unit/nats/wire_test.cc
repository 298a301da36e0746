#include "internal/nats/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

using ::testing::ElementsAre;

class Heard final : public WireListener {
 public:
  void OnWireMessage(SubscriptionId subscription, Message message) override {
    what.push_back(base::Concat(subscription, " ", message.subject(), " ", message.reply(), " ",
                                message.header("A").value_or("-"), " ", message.status(), " ",
                                message.data()));
    bytes += message.data().size();
  }
  void OnPing() override { what.emplace_back("ping"); }
  void OnInfo(std::string_view json) override { what.push_back(base::Concat("info ", json)); }
  void OnError(std::string_view text) override { what.push_back(base::Concat("error ", text)); }

  std::vector<std::string> what;
  size_t bytes = 0;
};

// As it comes in pieces of that size.
bool Read(WireReader& reader, std::string_view text, size_t piece, WireListener& listener) {
  while (!text.empty()) {
    const std::span<char> room = reader.Room();
    const size_t size = std::min({piece, text.size(), room.size()});
    std::copy_n(text.begin(), size, room.begin());
    text.remove_prefix(size);
    if (!reader.Read(size, listener)) return false;
  }
  return true;
}

constexpr std::string_view kAll =
    "PING\r\nPONG\r\n+OK\r\nINFO {\"a\":1}\r\n-ERR 'Stale Connection'\r\n"
    "MSG a.b 7 4\r\nda\r\n\r\nMSG a.b 7 c.d 0\r\n\r\n"
    "HMSG a 8 r 20 23\r\nNATS/1.0\r\nA:  x \r\n\r\nyes\r\n"
    "HMSG a 8 16 16\r\nNATS/1.0 503\r\n\r\n\r\n";

TEST(WireTest, ReadsWhatAServerSaysHoweverItIsCut) {
  for (size_t piece = 1; piece <= kAll.size(); ++piece) {
    WireReader reader;
    Heard heard;
    ASSERT_TRUE(Read(reader, kAll, piece, heard)) << piece;
    EXPECT_THAT(heard.what,
                ElementsAre("ping", "info {\"a\":1}", "error Stale Connection", "7 a.b  - 0 da\r\n",
                            "7 a.b c.d - 0 ", "8 a r x 0 yes", "8 a  - 503 "))
        << piece;
  }
}

TEST(WireTest, ReadsMessagesThatAreLargerThanItsBuffer) {
  WireReader reader;
  Heard heard;
  const std::string large(3 * WireReader::kReadBytes, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Read(reader, base::Concat("MSG a 1 ", large.size(), "\r\n", large, "\r\nPING\r\n"),
                     50'000, heard));
  }
  EXPECT_EQ(heard.bytes, 3 * large.size());
  EXPECT_EQ(heard.what.size(), 6U);
  EXPECT_LE(reader.Room().size(), 3 * WireReader::kReadBytes) << "it is small again";
}

TEST(WireTest, ReadsNothingAfterWhatIsNoneOfTheProtocol) {
  for (const std::string text :
       {"HTTP/1.1 200 OK\r\n", "\r\n", "MSG\r\n", "MSG a\r\n", "MSG a 1\r\n", "MSG a b 1\r\n",
        "MSG a 1 -1\r\n", "MSG a 1 99999999999999999999\r\n", "MSG a 1 67108865\r\n",
        "MSG a 1 b c 1\r\n", "MSG a 1 1\r\nxyz", "HMSG a 1 2\r\n", "HMSG a 1 3 2\r\n",
        "HMSG a 1 b c 1 2\r\n"}) {
    WireReader reader;
    Heard heard;
    EXPECT_FALSE(Read(reader, text + "PING\r\n", 1000, heard)) << text;
    EXPECT_TRUE(heard.what.empty()) << text;
  }
  WireReader reader;
  Heard heard;
  EXPECT_FALSE(Read(reader, std::string(WireReader::kMaxLineBytes, 'x'), 1000, heard));
}

TEST(WireTest, WritesWhatAServerTakes) {
  std::string text;
  AppendSubscribe(3, "a.*", text);
  AppendPublish({.subject = "a", .data = "data"}, text);
  AppendPublish({.subject = "a", .reply = "b"}, text);
  AppendPublish({.subject = "a", .reply = "b", .header = {{"N", "v\r\nw"}}, .data = "d"}, text);
  AppendUnsubscribe(3, text);
  EXPECT_EQ(text,
            "SUB a.* 3\r\nPUB a 4\r\ndata\r\nPUB a b 0\r\n\r\n"
            "HPUB a b 21 22\r\nNATS/1.0\r\nN: v  w\r\n\r\nd\r\nUNSUB 3\r\n");
  EXPECT_EQ(PayloadBytes({.subject = "a", .header = {{"N", "v"}}, .data = "d"}), 19U);
}

TEST(WireTest, ASubjectHasCharactersAndNoWhiteSpace) {
  EXPECT_TRUE(IsWireSubject("a.b"));
  for (const char* const text : {"", " ", "a b", "a\r\nPING", "a\tb"}) {
    EXPECT_FALSE(IsWireSubject(text)) << text;
  }
}

}  // namespace
}  // namespace ssegw::nats
