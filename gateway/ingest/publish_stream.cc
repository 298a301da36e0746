// Implementation notes
//
//  - kReading: a read is under way. A request leads to kAnswering; a half-close (OK), the end of
//    the connection and StopReading (UNAVAILABLE) to kFinished.
//  - kAnswering: the event is taken in, then its answer is written. When gRPC has taken the answer:
//    kReading; kFinished if it could not, if the answer was that the gateway drains, or after a
//    StopReading. So an event that was on its way when the drain began is answered too.
//  - kFinished: Finish was called, OnDone follows.
//
// One operation is under way at a time, so reactions do not meet. StopReading alone comes from
// elsewhere: it may end a call that has a read under way, whose reaction then finds kFinished and
// does nothing. A cancelled call needs no OnCancel: whatever is under way completes with !ok.
//
// Locks: PublishStreams calls streams with its lock held, so a stream takes that lock (Remove) only
// without its own.

#include "gateway/ingest/publish_stream.h"

#include <utility>

#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {

void PublishStreams::Add(PublishStream* stream) {
  stats_->publishers.Add();
  const base::MutexLock lock(mutex_);
  open_.insert(stream);
  if (stopped_) stream->StopReading();
}

void PublishStreams::Remove(PublishStream* stream) {
  {
    const base::MutexLock lock(mutex_);
    open_.erase(stream);
  }
  stats_->publishers.Sub();
}

void PublishStreams::StopReading() {
  const base::MutexLock lock(mutex_);
  stopped_ = true;
  for (PublishStream* stream : open_) stream->StopReading();
}

PublishStream* PublishStream::Start(EventIntake* intake, PublishStreams* streams) {
  auto* const stream = new PublishStream(intake, streams);
  {
    const base::MutexLock lock(stream->mutex_);
    stream->Read();
  }
  streams->Add(stream);
  return stream;
}

void PublishStream::StopReading() {
  const base::MutexLock lock(mutex_);
  stop_reading_ = true;
  if (state_ == State::kReading) End(DrainingError());
}

void PublishStream::OnReadDone(bool ok) {
  {
    const base::MutexLock lock(mutex_);
    if (state_ == State::kFinished) return;
    if (!ok) return End(absl::OkStatus());
    state_ = State::kAnswering;
  }
  Answer();
}

void PublishStream::OnWriteDone(bool ok) {
  const base::MutexLock lock(mutex_);
  if (!ok) return End(absl::CancelledError("the publisher is gone"));
  if (stop_reading_ || refused_) return End(DrainingError());
  Read();
}

void PublishStream::OnDone() {
  streams_->Remove(this);
  delete this;
}

void PublishStream::Answer() {
  const auto received = base::Moment::Now();
  ssegateway::v1::PublishStreamResponse response;
  {
    const FlatMessage message(request_);
    ParsedRequest request;
    const absl::Status parse = ParsePublishStreamRequest(message.view(), &request);
    absl::StatusOr<store::Appended> appended = intake_->Take(parse, request, received);
    response.set_request_id(request.request_id);
    if (appended.ok()) {
      response.set_id(std::move(appended->id));
      response.set_duplicate(appended->duplicate);
    } else {
      SetError(appended.status(), response.mutable_error());
      refused_ = absl::IsUnavailable(appended.status()) && intake_->refusing();
    }
  }
  // Not kept while the publisher thinks about its next one: it may be large.
  request_.Clear();
  answer_ = ToByteBuffer(response);
  StartWrite(&answer_);
}

void PublishStream::Read() {
  state_ = State::kReading;
  StartRead(&request_);
}

void PublishStream::End(const absl::Status& status) {
  state_ = State::kFinished;
  Finish(ToGrpcStatus(status));
}

}  // namespace ssegw::ingest
