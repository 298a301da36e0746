#ifndef SSEGW_BENCH_CONNECTIONS_BROWSERS_H_
#define SSEGW_BENCH_CONNECTIONS_BROWSERS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace ssegw::bench {

// Browsers in a process of their own, which open event streams and read what comes: a process has
// too few descriptors for both ends of all of them.
//
// Lifetime: the destructor ends the process.
class Browsers {
 public:
  // Before this process has threads.
  explicit Browsers(size_t count);
  ~Browsers();
  Browsers(const Browsers&) = delete;
  Browsers& operator=(const Browsers&) = delete;

  // Has them connect to that port of 127.0.0.1.
  void Connect(uint16_t port) const;

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_CONNECTIONS_BROWSERS_H_
