// Publishers that flood, that take no answers, that vanish or stop in the middle: what they cost
// the others, and the gateway.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/grpc_bytes.h"
#include "tests/testing/publisher.h"
#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kLargeTitle = 250'000;

// Does it over and over, in so many threads, until it goes.
class Flood {
 public:
  Flood(size_t threads, const std::function<void(size_t)>& function) {
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this, i, function] {
        while (!stop_) function(i);
      });
    }
  }
  ~Flood() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

std::vector<Event> Burst(size_t events, size_t title_bytes) {
  std::vector<Event> burst;
  for (uint32_t i = 1; i <= events; ++i) burst.push_back(NumberedEvent("a", "k", i, title_bytes));
  return burst;
}

// 20 events a second, by both calls in turn; how long each took to be acknowledged.
std::vector<base::Duration> PublishCalmly(const GatewayProcess& gateway) {
  Publisher publisher(gateway.grpc());
  const auto call = publisher.OpenStream();
  std::vector<base::Duration> times;
  base::TimePoint next = base::Now();
  for (uint32_t i = 1; i <= 20; ++i) {
    std::this_thread::sleep_until(next);
    const base::TimePoint begin = base::Now();
    const Event event = NumberedEvent("calm", "k", i);
    if (i % 2 == 0) {
      publisher.MustPublish(event);
    } else if (!call->Write(i, event) || call->Read().value().has_error()) {
      throw Failure("a calm publisher's event was refused");
    }
    times.push_back(base::Now() - begin);
    next = std::max(next + milliseconds(50), base::Now());
  }
  std::sort(times.begin(), times.end());
  return times;
}

// The bounds are those of a sanitizer's build on a machine that does much else.
void ExpectCalm(const char* name, const GatewayProcess& gateway,
                base::Duration most_at_median = milliseconds(500)) {
  const std::vector<base::Duration> times = PublishCalmly(gateway);
  const base::Duration median = times[times.size() / 2];
  std::printf("| %s | %.1f ms | %.1f ms |\n", name, base::ToSeconds(median) * 1000,
              base::ToSeconds(times.back()) * 1000);
  std::fflush(stdout);
  EXPECT_LT(median, most_at_median) << name;
  EXPECT_LT(times.back(), seconds(10)) << name;
}

TEST(PublisherFairnessTest, CalmPublisherIsAnsweredInTimeBesideFloods) {
  const GatewayProcess gateway;
  ExpectCalm("alone", gateway);
  std::vector<std::unique_ptr<Publisher>> publishers;
  for (int i = 0; i < 8; ++i) publishers.push_back(std::make_unique<Publisher>(gateway.grpc()));
  const std::vector<Event> small = Burst(256, 100);
  const std::vector<Event> large = Burst(4, kLargeTitle);
  {
    const Flood flood(1, [&](size_t) { publishers[0]->MustPublish(small); });
    ExpectCalm("1 stream", gateway);
  }
  {
    const Flood flood(8, [&](size_t i) { publishers[i]->MustPublish(small); });
    ExpectCalm("8 streams, 8 connections", gateway);
  }
  {
    const Flood flood(8, [&](size_t) { publishers[0]->MustPublish(small); });
    ExpectCalm("8 streams, 1 connection", gateway);
  }
  {
    const Flood flood(2, [&](size_t i) { publishers[i]->MustPublish(large); });
    ExpectCalm("2 streams of 250 kB", gateway, seconds(2));
  }
  {
    const std::string garbage(10'000, '\xFF');
    const Event too_large = NumberedEvent("a", "k", 1, 300'000);
    const Flood flood(2, [&](size_t i) {
      const auto call = publishers[i]->OpenStream();
      for (int n = 0; n < 4; ++n) {
        if (!call->WriteBytes(garbage) || !call->Write(1, too_large)) return;
        call->Read();
        call->Read();
      }
    });
    ExpectCalm("2 streams of garbage and events over the limit", gateway, seconds(2));
  }
}

// Valid, and each some megabytes of JSON: more of them than gRPC has threads.
TEST(PublisherFairnessTest, OddEventsHoldUpNobodyElse) {
  const GatewayProcess gateway({"--json_defaults=emit"});
  Event odd = NumberedEvent("odd", "k", 1);
  for (int i = 0; i < 100'000; ++i) odd.mutable_dashboard()->add_panels();
  std::vector<std::unique_ptr<Publisher>> publishers;
  for (int i = 0; i < 8; ++i) publishers.push_back(std::make_unique<Publisher>(gateway.grpc()));
  const Flood flood(8, [&](size_t i) { publishers[i]->Publish(odd); });
  ASSERT_TRUE(WaitFor([&] { return gateway.Scrape()["window_events"] > 8; }));
  ExpectCalm("8 that publish 100,000 empty panels at once", gateway);
}

// Its answers fill HTTP/2's window, and then nothing more is read of it.
TEST(PublisherFairnessTest, PublisherThatTakesNoAnswersIsReadNoFurther) {
  GatewayProcess gateway({}, {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  const size_t before = gateway.RssBytes();
  const auto call = publisher.OpenStream();
  // Refused, with an answer that quotes it, so that the window does not grow.
  const Event refused = NumberedEvent(std::string(200, '!'), "k", 1, 100'000);
  std::thread writes([&] {
    while (call->Write(1, refused)) {
    }
  });
  const std::string series = R"(events_received_total{result="invalid"})";
  double read = -1;
  EXPECT_TRUE(WaitFor([&] {
    const double last = std::exchange(read, gateway.Scrape()[series]);
    std::this_thread::sleep_for(milliseconds(300));
    return read > 0 && read == last;
  }));
  EXPECT_LT(gateway.RssBytes(), before + 128 * kMiB);
  ExpectCalm("1 that takes no answers", gateway);
  gateway.Kill();
  writes.join();
}

// A PublishStream call with the beginning of a message of 256 KiB.
std::unique_ptr<TcpSocket> BeginAMessage(const GatewayProcess& gateway) {
  auto socket = std::make_unique<TcpSocket>(gateway.grpc());
  std::string bytes = BeginningOfACall("PublishStream");
  // As much as may be sent before the gateway says that more may.
  std::string data("\0\0\4\0\0", 5);
  data.resize(60'000, 'x');
  for (size_t i = 0; i < data.size(); i += 15'000) bytes += Http2Data(data.substr(i, 15'000));
  socket->Send(bytes);
  return socket;
}

TEST(PublisherFairnessTest, HalfAMessageCostsWhatWasSentOfItAndIsFreedWithItsConnection) {
  constexpr size_t kConnections = 100;
  const GatewayProcess gateway({}, {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
  const size_t before = gateway.RssBytes();
  std::vector<std::unique_ptr<TcpSocket>> sockets;
  for (size_t i = 0; i < kConnections; ++i) sockets.push_back(BeginAMessage(gateway));
  ASSERT_TRUE(gateway.WaitForMetric("publishers", kConnections));
  std::this_thread::sleep_for(milliseconds(500));
  const size_t taken = gateway.RssBytes() - std::min(before, gateway.RssBytes());
  std::printf("| 60 kB of a message on each of 100 connections | %.1f MiB |\n",
              static_cast<double>(taken) / kMiB);
  EXPECT_LT(taken, 128 * kMiB);
  ExpectCalm("100 in the middle of a message", gateway);
  for (auto& socket : sockets) socket->Reset();
  EXPECT_TRUE(gateway.WaitForMetric("publishers", 0));
}

TEST(PublisherFairnessTest, StreamsOfOneConnectionAreLimited) {
  const GatewayProcess gateway;
  TcpSocket socket(gateway.grpc());
  socket.Send(Http2Preface());
  // SETTINGS_MAX_CONCURRENT_STREAMS, 1000.
  const std::string setting("\0\3\0\0\3\xE8", 6);
  std::string received;
  while (received.find(setting) == std::string::npos) {
    const std::string bytes = socket.Receive();
    ASSERT_FALSE(bytes.empty());
    received += bytes;
  }
}

}  // namespace
}  // namespace ssegw::testing
