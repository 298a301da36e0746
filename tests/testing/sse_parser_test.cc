#include "tests/testing/sse_parser.h"

#include <gtest/gtest.h>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

TEST(SseParserTest, ReadsFieldsAndCommentsHoweverTheTextComes) {
  const std::string text =
      ":\nevent: gateway.hello\nretry: 2000\ndata: {}\n\n"
      "event: alert\ndata: {\"a\":1}\nid: k3f9x2-1042\n\n: said\n:\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    SseParser parser;
    std::vector<SseBlock> blocks = parser.Parse(text.substr(0, cut));
    for (SseBlock& block : parser.Parse(text.substr(cut))) blocks.push_back(std::move(block));
    ASSERT_EQ(blocks.size(), 5u) << cut;
    EXPECT_EQ(blocks[0].text, ":\n");
    EXPECT_TRUE(blocks[0].is_comment());
    EXPECT_FALSE(blocks[0].id || blocks[0].data || blocks[0].retry);
    EXPECT_EQ(blocks[1].retry, "2000");
    EXPECT_EQ(blocks[1].text, "event: gateway.hello\nretry: 2000\ndata: {}\n\n");
    EXPECT_TRUE(blocks[1].is_control());
    EXPECT_EQ(blocks[2].epoch(), "k3f9x2");
    EXPECT_EQ(blocks[2].seq(), 1042u);
    EXPECT_EQ(blocks[2].event, "alert");
    EXPECT_EQ(blocks[2].data, R"({"a":1})");
    EXPECT_FALSE(blocks[2].is_comment());
    EXPECT_EQ(blocks[3].text, ": said\n");
    EXPECT_EQ(blocks[4].text, ":\n");
    EXPECT_TRUE(parser.at_boundary());
  }
}

TEST(SseParserTest, RefusesWhatIsNotToTheLetter) {
  struct Case {
    const char* name;
    std::string text;
  };
  const Case cases[] = {
      {"a blank line first", "\ndata: a\n\n"},
      {"a second blank line", "data: a\n\n\n"},
      {"a blank line after a comment", ":\n\n"},
      {"a comment inside an event", "data: a\n:\nid: a-1\n\n"},
      {"an id before the data", "id: a-1\ndata: a\n\n"},
      {"an id before the name", "data: a\nid: a-1\nevent: b\n\n"},
      {"an id alone", "id: a-1\n\n"},
      {"a reconnection time alone", "retry: 2000\n\n"},
      {"a name alone", "event: a\n\n"},
      {"a CR", "data: a\r\n\r\n"},
      {"no space after the colon", "data:a\n\n"},
      {"a field without a value", "data\n\n"},
      {"an unknown field", "date: a\n\n"},
      {"two lines of data", "data: a\ndata: b\n\n"},
      {"two ids", "data: a\nid: a-1\nid: a-2\n\n"},
      {"a reconnection time that is no number", "retry: 2s\ndata: a\n\n"},
  };
  for (const Case& c : cases) {
    SseParser parser;
    EXPECT_THROW(parser.Parse(c.text), Failure) << c.name;
  }
}

TEST(SseParserTest, RefusesIdsOfAnotherForm) {
  for (const char* id : {"", "a", "a-", "-1", "a-01", "a-1-2", "a_b-1", "a-1 "}) {
    SseBlock block;
    block.id = id;
    EXPECT_THROW(block.seq(), Failure) << id;
  }
}

TEST(SseParserTest, KnowsWhenABlockHasBeenBegun) {
  SseParser parser;
  parser.Parse("data: a\n");
  EXPECT_FALSE(parser.at_boundary());
  parser.Parse("\n");
  EXPECT_TRUE(parser.at_boundary());
  parser.Parse(":");
  EXPECT_FALSE(parser.at_boundary());
  parser.Parse("\n");
  EXPECT_TRUE(parser.at_boundary());
}

}  // namespace
}  // namespace ssegw::testing
