#ifndef SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/stream_limit.h"
#include "gateway/ingest/workers.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::ingest {

class PublishStream;

// The open PublishStream calls, so that they can be ended when the gateway leaves.
//
// Thread: any. Lifetime: outlives the calls (their server is shut down first).
class PublishStreams {
 public:
  PublishStreams(IngestStats* stats, StreamLimit* limit) : stats_(stats), limit_(limit) {}

  // UNAVAILABLE: as many calls are open as may be. Otherwise Add follows.
  absl::Status Reserve() { return limit_->Take(); }

  void Add(PublishStream* stream);
  void Remove(PublishStream* stream);

  // Stops every stream, those that are added later too.
  void StopReading();
  // Ends those whose connection is as old as it may get.
  void EndAged(base::TimePoint now);

 private:
  IngestStats* const stats_;
  StreamLimit* const limit_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<PublishStream*> open_ ABSL_GUARDED_BY(mutex_);
};

// What a stream knows of its call. The context lives until the stream's OnDone.
struct PublishCall {
  grpc::CallbackServerContext* context;
  size_t max_event_bytes;
  IngestStats* stats;
  PublisherConnections* connections;
  // Where large messages are worked on.
  Workers* workers;
  std::string peer;
  // When its connection is as old as it may get; max: never.
  base::TimePoint ends_at;
};

// Messages from here on may take long, and are left to Workers.
inline constexpr size_t kLargeMessageBytes = 4096;

// Why a stream ended, for the log.
enum class StreamEnd : uint8_t { kHalfClosed, kGone, kDraining, kMaxAge, kEncoding };
std::string_view ToString(StreamEnd end);

// One PublishStream call: reads a request, answers it, and only then reads the next. So answers
// keep the order of the requests, and a publisher that does not take its answers is read no
// further.
//
// Owns:     the request in hand and its answer.
// Thread:   reactions by gRPC's threads, one at a time, large messages by Workers between two of
//           them; StopReading and EndIfAged any.
// Lifetime: deletes itself in OnDone, which gRPC calls when every operation has completed.
// Errors:   an event's error is in its answer. The call ends with OK after a half-close, with
//           UNAVAILABLE after an answer while the gateway refuses events, by StopReading and
//           EndIfAged, and with UNIMPLEMENTED or INTERNAL at a message whose encoding is not taken.
class PublishStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  static PublishStream* Start(PublishCall call, EventIntake* intake, PublishStreams* streams);

  // Ends the call with UNAVAILABLE: at once if it waits for a request, else after the answer.
  void StopReading();
  // The same once it is as old as its connection may get, and has been quiet for a moment, so that
  // what was on its way is answered; and after an answer, if it never is.
  void EndIfAged(base::TimePoint now);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override;

 private:
  enum class State { kReading, kAnswering, kFinished };

  PublishStream(PublishCall call, EventIntake* intake, PublishStreams* streams)
      : call_(std::move(call)), intake_(intake), streams_(streams) {}
  ~PublishStream() override = default;

  void Answer();
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(StreamEnd reason, const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // By what it was told to stop for.
  void EndStopped() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PublishCall call_;
  EventIntake* const intake_;
  PublishStreams* const streams_;
  // gRPC's between a Start… and its reaction, else the reaction's.
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;

  base::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kReading;
  // Set: it is to end after the answer.
  std::optional<StreamEnd> stop_reading_ ABSL_GUARDED_BY(mutex_);
  base::TimePoint reads_since_ ABSL_GUARDED_BY(mutex_);
  StreamEnd reason_ ABSL_GUARDED_BY(mutex_) = StreamEnd::kGone;
  std::atomic<bool> cancelled_ = false;
  // What follows is touched by one reaction after another.
  // The answer being written says that the gateway drains.
  bool draining_ = false;
  bool published_ = false;
  const base::TimePoint began_ = base::Now();
  base::Moment received_;
  uint64_t events_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
