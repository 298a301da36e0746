#ifndef SSEGW_TESTS_TESTING_CROWD_DELIVERY_CHECKER_H_
#define SSEGW_TESTS_TESTING_CROWD_DELIVERY_CHECKER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/crowd/latency_histogram.h"
#include "tests/testing/crowd/stream_scanner.h"

namespace ssegw::testing {

// Which topics a connection's filter matches, by their numbers (stamp.h), and how many keys each
// has.
struct Coverage {
  uint32_t first_topic = 0;
  uint32_t topics = 1;
  uint32_t keys = 1;
  // mode=all: every event is expected. Only for one topic whose keys have no ttl.
  bool every_event = false;
  // Nothing had been published when it first connected: the first event to come is the first of
  // all.
  bool from_the_first = false;
  // Streams are the gateway's: they begin with its greeting, and ids are "<epoch>-<seq>" and
  // increase.
  bool gateway_ids = true;
};

// What a group of connections got.
struct Deliveries {
  uint64_t events = 0;
  uint64_t deletions = 0;
  // Publish to receive, of events that were published while the connection was there.
  LatencyHistogram latency;

  uint64_t resets_expired = 0;
  uint64_t resets_other_epoch = 0;
  uint64_t resets_unknown_id = 0;
  uint64_t missed = 0;  // as the resets say
  uint64_t byes = 0;
  uint64_t lives = 0;

  // What must not be.
  uint64_t order_violations = 0;
  uint64_t lost_events = 0;
  // Without a stamp, of another topic, of an unknown name, before the greeting or not as it is.
  uint64_t strange_events = 0;
  std::string first_fault = {};  // the first of these, in words
  void Add(const Deliveries& other);
};

// The newest event of each key of a topic: its number, 0 if the key is deleted or never existed.
using KeyNumbers = std::vector<uint64_t>;

// Checks what one subscription gets, over all of its connections: ids increase; a topic's events
// come in the order in which they were published; with every_event no event is missing except as
// many as gateway.reset said; the newest of each key arrives.
//
// A snapshot has each key once at most, so after as many events as there are keys every event that
// follows must have the next number; and sooner if a reset says how many events were missed.
//
// Cost: memory by coverage, not by what it gets.
class DeliveryChecker {
 public:
  explicit DeliveryChecker(const Coverage& coverage);

  // A connection begins: now or before the first event of it was published.
  void OnConnect(base::TimePoint now);
  void OnBlock(const ScannedBlock& block, base::TimePoint received_at, Deliveries& deliveries);

  // What a browser sends as Last-Event-ID; empty for nothing.
  const std::string& last_id() const { return last_id_; }
  // topics: by their numbers.
  bool IsAt(const std::vector<KeyNumbers>& topics) const;

 private:
  void OnGreeting(const ScannedBlock& block, Deliveries& deliveries);
  void OnEvent(const ScannedBlock& block, base::TimePoint received_at, Deliveries& deliveries);
  void OnDeletion(const ScannedBlock& block, Deliveries& deliveries);
  void OnReset(std::string_view data, Deliveries& deliveries);
  void CheckId(const std::string& id, Deliveries& deliveries);
  void CheckNumber(uint64_t number, Deliveries& deliveries);
  // Forgets all that is known.
  void Forget();
  // nullptr if it is not of this coverage.
  uint64_t* Find(uint32_t topic, uint32_t key);

  const Coverage coverage_;
  base::TimePoint connected_at_;
  bool is_greeted_ = false;
  bool is_live_ = false;
  std::string last_id_;
  std::string epoch_;
  uint64_t last_seq_ = 0;
  // The newest number of each topic, and of each key of each topic.
  std::vector<uint64_t> topic_numbers_;
  std::vector<uint64_t> key_numbers_;
  // With every_event: the number of the last event that it has, or was told it missed; how many
  // more may come of a snapshot before that is known; and how many of those missed a snapshot may
  // have.
  uint64_t accounted_ = 0;
  uint32_t uncertain_ = 0;
  uint32_t snapshot_left_ = 0;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_DELIVERY_CHECKER_H_
