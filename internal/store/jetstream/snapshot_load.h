#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_SNAPSHOT_LOAD_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_SNAPSHOT_LOAD_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/while_alive.h"
#include "internal/store/jetstream/mirror_load.h"
#include "internal/store/jetstream/pull.h"
#include "internal/store/jetstream/stream_look.h"

namespace ssegw::store::jetstream {

// Where the log goes on after the snapshot.
struct LogBegin {
  uint64_t seq = 0;
  // Of keys whose newest is up to here some may be missing.
  uint64_t forgotten = 0;
  // What the log had when the load began.
  uint64_t last_seq = 0;
  // Reads the log from the seq on; held.
  std::unique_ptr<Pull> log;
  // What it has delivered already.
  std::deque<std::pair<Delivery, nats::Message>> delivered;
};

// Thread: the loop's.
class SnapshotLoadListener {
 public:
  // What is newest of its key, in the order of the seqs. Must not destroy the SnapshotLoad; the
  // other calls may.
  virtual void OnSnapshotMessage(uint64_t seq, const nats::Message& message) = 0;
  // All below begin.seq has come.
  virtual void OnSnapshot(LogBegin begin) = 0;
  // It failed: a consumer or a stream is gone.
  virtual void OnSnapshotEnd(PullEnd end) = 0;

 protected:
  ~SnapshotLoadListener() = default;
};

// Reads the newest of each key from below the first event that the log has.
//
// A log that is full loses its first event with each that comes, while the mirror is read. So the
// mirror is read up to where the log began at first; then a consumer of the log is made, and what
// it delivers first tells where the log begins by then; the mirror is read up to there. Meanwhile
// the consumer keeps what comes later, up to a batch.
//
// Thread: the loop's. Lifetime: the link and the listener outlive it.
class SnapshotLoad final : public PullListener, public MirrorLoadListener {
 public:
  static constexpr base::Duration kLookAgain = std::chrono::milliseconds(200);
  // How long a mirror has to seem ahead of its log until it is taken for that.
  static constexpr base::Duration kAheadFor = std::chrono::milliseconds(1500);

  // name: of the log.
  SnapshotLoad(nats::OpenLink& link, SnapshotLoadListener& listener, const std::string& name);
  ~SnapshotLoad();
  SnapshotLoad(const SnapshotLoad&) = delete;
  SnapshotLoad& operator=(const SnapshotLoad&) = delete;

  // A message of any subscription; others than its own are dropped.
  void OnMessage(nats::SubscriptionId subscription, nats::Message message);

 private:
  // PullListener, of the log.
  void OnBegin(uint64_t pending) override;
  void OnDelivery(const Delivery& delivery, nats::Message message) override;
  void OnEnd(PullEnd end) override;
  // MirrorLoadListener
  void OnMirrored(uint64_t seq, const nats::Message& message) override;
  void OnMirrorRead(const StreamInfo& mirror) override;
  void OnMirrorEnd(PullEnd end) override;

  void LookAtBoth();
  void OnBothSeen(const StreamInfo& keys, const StreamInfo& log);
  void LookAtEmptyLog();
  void DropMirror();
  void LogBeginsAt(uint64_t seq);
  void ReadLog();
  void After(base::Duration delay, void (SnapshotLoad::*then)());

  nats::OpenLink& link_;
  SnapshotLoadListener& listener_;
  const std::string log_stream_;
  const std::string keys_stream_;

  std::optional<base::TimePoint> ahead_since_;
  LogBegin begin_;
  bool begin_known_ = false;
  std::unique_ptr<MirrorLoad> mirror_;
  std::optional<nats::Loop::Timer> timer_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_SNAPSHOT_LOAD_H_
