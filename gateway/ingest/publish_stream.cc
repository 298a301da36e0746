// Implementation notes
//
// Reading and writing go on beside each other, each with one operation under way at most:
//
//  - Reading. A request that has been read is taken in (kTaking), by the thread of the reaction or,
//    if it is large, by one of Workers. Only when the store has its events does the next read
//    begin: so events reach the store in the order of the requests. A batch that waits for the
//    store in between is held (kHeld), and nobody uses it. Reading pauses (kPaused) while there is
//    no room, and is over (kOver) after a half-close.
//  - Writing. Answers are written in the order of the requests: only the first request in flight
//    is looked at. A store that answers at once does so within Take, and others whenever they like.
//
// Whatever changes something calls Advance, which starts what can be started. An end that is asked
// for waits until all in flight is answered. A publisher that is gone, and a cancelled call, end it
// at once: events that the store has are dropped from in_flight_, and their answers find nothing.
//
// Finish may be called while a read or a write is under way; their reactions find finished_ then.
// It must not be called in kTaking: gRPC would take down the request and the context that Take
// uses. So such an end waits in cut_ until Take is over.
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

absl::Status ExpiredError() {
  return absl::UnauthenticatedError("the token has expired: connect again with a newer one");
}

std::string_view SubjectOf(const PublisherPtr& publisher) {
  return publisher == nullptr ? std::string_view() : publisher->subject;
}

grpc::Status Gone() { return ToGrpcStatus(absl::CancelledError("the publisher is gone")); }

log::RateLimited& LinesOfStreams() {
  static log::RateLimited limited(std::chrono::seconds(1), 10);
  return limited;
}

}  // namespace

void PublishStreams::Add(PublishStream& stream) {
  stats_.publishers.Add();
  const base::MutexLock lock(mutex_);
  open_.insert(&stream);
  if (stopped_) stream.StopReading();
}

void PublishStreams::Remove(PublishStream& stream) {
  {
    const base::MutexLock lock(mutex_);
    open_.erase(&stream);
  }
  stats_.publishers.Sub();
  limit_.Give();
}

void PublishStreams::EndDue(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  for (PublishStream* const stream : open_) stream->EndIfDue(now);
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
    case StreamEnd::kAuthExpired:
      return "auth_expired";
    case StreamEnd::kUnauthenticated:
      return "unauthenticated";
    case StreamEnd::kExhausted:
      return "exhausted";
  }
  return "";
}

void PublishStream::Start(PublisherPtr publisher) {
  {
    const base::MutexLock lock(mutex_);
    Begin(std::move(publisher));
  }
  streams_.Add(*this);
}

void PublishStream::StartWaiting() {
  {
    const base::MutexLock lock(mutex_);
    ++out_;
  }
  streams_.Add(*this);
}

void PublishStream::Identified(Identity identity) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    --out_;
    if (!finished_) {
      if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
        EndNow(StreamEnd::kUnauthenticated,
               RefuseCall(Refusal::kUnauthenticated, refused->status, call_.context, &call_.stats,
                          refused->subject));
      } else {
        Begin(std::get<PublisherPtr>(std::move(identity)));
      }
    }
    last = is_last();
  }
  if (last) delete this;
}

void PublishStream::Begin(PublisherPtr publisher) {
  publisher_ = std::move(publisher);
  begun_ = true;
  if (publisher_ != nullptr && publisher_->ends_at != base::WallTime::max()) {
    const base::Moment now = base::Moment::Now();
    expires_at_ = now.steady + (publisher_->ends_at - now.wall);
  }
  LinesOfStreams().Log(log::Level::kInfo, "publisher stream opened",
                       {{"peer", call_.peer}, {"subject", SubjectOf(publisher_)}});
  Advance();
}

void PublishStream::StopReading() {
  const base::MutexLock lock(mutex_);
  EndAfterAnswers(StreamEnd::kDraining, ToGrpcStatus(DrainingError()));
  Advance();
}

void PublishStream::EndIfDue(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  if (now >= expires_at_) {
    EndAfterAnswers(StreamEnd::kAuthExpired, ToGrpcStatus(ExpiredError()));
    return Advance();
  }
  if (now >= call_.ends_at) EndIfAged(now);
}

void PublishStream::EndIfAged(base::TimePoint now) {
  const bool is_quiet = IsIdle() && now - reads_since_ >= kQuiet;
  if (!is_quiet && now < call_.ends_at + kMaxWaitForQuiet) return;
  EndAfterAnswers(StreamEnd::kMaxAge, ToGrpcStatus(MaxAgeError()));
  Advance();
}

void PublishStream::OnReadDone(bool ok) {
  {
    const base::MutexLock lock(mutex_);
    if (finished_) return;
    if (!ok) {
      reading_ = Reading::kOver;
      EndAfterAnswers(StreamEnd::kHalfClosed, grpc::Status::OK);
      return Advance();
    }
    reading_ = Reading::kTaking;
  }
  received_ = base::Moment::Now();
  if (request_.Length() < large_bytes_) return Take();
  call_.workers.Run([this] { Take(); });
}

void PublishStream::OnWriteDone(bool ok) {
  const base::MutexLock lock(mutex_);
  writing_ = false;
  has_written_ = true;
  call_.stats.waiting_bytes.Sub(written_bytes_);
  if (!ok) return EndNow(StreamEnd::kGone, Gone());
  Advance();
}

void PublishStream::OnCancel() {
  const base::MutexLock lock(mutex_);
  cancelled_ = true;
  EndNow(StreamEnd::kGone, Gone());
}

void PublishStream::OnDone() {
  {
    const base::MutexLock lock(mutex_);
    const StreamEnd reason = cancelled_ ? StreamEnd::kGone : reason_;
    if (begun_)
      LinesOfStreams().Log(log::Level::kInfo, "publisher stream closed",
                           {{"peer", call_.peer},
                            {"subject", SubjectOf(publisher_)},
                            {"reason", ToString(reason)},
                            {"duration", base::ToSeconds(base::Now() - began_)},
                            {"events", events_},
                            {"refused", refused_}});
  }
  streams_.Remove(*this);
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    done_ = true;
    last = out_ == 0;
  }
  if (last) delete this;
}

void PublishStream::FailForEncoding(const absl::Status& status) {
  grpc::Status end = RefuseCall(Refusal::kEncoding, status, call_.context, &call_.stats);
  const base::MutexLock lock(mutex_);
  reading_ = Reading::kOver;
  EndAfterAnswers(StreamEnd::kEncoding, std::move(end));
  Advance();
}

uint64_t PublishStream::Enter(uint64_t request_id) {
  in_flight_.push_back({.request_id = request_id});
  return first_ + in_flight_.size() - 1;
}

std::optional<uint64_t> PublishStream::RequestOf(uint64_t number) {
  const InFlight* const request = Find(number);
  return request == nullptr ? std::nullopt : std::optional(request->request_id);
}

void PublishStream::SetAnswer(uint64_t number, grpc::ByteBuffer answer) {
  InFlight& request = *Find(number);
  event_bytes_ -= std::exchange(request.bytes, answer.Length());
  answer_bytes_ += request.bytes;
  call_.stats.waiting_bytes.Add(request.bytes);
  request.answer = std::move(answer);
}

void PublishStream::Published() {
  if (!std::exchange(published_, true)) call_.connections.Published(call_.peer);
}

void PublishStream::EndIfRefusing(const absl::Status& status) {
  if (absl::IsUnavailable(status) && intake_.refusing()) {
    EndAfterAnswers(StreamEnd::kDraining, ToGrpcStatus(DrainingError()));
  }
}

void PublishStream::Hold(uint64_t number, size_t bytes) {
  InFlight* const event = Find(number);
  if (event == nullptr || event->answer) return;
  event->bytes = bytes;
  event_bytes_ += bytes;
}

PublishStream::InFlight* PublishStream::Find(uint64_t number) {
  if (number < first_ || number - first_ >= in_flight_.size()) return nullptr;
  return &in_flight_[number - first_];
}

void PublishStream::Advance() {
  if (finished_) return;
  if (cut_) {
    if (reading_ != Reading::kTaking) EndNow(cut_->reason, cut_->status);
    return;
  }
  if (!writing_ && !in_flight_.empty() && in_flight_.front().answer) Write();
  if (!end_) {
    if (begun_ && reading_ == Reading::kPaused && HasRoom()) Read();
  } else if (reading_ != Reading::kTaking && !writing_ && in_flight_.empty()) {
    EndNow(end_->reason, end_->status);
  }
}

void PublishStream::Write() {
  InFlight& first = in_flight_.front();
  answer_ = *std::move(first.answer);
  written_bytes_ = first.bytes;
  answer_bytes_ -= first.bytes;
  in_flight_.pop_front();
  ++first_;
  writing_ = true;
  // With another behind it, gRPC need not send it by itself. But the first takes the call's
  // metadata along, and is not done before these are sent.
  const bool may_wait = has_written_ && !in_flight_.empty() && in_flight_.front().answer;
  StartWrite(&answer_, may_wait ? grpc::WriteOptions().set_buffer_hint() : grpc::WriteOptions());
}

void PublishStream::Read() {
  reading_ = Reading::kUnderWay;
  reads_since_ = base::Now();
  StartRead(&request_);
}

bool PublishStream::HasRoom() const {
  return out_ < max_unanswered() && in_flight_.size() < kMaxInFlight &&
         event_bytes_ < call_.max_event_bytes && answer_bytes_ < kMaxAnswerBytes;
}

bool PublishStream::IsIdle() const {
  return reading_ == Reading::kUnderWay && !writing_ && in_flight_.empty();
}

void PublishStream::EndAfterAnswers(StreamEnd reason, grpc::Status status) {
  if (!end_) end_ = {.reason = reason, .status = std::move(status)};
}

void PublishStream::EndNow(StreamEnd reason, grpc::Status status) {
  if (finished_) return;
  if (reading_ == Reading::kTaking) {
    if (!cut_) cut_ = {.reason = reason, .status = std::move(status)};
    return;
  }
  finished_ = true;
  reason_ = reason;
  // What the store answers from now on finds nothing.
  first_ += in_flight_.size();
  in_flight_.clear();
  call_.stats.waiting_bytes.Sub(std::exchange(answer_bytes_, 0));
  Finish(status);
}

}  // namespace ssegw::ingest
