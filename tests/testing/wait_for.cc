#include "tests/testing/wait_for.h"

#include <thread>

namespace ssegw::testing {
namespace {

// Between two looks: the processors are for the gateway.
constexpr base::Duration kPause = std::chrono::milliseconds(3);

}  // namespace

bool WaitFor(const std::function<bool()>& condition, base::Duration patience) {
  const base::TimePoint deadline = base::Now() + patience;
  while (!condition()) {
    if (base::Now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace ssegw::testing
