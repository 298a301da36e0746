#ifndef SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/stream_limit.h"
#include "gateway/ingest/workers.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::ingest {

class PublishStream;

// The open calls of PublishStream and PublishBatch, so that they can be ended when the gateway
// leaves.
//
// Thread: any. Lifetime: outlives the calls (their server is shut down first).
class PublishStreams {
 public:
  PublishStreams(IngestStats& stats, StreamLimit& limit) : stats_(stats), limit_(limit) {}

  // UNAVAILABLE: as many calls are open as may be. Otherwise Add follows.
  absl::Status Reserve() { return limit_.Take(); }
  // Of a stream's events: no two streams have the same.
  uint64_t NewLane() { return lanes_.fetch_add(1) + 1; }

  void Add(PublishStream& stream);
  void Remove(PublishStream& stream);

  // Stops every stream, those that are added later too.
  void StopReading();
  // Ends those whose connection is as old as it may get, or whose token has expired.
  void EndDue(base::TimePoint now);

 private:
  IngestStats& stats_;
  StreamLimit& limit_;
  std::atomic<uint64_t> lanes_{0};
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<PublishStream*> open_ ABSL_GUARDED_BY(mutex_);
};

// What a stream knows of its call. The context lives until the stream's OnDone.
struct PublishCall {
  grpc::CallbackServerContext* context;
  size_t max_event_bytes;
  IngestStats& stats;
  PublisherConnections& connections;
  // Where large messages are worked on.
  Workers& workers;
  std::string peer;
  // When its connection is as old as it may get; max: never.
  base::TimePoint ends_at;
};

// Messages from here on may take long, and are left to Workers.
inline constexpr size_t kLargeMessageBytes = 4096;

// Why a stream ended, for the log.
enum class StreamEnd : uint8_t {
  kHalfClosed,
  kGone,
  kDraining,
  kMaxAge,
  kEncoding,
  kAuthExpired,
  kUnauthenticated,
  kExhausted,
};
std::string_view ToString(StreamEnd end);

// A call that publishes for as long as it is open: reads requests, takes their events in one after
// another, and answers the requests in the same order. How a request is taken in is its subclass's.
// A publisher that does not take its answers is read no further.
//
// Owns:     the request that is read, and what the requests in flight have for answers.
// Thread:   reactions: gRPC's. Large messages: Workers', one at a time. The store's answers,
//           StopReading, EndIfDue and Identified: any.
// Lifetime: deletes itself when gRPC is done with it (OnDone, which comes when every operation has
//           completed) and whoever owes it an answer has given it: the store for its events, and
//           who is waited for to know the publisher. An answer that comes after the call has ended
//           is counted, and goes nowhere.
// Errors:   an event's error is in its answer. The call ends with OK after a half-close, with
//           UNAVAILABLE after an answer while the gateway refuses events, by StopReading and
//           EndIfDue, with UNAUTHENTICATED when its token has expired, and with UNIMPLEMENTED or
//           INTERNAL at a message whose encoding is not taken. Before any of these all events that
//           came before it are answered.
class PublishStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Reading pauses at so many requests in flight; or if their events take as many bytes as one may
  // have, or their answers so many.
  static constexpr size_t kMaxInFlight = 64;
  static constexpr size_t kMaxAnswerBytes = 4096;

  // large_bytes: requests from here on are left to Workers.
  PublishStream(PublishCall call, EventIntake& intake, PublishStreams& streams,
                size_t large_bytes = kLargeMessageBytes)
      : call_(std::move(call)),
        intake_(intake),
        streams_(streams),
        lane_(streams.NewLane()),
        large_bytes_(large_bytes) {}

  // Once, right after it was made. publisher: null: nobody asks who it is.
  void Start(PublisherPtr publisher);
  // Instead, of a publisher who is not known yet: nothing is read before Identified, which follows
  // once.
  void StartWaiting();
  void Identified(Identity identity);

  // Ends the call with UNAVAILABLE: at once if nothing is in flight, else after the answers.
  void StopReading();
  // Ends the call once its token has expired. Or, with UNAVAILABLE, once it is as old as its
  // connection may get, and has been quiet for a moment, so that what was on its way is answered;
  // and after an answer, if it never is.
  void EndIfDue(base::TimePoint now);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 protected:
  enum class Reading {
    kUnderWay,  // gRPC has request_
    kTaking,    // the request is being taken in
    kHeld,      // so it is, but waits for the store; nobody uses it meanwhile
    kPaused,
    kOver,
  };

  ~PublishStream() override = default;

  // Takes in request_, which it may clear. Called in kTaking, and ends it: at once, or later.
  virtual void Take() = 0;

  // A request whose encoding is not taken: instead of taking it in.
  void FailForEncoding(const absl::Status& status);
  EventIntake::Source source() const {
    return {.peer = call_.peer, .publisher = publisher_.get(), .lane = lane_};
  }
  // Of its events, may wait for the store at the same time.
  size_t max_unanswered() const { return intake_.max_unanswered(); }

  // A request has been read, and its answer is to come. Returns its number.
  uint64_t Enter(uint64_t request_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Its event takes so many bytes until it is answered.
  void Hold(uint64_t number, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What it called itself; nullopt if the call has ended.
  std::optional<uint64_t> RequestOf(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The answer to a request for which RequestOf says something.
  void SetAnswer(uint64_t number, grpc::ByteBuffer answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An event of this call was appended.
  void Published() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An event of this call was refused so.
  void EndIfRefusing(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started: the next write, the next read, the end.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // At once; but gRPC must not take down a call whose request is in use.
  void EndNow(StreamEnd reason, grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The call is to end as soon as its request is no longer in use.
  bool is_cut() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return cut_.has_value(); }
  bool is_finished() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return finished_; }
  // Nobody owes it anything any more: whoever finds this deletes it, without the lock.
  bool is_last() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return done_ && out_ == 0; }

  const PublishCall call_;
  EventIntake& intake_;
  // gRPC's between a Start… and its reaction. The request is Take's from its reaction to the next
  // read.
  grpc::ByteBuffer request_;
  base::Moment received_;  // of request_

  base::Mutex mutex_;
  Reading reading_ ABSL_GUARDED_BY(mutex_) = Reading::kPaused;
  // Answers that are yet to come, whether the call has ended or not: of the store for events, and
  // of who tells the publisher.
  size_t out_ ABSL_GUARDED_BY(mutex_) = 0;
  // For the log.
  uint64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;

 private:
  struct End {
    StreamEnd reason;
    grpc::Status status;
  };
  // A request that has been read, and whose answer gRPC has not got.
  struct InFlight {
    uint64_t request_id;
    // Of the event until it is answered, then of the answer.
    size_t bytes = 0;
    std::optional<grpc::ByteBuffer> answer = {};
  };

  // The publisher is known.
  void Begin(PublisherPtr publisher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndIfAged(base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // nullptr if its answer has gone out, or the call has ended.
  InFlight* Find(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The call ends so, once all is answered. The first reason stays.
  void EndAfterAnswers(StreamEnd reason, grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  PublishStreams& streams_;
  // All its events are of it.
  const uint64_t lane_;
  const size_t large_bytes_;
  grpc::ByteBuffer answer_;
  // Set before the first read.
  PublisherPtr publisher_;

  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_written_ ABSL_GUARDED_BY(mutex_) = false;  // an answer
  size_t written_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  base::TimePoint reads_since_ ABSL_GUARDED_BY(mutex_);
  // In the order of arrival; numbered from first_ on.
  std::deque<InFlight> in_flight_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t event_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The publisher is known, or need not be.
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  base::TimePoint expires_at_ ABSL_GUARDED_BY(mutex_) = base::TimePoint::max();
  // How it is to end when all is answered, and how it ends when the request is no longer in use.
  std::optional<End> end_ ABSL_GUARDED_BY(mutex_);
  std::optional<End> cut_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  StreamEnd reason_ ABSL_GUARDED_BY(mutex_) = StreamEnd::kGone;
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  const base::TimePoint began_ = base::Now();
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
