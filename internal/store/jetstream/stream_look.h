#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_STREAM_LOOK_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_STREAM_LOOK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "internal/nats/requests.h"
#include "internal/store/jetstream/api.h"

namespace ssegw::store::jetstream {

// Asks once what a stream is; nullopt: no answer in time, or one without a stream.
void LookAtStream(nats::Requests& requests, const std::string& stream,
                  std::function<void(const std::optional<StreamInfo>&)> done);

// The seq of the first message that a stream has; where it is empty, of the next one.
inline uint64_t BeginOf(const StreamInfo& stream) {
  return stream.messages == 0 ? stream.last_seq + 1 : stream.first_seq;
}

// Whether messages before the first may be gone for want of room, or for their age: a bound other
// than one message for each subject is reached, or may have been.
bool IsBounded(const StreamInfo& stream);

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_STREAM_LOOK_H_
