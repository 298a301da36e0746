#ifndef SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

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
#include "internal/store/store.h"

namespace ssegw::ingest {

class PublishStream;

// The open PublishStream calls, so that they can be ended when the gateway leaves.
//
// Thread: any. Lifetime: outlives the calls (their server is shut down first).
class PublishStreams {
 public:
  PublishStreams(IngestStats& stats, StreamLimit& limit) : stats_(stats), limit_(limit) {}

  // UNAVAILABLE: as many calls are open as may be. Otherwise Add follows.
  absl::Status Reserve() { return limit_.Take(); }

  void Add(PublishStream& stream);
  void Remove(PublishStream& stream);

  // Stops every stream, those that are added later too.
  void StopReading();
  // Ends those whose connection is as old as it may get, or whose token has expired.
  void EndDue(base::TimePoint now);

 private:
  IngestStats& stats_;
  StreamLimit& limit_;
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
};
std::string_view ToString(StreamEnd end);

// One PublishStream call: reads requests, gives their events to the store one after another, and
// answers them in the same order. It reads on while the store has yet to answer, up to a bound, and
// not beyond what the store lets wait (Store::max_unanswered). So the time that a store takes which
// keeps their order by itself bounds no publisher; and a publisher that does not take its answers
// is read no further.
//
// Owns:     the request that is read, and what its events in flight have for answers.
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
class PublishStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Reading pauses at so many events in flight; or if they take as many bytes as one event may
  // have, or their answers so many.
  static constexpr size_t kMaxInFlight = 64;
  static constexpr size_t kMaxAnswerBytes = 4096;

  // publisher: null: nobody asks who it is.
  static PublishStream* Start(PublishCall call, EventIntake& intake, PublishStreams& streams,
                              PublisherPtr publisher);
  // Of a publisher who is not known yet: nothing is read before Identified, which follows once.
  static PublishStream* StartWaiting(PublishCall call, EventIntake& intake,
                                     PublishStreams& streams);
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

 private:
  enum class Reading {
    kUnderWay,  // gRPC has request_
    kTaking,    // the event in request_ is being taken in
    kPaused,
    kOver,
  };
  struct End {
    StreamEnd reason;
    grpc::Status status;
  };
  // An event that has been taken in, and whose answer gRPC has not got.
  struct InFlight {
    uint64_t request_id;
    // Of the event until it is answered, then of the answer.
    size_t bytes = 0;
    std::optional<grpc::ByteBuffer> answer = {};
  };

  PublishStream(PublishCall call, EventIntake& intake, PublishStreams& streams)
      : call_(std::move(call)),
        intake_(intake),
        streams_(streams),
        max_unanswered_(intake.max_unanswered()) {}
  ~PublishStream() override = default;

  // The publisher is known.
  void Begin(PublisherPtr publisher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndIfAged(base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take();
  // From any thread, perhaps before the event's Take is over.
  void OnStored(uint64_t number, store::AppendResult result);
  // The event of that number is answered with this, if the call has not ended.
  void Answer(uint64_t number, store::AppendResult result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The event of that number takes so many bytes until it is answered.
  void Hold(uint64_t number, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // nullptr if its answer has gone out, or the call has ended.
  InFlight* Find(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started: the next write, the next read, the end.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The call ends so, once all is answered. The first reason stays.
  void EndAfterAnswers(StreamEnd reason, grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // At once; but gRPC must not take down a call whose request is in use.
  void EndNow(StreamEnd reason, grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PublishCall call_;
  EventIntake& intake_;
  PublishStreams& streams_;
  const size_t max_unanswered_;
  // gRPC's between a Start… and its reaction. The request is Take's from its reaction to the next
  // read.
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  base::Moment received_;  // of request_
  // Set before the first read.
  PublisherPtr publisher_;

  base::Mutex mutex_;
  Reading reading_ ABSL_GUARDED_BY(mutex_) = Reading::kPaused;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  base::TimePoint reads_since_ ABSL_GUARDED_BY(mutex_);
  // In the order of arrival; numbered from first_ on.
  std::deque<InFlight> in_flight_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t event_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The publisher is known, or need not be.
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  base::TimePoint expires_at_ ABSL_GUARDED_BY(mutex_) = base::TimePoint::max();
  // Answers that are yet to come, whether the call has ended or not: of the store for events, and
  // of who tells the publisher.
  size_t out_ ABSL_GUARDED_BY(mutex_) = 0;
  // How it is to end when all is answered, and how it ends when the request is no longer in use.
  std::optional<End> end_ ABSL_GUARDED_BY(mutex_);
  std::optional<End> cut_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  StreamEnd reason_ ABSL_GUARDED_BY(mutex_) = StreamEnd::kGone;
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  const base::TimePoint began_ = base::Now();
  uint64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
