#ifndef SSEGW_TESTS_SOAK_FLOOD_H_
#define SSEGW_TESTS_SOAK_FLOOD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/time.h"
#include "ssegateway/v1/publisher.pb.h"
#include "tests/testing/crowd/delivery_checker.h"

namespace ssegw::soak {

// Topics that are published to alike: "<name>.<number>", with numbers from first_topic on that no
// other class has.
struct FloodClass {
  std::string name;
  uint32_t first_topic = 0;
  uint32_t topics = 1;
  uint32_t keys = 1;
  double events_per_second = 0;  // to all of the topics together
  size_t text_bytes = 0;         // on top of the stamp
  double deleted = 0;            // the share of events that delete a key
  int64_t ttl_seconds = 0;
};

// A publisher that publishes as fast as it is told, or as the gateway takes it: numbered events
// (tests/testing/crowd/stamp.h) to random topics and keys, over one PublishStream with many
// requests on their way.
//
// Owns: a thread, from Start to Stop. Thread: any; what is not atomic only before or after.
class Flood {
 public:
  // Of each class those topics whose number leaves part when divided by parts, and that share of
  // the rate: so a topic has one publisher, and an order.
  Flood(std::string address, const std::vector<FloodClass>& classes, uint32_t part, uint32_t parts);
  ~Flood();

  void Start();
  // Returns when everything is answered.
  void Stop();

  uint64_t events() const { return events_; }
  uint64_t bytes() const { return bytes_; }  // of serialized events
  // Why it ended, or the first event that was refused; empty: all is well. After Stop.
  const std::string& error() const { return error_; }
  // Puts its topics' newest numbers, deletions by ttl included, into topics. After Stop.
  void NewestInto(std::vector<testing::KeyNumbers>& topics) const;

 private:
  struct Topic {
    std::string name;
    uint32_t number = 0;
    uint64_t events = 0;
    testing::KeyNumbers keys;
  };
  struct Share {
    FloodClass flood_class;
    std::vector<Topic> topics;
    base::Duration pause{};  // between two events
    base::TimePoint due;
    ssegateway::v1::PublishStreamRequest request;
  };

  void Run();
  void MakeNext(Share& share);

  const std::string address_;
  std::vector<Share> shares_;
  std::mt19937_64 random_;
  std::atomic<uint64_t> events_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<bool> stopping_{false};
  std::string error_;
  std::thread thread_;
};

}  // namespace ssegw::soak

#endif  // SSEGW_TESTS_SOAK_FLOOD_H_
