#ifndef SSEGW_TESTS_TESTING_CROWD_CROWD_H_
#define SSEGW_TESTS_TESTING_CROWD_CROWD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/crowd/delivery_checker.h"
#include "tests/testing/crowd/stream_scanner.h"

namespace ssegw::testing {

class CrowdLoop;

struct CrowdMember {
  std::string query;  // "topic=a.7&mode=all"
  Coverage coverage;
  std::string token = {};  // what it presents as a bearer; empty: nothing
};

enum class CrowdReading { kFreely, kSlowly, kNever };

// Members that behave alike and are counted together. Over HTTP/2 all of them read freely.
struct CrowdGroup {
  std::string name;
  CrowdReading reading = CrowdReading::kFreely;
  size_t bytes_per_second = 0;  // of kSlowly
  // Each member leaves after a random time, exponentially distributed, gracefully or with a reset,
  // and comes back as if it had been cut. 0 if members stay.
  base::Duration mean_stay{};
  std::vector<CrowdMember> members = {};
};

struct CrowdOptions {
  std::string address = {};         // "127.0.0.1:8080", where the gateway listens
  std::string path = "/v1/events";  // of every request, before the member's query
  StreamDialect dialect = StreamDialect::kGateway;
  // TLS 1.3. The server's certificate is not checked.
  bool tls = false;
  // HTTP/2, by ALPN or, without TLS, by prior knowledge: so many members share a socket.
  // 0: HTTP/1.1, where each has its own.
  size_t streams_per_socket = 0;
  size_t connects_per_second = 2000;  // the first time
  // How many members may wait for their stream to open at the same time, so that a listener's
  // backlog is enough for them; 0 for any number.
  size_t max_opening = 0;
  uint64_t seed = 1;
  // Counts events as they come, for a caller that waits for them without asking the crowd's thread
  // each time. It outlives the crowd.
  std::atomic<uint64_t>* events = nullptr;
};

struct CrowdReport {
  size_t members = 0;
  size_t requested = 0;  // requests that are sent, and not ended
  size_t connected = 0;  // streams that are open
  size_t came = 0;       // members that have had a stream
  Deliveries deliveries;
  uint64_t bytes = 0;
  uint64_t opened = 0;   // streams, each time again
  uint64_t left = 0;     // by itself
  uint64_t ended = 0;    // by the gateway, gracefully
  uint64_t cut = 0;      // by the gateway, with a reset or in the middle
  uint64_t refused = 0;  // attempts to connect that failed
  // Answers at which an EventSource gives up: a status other than 200, or no event stream.
  uint64_t given_up = 0;
  base::Duration longest_stay{};  // of streams that ended
  // By the second since Start.
  std::vector<uint32_t> byes_by_second;
  std::vector<uint32_t> opened_by_second;
};

// Thousands of browsers: each member is a subscription that goes through connections as an
// EventSource does: it comes back after a cut, with the last id that it saw, after the time that it
// was told with retry:, or 3 s. It checks what it gets with a DeliveryChecker.
//
// Owns:     the sockets, and one thread with an epoll (crowd_loop.h), which carries out each call
//           between two rounds.
// Thread:   any.
// Lifetime: the destructor closes all connections.
// Cost:     per member the checker's memory and one line of the stream: nothing that is read is
//           kept. Connections come from several addresses of 127.0.0.0/8, so the number of ports is
//           no limit.
class Crowd {
 public:
  // Failure if too few file descriptors may be open, or a group cannot be over HTTP/2.
  Crowd(const CrowdOptions& options, std::vector<CrowdGroup> groups);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void Start();
  base::TimePoint started_at() const;
  // From now on every member reads what comes, and stays.
  void Settle();
  // One for each group, in their order.
  std::vector<CrowdReport> Report();
  // Latencies are counted again from here.
  void ForgetLatencies();
  size_t Connected();
  // The number of members that have not got the newest of each of their keys, and the first one in
  // words.
  struct Behind {
    size_t members = 0;
    std::string first = {};
  };
  Behind FindBehind(const std::vector<KeyNumbers>& topics);
  // Why the last member gave up; empty if none has.
  std::string LastError();

 private:
  const std::unique_ptr<CrowdLoop> loop_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_CROWD_H_
