#ifndef SSEGW_GATEWAY_INGEST_EVENT_STREAM_H_
#define SSEGW_GATEWAY_INGEST_EVENT_STREAM_H_

#include <cstddef>
#include <cstdint>

#include "gateway/ingest/publish_stream.h"
#include "internal/store/store.h"

namespace ssegw::ingest {

// A call of PublishStream: each request has one event. It reads on while the store has yet to
// answer, up to a bound, and not beyond what the store lets wait (Store::max_unanswered). Its
// events are a lane of the store: they keep their order.
class EventStream final : public PublishStream {
 public:
  using PublishStream::PublishStream;

 private:
  void Take() override;
  // From any thread, perhaps before the event's Take is over.
  void OnStored(uint64_t number, store::AppendResult result);
  // The event of that number is answered with this, if the call has not ended.
  void Answer(uint64_t number, store::AppendResult result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_EVENT_STREAM_H_
