// What /metrics says of publishers, the window, the store and the process, beside what is known of
// them from elsewhere.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "internal/base/concat.h"
#include "tests/integration/metrics/driven_series.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/grpc_bytes.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/tcp_socket.h"
#include "tests/testing/token_signer.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Lt;

TEST(PublisherMetricsTest, EventsAreThoseThatWerePublishedByWhatBecameOfThem) {
  const GatewayProcess gateway({"--max_event_bytes=50000", "--window_max_bytes=50000"});
  Publisher publisher(gateway.grpc());
  const auto one = publisher.OpenStream();
  const auto two = publisher.OpenStream();
  EXPECT_TRUE(gateway.WaitForMetric("publishers", 2));
  ExpectSeries(gateway.Scrape(), "publishers", 2);

  uint64_t bytes = 0;
  const auto publish = [&](const Event& event, int code) {
    bytes += event.ByteSizeLong();
    EXPECT_EQ(publisher.Publish(event).code, code);
  };
  for (uint32_t i = 1; i <= 3; ++i) {
    Event event = NumberedEvent("a", base::Concat(i), i);
    event.set_message_id(base::Concat("m-", i));
    for (uint32_t repeat = 0; repeat < i; ++repeat) publish(event, kOk);
  }
  publish(Deletion("a", "1"), kOk);
  for (int i = 0; i < 4; ++i) publish(NumberedEvent("bad topic", "k", 1), kInvalidArgument);
  Event large = NumberedEvent("a", "k", 1);
  large.mutable_dashboard()->set_title(std::string(20'000, '\x01'));  // six bytes each in JSON
  publish(large, kInvalidArgument);
  publish(large, kInvalidArgument);

  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(events_received_total{result="ok"})", 4);
  ExpectSeries(metrics, R"(events_received_total{result="duplicate"})", 3);
  ExpectSeries(metrics, R"(events_received_total{result="invalid"})", 6);
  ExpectSeries(metrics, "event_bytes_total", static_cast<double>(bytes));
  ExpectSeries(metrics, "store_message_ids", 3);
  ExpectSeries(metrics, "store_appended_total", 4);
  ExpectSeries(metrics, "window_events", 4);
  ExpectSeries(metrics, "snapshot_keys", 2);
  ExpectSeries(metrics, "window_max_bytes", 50'000);
}

TEST(StoreMetricsTest, WhatIsForgottenForWantOfRoomIsCountedByTheBound) {
  const GatewayProcess gateway(
      {"--snapshot_max_keys=3", "--window_max_bytes=20000", "--max_event_bytes=20000"});
  Publisher publisher(gateway.grpc());
  for (uint32_t i = 1; i <= 8; ++i) {
    publisher.MustPublish(NumberedEvent("a", base::Concat(i), i));
  }
  ExpectSeries(gateway.Scrape(), R"(forgotten_total{bound="keys"})", 5);
  publisher.MustPublish(NumberedEvent("a", "8", 9, 19'900));
  for (uint32_t i = 1; i <= 7; ++i) publisher.MustPublish(Deletion("a", base::Concat(i)));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(forgotten_total{bound="keys"})", 5);
  ExpectSeries(metrics, R"(forgotten_total{bound="bytes"})", 2);
  ExpectSeries(metrics, R"(forgotten_total{bound="tombstones"})", 4);
  ExpectSeries(metrics, "snapshot_tombstones", 3);
  EXPECT_EQ(metrics["snapshot_keys"], 1);

  // One message id for each KiB of the limit, and a thirty-second of it for their text.
  const GatewayProcess small({"--memory_limit=67108864"});
  Publisher repeating(small.grpc());
  for (uint32_t i = 1; i <= 21; ++i) {
    Event event = NumberedEvent("a", "k", i);
    event.set_message_id(base::Concat(i) + std::string(100'000, 'm'));
    // Some are refused where a sanitizer takes all of the limit.
    static_cast<void>(repeating.Publish(event));
  }
  const Metrics of_small = small.Scrape();
  const double ids = of_small[R"(events_received_total{result="ok"})"];
  ExpectSeries(of_small, R"(forgotten_total{bound="message_ids"})",
               ids - of_small["store_message_ids"]);
}

TEST(PublisherMetricsTest, RefusedCallsAreThoseThatNeverCameToAnEvent) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  EXPECT_EQ(publisher.Call("Publish", 20'000).code, kInvalidArgument);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(publisher.Call("Delete").code, kUnimplemented);
  // Flagged as compressed, and no codec is named.
  std::vector<std::unique_ptr<TcpSocket>> sockets;
  for (int i = 0; i < 3; ++i) {
    sockets.push_back(std::make_unique<TcpSocket>(gateway.grpc()));
    sockets.back()->Send(base::Concat(BeginningOfACall("PublishStream"),
                                      Http2Data(std::string("\1\0\0\0\2\x12\0", 7))));
  }
  EXPECT_TRUE(gateway.WaitForMetric(R"(publisher_calls_refused_total{reason="encoding"})", 3));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, R"(publisher_calls_refused_total{reason="metadata"})", 1);
  ExpectSeries(metrics, R"(publisher_calls_refused_total{reason="method"})", 2);
  ExpectSeries(metrics, R"(publisher_calls_refused_total{reason="encoding"})", 3);
}

TEST(PublisherMetricsTest, ConnectionsAndStreamsAreThoseThatAreOpenBesideTheirLimits) {
  const GatewayProcess gateway({"--max_publisher_connections=2", "--max_publisher_streams=1"});
  auto publisher = std::make_unique<Publisher>(gateway.grpc());
  const auto call = publisher->OpenStream();
  ASSERT_TRUE(call->Write(1, NumberedEvent("a", "k", 1)));
  ASSERT_TRUE(call->Read());
  Publisher other(gateway.grpc());
  other.MustPublish(NumberedEvent("a", "k", 1));
  EXPECT_EQ(other.OpenStream()->Finish().code, kUnavailable);
  const TcpSocket silent(gateway.grpc());
  EXPECT_TRUE(gateway.WaitForMetric("publisher_connections_refused_total", 1));
  const Metrics metrics = gateway.Scrape();
  ExpectSeries(metrics, "publisher_connections", 2);
  ExpectSeries(metrics, "max_publisher_connections", 2);
  ExpectSeries(metrics, "publisher_streams", 1);
  ExpectSeries(metrics, "max_publisher_streams", 1);
  ExpectSeries(metrics, "publisher_connections_refused_total", 1);
  ExpectSeries(metrics, R"(publisher_calls_refused_total{reason="streams"})", 1);

  const GatewayProcess small({"--max_publisher_connections=1"});
  const TcpSocket first(small.grpc());
  ASSERT_TRUE(small.WaitForMetric("publisher_connections", 1));
  const TcpSocket second(small.grpc());
  ASSERT_TRUE(small.WaitForMetric("publisher_connections_evicted_total", 1));
  ExpectSeries(small.Scrape(), "publisher_connections_evicted_total", 1);
}

TEST(StoreMetricsTest, DeletionsByTtlAreAppendedAndNotReceived) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "start=live"});
  Event event = NumberedEvent("a", "k", 1);
  event.mutable_ttl()->set_nanos(50'000'000);
  publisher.MustPublish(event);
  EXPECT_EQ(NumberOf(reader.Event()), 1U);
  EXPECT_EQ(reader.Event().event, "gateway.deleted");
  // It is delivered from within the append, which is counted after it.
  EXPECT_TRUE(gateway.WaitForMetric("store_appended_total", 2));
  const Metrics metrics = gateway.Scrape();
  EXPECT_EQ(metrics[R"(events_received_total{result="ok"})"], 1);
  ExpectSeries(metrics, "store_appended_total", 2);
  EXPECT_EQ(metrics["snapshot_keys"], 0);
  // With --store=memory it takes events as long as it lives.
  EXPECT_EQ(metrics["store_up"], 1);
  DrivenSeries::Get().ComparedConstant("store_up");
}

TEST(WindowMetricsTest, BytesAreThoseOfTheFramesInIt) {
  const GatewayProcess gateway({"--window_max_events=50"});
  Publisher publisher(gateway.grpc());
  const auto fill = [&](uint32_t title_bytes) {
    for (uint32_t i = 1; i <= 100; ++i) {
      publisher.MustPublish(NumberedEvent("a", "k", i, title_bytes));
    }
    const Metrics metrics = gateway.Scrape();
    ExpectSeries(metrics, "window_events", 50);
    const double titles = 50.0 * title_bytes;
    ExpectSeries(metrics, "window_bytes", AllOf(Ge(titles), Le(titles + 50'000)));
    return metrics["window_bytes"];
  };
  const double small = fill(1000);
  EXPECT_EQ(fill(3000) - small, 50 * 2000);
}

TEST(ReloadMetricsTest, SayWhetherTheLastReadingWasGoodAndWhenOneWas) {
  const std::filesystem::path flagfile =
      std::filesystem::path(::testing::TempDir()) / base::Concat("metrics-", getpid());
  std::ofstream(flagfile) << "--max_connections=5\n";
  const GatewayProcess gateway({base::Concat("--flagfile=", flagfile.string())});
  const Metrics at_start = gateway.Scrape();
  EXPECT_EQ(at_start["config_last_reload_successful"], 1);
  const double now = static_cast<double>(time(nullptr));
  ExpectSeries(at_start, "config_last_reload_success_timestamp_seconds", DoubleNear(now, 60));
  ExpectSeries(at_start, "max_connections", 5);

  std::ofstream(flagfile) << "--max_connections=many\n";
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(gateway.WaitForMetric("config_last_reload_successful", 0));
  ExpectSeries(gateway.Scrape(), "config_last_reload_successful", 0);
  ExpectSeries(gateway.Scrape(), "config_last_reload_success_timestamp_seconds",
               at_start["config_last_reload_success_timestamp_seconds"]);

  std::ofstream(flagfile) << "--max_connections=6\n";
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(gateway.WaitForMetric("config_last_reload_successful", 1));
  ExpectSeries(gateway.Scrape(), "config_last_reload_success_timestamp_seconds",
               Gt(at_start["config_last_reload_success_timestamp_seconds"]));
  ExpectSeries(gateway.Scrape(), "max_connections", 6);
  std::filesystem::remove(flagfile);
}

TEST(KeyMetricsTest, SayHowManyKeysThereAreAndWhenTheyWereRead) {
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / base::Concat("metrics-keys-", getpid());
  std::ofstream(file) << KeySetOf({SigningKey::P256().Jwk(), SigningKey::Ed25519().Jwk(),
                                   SigningKey::P384().Jwk()});  // ES384 is not allowed
  const GatewayProcess gateway({"--auth=jwt", base::Concat("--jwt_jwks=", file.string())});
  const double now = static_cast<double>(time(nullptr));
  ExpectSeries(gateway.Scrape(), "jwks_keys", 2);
  ExpectSeries(gateway.Scrape(), "jwks_last_success_timestamp_seconds", DoubleNear(now, 60));
  std::filesystem::remove(file);
}

TEST(ReloadMetricsTest, CountDescriptorSetsThatWereTakenAndRefused) {
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / base::Concat("metrics-set-", getpid());
  google::protobuf::FileDescriptorSet set;
  set.add_file()->set_name("t.proto");
  set.mutable_file(0)->add_message_type()->set_name("A");
  const auto write = [&] { std::ofstream(file, std::ios::binary) << set.SerializeAsString(); };
  write();
  const GatewayProcess gateway({base::Concat("--descriptor_set=", file.string())});
  set.mutable_file(0)->add_message_type()->set_name("B");
  write();
  gateway.Signal(SIGHUP);
  const std::string ok = R"(descriptor_set_reloads_total{result="ok"})";
  const std::string failed = R"(descriptor_set_reloads_total{result="failed"})";
  ASSERT_TRUE(gateway.WaitForMetric(ok, 1)) << gateway.Log();
  EXPECT_EQ(gateway.Scrape()[failed], 0);
  EXPECT_EQ(gateway.Scrape()["config_last_reload_successful"], 1);

  set.mutable_file(0)->mutable_message_type()->RemoveLast();
  write();
  gateway.Signal(SIGHUP);
  ASSERT_TRUE(gateway.WaitForMetric(failed, 1)) << gateway.Log();
  ExpectSeries(gateway.Scrape(), ok, 1);
  ExpectSeries(gateway.Scrape(), failed, 1);
  ExpectSeries(gateway.Scrape(), "config_last_reload_successful", 0);
  std::filesystem::remove(file);
}

TEST(PublisherMetricsTest, CountEventsWithFieldsThatTheSchemaDoesNotHave) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  ssegateway::v1::Event event = NumberedEvent("a", "k", 1);
  publisher.MustPublish(event);
  ssegateway::v1::Dashboard& dashboard = *event.mutable_dashboard();
  dashboard.GetReflection()->MutableUnknownFields(&dashboard)->AddVarint(77, 1);
  publisher.MustPublish(event);
  publisher.MustPublish(event);
  ExpectSeries(gateway.Scrape(), "events_with_unknown_fields_total", 2);
  EXPECT_THAT(gateway.Log(), HasSubstr("level=warn msg=\"event has an unknown field\" "
                                       "type=ssegateway.v1.Dashboard number=77 topic=a"));
}

TEST(MemoryMetricsTest, LedgerSaysWhatEachClassTakes) {
  const GatewayProcess gateway;
  const auto expect = [&](const std::string& name, double least, double most) {
    const std::string series = base::Concat(R"(memory_bytes{class=")", name, R"("})");
    ExpectSeries(gateway.Scrape(), series, AllOf(Ge(least), Le(most)));
  };
  Publisher publisher(gateway.grpc());
  SseReader envelope(gateway.http(), {.query = "envelope=1&start=live"});
  for (uint32_t i = 1; i <= 10; ++i) {
    Event event = NumberedEvent("a", base::Concat(i % 5), i, 10'000);
    event.set_message_id(base::Concat("m-", i));
    publisher.MustPublish(event);
  }
  publisher.MustPublish(Deletion("a", "1"));
  envelope.Events(11);
  // Ten events in the log, of which the snapshot holds four.
  expect("window", 60'000, 70'000);
  expect("snapshot", 40'000, 50'000);
  expect("tombstones", 200, 1000);
  expect("encodings", 100'000, 110'000);
  expect("message_ids", 1000, 2000);

  std::string many = "topic=t0";
  for (int i = 1; i < 100; ++i) many += base::Concat("&topic=t", i, ".a.b.c");
  const SseReader filters(gateway.http(), {.query = many});
  expect("filters", 5000, 40'000);
  expect("connections", 1000, 20'000);

  HttpConnection half(gateway.http());
  half.Send("GET / HTTP/1.1\r\nHost: a\r\nX-Filler: " + std::string(10'000, 'x'));
  ASSERT_TRUE(WaitFor([&] { return gateway.Scrape()[R"(memory_bytes{class="heads"})"] > 10'000; }));
  expect("heads", 10'000, 40'000);
  for (uint32_t i = 1; i <= 60; ++i) {
    publisher.MustPublish(NumberedEvent("b", base::Concat(i), i, 50'000));
  }
  HttpConnection document(gateway.http(), {.receive_buffer_bytes = 4096});
  document.Send(RequestText("GET", "/v1/snapshot"));
  ASSERT_TRUE(
      WaitFor([&] { return gateway.Scrape()[R"(memory_bytes{class="answers"})"] > 3'000'000; }));
  expect("answers", 3'000'000, 4'000'000);
  const auto stream = publisher.OpenStream();
  ASSERT_TRUE(gateway.WaitForMetric("publishers", 1));
  expect("grpc_calls", 10'000, 30'000);
}

TEST(MemoryMetricsTest, AreTheLimitAndWhatIsComparedWithIt) {
  const GatewayProcess roomy({"--memory_limit=1099511627776"});
  ASSERT_TRUE(WaitFor([&] { return roomy.Scrape()["memory_in_use_bytes"] > 0; }));
  const auto rss = static_cast<double>(roomy.RssBytes());
  const Metrics metrics = roomy.Scrape();
  ExpectSeries(metrics, "memory_limit_bytes", 1099511627776);
  ExpectSeries(metrics, "memory_in_use_bytes", DoubleNear(rss, rss / 4));
  EXPECT_EQ(metrics["memory_pressure"], 0);
  const GatewayProcess tight({"--memory_limit=1048576"});
  ASSERT_TRUE(tight.WaitForMetric("memory_pressure", 4));
  ExpectSeries(tight.Scrape(), "memory_pressure", 4);
  EXPECT_EQ(Publisher(tight.grpc()).Publish(NumberedEvent("a", "k", 1)).code, kResourceExhausted);
  ExpectSeries(tight.Scrape(), R"(events_received_total{result="exhausted"})", 1);
}

TEST(ShardMetricsTest, BusyRatioFollowsTheLoad) {
  const GatewayProcess gateway({"--threads=1"});
  constexpr char kSeries[] = R"(shard_busy_ratio{shard="0"})";
  Publisher publisher(gateway.grpc());
  std::vector<std::unique_ptr<SseReader>> readers;
  for (int i = 0; i < 50; ++i) {
    readers.push_back(
        std::make_unique<SseReader>(gateway.http(), SseOptions{.query = "start=live"}));
  }
  // No more than what one thread can do, and never nothing while it writes to fifty.
  double busiest = 0;
  uint32_t number = 0;
  ASSERT_TRUE(WaitFor([&] {
    for (int i = 0; i < 20; ++i) publisher.MustPublish(NumberedEvent("a", "k", ++number));
    const Metrics metrics = gateway.Scrape();
    busiest = metrics[kSeries];
    if (busiest > 0.03) ExpectSeries(metrics, kSeries, AllOf(Gt(0.03), Lt(1.1)));
    return busiest > 0.03;
  }));
  EXPECT_TRUE(WaitFor([&] { return gateway.Scrape()[kSeries] < busiest / 2; }));
}

TEST(BuildMetricsTest, VersionIsTheOneThatTheProgramSays) {
  const std::string said = RunGateway({"--version"}).out;
  const GatewayProcess gateway;
  const Metrics metrics = gateway.Scrape();
  std::string version;
  for (const auto& [series, value] : metrics.all()) {
    constexpr std::string_view kBegin = "sse_gateway_build_info{version=\"";
    if (!series.starts_with(kBegin)) continue;
    EXPECT_EQ(value, 1);
    version = series.substr(kBegin.size(), series.size() - kBegin.size() - 2);
  }
  EXPECT_FALSE(version.empty());
  EXPECT_THAT(said, ::testing::HasSubstr(version));
  DrivenSeries::Get().ComparedConstant(base::Concat("build_info{version=\"", version, "\"}"));
}

// The fields of /proc/<pid>/stat from the third on (proc(5)).
std::vector<double> Stat(pid_t pid) {
  std::ifstream file(base::Concat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(file, line);
  std::istringstream words(line.substr(line.rfind(')') + 4));
  std::vector<double> fields(4);
  for (double field = 0; words >> field;) fields.push_back(field);
  return fields;
}
double Entries(pid_t pid, std::string_view directory) {
  const std::filesystem::directory_iterator entries(base::Concat("/proc/", pid, "/", directory));
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

TEST(ProcessMetricsTest, AreWhatTheKernelSaysOfTheProcess) {
  const auto started = static_cast<double>(::time(nullptr));
  constexpr size_t kFiles = 500;
  const GatewayProcess gateway({}, {}, kFiles);
  std::vector<std::unique_ptr<SseReader>> readers;
  for (int i = 0; i < 30; ++i) readers.push_back(std::make_unique<SseReader>(gateway.http()));
  // One for all scrapes, so that no socket of one before is still among its files.
  HttpConnection admin(gateway.admin());
  const auto scrape = [&] { return Metrics(admin.Get("/metrics").body); };
  // Some CPU time.
  ASSERT_TRUE(WaitFor([&] { return scrape()["process_cpu_seconds_total"] >= 0.05; }));
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto cpu = [&] {
    const std::vector<double> stat = Stat(gateway.pid());
    return (stat[14] + stat[15]) / ticks;
  };
  const double files = Entries(gateway.pid(), "fd");
  const double cpu_before = cpu();
  const Metrics metrics = scrape();
  // By chance any of them may be what it is in a fresh one.
  const auto expect = [&](const std::string& series, const auto& matcher) {
    ExpectSeries(metrics, series, matcher);
    DrivenSeries::Get().ComparedConstant(series);
  };
  expect("process_cpu_seconds_total", AllOf(Ge(cpu_before), Le(cpu())));
  expect("process_open_fds", files);
  expect("process_max_fds", kFiles);
  expect("process_threads", Entries(gateway.pid(), "task"));
  const auto rss = static_cast<double>(gateway.RssBytes());
  expect("process_resident_memory_bytes", DoubleNear(rss, rss / 10));
  const double virtual_bytes = Stat(gateway.pid())[23];
  expect("process_virtual_memory_bytes", DoubleNear(virtual_bytes, virtual_bytes / 10));
  expect("process_start_time_seconds",
         AllOf(Ge(started - 2), Le(static_cast<double>(::time(nullptr)) + 2)));
}

}  // namespace
}  // namespace ssegw::testing
