#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_LOG_MESSAGE_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_LOG_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "internal/base/ref_ptr.h"
#include "internal/base/time.h"
#include "internal/nats/message.h"
#include "internal/sse/frame.h"

namespace ssegw::store::jetstream {

// What a message of the log is. Neither: somebody else's.
struct LogMessage {
  // Not sealed.
  base::RefPtr<sse::Frame> frame = {};
  // A record of the generation.
  std::optional<uint64_t> generation = {};
};

// name: of the log, which its subjects begin with. now: the same moment on both clocks.
LogMessage ReadLogMessage(std::string_view name, const nats::Message& message, base::Moment now);

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_LOG_MESSAGE_H_
