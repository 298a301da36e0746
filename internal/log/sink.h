#ifndef SSEGW_INTERNAL_LOG_SINK_H_
#define SSEGW_INTERNAL_LOG_SINK_H_

#include <functional>
#include <string_view>

namespace ssegw::log {

// Writes line, its line end included, to stderr with one write(2), so that lines of several threads
// do not mix. What stderr does not take is lost: a log must not stop the gateway.
// Thread: any.
void WriteLine(std::string_view line);

// Sends lines to sink instead of stderr, one at a time, until it is called with nullptr.
void SetSinkForTest(std::function<void(std::string_view)> sink);

}  // namespace ssegw::log

#endif  // SSEGW_INTERNAL_LOG_SINK_H_
