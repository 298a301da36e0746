#include "internal/net/http1/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

using Result = RequestParser::Result;

TEST(RequestParserTest, GivesMethodTargetAndFields) {
  RequestParser parser;
  ASSERT_EQ(parser.Feed("GET /sse?topic=> HTTP/1.1\r\nHost: h\r\nLast-Event-ID:  e-1 \r\n\r\n"),
            Result::kRequest);
  const HttpRequest request = parser.request();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/sse?topic=>");
  EXPECT_EQ(request.Find("last-event-id"), "e-1");
  EXPECT_EQ(request.Find("accept"), std::nullopt);
  EXPECT_TRUE(parser.chunked_allowed());
  EXPECT_TRUE(parser.keep_alive());
}

TEST(RequestParserTest, NamesAnotherProtocolAsSoonAsItIsKnown) {
  const std::string begins[] = {"\x16\x03", "PROXY ", std::string("\r\n\r\n\0\r\nQUIT\n", 12),
                                "PRI * HTTP/2.0\r\n"};
  for (const std::string& begin : begins) {
    RequestParser parser;
    for (size_t i = 0; i + 1 < begin.size(); ++i) {
      ASSERT_EQ(parser.Feed(begin.substr(i, 1)), Result::kNeedMore) << i;
    }
    EXPECT_EQ(parser.Feed(begin.substr(begin.size() - 1)), Result::kRefused);
    EXPECT_EQ(parser.refusal(), 400);
  }
}

TEST(RequestParserTest, TakesWhatOnlyBeginsLikeAnotherProtocol) {
  for (const char* begin : {"P", "PR", "PRI", "PROXYGET", "\r\n", "\r\n\r\nG"}) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(begin), Result::kNeedMore) << begin;
    EXPECT_EQ(parser.Feed("ET / HTTP/1.1\r\nHost: h\r\n\r\n"), Result::kRequest) << begin;
  }
}

TEST(RequestParserTest, TakesAHeadInAnyPieces) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  RequestParser parser;
  EXPECT_FALSE(parser.has_partial_request());
  for (size_t i = 0; i + 1 < head.size(); ++i) {
    ASSERT_EQ(parser.Feed(head.substr(i, 1)), Result::kNeedMore) << i;
  }
  EXPECT_TRUE(parser.has_partial_request());
  ASSERT_EQ(parser.Feed("\n"), Result::kRequest);
  EXPECT_EQ(parser.request().Find("a"), "b");
}

TEST(RequestParserTest, TakesAHeadInTwoPiecesCutAnywhereAndThenTheNext) {
  const std::string head = "\r\nGET /1 HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  for (size_t cut = 1; cut < head.size(); ++cut) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(head.substr(0, cut)), Result::kNeedMore) << cut;
    ASSERT_EQ(parser.Feed(head.substr(cut) + head), Result::kRequest) << cut;
    EXPECT_EQ(parser.request().target, "/1");
    ASSERT_EQ(parser.Next(), Result::kRequest) << cut;
    EXPECT_EQ(parser.request().Find("a"), "b");
  }
}

TEST(RequestParserTest, GivesPipelinedRequestsOneAfterTheOther) {
  RequestParser parser;
  ASSERT_EQ(parser.Feed("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET"),
            Result::kRequest);
  EXPECT_EQ(parser.request().target, "/1");
  ASSERT_EQ(parser.Next(), Result::kRequest);
  EXPECT_EQ(parser.request().target, "/2");
  ASSERT_EQ(parser.Next(), Result::kNeedMore);
  ASSERT_EQ(parser.Feed(" /3 HTTP/1.1\r\nHost: h\r\n\r\n"), Result::kRequest);
  EXPECT_EQ(parser.request().target, "/3");
  EXPECT_EQ(parser.Next(), Result::kNeedMore);
  EXPECT_FALSE(parser.has_partial_request());
}

TEST(RequestParserTest, TakesTheAbsoluteForm) {
  RequestParser parser;
  ASSERT_EQ(parser.Feed("GET http://h:80/sse?a=b HTTP/1.1\r\nHost: h\r\n\r\n"), Result::kRequest);
  EXPECT_EQ(parser.request().target, "/sse?a=b");
}

TEST(RequestParserTest, HostOfAnAbsoluteTargetIsTheHost) {
  struct Case {
    std::string target;
    std::string rest;
    std::string host;
  };
  for (const Case& c :
       {Case{"http://a:80/sse?x", "/sse?x", "a:80"}, Case{"HTTP://a", "/", "a"},
        Case{"https://a?x=/", "/?x=/", "a"}, Case{"http://[::1]:1?x", "/?x", "[::1]:1"},
        Case{"http://a/", "/", "a"}, Case{"/x", "/x", "h:1"}, Case{"*", "*", "h:1"},
        Case{"?x", "?x", "h:1"}, Case{"a:80", "a:80", "h:1"}}) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(base::Concat("GET ", c.target, " HTTP/1.1\r\nHost: h:1\r\n\r\n")),
              Result::kRequest)
        << c.target;
    EXPECT_EQ(parser.request().target, c.rest) << c.target;
    EXPECT_EQ(parser.request().host, c.host) << c.target;
  }
  RequestParser parser;
  ASSERT_EQ(parser.Feed("GET / HTTP/1.0\r\n\r\n"), Result::kRequest);
  EXPECT_EQ(parser.request().host, "");
}

TEST(RequestParserTest, EmptyLinesCountAsPartOfTheHead) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto lines = [](size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += "\r\n";
    return text;
  };
  for (const size_t piece : {size_t{7}, size_t{1024}, RequestParser::kMaxHeadBytes}) {
    struct Case {
      size_t bytes;
      Result result;
    };
    for (const Case& c :
         {Case{RequestParser::kMaxHeadBytes - request.size() - 1, Result::kRequest},
          Case{RequestParser::kMaxHeadBytes, Result::kRefused},
          Case{RequestParser::kMaxHeadBytes - request.size() / 2, Result::kRefused}}) {
      RequestParser parser;
      const std::string all = lines(c.bytes) + request;
      Result result = Result::kNeedMore;
      for (size_t at = 0; at < all.size() && result == Result::kNeedMore; at += piece) {
        result = parser.Feed(all.substr(at, piece));
      }
      EXPECT_EQ(result, c.result) << c.bytes << " in pieces of " << piece;
      if (result == Result::kRefused) {
        EXPECT_EQ(parser.refusal(), 431);
      }
      if (result != Result::kRequest) continue;
      // Those of the next one are counted anew.
      ASSERT_EQ(parser.Next(), Result::kNeedMore);
      EXPECT_EQ(parser.Feed(lines(1024) + request), Result::kRequest);
    }
  }
}

TEST(RequestParserTest, SaysThatABodyFollows) {
  struct Case {
    std::string fields;
    bool body;
  };
  for (const Case& c : {Case{"", false}, Case{"Content-Length: 0\r\n", false},
                        Case{"Content-Length: 00\r\n", false}, Case{"Content-Length: 3\r\n", true},
                        Case{"Content-Length: 9223372036854775807\r\n", true},
                        Case{"Transfer-Encoding: chunked\r\n", true}}) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(base::Concat("POST / HTTP/1.1\r\nHost: h\r\n", c.fields, "\r\nabc")),
              Result::kRequest)
        << c.fields;
    EXPECT_EQ(parser.request().has_body, c.body) << c.fields;
  }
}

TEST(RequestParserTest, KnowsWhatHttp10DoesWithout) {
  RequestParser parser;
  ASSERT_EQ(parser.Feed("GET / HTTP/1.0\r\n\r\n"), Result::kRequest);
  EXPECT_FALSE(parser.chunked_allowed());
  EXPECT_FALSE(parser.keep_alive());
}

TEST(RequestParserTest, TakesALastEventIdOf16KiB) {
  RequestParser parser;
  const std::string id(16 * 1024, 'x');
  ASSERT_EQ(
      parser.Feed(base::Concat("GET / HTTP/1.1\r\nHost: h\r\nLast-Event-ID: ", id, "\r\n\r\n")),
      Result::kRequest);
  EXPECT_EQ(parser.request().Find("Last-Event-ID"), id);
}

TEST(RequestParserTest, RefusesWhatIsMalformedAmbiguousOrTooLarge) {
  struct Case {
    const char* name;
    std::string bytes;
    int status;
  };
  const std::string line = "GET / HTTP/1.1\r\n";
  const Case cases[] = {
      {"garbage", "\x16\x03\x01\x02\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"no host", line + "A: b\r\n\r\n", 400},
      {"two hosts", line + "Host: a\r\nHost: b\r\n\r\n", 400},
      {"space before colon", line + "Host : a\r\n\r\n", 400},
      {"folded field", line + "Host: a\r\nA: b\r\n c\r\n\r\n", 400},
      {"zero byte in a value", line + "Host: a\r\nA: b" + std::string(1, '\0') + "\r\n\r\n", 400},
      {"length and encoding",
       line + "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"two lengths", line + "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"bad length", line + "Host: a\r\nContent-Length: x\r\n\r\n", 400},
      {"no host after all", line + "Host:\r\n\r\n", 400},
      {"a host with a slash", line + "Host: a/b\r\n\r\n", 400},
      {"two hosts in one field", line + "Host: a, b\r\n\r\n", 400},
      {"a host of another form", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400},
      {"a user in a target", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a target without a host", "GET http:///x HTTP/1.0\r\n\r\n", 400},
      {"a fragment", "GET http://h#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"endless empty lines",
       [] {
         std::string lines;
         for (int i = 0; i < 20'000; ++i) lines += "\r\n";
         return lines;
       }(),
       431},
      {"endless head", line + "A: " + std::string(40'000, 'x'), 431},
      {"large head", line + "Host: a\r\nA: " + std::string(40'000, 'x') + "\r\n\r\n", 431},
      {"endless request line", "GET /" + std::string(40'000, 'x'), 431},
  };
  for (const Case& c : cases) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(c.bytes), Result::kRefused) << c.name;
    EXPECT_EQ(parser.refusal(), c.status) << c.name;
    EXPECT_FALSE(parser.refusal_detail().empty()) << c.name;
  }
}

TEST(RequestParserTest, TakesABodyOfNoBytes) {
  RequestParser parser;
  EXPECT_EQ(parser.Feed("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
            Result::kRequest);
}

// Whatever bytes come in whatever pieces: an answer, within the bound of memory.
TEST(RequestParserTest, SurvivesRandomBytes) {
  std::mt19937 random(11);
  const auto pick = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const std::string pieces[] = {"GET ",  "/sse", " HTTP/1.1", "\r\n", "\r\n\r\n",
                                "Host:", "a",    " ",         "\t",   "Content-Length: 1"};
  for (int round = 0; round < 2000; ++round) {
    RequestParser parser;
    Result result = Result::kNeedMore;
    for (int i = 0; i < 30 && result == Result::kNeedMore; ++i) {
      result = parser.Feed(pick(4) == 0 ? std::string(1, static_cast<char>(pick(256)))
                                        : pieces[pick(std::size(pieces))]);
    }
    EXPECT_TRUE(result != Result::kRequest || !parser.request().method.empty());
  }
}

constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(RequestParserTest, TakesABodyInAnyPieces) {
  const std::string body = "3\r\nabc\r\n2;a=b\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  for (size_t piece = 1; piece <= body.size(); ++piece) {
    RequestParser parser;
    ASSERT_EQ(parser.Feed(kChunked), Result::kRequest);
    Result result = parser.ReadBody(5);
    for (size_t at = 0; at < body.size(); at += piece) {
      ASSERT_EQ(result, Result::kNeedMore) << piece;
      result = parser.Feed(std::string_view(body).substr(at, piece));
    }
    ASSERT_EQ(result, Result::kBody) << piece;
    EXPECT_EQ(parser.TakeBody(), "abcde");
    EXPECT_EQ(parser.request().method, "POST") << "the head is still there";
    ASSERT_EQ(parser.Next(), Result::kNeedMore);
    EXPECT_EQ(parser.Feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Result::kRequest);
  }
}

TEST(RequestParserTest, BodyIsBoundedInAllThatItConsistsOf) {
  const auto refusal = [](std::string_view begin, std::string_view more) {
    RequestParser parser;
    EXPECT_EQ(parser.Feed(kChunked), Result::kRequest);
    EXPECT_EQ(parser.ReadBody(10), Result::kNeedMore);
    Result result = parser.Feed(begin);
    for (int i = 0; i < 100'000 && result == Result::kNeedMore; ++i) result = parser.Feed(more);
    EXPECT_EQ(result, Result::kRefused);
    return parser.refusal();
  };
  EXPECT_EQ(refusal("", "1\r\na\r\n"), 413) << "chunks";
  EXPECT_EQ(refusal("1;", std::string(100, 'a')), 400) << "an extension";
  EXPECT_EQ(refusal("0\r\n", "A: bcdefghijklmnop\r\n"), 400) << "trailers";
}

}  // namespace
}  // namespace ssegw::net
