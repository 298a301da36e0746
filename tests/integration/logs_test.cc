// The log as an operator and a collector meet it. docs/operations/logs.md is held to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

// A line in its fields. Values in quotes are left as they stand.
using Line = std::map<std::string, std::string>;

// Where a value ends that begins there: at a space, or behind its quotes.
size_t EndOfValue(const std::string& text, size_t begin) {
  if (begin < text.size() && text[begin] != '"')
    return std::min(text.find(' ', begin), text.size());
  size_t end = begin + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

Line ParseLine(const std::string& text) {
  Line line;
  for (size_t at = 0; at < text.size();) {
    const size_t equals = text.find('=', at);
    if (equals == std::string::npos) break;
    const size_t end = EndOfValue(text, equals + 1);
    line[text.substr(at, equals - at)] = text.substr(equals + 1, end - equals - 1);
    at = end + 1;
  }
  return line;
}

// The last one only when it is whole.
std::vector<std::string> LinesOf(const std::string& log) {
  std::vector<std::string> lines;
  std::istringstream in(log.substr(0, log.rfind('\n') + 1));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The lines of that message, as it is written: with quotes where it has spaces.
std::vector<Line> LinesOf(const GatewayProcess& gateway, const std::string& message) {
  std::vector<Line> found;
  for (const std::string& text : LinesOf(gateway.Log())) {
    Line line = ParseLine(text);
    if (line["msg"] == message) found.push_back(std::move(line));
  }
  return found;
}

constexpr char kClosed[] = "\"connection closed\"";
constexpr char kRefused[] = "\"request refused\"";

Line WaitForLine(const GatewayProcess& gateway, const std::string& message) {
  WaitFor([&] { return !LinesOf(gateway, message).empty(); });
  const std::vector<Line> lines = LinesOf(gateway, message);
  EXPECT_THAT(lines, SizeIs(1)) << gateway.Log();
  return lines.empty() ? Line() : lines.front();
}

TEST(LogTest, ClosedStreamIsOneLineThatSaysWhatItGot) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  std::string connection;
  {
    SseReader reader(gateway.http(), {.query = "topic=a.*&topic=b&mode=all"});
    connection = reader.head().Get("X-Connection-Id");
    publisher.MustPublish(NumberedEvent("c", "k", 1));
    publisher.MustPublish(NumberedEvent("a.x", "k", 2));
    const std::string last = publisher.MustPublish(NumberedEvent("b", "k", 3));
    reader.EventsThrough(last);
    EXPECT_THAT(LinesOf(gateway, kClosed), IsEmpty());
  }
  Line line = WaitForLine(gateway, kClosed);
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["connection"], connection);
  EXPECT_EQ(line["reason"], "peer_closed");
  EXPECT_EQ(line["frames"], "2");
  EXPECT_EQ(line["bytes"], std::to_string(static_cast<int>(gateway.Scrape()["bytes_sent_total"])));
  EXPECT_EQ(line["lag_events"], "0");
  EXPECT_EQ(line["lag"], "0");
  EXPECT_EQ(line["address"], "127.0.0.1");
  EXPECT_EQ(line["topics"], "\"a.* b\"");
  EXPECT_EQ(line["mode"], "all");
  EXPECT_THAT(std::stod(line["duration"]), AllOf(Gt(0), Le(60)));
  EXPECT_FALSE(line.contains("request"));
}

TEST(LogTest, StreamThatWasBehindSaysByHowMuch) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  auto reader = std::make_unique<SseReader>(gateway.http(), SseOptions{.query = "mode=all"});
  // What the kernel takes for a peer that does not read is far less.
  for (uint32_t i = 0; i < 2000; ++i) {
    publisher.MustPublish(NumberedEvent("a", "k", i, /*title_bytes=*/8'000));
  }
  ASSERT_TRUE(gateway.WaitForMetric("lagging_connections", 1));
  reader.reset();
  Line line = WaitForLine(gateway, kClosed);
  EXPECT_GT(std::stoi(line["lag_events"]), 0);
  EXPECT_EQ(std::stoi(line["frames"]) + std::stoi(line["lag_events"]), 2000);
  EXPECT_GT(std::stod(line["lag"]), 0);
}

TEST(LogTest, RefusedRequestHasTheIdThatItsAnswerHas) {
  const GatewayProcess gateway;
  const HttpResponse made = HttpGet(gateway.http(), "/v1/events?mode=x&secret=1");
  EXPECT_EQ(made.status, 400);
  const std::string id = made.Get("X-Request-Id");
  EXPECT_THAT(id, Not(IsEmpty()));
  EXPECT_THAT(made.Get("Access-Control-Expose-Headers"), HasSubstr("X-Request-Id"));
  Line line = WaitForLine(gateway, kRefused);
  EXPECT_EQ(line["request"], id);
  EXPECT_EQ(line["status"], "400");
  EXPECT_EQ(line["method"], "GET");
  EXPECT_EQ(line["path"], "/v1/events");
  EXPECT_EQ(line["address"], "127.0.0.1");
  EXPECT_THAT(line["error"], HasSubstr("mode"));
  EXPECT_THAT(gateway.Log(), Not(HasSubstr("secret")));
}

TEST(LogTest, IdOfAProxyIsTakenOverIfItIsSane) {
  const GatewayProcess gateway({"--trusted_proxies=127.0.0.0/8"});
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  const HttpResponse taken =
      HttpGet(gateway.http(), "/nothing", {{"X-Request-Id", id}, {"X-Forwarded-For", "192.0.2.7"}});
  EXPECT_EQ(taken.Get("X-Request-Id"), id);
  Line line = WaitForLine(gateway, kRefused);
  EXPECT_EQ(line["request"], id);
  EXPECT_EQ(line["address"], "192.0.2.7");
  for (const std::string& bad :
       {std::string(65, 'a'), std::string("a b"), std::string("a\"b"), std::string("")}) {
    const std::string own =
        HttpGet(gateway.http(), "/nothing", {{"X-Request-Id", bad}}).Get("X-Request-Id");
    EXPECT_NE(own, bad);
    EXPECT_THAT(own, HasSubstr("-shard-"));
  }
  {
    const SseReader reader(gateway.http(), {.fields = {{"X-Request-Id", id}}});
    EXPECT_EQ(reader.head().Find("X-Request-Id"), std::nullopt);
  }
  Line closed = WaitForLine(gateway, kClosed);
  EXPECT_EQ(closed["request"], id);
}

TEST(LogTest, WhatNeverBecameARequestHasAnIdToo) {
  const GatewayProcess gateway;
  const HttpResponse response = HttpExchange(gateway.http(), "NONSENSE\r\n\r\n");
  EXPECT_EQ(response.status, 400);
  Line line = WaitForLine(gateway, kRefused);
  EXPECT_EQ(line["request"], response.Get("X-Request-Id"));
  EXPECT_FALSE(line.contains("path"));
}

TEST(LogTest, PeerCannotWriteLinesOfItsOwn) {
  const GatewayProcess gateway;
  HttpGet(gateway.http(), "/v1/events?topic=a%0Alevel=error%20msg=injected");
  HttpGet(gateway.http(), "/x\"%20level=error%20msg=injected");
  HttpGet(gateway.http(), base::Concat("/", std::string(5000, 'x')));
  ASSERT_TRUE(WaitFor([&] { return LinesOf(gateway, kRefused).size() == 3; }));
  for (const std::string& text : LinesOf(gateway.Log())) {
    EXPECT_THAT(text, ::testing::StartsWith("ts="));
    EXPECT_LE(text.size(), 600u);
    EXPECT_NE(ParseLine(text)["msg"], "injected");
  }
}

TEST(LogTest, ShedStreamIsAWarningWithItsReason) {
  const GatewayProcess gateway({"--max_connections=1"});
  const SseReader first(gateway.http());
  const SseReader shed(gateway.http());
  Line line = WaitForLine(gateway, "\"connection shed\"");
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["reason"], "max_connections");
  EXPECT_EQ(line["connection"], shed.head().Get("X-Connection-Id"));
  EXPECT_THAT(std::stod(line["retry"]), Gt(0));
}

TEST(LogTest, OpenedStreamIsADebugLine) {
  const GatewayProcess gateway({"--log_level=debug"});
  const SseReader reader(gateway.http(), {.query = "topic=a&lastEventId=x%0Ay"});
  Line line = WaitForLine(gateway, "\"connection opened\"");
  EXPECT_EQ(line["connection"], reader.head().Get("X-Connection-Id"));
  EXPECT_EQ(line["topics"], "a");
  EXPECT_EQ(line["last_event_id"], R"("x\ny")");
}

TEST(LogTest, DrainOfManyIsAFewLinesThatCountAll) {
  constexpr size_t kStreams = 300;
  GatewayProcess gateway({"--drain_delay=0s", "--drain_window=0s"});
  std::vector<std::unique_ptr<SseReader>> readers;
  for (size_t i = 0; i < kStreams; ++i) {
    readers.push_back(std::make_unique<SseReader>(gateway.http()));
  }
  gateway.Terminate();
  for (const auto& reader : readers) reader->EventsToEnd();
  readers.clear();
  ASSERT_EQ(gateway.WaitExit(), 0);
  const std::vector<Line> lines = LinesOf(gateway, kClosed);
  size_t told = lines.size();
  for (const std::string& text : LinesOf(gateway.Log())) {
    Line line = ParseLine(text);
    if (line.contains("suppressed")) told += std::stoul(line["suppressed"]);
  }
  EXPECT_EQ(told, kStreams);
  // Ten, and ten more for each second that it took.
  EXPECT_THAT(lines.size(), AllOf(Ge(10u), Le(200u)));
}

// What stands between each two backticks.
std::vector<std::string> InBackticks(const std::string& text) {
  std::vector<std::string> found;
  for (size_t begin = text.find('`'); begin != std::string::npos;) {
    const size_t end = text.find('`', begin + 1);
    if (end == std::string::npos) break;
    found.push_back(text.substr(begin + 1, end - begin - 1));
    begin = text.find('`', end + 1);
  }
  return found;
}

// The fields of each message, from the tables of the page that have four columns.
std::map<std::string, std::set<std::string>> DocumentedFields() {
  std::map<std::string, std::set<std::string>> rows;
  std::ifstream page(SSEGW_LOGS_PAGE);
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, '|');) cells.push_back(cell);
    if (cells.size() != 5) continue;  // the first is before the first bar
    const std::vector<std::string> fields = InBackticks(cells[3]);
    rows[InBackticks(cells[1]).at(0)] = {fields.begin(), fields.end()};
  }
  return rows;
}

// Everything that can be made to happen in a few seconds, as a collector reads it.
TEST(LogTest, EveryLineOfAWholeRunIsJsonAsThePageHasIt) {
  const std::filesystem::path flagfile =
      std::filesystem::path(::testing::TempDir()) / base::Concat("log-", getpid());
  std::ofstream(flagfile) << "--max_connections=1\n";
  Process process(GatewayBinary(), {"--http_listen=127.0.0.1:0", "--grpc_listen=127.0.0.1:0",
                                    "--admin_listen=127.0.0.1:0", "--log_format=json",
                                    "--log_level=debug", "--drain_delay=0s", "--drain_window=0s",
                                    "--memory_limit=4000000000", "--window_max_bytes=2000000000",
                                    base::Concat("--flagfile=", flagfile.string())});
  const auto lines = [&](const std::string& message) {
    std::vector<google::protobuf::Value> found;
    for (const std::string& text : LinesOf(process.Stderr())) {
      google::protobuf::Value line = ParseJson(text);
      if (StringAt(line, "msg") == message) found.push_back(std::move(line));
    }
    return found;
  };
  const auto wait_for = [&](const std::string& message) {
    EXPECT_TRUE(WaitFor([&] { return !lines(message).empty(); })) << message;
  };
  wait_for("listening");
  const google::protobuf::Value listening = lines("listening").front();
  const std::string http = StringAt(listening, "http");
  EXPECT_EQ(NumberAt(listening, "memory_limit"), 4e9);
  wait_for("window_max_bytes is bounded by memory");

  {
    SseReader reader(http, {.query = "lastEventId=%22%0A%FF", .fields = {{"X-Request-Id", "r-1"}}});
    wait_for("connection opened");
    const SseReader shed(http);
    wait_for("connection shed");
    HttpGet(http, "/nothing%22%0A");
    HttpExchange(http, "GET /\x01\xff\" HTTP/1.1\r\n\r\n");
    wait_for("request refused");
    Publisher publisher(StringAt(listening, "grpc"));
    publisher.Publish(NumberedEvent("no topic\n", "k", 1));
    wait_for("event refused");
    std::ofstream(flagfile) << "--max_connections=2\n--threads=7\n";
    process.Signal(SIGHUP);
    wait_for("flag changed");
    wait_for("flag needs a restart");
    wait_for("configuration reloaded");
    std::ofstream(flagfile) << "--retry=\"soon\"\n";
    process.Signal(SIGHUP);
    wait_for("configuration fault");
    wait_for("configuration not reloaded");
    for (int i = 0; i < 40; ++i) HttpGet(http, "/nothing");
    wait_for("lines suppressed");
  }
  wait_for("connection closed");
  process.Signal(SIGTERM);
  ASSERT_EQ(process.WaitExit(), 0);

  const auto documented = DocumentedFields();
  ASSERT_THAT(documented, SizeIs(Gt(10u)));
  std::map<std::string, google::protobuf::Value::KindCase> kinds;
  for (const std::string& text : LinesOf(process.Stderr())) {
    SCOPED_TRACE(text);
    const google::protobuf::Value line = ParseJson(text);
    const std::string message = StringAt(line, "msg");
    const auto row = documented.find(message);
    ASSERT_NE(row, documented.end()) << "not in the page";
    EXPECT_THAT(StringAt(line, "level"), ::testing::AnyOf("debug", "info", "warn", "error"));
    EXPECT_THAT(StringAt(line, "ts"),
                ::testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                        "[.][0-9]{3}Z"));
    for (const auto& [name, value] : line.struct_value().fields()) {
      if (name == "ts" || name == "level" || name == "msg") continue;
      EXPECT_TRUE(row->second.contains(name) || name == "suppressed") << name;
      const auto [known, is_new] =
          kinds.emplace(base::Concat(message, '.', name), value.kind_case());
      EXPECT_EQ(known->second, value.kind_case()) << name << " has two types";
    }
  }
  const google::protobuf::Value closed = lines("connection closed").front();
  for (const char* number : {"duration", "frames", "bytes", "lag_events", "lag"}) {
    EXPECT_GE(NumberAt(closed, number), 0) << number;
  }
  EXPECT_EQ(StringAt(closed, "request"), "r-1");
  EXPECT_EQ(NumberAt(lines("request refused").front(), "status"), 404);
  EXPECT_EQ(process.Stdout(), "") << "logs go to stderr";
  std::filesystem::remove(flagfile);
}

}  // namespace
}  // namespace ssegw::testing
