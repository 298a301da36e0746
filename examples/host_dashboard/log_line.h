#ifndef EXAMPLES_HOST_DASHBOARD_LOG_LINE_H_
#define EXAMPLES_HOST_DASHBOARD_LOG_LINE_H_

#include <cstdio>
#include <string>

namespace host_dashboard {

// One call for the whole line, so that threads do not mix theirs.
inline void LogLine(const std::string& text) {
  std::fprintf(stderr, "host_dashboard: %s\n", text.c_str());
}

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_LOG_LINE_H_
