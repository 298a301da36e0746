// SIGHUP: what it changes in a gateway that runs, and what it leaves alone.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSuccess[] = "config_last_reload_successful";

// A flagfile that can be written anew.
class Flagfile {
 public:
  explicit Flagfile(const std::string& text)
      : path_(std::filesystem::path(::testing::TempDir()) / base::Concat("reload-", getpid())) {
    Write(text);
  }
  ~Flagfile() { std::filesystem::remove(path_); }
  Flagfile(const Flagfile&) = delete;
  Flagfile& operator=(const Flagfile&) = delete;

  // As Kubernetes does it with a ConfigMap: another file takes its place.
  void Write(const std::string& text) const {
    const std::filesystem::path next = path_.string() + ".next";
    std::ofstream(next) << text;
    std::filesystem::rename(next, path_);
  }
  void ReplaceByFifo() const {
    std::filesystem::remove(path_);
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  }
  std::string path() const { return path_.string(); }
  std::string Flag() const { return base::Concat("--flagfile=", path_.string()); }

 private:
  const std::filesystem::path path_;
};

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

constexpr char kReloaded[] = "msg=\"configuration reloaded\"";

// Returns once it has been reloaded, or refused.
void Reload(const GatewayProcess& gateway, const std::string& line = kReloaded) {
  const size_t before = Count(gateway.Log(), line);
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(WaitFor([&] { return Count(gateway.Log(), line) > before; })) << gateway.Log();
}

bool IsAdmitted(const GatewayProcess& gateway) {
  SseReader reader(gateway.http());
  return reader.IsAdmitted();
}

TEST(ReloadTest, LevelChangesWhatIsLogged) {
  const Flagfile flagfile("--log_level=info\n");
  const GatewayProcess gateway({flagfile.Flag()});
  {
    const SseReader reader(gateway.http());
  }
  EXPECT_THAT(gateway.Log(), Not(HasSubstr("level=debug")));
  flagfile.Write("--log_level=debug\n");
  Reload(gateway);
  EXPECT_THAT(gateway.Log(),
              HasSubstr("msg=\"flag changed\" flag=log_level before=info after=debug"));
  const SseReader reader(gateway.http());
  EXPECT_TRUE(WaitFor([&] { return gateway.Log().find("level=debug") != std::string::npos; }));
}

TEST(ReloadTest, LowerLimitShedsTheNextAndLetsThoseThatAreOpenStay) {
  const Flagfile flagfile("--max_connections=10\n");
  const GatewayProcess gateway({flagfile.Flag()});
  SseReader first(gateway.http());
  SseReader second(gateway.http());
  flagfile.Write("--max_connections=1\n");
  Reload(gateway);
  EXPECT_FALSE(IsAdmitted(gateway));
  Publisher publisher(gateway.grpc());
  const std::string id = publisher.MustPublish(NumberedEvent("dashboards.a", "a", 1));
  EXPECT_EQ(first.EventsThrough(id).back().id, id);
  EXPECT_EQ(second.EventsThrough(id).back().id, id);
  flagfile.Write("");
  Reload(gateway);
  EXPECT_TRUE(IsAdmitted(gateway));
}

TEST(ReloadTest, OriginsChangeForTheNextRequest) {
  const Flagfile flagfile("--allow_origins=https://a.example\n");
  const GatewayProcess gateway({flagfile.Flag()});
  const HttpFields page = {{"Origin", "https://b.example"}};
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot", page).status, 403);
  flagfile.Write("--allow_origins=https://b.example\n");
  Reload(gateway);
  const HttpResponse allowed = HttpGet(gateway.http(), "/v1/snapshot", page);
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.Get("Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(HttpGet(gateway.http(), "/v1/snapshot", {{"Origin", "https://a.example"}}).status, 403);
}

TEST(ReloadTest, HostsAndRatesChangeForTheNextRequest) {
  const Flagfile flagfile("");
  const GatewayProcess gateway({flagfile.Flag()});
  const auto status = [&](const std::string& address, const std::string& path) {
    return HttpExchange(address,
                        base::Concat("GET ", path, " HTTP/1.1\r\nHost: app.example.com\r\n\r\n"))
        .status;
  };
  EXPECT_EQ(status(gateway.http(), "/"), 421);
  EXPECT_EQ(status(gateway.admin(), "/healthz"), 421);
  flagfile.Write("--allowed_hosts=app.example.com\n--request_rate=1\n");
  Reload(gateway);
  EXPECT_EQ(status(gateway.http(), "/"), 200);
  EXPECT_EQ(status(gateway.admin(), "/healthz"), 200);
  EXPECT_TRUE(WaitFor([&] { return status(gateway.http(), "/") == 429; }));
}

TEST(ReloadTest, HeartbeatChangesOnStreamsThatAreOpen) {
  const Flagfile flagfile("--heartbeat_interval=2s\n");
  const GatewayProcess gateway({flagfile.Flag()});
  SseReader reader(gateway.http());
  ASSERT_TRUE(gateway.WaitForMetric("heartbeats_sent_total", 1));
  flagfile.Write("--heartbeat_interval=20ms\n");
  Reload(gateway);
  const double before = gateway.Scrape()["heartbeats_sent_total"];
  EXPECT_TRUE(WaitFor([&] { return gateway.Scrape()["heartbeats_sent_total"] > before + 50; }));
}

TEST(ReloadTest, CommandLineIsStrongerWhereItStandsBehindTheFlagfile) {
  const Flagfile flagfile("--retry=3s\n");
  const GatewayProcess gateway({flagfile.Flag(), "--max_connections=1"});
  flagfile.Write("--max_connections=5\n--retry=4s\n");
  Reload(gateway);
  EXPECT_THAT(gateway.Log(), AllOf(HasSubstr("flag=retry before=3s after=4s"),
                                   HasSubstr("changed=1 need_restart=0")));
  const SseReader first(gateway.http());
  EXPECT_FALSE(IsAdmitted(gateway));
}

TEST(ReloadTest, WhatNeedsARestartIsNamedAndGoesOnAsItWas) {
  const Flagfile flagfile("");
  const GatewayProcess gateway({"--threads=1", flagfile.Flag()});
  flagfile.Write("--threads=2\n--window_max_events=7\n");
  Reload(gateway);
  EXPECT_THAT(
      gateway.Log(),
      AllOf(
          HasSubstr("level=warn msg=\"flag needs a restart\" flag=threads running=1 configured=2"),
          HasSubstr("flag=window_max_events running=100000 configured=7")));
  EXPECT_EQ(gateway.Scrape()[kSuccess], 1);
}

TEST(ReloadTest, FaultyFileChangesNothing) {
  const Flagfile flagfile("--max_connections=2\n");
  const GatewayProcess gateway({flagfile.Flag()});
  const double loaded_at = gateway.Scrape()["config_last_reload_success_timestamp_seconds"];
  EXPECT_GT(loaded_at, 1.7e9);
  EXPECT_EQ(gateway.Scrape()[kSuccess], 1);
  flagfile.Write("--max_connections=1\n--retry=soon\n--no_such_flag=1\n");
  Reload(gateway, "msg=\"configuration not reloaded\"");
  EXPECT_THAT(gateway.Log(),
              AllOf(HasSubstr(":2: --retry=soon: expected"),
                    HasSubstr(":3: --no_such_flag: unknown flag"), Not(HasSubstr("flag changed"))));
  EXPECT_TRUE(gateway.WaitForMetric(kSuccess, 0));
  EXPECT_EQ(gateway.Scrape()["config_last_reload_success_timestamp_seconds"], loaded_at);
  const SseReader first(gateway.http());
  EXPECT_TRUE(IsAdmitted(gateway)) << "the limit is still two";

  flagfile.Write("--max_connections=1\n");
  Reload(gateway);
  EXPECT_TRUE(gateway.WaitForMetric(kSuccess, 1));
  EXPECT_GT(gateway.Scrape()["config_last_reload_success_timestamp_seconds"], loaded_at);
  EXPECT_FALSE(IsAdmitted(gateway));
}

TEST(ReloadTest, FileThatIsGoneIsAFault) {
  auto flagfile = std::make_unique<Flagfile>("");
  const GatewayProcess gateway({flagfile->Flag()});
  flagfile.reset();
  Reload(gateway, "msg=\"configuration not reloaded\"");
  EXPECT_THAT(gateway.Log(), HasSubstr("No such file"));
}

TEST(ReloadTest, WithoutAFlagfileThereIsNothingToReload) {
  const GatewayProcess gateway;
  Reload(gateway, "msg=\"nothing to reload\"");
  EXPECT_EQ(gateway.Scrape()[kSuccess], 1);
}

// A set of one message t.A with string fields of these names.
std::string SetOf(const std::vector<std::string>& fields) {
  google::protobuf::FileDescriptorSet set;
  google::protobuf::FileDescriptorProto& file = *set.add_file();
  file.set_name("t.proto");
  file.set_package("t");
  file.set_syntax("proto3");
  google::protobuf::DescriptorProto& message = *file.add_message_type();
  message.set_name("A");
  for (const std::string& name : fields) {
    google::protobuf::FieldDescriptorProto& field = *message.add_field();
    field.set_name(name);
    field.set_number(message.field_size());
    field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    field.set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  }
  return set.SerializeAsString();
}

TEST(ReloadTest, DescriptorSetsChangeWhereTheyAreCompatible) {
  const Flagfile set(SetOf({"x"}));
  const GatewayProcess gateway({base::Concat("--descriptor_set=", set.path())});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  ssegateway::v1::Event event;
  event.set_topic("a");
  event.mutable_message()->set_type_url("type.googleapis.com/t.A");
  event.mutable_message()->set_value(
      "\x0a\x01"
      "1"
      "\x12\x01"
      "2");
  const auto json = [&] {
    publisher.MustPublish(event);
    return *reader.Event().data;
  };
  EXPECT_EQ(json(), R"({"@type":"type.googleapis.com/t.A","x":"1"})");
  set.Write(SetOf({"x", "y"}));
  Reload(gateway, "msg=\"descriptor sets reloaded\"");
  EXPECT_EQ(json(), R"({"@type":"type.googleapis.com/t.A","x":"1","y":"2"})");
  set.Write(SetOf({"z", "y"}));
  Reload(gateway, "msg=\"descriptor sets not reloaded\"");
  EXPECT_EQ(json(), R"({"@type":"type.googleapis.com/t.A","x":"1","y":"2"})");
  set.ReplaceByFifo();
  Reload(gateway, "msg=\"descriptor sets not reloaded\"");
  EXPECT_EQ(json(), R"({"@type":"type.googleapis.com/t.A","x":"1","y":"2"})");
}

TEST(ReloadTest, FifoInPlaceOfTheFlagfileHoldsUpNothing) {
  const Flagfile flagfile("");
  GatewayProcess gateway({flagfile.Flag(), "--drain_delay=0s"});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  flagfile.ReplaceByFifo();
  Reload(gateway, "msg=\"configuration not reloaded\"");
  EXPECT_THAT(gateway.Log(), HasSubstr("it is a FIFO, not a regular file"));
  // What the main thread does goes on: time to live, and the way out.
  ssegateway::v1::Event event = NumberedEvent("a", "k", 1);
  event.mutable_ttl()->set_nanos(100'000'000);
  publisher.MustPublish(event);
  EXPECT_EQ(NumberOf(reader.Event()), 1U);
  EXPECT_EQ(reader.Event().event, "gateway.deleted");
  gateway.Terminate();
  EXPECT_EQ(gateway.WaitExit(), 0);
}

TEST(ReloadTest, FloodOfSignalsIsHarmless) {
  const Flagfile flagfile("");
  GatewayProcess gateway({flagfile.Flag()});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  for (int i = 0; i < 200; ++i) {
    for (int j = 0; j < 50; ++j) gateway.Signal(SIGHUP);
    if (i % 20 != 0) continue;
    const std::string id = publisher.MustPublish(NumberedEvent("dashboards.a", "a", 1));
    EXPECT_EQ(reader.EventsThrough(id).back().id, id);
  }
  // It is read again at most once a second, and the last signal is not lost.
  flagfile.Write("--retry=9s\n");
  gateway.Signal(SIGHUP);
  EXPECT_TRUE(WaitFor([&] { return Count(gateway.Log(), "after=9s") == 1; }));
  // SIGTERM is heard among them.
  gateway.Terminate();
  EXPECT_TRUE(WaitFor([&] {
    gateway.Signal(SIGHUP);
    return gateway.Log().find("msg=draining") != std::string::npos;
  }));
}

TEST(ReloadTest, WhileDrainingItIsNoSecondSignal) {
  const Flagfile flagfile("--drain_delay=0s\n--drain_window=1s\n");
  GatewayProcess gateway({flagfile.Flag()});
  SseReader reader(gateway.http());
  flagfile.Write("--drain_window=1h\n");
  gateway.Terminate();
  for (int i = 0; i < 100; ++i) gateway.Signal(SIGHUP);
  std::string last;
  for (const SseBlock& block : reader.EventsToEnd()) last = block.event;
  EXPECT_EQ(last, "gateway.bye") << "it leaves in order, in its window";
  EXPECT_TRUE(reader.ended_well());
  EXPECT_EQ(gateway.WaitExit(), 0);
}

}  // namespace
}  // namespace ssegw::testing
