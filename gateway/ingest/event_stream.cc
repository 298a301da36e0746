#include "gateway/ingest/event_stream.h"

#include <optional>
#include <utility>

#include "gateway/ingest/byte_buffer.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {

void EventStream::Take() {
  uint64_t number = 0;
  Taken taken;
  {
    const ReceivedMessage message(request_, call_.context, LimitOfEvent(call_.max_event_bytes));
    if (message.fails_call()) return FailForEncoding(message.status());
    ParsedRequest request;
    absl::Status parse = ParsePublishStreamRequest(message.view(), &request);
    if (!message.status().ok()) parse = message.status();
    {
      const base::MutexLock lock(mutex_);
      number = Enter(request.request_id);
      ++events_;
      ++out_;
    }
    taken = intake_.Take(
        parse, request, received_, source(),
        [this, number](store::AppendResult result) { OnStored(number, std::move(result)); });
  }
  // Not kept while the publisher thinks about its next one: it may be large.
  request_.Clear();
  const base::MutexLock lock(mutex_);
  reading_ = Reading::kPaused;
  if (taken.result) {
    Answer(number, *std::move(taken.result));
  } else {
    Hold(number, taken.bytes);
  }
  Advance();
}

void EventStream::OnStored(uint64_t number, store::AppendResult result) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    Answer(number, std::move(result));
    Advance();
    last = is_last();
  }
  if (last) delete this;
}

void EventStream::Answer(uint64_t number, store::AppendResult result) {
  --out_;
  if (!result.ok()) ++refused_;
  const std::optional<uint64_t> request_id = RequestOf(number);
  if (!request_id) return;
  ssegateway::v1::PublishStreamResponse response;
  response.set_request_id(*request_id);
  if (result.ok()) {
    response.set_id(std::move(result->id));
    response.set_duplicate(result->duplicate);
    Published();
  } else {
    SetError(result.status(), response.mutable_error());
    EndIfRefusing(result.status());
  }
  SetAnswer(number, ToByteBuffer(response));
}

}  // namespace ssegw::ingest
