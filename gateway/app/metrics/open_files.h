#ifndef SSEGW_GATEWAY_APP_METRICS_OPEN_FILES_H_
#define SSEGW_GATEWAY_APP_METRICS_OPEN_FILES_H_

#include <cstddef>

namespace ssegw::app {

// How many file descriptors this process has open.
// Thread: any.
// Cost:   from Linux 6.2 on one system call, however many there are; before that PollOpenFiles.
//         Walking /proc/self/fd, as is usual, takes 11 to 40 ms for 15,000 of them.
size_t CountOpenFiles();

// The same, by asking poll about every number that may be one: it says which are not open, and
// takes 0.1 us for one that is.
size_t PollOpenFiles();

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_OPEN_FILES_H_
