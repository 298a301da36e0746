#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_READER_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_READER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "internal/base/time.h"
#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/while_alive.h"
#include "internal/store/jetstream/epoch.h"
#include "internal/store/jetstream/log_message.h"
#include "internal/store/jetstream/pull.h"
#include "internal/store/jetstream/snapshot_load.h"
#include "internal/store/jetstream/stream_look.h"
#include "internal/store/shared_log_stats.h"
#include "internal/window/log_end.h"
#include "internal/window/window.h"

namespace ssegw::store::jetstream {

// Thread: the loop's. Each call is the last thing that a Reader does, but for OnEpoch.
class ReaderListener {
 public:
  // What is appended from now on has ids of this epoch. It may be the one that was.
  virtual void OnEpoch(const std::string& epoch) = 0;
  // The window is empty, and gets what the log has.
  virtual void OnLoading() = 0;
  // The window has what the log has, and gets what comes.
  virtual void OnFollowing() = 0;
  // Several times a second while it follows: where the log of this epoch ended, by a leader that
  // has been asked for a while.
  virtual void OnLogEnd(const window::LogEnd& end) = 0;
  // It reads no more: somebody has to look at the streams, which may be others now, and to call
  // Start again. why: kDeleted: a consumer or a stream is gone; kHeartbeat: a consumer was silent.
  virtual void OnReaderLost(ReaderRestart why) = 0;

 protected:
  ~ReaderListener() = default;
};

// Brings what is in the log into the window: first the snapshot out of the mirror and what the log
// has, and then what comes, one message after the other. What it finds missing, or not as it was,
// makes it begin anew.
//
// Thread:   the loop's.
// Lifetime: window, stats and listener outlive it; a link from Start to Detach.
// Cost:     a message: a frame and an append.
class Reader final : public PullListener, public SnapshotLoadListener {
 public:
  // How long a log has to seem set back until that is tried: a leader that is new may not yet have
  // applied all that it has.
  static constexpr base::Duration kSetBackFor = std::chrono::milliseconds(1500);
  static constexpr base::Duration kLookAgain = std::chrono::milliseconds(500);
  // How long a log has to have nothing more, though its end was seen to be further on.
  static constexpr base::Duration kEndFor = std::chrono::seconds(3);
  // How often the log is looked at while it follows, and how many looks in a row may have no
  // answer; and how many looks at the log there are for one at the mirror.
  static constexpr base::Duration kLook = std::chrono::milliseconds(500);
  static constexpr int kUnansweredLooks = 3;
  static constexpr int kLooksPerMirrorLook = 4;

  // name: of the log. wall: the clock of the calendar.
  Reader(window::Window& window, SharedLogStats& stats, ReaderListener& listener, std::string name,
         std::function<base::WallTime()> wall = std::chrono::system_clock::now);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // log: as it was just seen. The mirror is there.
  void Start(nats::OpenLink& link, const StreamInfo& log);
  // The link goes.
  void Detach();
  // A message of any subscription; others than its own are dropped.
  void OnMessage(nats::SubscriptionId subscription, nats::Message message);

  // Whether the window has what the log has, as far as is known.
  bool following() const { return following_; }
  // The seq up to which it has that; 0: it does not follow the log now.
  uint64_t read_up_to() const { return following_ ? last_.seq : 0; }
  // Whether that is the log that the window has, as far as its name tells.
  bool Knows(const StreamInfo& log) const { return loaded_ && log.created == created_; }
  // When the server was last heard of by what reads the log.
  base::TimePoint heard_at() const { return log_ ? log_->heard_at() : heard_at_; }

 private:
  // Of the message that was read last.
  struct Place {
    uint64_t seq = 0;
    int64_t stored_ns = 0;  // 0: not known
  };

  // PullListener, of the log.
  void OnBegin(uint64_t pending) override;
  void OnDelivery(const Delivery& delivery, nats::Message message) override;
  void OnEnd(PullEnd end) override;
  // SnapshotLoadListener
  void OnSnapshotMessage(uint64_t seq, const nats::Message& message) override;
  void OnSnapshot(LogBegin begin) override;
  void OnSnapshotEnd(PullEnd end) override;

  void Follow();
  void MaybeSetBack();
  void ProveSetBack();
  void LookAgain();
  void SetBack();
  void ReadGeneration();
  void OnGeneration(const Generation& generation);
  void RaiseGeneration(const Generation& generation);
  void Load();
  // False: it has begun anew, or has lost its consumer.
  bool Take(const Delivery& delivery, const nats::Message& message);
  void Append(uint64_t seq, LogMessage message);
  void CountLag(const Delivery& delivery, base::TimePoint received_at);
  // If it has come as far as the log was seen to go.
  void MaybeFollowing(uint64_t pending);
  void Following();
  void LookLater();
  void LookAtMirror();
  void OnLook(const std::optional<StreamInfo>& log, base::TimePoint asked_at);
  void Lose();
  void DropAll();
  void Lost(ReaderRestart why) { LostSince(heard_at(), why); }
  void LostSince(base::TimePoint since, ReaderRestart why);

  window::Window& window_;
  SharedLogStats& stats_;
  ReaderListener& listener_;
  const std::string name_;
  const std::string log_stream_;
  const std::string keys_stream_;
  const std::function<base::WallTime()> wall_;

  nats::OpenLink* link_ = nullptr;
  // Of the log that the window has; empty: none yet.
  std::string created_;
  uint64_t generation_ = 0;
  // The window has all of that log up to last_.
  bool loaded_ = false;
  bool following_ = false;
  Place last_;
  // While it loads: what the log had when that began, and when that was.
  uint64_t load_up_to_ = 0;
  base::TimePoint load_began_;
  // Something is missing after that seq, as was found when it was read before.
  std::optional<uint64_t> hole_after_;
  // The log as it was seen at Start.
  StreamInfo seen_;
  // The log is an earlier state of itself, and the generation has not been raised yet.
  bool set_back_ = false;
  std::optional<base::TimePoint> set_back_since_;
  int looks_ = 0;
  int unanswered_looks_ = 0;
  // When the last look was sent that was answered, or when there were none yet.
  base::TimePoint answered_look_at_;
  // The server that answers the looks; since when it has answered each.
  std::string leader_;
  std::optional<base::TimePoint> leader_since_;
  base::TimePoint heard_at_;

  std::unique_ptr<GenerationLook> generation_look_;
  std::unique_ptr<SnapshotLoad> snapshot_;
  std::unique_ptr<Pull> log_;
  std::optional<nats::Loop::Timer> timer_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_READER_H_
