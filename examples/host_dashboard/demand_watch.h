// Whether anybody looks at what is published, as the gateway tells it.

#ifndef EXAMPLES_HOST_DASHBOARD_DEMAND_WATCH_H_
#define EXAMPLES_HOST_DASHBOARD_DEMAND_WATCH_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "examples/host_dashboard/backoff.h"
#include "examples/host_dashboard/dashboard_publisher.h"

namespace host_dashboard {

// The topic that a dashboard with this id has, unless its publisher says another.
std::string TopicOf(const std::string& dashboard_id);

// Owns:   a thread that listens.
// Thread: any.
// Errors: where nobody tells, somebody may look: the gateway is away, or an older one. It is asked
//         again, later.
class DemandWatch {
 public:
  DemandWatch(PublisherOptions options, std::string topic);
  ~DemandWatch();

  DemandWatch(const DemandWatch&) = delete;
  DemandWatch& operator=(const DemandWatch&) = delete;

  bool somebody_looks() const { return somebody_looks_; }

 private:
  void Run();
  // Returns when the call is over, with the reason.
  grpc::Status Listen();
  void Tell(bool somebody_looks);

  const PublisherOptions options_;
  const std::string topic_;
  std::atomic<bool> somebody_looks_{true};

  std::mutex mutex_;
  std::condition_variable stop_;
  Backoff backoff_;
  grpc::ClientContext* context_ = nullptr;  // of the current call, to cancel it
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_DEMAND_WATCH_H_
