#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/nats/link.h"
#include "internal/nats/link_mail.h"
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
class Session final : public ReaderListener {
 public:
  static constexpr base::Duration kMinPause = std::chrono::milliseconds(100);
  // Between two dials, for as long as kPatience after the link was lost; then up to kMaxPause.
  static constexpr base::Duration kShortPause = std::chrono::milliseconds(300);
  static constexpr base::Duration kPatience = std::chrono::seconds(10);
  static constexpr base::Duration kMaxPause = std::chrono::seconds(2);
  // Until the streams are looked at again.
  static constexpr base::Duration kLookAgain = std::chrono::milliseconds(200);

  struct Options {
    StreamsOptions streams;
    uint64_t random_seed = 0;
    std::function<base::WallTime()> wall = std::chrono::system_clock::now;
  };
  // run_blocking: runs what blocks, on a thread of its own.
  using RunBlocking = std::function<void(std::function<void()>)>;

  Session(nats::Loop& loop, nats::Dialer& dialer, RunBlocking run_blocking, window::Window& window,
          SharedLogStats& stats, SessionListener& listener, Options options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();

  // As Reader's.
  uint64_t read_up_to() const { return reader_.read_up_to(); }

 private:
  // A link, from its dialling on.
  struct Attached {
    std::shared_ptr<nats::LinkMail> mail;
    // The link is over: it may be before its dial is told of.
    bool closed = false;
    std::unique_ptr<nats::Link> link;
    std::unique_ptr<nats::Requests> requests;
    std::unique_ptr<nats::OpenLink> open;
  };

  // ReaderListener
  void OnEpoch(const std::string& epoch) override;
  void OnFollowing() override;
  void OnReaderLost(ReaderRestart why) override;

  void Dial();
  void OnDialled(absl::StatusOr<std::unique_ptr<nats::Link>> link);
  void OnDialFailed(const absl::Status& status);
  void DialLater();
  base::Duration Pause();
  void OnMessage(nats::SubscriptionId subscription, nats::Message message);
  void OnClosed(const std::string& reason);
  void Drop();

  void FindStreams();
  void OnStreams(absl::StatusOr<LogStreams> streams);
  void FindStreamsLater();
  void Connect();
  void Disconnect();
  void Fault(const absl::Status& fault);

  nats::Loop& loop_;
  nats::Dialer& dialer_;
  const RunBlocking run_blocking_;
  SharedLogStats& stats_;
  SessionListener& listener_;
  const Options options_;
  std::mt19937_64 random_;
  Streams streams_;
  Reader reader_;

  std::unique_ptr<Attached> attached_;
  // Whether there has been a link, and whether the window was loaded.
  bool was_connected_ = false;
  bool was_following_ = false;
  // Whether the listener has requests.
  bool connected_ = false;
  // Since when there is no link.
  base::TimePoint lost_at_;
  base::Duration pause_ = kShortPause;
  std::optional<nats::Loop::Timer> timer_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_SESSION_H_
