#ifndef SSEGW_GATEWAY_INGEST_WORKERS_H_
#define SSEGW_GATEWAY_INGEST_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ssegw::ingest {

// Threads for the events that may take long. gRPC has two threads for all calls of a small machine,
// and a message of some kilobytes can stand for megabytes of JSON: a few of them on gRPC's threads
// would hold up everybody's calls.
//
// Owns:     the threads. The queue is bounded by its callers: a stream or a call waits with one
//           message at a time.
// Thread:   any.
// Lifetime: the destructor runs what is queued. Whatever queues is over by then.
class Workers {
 public:
  explicit Workers(size_t threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void Run(std::function<void()> task);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_WORKERS_H_
