#ifndef SSEGW_TESTS_INTEGRATION_REPLICAS_BACKEND_H_
#define SSEGW_TESTS_INTEGRATION_REPLICAS_BACKEND_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/testing/publisher.h"

namespace ssegw::testing {

// A backend that publishes numbered events of a topic of its own, one after the other, at whichever
// gateway it comes to, until it is stopped: of few keys, deletions, and events with a ttl.
//
// With message ids it keeps to the contract: what has no answer, or an UNAVAILABLE, is sent again.
// Without them each event is sent once, and what became of it may stay unknown.
class Backend {
 public:
  // gateways: the addresses that it may use now. topic: a token. first: of its numbers, which are
  // its own.
  Backend(std::function<std::vector<std::string>()> gateways, std::string topic, uint32_t first,
          bool has_message_ids);
  ~Backend() { Stop(); }

  void Stop();
  // Answered, however.
  size_t count() const { return count_; }

  // After Stop: the id of each number that was acknowledged, in the order of publishing.
  const std::map<uint32_t, std::string>& acknowledged() const { return acknowledged_; }
  // Those that were refused for certain.
  const std::set<uint32_t>& not_stored() const { return not_stored_; }
  // The keys of acknowledged events that have a ttl. No other event has them.
  const std::set<std::string>& mortal_keys() const { return mortal_keys_; }
  const std::string& topic() const { return topic_; }
  // Why it ended by itself; empty: it did not.
  const std::string& fault() const { return fault_; }

 private:
  void Run();
  ssegateway::v1::Event NextEvent(uint32_t number);
  // The one answer that counts.
  PublishResult Publish(const ssegateway::v1::Event& event);

  const std::function<std::vector<std::string>()> gateways_;
  const std::string topic_;
  const bool has_message_ids_;
  std::mt19937 random_;
  uint32_t next_;
  std::string address_;
  std::optional<Publisher> publisher_;
  std::map<uint32_t, std::string> acknowledged_;
  std::set<uint32_t> not_stored_;
  std::set<std::string> mortal_keys_;
  std::string fault_;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_REPLICAS_BACKEND_H_
