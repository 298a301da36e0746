#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_PUBLISHER_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_PUBLISHER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "internal/base/time.h"
#include "internal/metrics/counter.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"
#include "internal/nats/while_alive.h"
#include "internal/store/jetstream/api.h"
#include "internal/store/jetstream/message_id.h"
#include "internal/store/shared_log_stats.h"
#include "internal/store/store.h"

namespace ssegw::store::jetstream {

// Publishes events to the log, and answers each once. Every event has a message id, by which the
// server tells repeats; so what is lost, late or not taken is sent again under the same id, until
// it is acknowledged or its time is over. An event is in the log once.
//
// Events are sent in the order in which they come. Where one has to be sent again it may get behind
// others; so of those that have a lane one is out at a time, and the next follows when it is
// answered.
//
// Thread:   the loop's; appended: any.
// Lifetime: loop and stats outlive it.
// Errors:   of an event. UNAVAILABLE: the store is away. The message begins with "not stored:"
// where
//           that is certain, and with "outcome unknown:" where it may be stored, or may be yet.
//           RESOURCE_EXHAUSTED: the store is full. INVALID_ARGUMENT: too large for it. In all cases
//           but "outcome unknown:" it is not stored.
// Cost:     an event: its bytes are copied into a message once, a map entry, a request.
class Publisher {
 public:
  // What may wait for its answer.
  static constexpr size_t kMaxEvents = 4096;
  static constexpr size_t kMaxBytes = size_t{32} * 1024 * 1024;
  // Of the server's max_payload, for what is sent with an event.
  static constexpr size_t kHeaderRoom = 1024;
  // A leader that is frozen says nothing; the next one answers.
  static constexpr base::Duration kAttemptTimeout = std::chrono::seconds(2);
  // An answer waits for so long while so many of its lane are behind it, for others to be given
  // with it: that costs both ends much less. A publisher that has sent so many does not wait for
  // it.
  static constexpr base::Duration kAnswerPause = std::chrono::milliseconds(5);
  static constexpr size_t kManyBehind = 4;
  // Nobody takes events, as while a leader is elected: then one event is tried, and the others
  // follow when it is taken.
  static constexpr base::Duration kMinPause = std::chrono::milliseconds(50);
  static constexpr base::Duration kMaxPause = std::chrono::milliseconds(500);

  struct Options {
    std::string name;    // --nats_stream
    std::string writer;  // NewWriter()
    base::Duration timeout = std::chrono::seconds(10);
    uint64_t random_seed = 0;
  };

  Publisher(nats::Loop& loop, SharedLogStats& stats, Options options);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void Append(const ValidEvent& event, AppendDone done);

  // What waits is sent over this. nullptr: there is no link. Called before the last ones go, which
  // end what is out.
  void SetRequests(nats::Requests* requests);
  // Of the ids in answers.
  void SetEpoch(std::string epoch) { epoch_ = std::move(epoch); }

  // Answers all that waits. From then on Append answers at once.
  void Stop();

  // Events that were appended: repeats of others are not.
  uint64_t appended() const { return appended_.value(); }

 private:
  using Number = uint64_t;

  struct Event {
    std::string subject;
    std::string message_id;
    std::string data;
    bool id_is_own = false;
    uint64_t lane = 0;
    // Of its lane: sent when this one is answered; 0: there is none.
    Number next = 0;
    AppendDone done;
    base::TimePoint deadline;
    // When it was first sent.
    std::optional<base::TimePoint> sent_at = {};
    bool in_flight = false;
    // An attempt has ended without an answer.
    bool maybe_stored = false;

    size_t bytes() const { return subject.size() + message_id.size() + data.size(); }
  };

  struct Lane {
    Number last = 0;
    size_t events = 0;  // that are not answered
  };

  absl::Status Admit(const Event& event) const;
  size_t MaxData() const;
  void SendWaiting();
  void Send(Number number, Event& event);
  void OnReply(Number number, nats::Reply reply);
  void OnAnswer(Number number, const ApiAnswer<PublishAck>& ack);
  // It was not acknowledged, and is sent again.
  void Again(Number number, PublishRetry why);
  // Nobody takes events now.
  void PauseSending();
  void Resume();
  // Somebody does.
  void Taken();
  void WatchDeadlines();
  void OnDeadline();
  absl::Status TooLate(const Event& event, std::string_view why) const;
  // Takes it out, and lets the next of its lane wait to be sent.
  AppendDone Remove(Number number, const AppendResult& result);
  // It is answered soon: when this turn is over, or together with others of its lane.
  void End(Number number, AppendResult result);
  void AnswerSoon(bool may_wait);
  void Answer();

  nats::Loop& loop_;
  SharedLogStats& stats_;
  const Options options_;
  OwnMessageIds own_ids_;
  std::mt19937_64 random_;
  std::string epoch_;
  nats::Requests* requests_ = nullptr;
  // Of the server that was connected last; 0: not known yet.
  size_t max_payload_ = 0;
  bool stopped_ = false;

  // In the order in which they came, which is that of their deadlines too.
  std::map<Number, Event> events_;
  std::set<Number> waiting_;  // of these: not in flight, and the first of their lanes
  absl::flat_hash_map<uint64_t, Lane> lanes_;
  Number last_ = 0;
  size_t bytes_ = 0;
  // Those that are to be given yet: in the next turn, or then.
  std::vector<std::pair<AppendDone, AppendResult>> answers_;
  bool answers_next_ = false;
  std::optional<nats::Loop::Timer> answers_at_;

  base::Duration pause_ = base::Duration::zero();
  std::optional<nats::Loop::Timer> resume_;
  // After a pause: the one that is tried; 0: none is out.
  bool probing_ = false;
  Number probe_ = 0;
  std::optional<nats::Loop::Timer> deadline_;

  metrics::Counter appended_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_PUBLISHER_H_
