// How old is what a slow page shows? 500 kB/s are published, of which it can take a part.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/publisher.h"
#include "tests/testing/shaped_link.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/tcp_socket.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kKeys = 20;
constexpr size_t kTitleBytes = 900;  // some 1,000 bytes as a frame
constexpr base::Duration kPublishInterval = milliseconds(2);
// Until TCP has found the link's rate, and the gateway what TCP found.
constexpr base::Duration kSettling = seconds(4);
constexpr base::Duration kMeasured = seconds(8);
constexpr double kMaxAgeSeconds = 2;
// Of the events. A machine that is busy with other tests holds some of them up.
constexpr double kAlmostAll = 0.9;

bool own_network = false;

// Before there are other threads, which would stay outside.
class OwnNetwork : public ::testing::Environment {
 public:
  void SetUp() override {
    own_network = EnterOwnNetwork();
    if (!own_network) return;
    // Reno fills whatever queue there is, as CUBIC does; and any network may choose it.
    const char* const chosen = std::getenv("CONGESTION_CONTROL");
    std::ofstream("/proc/sys/net/ipv4/tcp_congestion_control")
        << (chosen == nullptr ? "reno" : chosen) << std::flush;
  }
};
const auto* const kOwnNetwork = ::testing::AddGlobalTestEnvironment(new OwnNetwork);

std::string Key(uint32_t number) { return base::Concat("key-", number % kKeys); }

// 500 events a second, in turn of each key, until it goes.
class SteadyPublisher {
 public:
  explicit SteadyPublisher(const std::string& address)
      : publisher_(address), thread_([this] { Publish(); }) {}
  ~SteadyPublisher() {
    stop_ = true;
    thread_.join();
  }
  SteadyPublisher(const SteadyPublisher&) = delete;
  SteadyPublisher& operator=(const SteadyPublisher&) = delete;

  base::TimePoint PublishedAt(uint32_t number) const { return published_.at(number).load(); }
  uint32_t count() const { return count_; }

 private:
  void Publish() {
    const auto call = publisher_.OpenStream();
    base::TimePoint next = base::Now();
    for (uint32_t number = 1; number < published_.size() && !stop_; ++number) {
      std::this_thread::sleep_until(next);
      next += kPublishInterval;
      published_[number] = base::Now();
      count_ = number;
      if (!call->Write(number, NumberedEvent("a", Key(number), number, kTitleBytes))) return;
      if (const auto answer = call->Read(); !answer || answer->has_error()) return;
    }
  }

  Publisher publisher_;
  std::array<std::atomic<base::TimePoint>, 20'000> published_;
  std::atomic<uint32_t> count_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct Ages {
  // Of each event, when it was read.
  std::vector<base::Duration> read;
  // Of what the page showed of a key, when something newer came in its place.
  std::vector<base::Duration> replaced;
  size_t bytes = 0;
  uint32_t published = 0;
  base::Duration time{0};

  double BytesPerSecond() const { return static_cast<double>(bytes) / base::ToSeconds(time); }
};

double SecondsAt(std::vector<base::Duration> ages, double share) {
  if (ages.empty()) return std::nan("");
  std::sort(ages.begin(), ages.end());
  const auto rank = static_cast<size_t>(share * static_cast<double>(ages.size() - 1));
  return base::ToSeconds(ages[rank]);
}

// Reads for that time. pace: called after each event.
Ages Measure(
    SseReader& reader, const SteadyPublisher& publisher, base::Duration settling,
    base::Duration measured, const std::function<void(size_t)>& pace = [](size_t) {}) {
  Ages ages;
  std::map<std::string, base::TimePoint> shown;
  const base::TimePoint begin = base::Now() + settling;
  uint32_t published_before = publisher.count();
  while (base::Now() < begin + measured) {
    const SseBlock event = reader.Event();
    const base::TimePoint now = base::Now();
    if (now < begin) published_before = publisher.count();
    const base::TimePoint published = publisher.PublishedAt(NumberOf(event));
    base::TimePoint& last = shown[KeyOf(event)];
    const size_t bytes = event.data->size() + 40;
    if (now >= begin) {
      ages.bytes += bytes;
      ages.read.push_back(now - published);
      if (last != base::TimePoint()) ages.replaced.push_back(now - last);
    }
    last = published;
    pace(bytes);
  }
  ages.time = base::Now() - begin;
  ages.published = publisher.count() - published_before;
  return ages;
}

// A line of the table in docs/operations/freshness.md.
void Print(const std::string& link, const Ages& ages) {
  std::printf("| %s | %.0f kB/s | %.2f s | %.2f s | %.2f s | %.2f s |\n", link.c_str(),
              ages.BytesPerSecond() / 1000, SecondsAt(ages.read, 0.5), SecondsAt(ages.read, 0.99),
              SecondsAt(ages.read, 1), SecondsAt(ages.replaced, 0.99));
  std::fflush(stdout);
}

TEST(FreshnessTest, PageThatReadsSlowlySeesStateOfTheLastTwoSeconds) {
  constexpr size_t kBytesPerSecond = 20'000;
  const GatewayProcess gateway;
  const SteadyPublisher publisher(gateway.grpc());
  // It fills a larger one with old state itself, and there is nothing that the gateway can do.
  SseReader reader(gateway.http(), {.tcp = {.receive_buffer_bytes = 4096}});
  base::TimePoint next = base::Now();
  const Ages ages = Measure(reader, publisher, kSettling, kMeasured, [&](size_t bytes) {
    next += std::chrono::nanoseconds(bytes * 1'000'000'000 / kBytesPerSecond);
    std::this_thread::sleep_until(next);
  });
  Print("reads 20 kB/s", ages);
  EXPECT_LE(SecondsAt(ages.read, kAlmostAll), kMaxAgeSeconds);
}

class SlowLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!own_network) GTEST_SKIP() << "takes CAP_NET_ADMIN and /dev/net/tun";
    gateway_.emplace(std::vector<std::string>{"--http_listen=0.0.0.0:0"});
    publisher_.emplace(gateway_->grpc());
  }

  // As seen from the far end.
  std::string AddressAt(const ShapedLink& link) const {
    return base::Concat(link.near_address(), ':', PortOf(gateway_->http()));
  }

  std::optional<GatewayProcess> gateway_;
  std::optional<SteadyPublisher> publisher_;
};

TEST_F(SlowLinkTest, PageSeesStateOfTheLastTwoSecondsAndTheLinkIsFull) {
  struct Case {
    std::string name;
    LinkOptions options;
    std::future<Ages> ages;
  };
  std::vector<Case> cases;
  for (const size_t rate : {20U, 100U}) {
    for (const int64_t round_trip : {0, 40, 300, 600}) {
      cases.push_back(
          {.name = base::Concat(rate, " kB/s, ", round_trip, " ms"),
           .options = {.bytes_per_second = rate * 1000, .round_trip = milliseconds(round_trip)},
           .ages = {}});
    }
  }
  std::vector<std::unique_ptr<ShapedLink>> links;
  for (Case& c : cases) {
    const int number = static_cast<int>(links.size()) + 1;
    links.push_back(std::make_unique<ShapedLink>(number, c.options));
    c.ages = std::async(std::launch::async, [this, link = links.back().get()] {
      Ages ages;
      link->AtFarEnd([&] {
        SseReader reader(AddressAt(*link));
        ages = Measure(reader, *publisher_, kSettling, kMeasured);
      });
      return ages;
    });
  }
  for (Case& c : cases) {
    const Ages ages = c.ages.get();
    Print(c.name, ages);
    EXPECT_LE(SecondsAt(ages.read, kAlmostAll), kMaxAgeSeconds) << c.name;
    EXPECT_GE(ages.BytesPerSecond(), 0.7 * static_cast<double>(c.options.bytes_per_second))
        << c.name;
  }
}

TEST_F(SlowLinkTest, LinkThatBecomesFastIsUsed) {
  constexpr int kSeconds = 4;
  std::vector<std::future<std::vector<Ages>>> pages;
  const std::vector<int64_t> round_trips = {0, 40, 300};
  for (const int64_t round_trip : round_trips) {
    const int number = static_cast<int>(pages.size()) + 1;
    pages.push_back(std::async(std::launch::async, [this, number, round_trip] {
      ShapedLink link(number, {.bytes_per_second = 20'000, .round_trip = milliseconds(round_trip)});
      std::vector<Ages> each_second;
      link.AtFarEnd([&] {
        SseReader reader(AddressAt(link));
        Measure(reader, *publisher_, kSettling, seconds(1));
        link.SetRate(10'000'000);
        for (int i = 0; i < kSeconds; ++i) {
          each_second.push_back(Measure(reader, *publisher_, seconds(0), seconds(1)));
        }
      });
      return each_second;
    }));
  }
  for (size_t i = 0; i < pages.size(); ++i) {
    const std::vector<Ages> each_second = pages[i].get();
    for (size_t second = 0; second < each_second.size(); ++second) {
      Print(base::Concat("fast since ", second, " s, ", round_trips[i], " ms"),
            each_second[second]);
    }
    // Of a link that stayed slow it would be a twenty-fifth. At 300 ms half of all is what 64 KiB a
    // round trip can be; and a machine that is busy otherwise has bad seconds.
    const bool is_used = std::any_of(each_second.begin(), each_second.end(), [](const Ages& ages) {
      return ages.read.size() > ages.published / 4;
    });
    EXPECT_TRUE(is_used) << round_trips[i];
  }
}

}  // namespace
}  // namespace ssegw::testing
