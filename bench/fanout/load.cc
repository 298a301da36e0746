#include "bench/fanout/load.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <string>
#include <thread>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/process.h"
#include "tests/testing/wait_for.h"

namespace ssegw::bench {
namespace {

using base::Concat;
using testing::Failure;

// Of a process, beside its connections.
constexpr size_t kOtherFiles = 500;
// Between two looks at what has come: short beside the time that a burst takes, long beside a look.
constexpr base::Duration kPause = std::chrono::microseconds(200);

size_t ConnectionsOfAProcess() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max > 2 * kOtherFiles ? limit.rlim_max - kOtherFiles : kOtherFiles;
}

}  // namespace

class Load::Child {
 public:
  Child(const Target& target, const LoadOptions& options, size_t first, size_t count);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  base::Duration CpuTime() const { return process_->CpuTime(); }
  uint64_t Events() const { return counters_->events.load(std::memory_order_relaxed); }
  LoadReport Ask(LoadQuestion question);

 private:
  int socket_ = -1;
  LoadCounters* counters_ = nullptr;
  std::unique_ptr<testing::Process> process_;
};

Load::Child::Child(const Target& target, const LoadOptions& options, size_t first, size_t count) {
  // Two are inherited by the child: its end of the socket pair, and the memory.
  int sockets[2] = {-1, -1};
  const int memory = memfd_create("load", 0);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0 || memory < 0 ||
      ftruncate(memory, sizeof(LoadCounters)) != 0) {
    throw Failure("no means to talk to a load process");
  }
  socket_ = sockets[0];
  fcntl(socket_, F_SETFD, FD_CLOEXEC);
  void* const mapped =
      mmap(nullptr, sizeof(LoadCounters), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (mapped == MAP_FAILED) throw Failure("no memory to share with a load process");
  counters_ = new (mapped) LoadCounters{};
  process_ = std::make_unique<testing::Process>(
      SSEGW_BENCH_LOAD_BINARY,
      std::vector<std::string>{
          target.address, target.path, target.query, options.with_all_below ? target.all_below : "",
          target.is_gateway ? "gateway" : "any", Concat(first), Concat(count),
          Concat(options.topics), Concat(options.never_reading_percent),
          Concat(options.bytes_per_second), Concat(options.connects_per_second),
          Concat(options.max_opening), target.carrier.tls ? "tls" : "plain",
          Concat(target.carrier.streams_per_socket), options.tokens_file, Concat(sockets[1]),
          Concat(memory)});
  close(sockets[1]);
  close(memory);
}

Load::Child::~Child() {
  close(socket_);
  process_.reset();
  munmap(counters_, sizeof(LoadCounters));
}

LoadReport Load::Child::Ask(LoadQuestion question) {
  LoadReport report;
  // A process that has ended closed its end: recv tells.
  send(socket_, &question, 1, MSG_NOSIGNAL);
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, static_cast<int>(testing::kPatience / std::chrono::milliseconds(1))) <= 0 ||
      recv(socket_, &report, sizeof(report), MSG_WAITALL) != sizeof(report)) {
    throw Failure(Concat("a load process does not answer: ", process_->Stderr()));
  }
  return report;
}

Load::Load(const Target& target, const LoadOptions& options)
    : connections_(options.connections), readers_of_(options.topics) {
  if (options.with_all_below && target.all_below.empty()) throw Failure("it has no filters");
  for (size_t i = 0; i < connections_; ++i) {
    if (NeverReads(i, options.never_reading_percent)) continue;
    ++readers_;
    ++readers_of_[i % options.topics];
  }
  const size_t most = ConnectionsOfAProcess();
  const size_t processes = (connections_ + most - 1) / most;
  for (size_t i = 0; i < processes; ++i) {
    const size_t first = connections_ * i / processes;
    const size_t end = connections_ * (i + 1) / processes;
    LoadOptions share = options;
    share.connects_per_second = std::max<size_t>(options.connects_per_second / processes, 1);
    if (options.max_opening > 0) {
      share.max_opening = std::max<size_t>(options.max_opening / processes, 1);
    }
    children_.push_back(std::make_unique<Child>(target, share, first, end - first));
  }
}

Load::~Load() = default;

void Load::WaitUntilOpen(base::Duration patience) {
  LoadReport report;
  const bool all = testing::WaitFor(
      [&] {
        report = Report();
        const bool here = report.open == readers_ && report.requested == connections_;
        // Who was turned away does not come back.
        return here || report.ended > 0;
      },
      patience);
  if (!all || report.ended > 0) {
    throw Failure(Concat(report.open, " of ", readers_,
                         " streams are open: ", std::string_view(report.first_fault.data())));
  }
}

uint64_t Load::Events() const {
  uint64_t events = 0;
  for (const auto& child : children_) events += child->Events();
  return events;
}

bool Load::WaitForEvents(uint64_t events, base::Duration patience) const {
  const base::TimePoint deadline = base::Now() + patience;
  while (Events() < events) {
    if (base::Now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

LoadReport Load::Report() { return Ask(LoadQuestion::kReport); }

LoadReport Load::ForgetLatencies() { return Ask(LoadQuestion::kForgetLatencies); }

LoadReport Load::Ask(LoadQuestion question) {
  LoadReport sum;
  for (const auto& child : children_) sum.Add(child->Ask(question));
  return sum;
}

base::Duration Load::CpuTime() const {
  base::Duration sum{};
  for (const auto& child : children_) sum += child->CpuTime();
  return sum;
}

bool NeverReads(size_t connection, size_t percent) {
  // Where the number of those before it grows with it.
  return connection * percent / 100 != (connection + 1) * percent / 100;
}

}  // namespace ssegw::bench
