#ifndef SSEGW_TESTS_INTEGRATION_REPLICAS_HOPPING_READER_H_
#define SSEGW_TESTS_INTEGRATION_REPLICAS_HOPPING_READER_H_

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/mutex.h"
#include "tests/testing/sse_parser.h"

namespace ssegw::testing {

// A reader that is on a gateway for a moment, and then goes on at one of them after the last id
// that it saw, as a browser does. It wants a heartbeat from them now and then.
class HoppingReader {
 public:
  // gateways: the addresses that there are now. query: the mode.
  HoppingReader(std::function<std::vector<std::string>()> gateways, std::string query,
                uint32_t seed);
  ~HoppingReader();

  // True if it has come to the event with this id. It reads no further.
  bool ReadThrough(const std::string& id);

  // After ReadThrough: all that it was told, in order.
  const std::vector<SseBlock>& events() const { return events_; }
  size_t hops() const { return hops_; }
  // What no reader may see; empty: nothing.
  const std::string& fault() const { return fault_; }

 private:
  void Run();
  void ReadFrom(const std::string& address);
  bool IsOver() const;

  const std::function<std::vector<std::string>()> gateways_;
  const std::string query_;
  std::mt19937 random_;
  std::vector<SseBlock> events_;
  std::string last_id_;
  size_t hops_ = 0;
  std::string fault_;
  mutable base::Mutex mutex_;
  std::string through_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stop_ = false;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_REPLICAS_HOPPING_READER_H_
