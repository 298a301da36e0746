#ifndef SSEGW_INTERNAL_SSE_EVENT_ID_H_
#define SSEGW_INTERNAL_SSE_EVENT_ID_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::sse {

// "<epoch>-<seq>": only characters that a Last-Event-ID header may carry across origins without a
// preflight (Fetch standard, CORS-safelisted request-header).
std::string FormatEventId(std::string_view epoch, uint64_t seq);

struct EventId {
  std::string_view epoch;
  uint64_t seq;
};

// nullopt unless text is what FormatEventId makes for some epoch: [A-Za-z0-9]+, "-", decimal digits
// without leading zeros that fit 64 bits. The epoch is a view into text.
std::optional<EventId> ParseEventId(std::string_view text);

// A fresh epoch: 8 characters of [a-z0-9], different at each start of a log.
std::string NewEpoch();

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_EVENT_ID_H_
