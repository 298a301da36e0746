#include "tests/testing/sse_parser.h"

#include <gtest/gtest.h>

#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

TEST(SseParserTest, ReadsFieldsAndCommentsHoweverTheTextComes) {
  const std::string text =
      "retry: 2000\n: connected\n\nid: k3f9x2-1042\nevent: alert\ndata: {\"a\":1}\n\n:\n\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    SseParser parser;
    std::vector<SseBlock> blocks = parser.Parse(text.substr(0, cut));
    for (SseBlock& block : parser.Parse(text.substr(cut))) blocks.push_back(std::move(block));
    ASSERT_EQ(blocks.size(), 3u) << cut;
    EXPECT_EQ(blocks[0].retry, "2000");
    EXPECT_EQ(blocks[0].comments, std::vector<std::string>{" connected"});
    EXPECT_EQ(blocks[1].epoch(), "k3f9x2");
    EXPECT_EQ(blocks[1].seq(), 1042u);
    EXPECT_EQ(blocks[1].event, "alert");
    EXPECT_EQ(blocks[1].data, R"({"a":1})");
    EXPECT_EQ(blocks[2].comments, std::vector<std::string>{""});
    EXPECT_FALSE(blocks[2].id || blocks[2].data || blocks[2].retry);
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
      {"a CR", "data: a\r\n\r\n"},
      {"no space after the colon", "data:a\n\n"},
      {"a field without a value", "data\n\n"},
      {"an unknown field", "date: a\n\n"},
      {"two lines of data", "data: a\ndata: b\n\n"},
      {"two ids", "id: a-1\nid: a-2\n\n"},
      {"a reconnection time that is no number", "retry: 2s\n\n"},
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
}

}  // namespace
}  // namespace ssegw::testing
