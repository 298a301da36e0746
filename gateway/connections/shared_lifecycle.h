#ifndef SSEGW_GATEWAY_CONNECTIONS_SHARED_LIFECYCLE_H_
#define SSEGW_GATEWAY_CONNECTIONS_SHARED_LIFECYCLE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/connections/fact_log.h"
#include "gateway/connections/lifecycle.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/peers/peers.h"
#include "ssegateway/peers/v1/news.pb.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// Tells the gateways that share a log of each other's connections that open and close, so that each
// of them can tell watchers of all.
//
// Nothing is told before somebody watches, anywhere. From then on each gateway numbers what it
// tells, and tells the number once a second; who sees that he missed some asks for them. The
// connections of a gateway that has died are closed ("gateway_gone") when it is missed. If it was
// only out of reach, they are told as opened again when it is back.
//
// Owns:     what this gateway has told lately; the open connections of the others.
// Thread:   any.
// Lifetime: lifecycle and peers outlive it, and its questions are answered before it goes.
// Cost:     nothing before somebody watches; then some hundred bytes for each connection of the
//           others, and kMaxFactBytes.
class SharedLifecycle {
 public:
  static constexpr std::string_view kFacts = "facts";  // news and question
  static constexpr std::string_view kGone = "gateway_gone";
  static constexpr base::Duration kInterval = std::chrono::seconds(1);
  // How long others have to show up again after this gateway was out of reach.
  static constexpr base::Duration kReturn = std::chrono::seconds(5);
  // How long the connections of a gateway that is gone are remembered.
  static constexpr base::Duration kForget = std::chrono::minutes(10);
  static constexpr size_t kMaxFactBytes = size_t{16} * 1024 * 1024;
  // Of what is told in one message.
  static constexpr size_t kMaxBatchBytes = size_t{256} * 1024;

  // head: the id of the newest event, which no connection can be beyond.
  SharedLifecycle(Lifecycle& lifecycle, peers::Peers& peers, std::function<std::string()> head);
  SharedLifecycle(const SharedLifecycle&) = delete;
  SharedLifecycle& operator=(const SharedLifecycle&) = delete;

  // Of this gateway; the lifecycle is told by whoever calls this.
  void Opened(const ssegateway::v1::Connection& connection, std::string_view last_event_id);
  void Closed(const ssegateway::v1::Connection& connection, std::string_view reason);

  // Tells what has gathered. Call several times a second.
  void Tick(base::TimePoint now);

  // False: it is not for this.
  bool OnNews(const std::string& from, std::string_view kind, std::string_view data,
              base::TimePoint now);
  bool OnQuestion(std::string_view kind, std::string_view data, peers::OnAnswer& answer);
  void OnPeer(const std::string& name, base::TimePoint now);
  void OnPeerGone(const std::string& name, base::TimePoint now);

  // What it takes of memory, about.
  size_t memory_bytes() const;

 private:
  // Another gateway.
  struct Other {
    uint64_t next = 1;  // the number of its next fact
    uint64_t told = 1;  // the number of the first that it has not told of
    bool asking = false;
    // Absent: it is there.
    std::optional<base::TimePoint> gone_at = {};
    // Its connections have been closed.
    bool closed = false;
    // Its open connections, serialized, by id.
    std::map<std::string, std::string, std::less<>> open = {};
  };

  void Apply(Other& other, const ssegateway::peers::v1::LifecycleFacts& facts, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Apply(Other& other, const ssegateway::peers::v1::LifecycleFact& fact, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ask(const std::string& name);
  void OnAnswer(const std::string& name, const peers::Answer& answer, base::TimePoint now);
  // Sends what is not sent, one message; false: that was all.
  bool TellSome(bool even_if_empty);
  void CloseGone(base::TimePoint now);

  Lifecycle& lifecycle_;
  peers::Peers& peers_;
  const std::function<std::string()> head_;

  mutable base::Mutex mutex_;
  FactLog told_ ABSL_GUARDED_BY(mutex_){kMaxFactBytes};
  uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 1;  // the number of the first that is not sent
  base::TimePoint tell_at_ ABSL_GUARDED_BY(mutex_);
  // Since when the others can be asked; absent: they cannot.
  std::optional<base::TimePoint> reachable_since_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Other> others_ ABSL_GUARDED_BY(mutex_);
  size_t open_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_SHARED_LIFECYCLE_H_
