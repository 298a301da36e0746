// ./dev bench connections: what questions about connections and messages to one of them cost. The
// shards, the sockets and connections::LocalConnections are the gateway's own; gRPC is not there.
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/connections/browsers.h"
#include "gateway/connections/local_connections.h"
#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "internal/net/listener.h"
#include "internal/net/shard_thread.h"
#include "internal/window/window.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Streams final : public net::HttpService {
 public:
  net::HttpReply Handle(const net::HttpRequest& request) override {
    net::HttpStream stream;
    stream.fields = {{"X-Connection-Id", std::string(request.connection_id)}};
    stream.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
    return stream;
  }
  net::HttpResponse Refuse(int status, std::string_view /*detail*/) override {
    return {.status = status};
  }
};

double CpuSeconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double Millis(base::Duration duration) { return base::ToSeconds(duration) * 1e3; }

// Sorted values in between: 0.99 is the 99th percentile.
double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

// How much CPU a thread takes between two of its chances for others: a task that is posted again
// and again takes its turn among them. CPU, since what the machine does for others is no fault of
// the thread's.
class Turns {
 public:
  // A task of the thread's, again and again until it returns false.
  bool Probe() {
    const base::Duration now = ThreadCpu();
    if (last_ != base::Duration::zero()) Count(now - last_);
    last_ = now;
    if (!over_) return true;
    ended_.release();
    return false;
  }
  // Waits for the last task.
  void End() {
    over_ = true;
    ended_.acquire();
  }
  // Rounded up to microseconds.
  std::vector<double> lengths() const {
    std::vector<double> lengths;
    for (size_t micros = 0; micros < counts_.size(); ++micros) {
      lengths.insert(lengths.end(), counts_[micros], static_cast<double>(micros) / 1e3);
    }
    return lengths;
  }

 private:
  static base::Duration ThreadCpu() {
    timespec time;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  void Count(base::Duration length) {
    const auto micros = std::chrono::ceil<std::chrono::microseconds>(length).count();
    ++counts_[std::min(counts_.size() - 1, static_cast<size_t>(micros))];
  }

  // By length. Of a fixed size, so that counting takes no time of the thread's.
  std::vector<uint32_t> counts_ = std::vector<uint32_t>(100'000);
  base::Duration last_{0};
  std::atomic<bool> over_ = false;
  std::binary_semaphore ended_{0};
};

class Bench {
 public:
  Bench(size_t connections, const Browsers& browsers)
      : open_(connections), admission_({.max_connections = connections}) {
    std::vector<net::ShardThread*> threads;
    for (size_t i = 0; i < 2; ++i) {
      shards_.push_back(std::make_unique<net::ShardThread>(base::Concat("shard-", i), "bench",
                                                           window_, admission_, Options()));
      threads.push_back(shards_.back().get());
      asked_.push_back(shards_.back().get());
    }
    front_ = std::make_unique<net::ShardThread>("front", "bench", window_, admission_,
                                                net::ConnectionOptions());
    listener_ = std::make_unique<net::Listener>(front_->io(), threads, service_, 20'000, nullptr);
    if (!listener_->Open({.host = "127.0.0.1"}).ok()) std::exit(1);
    connections_ = std::make_unique<connections::LocalConnections>("bench", asked_, *front_,
                                                                   size_t{64} * 1024);
    browsers.Connect(listener_->bound().port);
    while (shards_[0]->connections() + shards_[1]->connections() < connections) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    std::this_thread::sleep_for(milliseconds(500));
  }
  // No heartbeat falls into what is measured: that is a write for each of a thousand connections.
  static net::ConnectionOptions Options() { return {.heartbeat_interval = std::chrono::hours(1)}; }
  ~Bench() {
    connections_ = nullptr;
    listener_->Close();
    for (const auto& shard : shards_) shard->Stop();
    front_->Stop();
  }

  // The first page of that size, again and again; and how long each thread that has a part in it
  // keeps others waiting.
  void List(milliseconds time, uint32_t size) {
    const std::string name = base::Concat("page_of_", size);
    std::vector<double> pages;
    const auto list = [&] {
      const base::TimePoint begin = base::Now();
      id_ = FirstPage(size);
      pages.push_back(Millis(base::Now() - begin));
    };
    Repeat(time, list);
    Print(base::Concat(name, "_ms"), pages);
    MeasureTurns(name, time, list);
  }

  // How long they keep others waiting when nobody asks.
  void Idle(milliseconds time) {
    MeasureTurns("idle", time, [] {});
  }

  // As many messages to one connection as there can be, of which 64 are under way.
  void Send(milliseconds time) {
    constexpr int kUnderWay = 64;
    std::atomic<int> under_way = 0;
    uint64_t sent = 0;
    std::atomic<uint64_t> refused = 0;
    const double cpu = CpuSeconds();
    const base::TimePoint end = base::Now() + time;
    while (base::Now() < end) {
      if (under_way >= kUnderWay) {
        std::this_thread::yield();
        continue;
      }
      ++under_way;
      ++sent;
      SendOne([&](bool ok) {
        if (!ok) ++refused;
        --under_way;
      });
    }
    while (under_way > 0) std::this_thread::yield();
    const double used = CpuSeconds() - cpu;
    std::printf("send_to_one: %.0f a second, %.0f a core; %lu refused\n",
                static_cast<double>(sent) / base::ToSeconds(time),
                static_cast<double>(sent - refused) / used, static_cast<unsigned long>(refused));
  }

  // 10,000 a second, ten at a time.
  void SendPaced(milliseconds time) {
    const auto count = static_cast<size_t>(time.count()) * 10;
    std::vector<double> latencies(count);
    std::atomic<size_t> answered = 0;
    const base::TimePoint begin = base::Now();
    for (size_t i = 0; i < count; ++i) {
      if (i % 10 == 0) std::this_thread::sleep_until(begin + milliseconds(i / 10));
      const base::TimePoint at = base::Now();
      SendOne([&, i, at](bool) {
        latencies[i] = Millis(base::Now() - at);
        ++answered;
      });
    }
    while (answered < count) std::this_thread::yield();
    Print("send_10000_per_second_ms", latencies);
  }

 private:
  template <typename Work>
  void MeasureTurns(const std::string& name, milliseconds time, Work work) {
    Turns shard;
    Turns front;
    shards_[0]->Work([&] { return shard.Probe(); });
    front_->Work([&] { return front.Probe(); });
    Repeat(time, work);
    shard.End();
    front.End();
    Print(base::Concat(name, "_turn_of_shard_cpu_ms"), shard.lengths());
    Print(base::Concat(name, "_turn_of_front_cpu_ms"), front.lengths());
  }

  static void Print(const std::string& name, std::vector<double> values) {
    std::printf("%s: p50 %.3f  p99 %.3f  max %.3f  (%zu)\n", name.c_str(), Quantile(values, 0.5),
                Quantile(values, 0.99), Quantile(values, 1), values.size());
  }

  // With 5 ms in between.
  template <typename Work>
  static void Repeat(milliseconds time, Work work) {
    for (const base::TimePoint end = base::Now() + time; base::Now() < end;) {
      work();
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  template <typename Done>
  void SendOne(Done done) {
    connections_->Send({.connection_id = id_, .text = R"({"text":"a message of some bytes"})"},
                       [done](const absl::Status& status) { done(status.ok()); });
  }

  std::string FirstPage(uint32_t size) {
    std::binary_semaphore there(0);
    std::string id;
    ssegateway::v1::ListConnectionsRequest request;
    request.set_page_size(size);
    connections_->List(request, [&](auto page) {
      const size_t expected = std::min<size_t>(open_, size);
      if (page.ok() && static_cast<size_t>(page->connections_size()) == expected) {
        id = page->connections(0).id();
      }
      there.release();
    });
    there.acquire();
    if (id.empty()) std::exit(1);
    return id;
  }

  const size_t open_;
  window::Window window_{"bench", {}};
  Streams service_;
  net::Admission admission_;
  std::vector<std::unique_ptr<net::ShardThread>> shards_;
  std::vector<net::ShardConnections*> asked_;
  std::unique_ptr<net::ShardThread> front_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<connections::LocalConnections> connections_;
  std::string id_;
};

}  // namespace
}  // namespace ssegw::bench

int main(int argc, char** argv) {
  size_t connections = 17'500;
  std::chrono::milliseconds time = std::chrono::seconds(3);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--connections=")) {
      connections = std::stoul(std::string(argument.substr(14)));
    } else if (argument.starts_with("--ms=")) {
      time = std::chrono::milliseconds(std::stoi(std::string(argument.substr(5))));
    } else {
      std::fprintf(stderr, "usage: ssegw_bench_connections [--connections=17500] [--ms=3000]\n");
      return 2;
    }
  }
  const ssegw::bench::Browsers browsers(connections);
  ssegw::bench::Bench bench(connections, browsers);
  bench.Idle(time);
  bench.List(time, 100);
  bench.List(time, 1'000);
  bench.Send(time);
  bench.SendPaced(time);
  return 0;
}
