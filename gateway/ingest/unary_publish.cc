#include "gateway/ingest/unary_publish.h"

#include <utility>

#include "absl/status/status.h"
#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

grpc::Status Gone() { return ToGrpcStatus(absl::CancelledError("the publisher is gone")); }

}  // namespace

std::optional<grpc::Status> UnaryPublish::Begin() {
  const ReceivedMessage message(*call_.request, call_.context, LimitOfEvent(call_.max_event_bytes));
  if (message.fails_call()) {
    return RefuseCall(Refusal::kEncoding, message.status(), call_.context, &call_.stats);
  }
  ParsedRequest request;
  absl::Status parse = ParsePublishRequest(message.view(), &request);
  if (!message.status().ok()) parse = message.status();
  {
    const base::MutexLock lock(mutex_);
    is_out_ = true;
  }
  Taken taken = call_.intake.Take(
      parse, request, call_.received, {.peer = call_.peer, .publisher = publisher_.get()},
      [this](store::AppendResult result) { OnStored(std::move(result)); });
  const base::MutexLock lock(mutex_);
  if (taken.result) is_out_ = false;
  if (early_) taken.result = std::move(early_);
  if (taken.result) {
    state_ = State::kFinished;
    return Answer(*std::move(taken.result));
  }
  if (cancelled_) {
    state_ = State::kFinished;
    Finish(Gone());
    return std::nullopt;
  }
  state_ = State::kWaiting;
  return std::nullopt;
}

void UnaryPublish::Work() {
  if (const std::optional<grpc::Status> status = Begin()) Finish(*status);
}

void UnaryPublish::Wait() {
  const base::MutexLock lock(mutex_);
  state_ = State::kWaiting;
  is_out_ = true;
}

void UnaryPublish::Identified(Identity identity) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    is_out_ = false;
    if (state_ == State::kFinished) {
      last = done_;
    } else if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
      state_ = State::kFinished;
      Finish(RefuseCall(Refusal::kUnauthenticated, refused->status, call_.context, &call_.stats,
                        refused->subject));
    } else {
      publisher_ = std::get<PublisherPtr>(std::move(identity));
      state_ = State::kTaking;
      call_.workers.Run([this] { Work(); });
    }
  }
  if (last) delete this;
}

void UnaryPublish::OnStored(store::AppendResult result) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    is_out_ = false;
    switch (state_) {
      case State::kTaking:
        early_ = std::move(result);
        return;
      case State::kWaiting:
        state_ = State::kFinished;
        Finish(Answer(std::move(result)));
        break;
      case State::kFinished:
        break;
    }
    last = done_;
  }
  if (last) delete this;
}

void UnaryPublish::OnCancel() {
  const base::MutexLock lock(mutex_);
  cancelled_ = true;
  if (state_ != State::kWaiting) return;
  state_ = State::kFinished;
  Finish(Gone());
}

void UnaryPublish::OnDone() {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    done_ = true;
    last = !is_out_;
  }
  if (last) delete this;
}

grpc::Status UnaryPublish::Answer(store::AppendResult result) {
  if (result.ok()) {
    call_.connections.Published(call_.peer);
    ssegateway::v1::PublishResponse answer;
    answer.set_id(std::move(result->id));
    answer.set_duplicate(result->duplicate);
    *call_.response = ToByteBuffer(answer);
  }
  return ToGrpcStatus(result.status());
}

}  // namespace ssegw::ingest
