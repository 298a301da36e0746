#ifndef SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "internal/base/mutex.h"

namespace ssegw::ingest {

class PublishStream;

// The open PublishStream calls, so that they can be ended when the gateway leaves.
//
// Thread: any. Lifetime: outlives the calls (their server is shut down first).
class PublishStreams {
 public:
  explicit PublishStreams(IngestStats* stats) : stats_(stats) {}

  void Add(PublishStream* stream);
  void Remove(PublishStream* stream);

  // Stops every stream, those that are added later too.
  void StopReading();

 private:
  IngestStats* const stats_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<PublishStream*> open_ ABSL_GUARDED_BY(mutex_);
};

// One PublishStream call: reads a request, answers it, and only then reads the next. So answers
// keep the order of the requests, and a publisher that does not take its answers is read no
// further.
//
// Owns:     the request in hand and its answer.
// Thread:   reactions by gRPC's threads, one at a time; StopReading any.
// Lifetime: deletes itself in OnDone, which gRPC calls when every operation has completed.
// Errors:   an event's error is in its answer. The call ends with OK after a half-close, and with
//           UNAVAILABLE after an answer while the gateway refuses events, and by StopReading.
class PublishStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  static PublishStream* Start(EventIntake* intake, PublishStreams* streams);

  // Ends the call with UNAVAILABLE: at once if it waits for a request, else after the answer.
  void StopReading();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  enum class State { kReading, kAnswering, kFinished };

  PublishStream(EventIntake* intake, PublishStreams* streams)
      : intake_(intake), streams_(streams) {}
  ~PublishStream() override = default;

  void Answer();
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  EventIntake* const intake_;
  PublishStreams* const streams_;
  // gRPC's between a Start… and its reaction, else the reaction's.
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;

  base::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kReading;
  bool stop_reading_ ABSL_GUARDED_BY(mutex_) = false;
  // The answer being written says that the gateway drains. Touched by one reaction after another.
  bool refused_ = false;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISH_STREAM_H_
