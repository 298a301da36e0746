#include "tests/testing/crowd/stream_scanner.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

constexpr char kHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr char kEnd[] = "0\r\n\r\n";

std::string Chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof(size), "%zx\r\n", text.size());
  return base::Concat(size, text, "\r\n");
}

// The blocks of all that is given to a scanner, in two pieces.
std::vector<ScannedBlock> Scan(StreamScanner& scanner, const std::string& bytes, size_t cut) {
  std::vector<ScannedBlock> blocks;
  for (std::string_view piece :
       {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
    while (const ScannedBlock* const block = scanner.Next(piece)) blocks.push_back(*block);
  }
  return blocks;
}

TEST(StreamScannerTest, ReadsBlocksHoweverTheBytesCome) {
  const std::string bytes =
      base::Concat(kHead, Chunk(":\nevent: gateway.hello\nretry: 2000\ndata: {}\nid: e-7\n\n"),
                   Chunk("data: {\"a\":1}\nid: e-8\n\nevent: gateway.reset\ndata: {}\n\n"),
                   Chunk(":\n"), Chunk(":\n"), kEnd);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    StreamScanner scanner;
    const std::vector<ScannedBlock> blocks = Scan(scanner, bytes, cut);
    ASSERT_EQ(scanner.error(), "") << cut;
    ASSERT_EQ(blocks.size(), 3u) << cut;
    EXPECT_EQ(blocks[0].retry_ms, 2000u);
    EXPECT_EQ(blocks[0].id, "e-7");
    EXPECT_EQ(blocks[0].event, "gateway.hello");
    EXPECT_EQ(blocks[1].id, "e-8");
    EXPECT_EQ(blocks[1].data, R"({"a":1})");
    EXPECT_EQ(blocks[1].event, "");
    EXPECT_FALSE(blocks[1].retry_ms);
    EXPECT_EQ(blocks[2].event, "gateway.reset");
    EXPECT_EQ(blocks[2].id, "");
    EXPECT_EQ(scanner.status(), 200);
    EXPECT_TRUE(scanner.ended());
  }
}

TEST(StreamScannerTest, KeepsTheBeginningOfALongLine) {
  StreamScanner scanner;
  const std::string bytes = base::Concat(
      kHead, Chunk(base::Concat("data: start", std::string(100'000, 'x'), "\nid: e-1\n\n")));
  const std::vector<ScannedBlock> blocks = Scan(scanner, bytes, bytes.size() / 2);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_TRUE(blocks[0].data.starts_with("startxxx"));
  EXPECT_LE(blocks[0].data.size(), StreamScanner::kKept);
  EXPECT_EQ(blocks[0].id, "e-1") << "what follows is not lost";
}

TEST(StreamScannerTest, IsOpenWithTheHead) {
  StreamScanner scanner;
  const std::string head = kHead;
  std::string_view piece = std::string_view(head).substr(0, head.size() - 1);
  scanner.Next(piece);
  EXPECT_FALSE(scanner.is_open());
  piece = "\n";
  scanner.Next(piece);
  EXPECT_TRUE(scanner.is_open());
  EXPECT_FALSE(scanner.ended());
}

TEST(StreamScannerTest, SaysWhatIsNoEventStream) {
  struct Case {
    const char* name;
    std::string bytes;
  };
  const Case cases[] = {
      {"another status", "HTTP/1.1 503 Service Unavailable\r\n"},
      {"not HTTP", "SSH-2.0-x\r\n"},
      {"not chunked", "HTTP/1.1 200 OK\r\n\r\n"},
      {"a size that is none", base::Concat(kHead, "xyz\r\n")},
      {"a chunk longer than its size", base::Concat(kHead, "5\r\n:\n:\nabc\n\r\n")},
      {"a chunk that ends within a line", base::Concat(kHead, Chunk("data: a"))},
      {"a stream that ends within a block", base::Concat(kHead, Chunk("data: a\n"), kEnd)},
      {"a field that is none", base::Concat(kHead, Chunk("date: a\n\n"))},
      {"a reconnection time that is none", base::Concat(kHead, Chunk("retry: 2s\ndata: a\n\n"))},
      {"a blank line by itself", base::Concat(kHead, Chunk(":\n\n"))},
      {"a second blank line", base::Concat(kHead, Chunk("data: a\n\n\n"))},
      {"a block without data", base::Concat(kHead, Chunk("id: e-1\n\n"))},
      {"a comment inside an event", base::Concat(kHead, Chunk("data: a\n:\n\n"))},
      {"an id before the data", base::Concat(kHead, Chunk("id: e-1\ndata: a\n\n"))},
      {"an id before the name", base::Concat(kHead, Chunk("data: a\nid: e-1\nevent: b\n\n"))},
      {"bytes after the end", base::Concat(kHead, kEnd, "x")},
  };
  for (const Case& c : cases) {
    StreamScanner scanner;
    EXPECT_TRUE(scanner.error().empty());
    Scan(scanner, c.bytes, 0);
    EXPECT_FALSE(scanner.error().empty()) << c.name;
  }
}

TEST(StreamScannerTest, ReadsAnyServersStreamToo) {
  const std::string chunked =
      base::Concat("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n", Chunk("id:7\r\nda"),
                   Chunk("ta:{\"a\":1}\r\nother: x\r\n\r\nid: 8\n:\ndata: b\n\n"));
  const std::string unbounded =
      "HTTP/1.1 200 OK\r\n\r\nid:7\r\ndata:{\"a\":1}\r\n\r\nid: 8\n:\ndata: b\n\n";
  for (const std::string& bytes : {chunked, unbounded}) {
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      StreamScanner scanner(StreamDialect::kAny);
      const std::vector<ScannedBlock> blocks = Scan(scanner, bytes, cut);
      ASSERT_EQ(scanner.error(), "") << cut;
      ASSERT_EQ(blocks.size(), 2u) << cut;
      EXPECT_EQ(blocks[0].id, "7");
      EXPECT_EQ(blocks[0].data, R"({"a":1})");
      EXPECT_EQ(blocks[1].id, "8");
      EXPECT_EQ(blocks[1].data, "b");
    }
  }
}

TEST(StreamScannerTest, WithAnyServerAChunkMayHaveAnExtension) {
  const std::string bytes = base::Concat(kHead, "9;a=b\r\ndata: a\n\n\r\n", kEnd);
  StreamScanner any(StreamDialect::kAny);
  EXPECT_EQ(Scan(any, bytes, 0).size(), 1u);
  EXPECT_TRUE(any.ended());
  StreamScanner gateway;
  Scan(gateway, bytes, 0);
  EXPECT_NE(gateway.error(), "");
}

TEST(StreamScannerTest, OverHttp2ThereIsNeitherHeadNorChunks) {
  StreamScanner scanner;
  scanner.Open(200);
  EXPECT_TRUE(scanner.is_open());
  const std::vector<ScannedBlock> blocks = Scan(scanner, ":\ndata: a\nid: e-1\n\n", 7);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].id, "e-1");
  scanner.End();
  EXPECT_TRUE(scanner.ended());
  EXPECT_EQ(scanner.error(), "");
}

TEST(StreamScannerTest, OverHttp2AStreamMayNotEndWithinABlock) {
  StreamScanner scanner;
  scanner.Open(200);
  Scan(scanner, "data: a\n", 0);
  scanner.End();
  EXPECT_EQ(scanner.error(), "the stream ends within a block");
  StreamScanner refused;
  refused.Open(401);
  EXPECT_EQ(refused.error(), "status 401");
}

}  // namespace
}  // namespace ssegw::testing
