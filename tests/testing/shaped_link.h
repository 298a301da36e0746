#ifndef SSEGW_TESTS_TESTING_SHAPED_LINK_H_
#define SSEGW_TESTS_TESTING_SHAPED_LINK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "internal/base/time.h"

namespace ssegw::testing {

// Moves the calling thread, and all that it starts afterwards, to a network of its own, which has a
// loopback and nothing else. Call it before the process has other threads. False if the system does
// not allow it (it takes CAP_NET_ADMIN and /dev/net/tun); then nothing has changed.
bool EnterOwnNetwork();

struct LinkOptions {
  size_t bytes_per_second = 0;
  base::Duration round_trip{0};
  // The link's queue, as large as on real slow links: what TCP puts there waits there.
  size_t queue_bytes = 1'000'000;
};

// A slow link to a far away browser: a network of its own, joined to the thread's by two TUN
// devices. Between them a thread carries IP packets, one after another at the link's rate and with
// its delay. So the kernel's TCP is the real one on both sides, and sees nothing of the queue.
//
// Lifetime: the network and its devices are gone with the object, or with the process.
// Errors:   Failure if the system refuses a step.
class ShapedLink {
 public:
  // number: of this link among those of the process, 1 to 250.
  ShapedLink(int number, const LinkOptions& options);
  ~ShapedLink();
  ShapedLink(const ShapedLink&) = delete;
  ShapedLink& operator=(const ShapedLink&) = delete;

  // The near end's address as seen from the far end.
  const std::string& near_address() const { return near_address_; }

  // From now on.
  void SetRate(size_t bytes_per_second) { bytes_per_second_ = bytes_per_second; }

  // Runs a function at the far end. Sockets that it makes belong there, whichever thread uses them
  // later.
  void AtFarEnd(const std::function<void()>& function);

 private:
  void Carry();

  std::string near_address_;
  std::atomic<size_t> bytes_per_second_;
  const base::Duration one_way_;
  const size_t queue_bytes_;
  int near_fd_ = -1;
  int far_fd_ = -1;
  int far_network_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread carrier_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SHAPED_LINK_H_
