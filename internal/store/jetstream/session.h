#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/nats/connector.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/open_link.h"
#include "internal/nats/requests.h"
#include "internal/nats/while_alive.h"
#include "internal/store/jetstream/reader.h"
#include "internal/store/jetstream/streams.h"
#include "internal/store/shared_log_stats.h"
#include "internal/window/window.h"

namespace ssegw::store::jetstream {

// Thread: the loop's.
class SessionListener {
 public:
  // Events can be appended to the log, over this; nullptr: not now, what is out has no answer.
  virtual void OnRequests(nats::Requests* requests) = 0;
  // The epoch of ids, before the first OnRequests, and when it changes.
  virtual void OnEpoch(const std::string& epoch) = 0;
  // The window has what the log has, and gets what comes.
  virtual void OnFollowing() = 0;
  // As ReaderListener's.
  virtual void OnLogEnd(const window::LogEnd& end) = 0;
  // It does not, since heard_at, when the server was last heard of.
  virtual void OnAway(base::TimePoint heard_at) = 0;
  // What waiting does not change, before the window has been loaded for the first time: credentials
  // that are refused, a server or streams that are of no use. It tries on.
  virtual void OnFault(const absl::Status& fault) = 0;

 protected:
  ~SessionListener() = default;
};

// Keeps a link to a server, and the window level with the log: dials, finds or makes the streams,
// reads; and begins again with what was lost, the link or the reader.
//
// Thread:   the loop's, from Start to the destructor.
// Lifetime: loop, dialer, window, stats and listener outlive it. run_blocking has ended, or has
//           dropped, what it was given before the dialer goes.
class Session final : public ReaderListener, private nats::ConnectorListener {
 public:
  // Until the streams are looked at again.
  static constexpr base::Duration kLookAgain = std::chrono::milliseconds(200);

  struct Options {
    StreamsOptions streams;
    uint64_t random_seed = 0;
    std::function<base::WallTime()> wall = std::chrono::system_clock::now;
  };
  Session(nats::Loop& loop, nats::Dialer& dialer, nats::Connector::RunBlocking run_blocking,
          window::Window& window, SharedLogStats& stats, SessionListener& listener,
          Options options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();

  // As Reader's.
  uint64_t read_up_to() const { return reader_.read_up_to(); }

 private:
  // nats::ConnectorListener
  void OnConnected(nats::OpenLink& link) override;
  void OnDisconnected(const std::string& reason) override;
  void OnMessage(nats::SubscriptionId subscription, nats::Message message) override;
  void OnRefused(const std::string& text) override;
  void OnDialFailed(const absl::Status& status) override;
  // ReaderListener
  void OnEpoch(const std::string& epoch) override;
  void OnLoading() override { listener_.OnAway(reader_.heard_at()); }
  void OnFollowing() override;
  void OnLogEnd(const window::LogEnd& end) override { listener_.OnLogEnd(end); }
  void OnReaderLost(ReaderRestart why) override;

  // What uses the link ends.
  void Detach();
  void FindStreams();
  void OnStreams(absl::StatusOr<LogStreams> streams);
  void FindStreamsLater();
  void Connect();
  void Disconnect();
  void Fault(const absl::Status& fault);

  nats::Loop& loop_;
  SharedLogStats& stats_;
  SessionListener& listener_;
  const Options options_;
  Streams streams_;
  Reader reader_;

  nats::OpenLink* link_ = nullptr;
  // Whether there has been a link, and whether the window was loaded.
  bool was_connected_ = false;
  bool was_following_ = false;
  // Whether the listener has requests.
  bool connected_ = false;
  std::optional<nats::Loop::Timer> timer_;
  nats::WhileAlive while_alive_;
  // The last member: it calls this.
  nats::Connector connector_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_
