#ifndef SSEGW_BENCH_INGEST_READER_H_
#define SSEGW_BENCH_INGEST_READER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/testing/tcp_socket.h"

namespace ssegw::bench {

// One browser that gets every event of a gateway, and only counts them, so that a machine of two
// CPUs has some left for the gateway.
//
// Owns:   a thread and a connection. Errors: Failure if the gateway does not serve it.
class Reader {
 public:
  explicit Reader(const std::string& http_address);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Frames of events since it began.
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  // Something was missed, or the stream has ended.
  bool failed() const { return failed_.load(); }

 private:
  void Read();

  testing::TcpSocket socket_;
  std::atomic<uint64_t> count_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_INGEST_READER_H_
