// Implementation notes
//
//  - kReading: a read is under way. A request leads to kAnswering; a half-close (OK), the end of
//    the connection and StopReading (UNAVAILABLE) to kFinished.
//  - kAnswering: the event is taken in, then its answer is written. When gRPC has taken the answer:
//    kReading; kFinished if it could not, if the answer was that the gateway drains, or after a
//    StopReading. So an event that was on its way when the drain began is answered too. A message
//    in an encoding that is not taken leads to kFinished without an answer. A large message is
//    worked on by a thread of Workers, between the reaction to its read and that to its answer.
//  - kFinished: Finish was called, OnDone follows.
//
// One operation is under way at a time, so reactions do not meet. StopReading alone comes from
// elsewhere: it may end a call that has a read under way, whose reaction then finds kFinished and
// does nothing. A cancelled call needs nothing of OnCancel but the reason for the log: whatever is
// under way completes with !ok.
//
// Locks: PublishStreams calls streams with its lock held, so a stream takes that lock (Remove) only
// without its own.

#include "gateway/ingest/publish_stream.h"

#include <chrono>
#include <utility>

#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "internal/log/rate_limited.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

// What is on its way to a stream is here within so long, between hosts of one region.
constexpr base::Duration kQuiet = std::chrono::milliseconds(200);
// A stream that is never quiet ends after one of its answers.
constexpr base::Duration kMaxWaitForQuiet = std::chrono::seconds(2);

absl::Status MaxAgeError() {
  return absl::UnavailableError("the connection is as old as max_publisher_age: connect again");
}

log::RateLimited& LinesOfStreams() {
  static log::RateLimited limited(std::chrono::seconds(1), 10);
  return limited;
}

}  // namespace

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
  limit_->Give();
}

void PublishStreams::EndAged(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  for (PublishStream* stream : open_) stream->EndIfAged(now);
}

void PublishStreams::StopReading() {
  const base::MutexLock lock(mutex_);
  stopped_ = true;
  for (PublishStream* stream : open_) stream->StopReading();
}

std::string_view ToString(StreamEnd end) {
  switch (end) {
    case StreamEnd::kHalfClosed:
      return "half_closed";
    case StreamEnd::kGone:
      return "gone";
    case StreamEnd::kDraining:
      return "draining";
    case StreamEnd::kMaxAge:
      return "max_age";
    case StreamEnd::kEncoding:
      return "encoding";
  }
  return "";
}

PublishStream* PublishStream::Start(PublishCall call, EventIntake* intake,
                                    PublishStreams* streams) {
  auto* const stream = new PublishStream(std::move(call), intake, streams);
  LinesOfStreams().Log(log::Level::kInfo, "publisher stream opened",
                       {{"peer", stream->call_.peer}});
  {
    const base::MutexLock lock(stream->mutex_);
    stream->Read();
  }
  streams->Add(stream);
  return stream;
}

void PublishStream::StopReading() {
  const base::MutexLock lock(mutex_);
  stop_reading_ = StreamEnd::kDraining;
  if (state_ == State::kReading) EndStopped();
}

void PublishStream::EndIfAged(base::TimePoint now) {
  if (now < call_.ends_at) return;
  const base::MutexLock lock(mutex_);
  if (stop_reading_.has_value() || state_ == State::kFinished) return;
  const bool is_quiet = state_ == State::kReading && now - reads_since_ >= kQuiet;
  if (!is_quiet && now < call_.ends_at + kMaxWaitForQuiet) return;
  stop_reading_ = StreamEnd::kMaxAge;
  if (is_quiet) EndStopped();
}

void PublishStream::OnReadDone(bool ok) {
  {
    const base::MutexLock lock(mutex_);
    if (state_ == State::kFinished) return;
    if (!ok) return End(StreamEnd::kHalfClosed, grpc::Status::OK);
    state_ = State::kAnswering;
  }
  received_ = base::Moment::Now();
  if (request_.Length() < kLargeMessageBytes) return Answer();
  call_.workers->Run([this] { Answer(); });
}

void PublishStream::OnWriteDone(bool ok) {
  const base::MutexLock lock(mutex_);
  if (!ok) {
    return End(StreamEnd::kGone, ToGrpcStatus(absl::CancelledError("the publisher is gone")));
  }
  if (draining_) stop_reading_ = StreamEnd::kDraining;
  if (stop_reading_.has_value()) return EndStopped();
  Read();
}

void PublishStream::OnDone() {
  {
    const base::MutexLock lock(mutex_);
    const StreamEnd reason = cancelled_ ? StreamEnd::kGone : reason_;
    LinesOfStreams().Log(log::Level::kInfo, "publisher stream closed",
                         {{"peer", call_.peer},
                          {"reason", ToString(reason)},
                          {"duration", base::ToSeconds(base::Now() - began_)},
                          {"events", events_},
                          {"refused", refused_}});
  }
  streams_->Remove(this);
  delete this;
}

void PublishStream::Answer() {
  ssegateway::v1::PublishStreamResponse response;
  {
    const ReceivedMessage message(request_, call_.context, call_.max_event_bytes);
    if (message.fails_call()) {
      const base::MutexLock lock(mutex_);
      return End(StreamEnd::kEncoding,
                 RefuseCall(Refusal::kEncoding, message.status(), call_.context, call_.stats));
    }
    ParsedRequest request;
    absl::Status parse = ParsePublishStreamRequest(message.view(), &request);
    if (!message.status().ok()) parse = message.status();
    absl::StatusOr<store::Appended> appended = intake_->Take(parse, request, received_, call_.peer);
    response.set_request_id(request.request_id);
    ++events_;
    if (appended.ok()) {
      response.set_id(std::move(appended->id));
      response.set_duplicate(appended->duplicate);
      if (!std::exchange(published_, true)) call_.connections->Published(call_.peer);
    } else {
      ++refused_;
      SetError(appended.status(), response.mutable_error());
      draining_ = absl::IsUnavailable(appended.status()) && intake_->refusing();
    }
  }
  // Not kept while the publisher thinks about its next one: it may be large.
  request_.Clear();
  answer_ = ToByteBuffer(response);
  StartWrite(&answer_);
}

void PublishStream::Read() {
  state_ = State::kReading;
  reads_since_ = base::Now();
  StartRead(&request_);
}

void PublishStream::EndStopped() {
  const StreamEnd reason = *stop_reading_;
  End(reason, ToGrpcStatus(reason == StreamEnd::kMaxAge ? MaxAgeError() : DrainingError()));
}

void PublishStream::End(StreamEnd reason, const grpc::Status& status) {
  state_ = State::kFinished;
  reason_ = reason;
  Finish(status);
}

}  // namespace ssegw::ingest
