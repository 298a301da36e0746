// How long to wait before the next attempt.

#ifndef EXAMPLES_HOST_DASHBOARD_BACKOFF_H_
#define EXAMPLES_HOST_DASHBOARD_BACKOFF_H_

#include <algorithm>
#include <chrono>
#include <random>

namespace host_dashboard {

// Doubles with each attempt up to a bound. The jitter, ±50 %, keeps publishers that were cut off
// together from coming back together.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most), next_(first) {}

  std::chrono::milliseconds Next() {
    const std::chrono::duration<double, std::milli> jittered = next_ * jitter_(random_);
    next_ = std::min(next_ * 2, most_);
    return std::chrono::duration_cast<std::chrono::milliseconds>(jittered);
  }

  void Reset() { next_ = first_; }

 private:
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
  std::mt19937 random_{std::random_device{}()};
  std::uniform_real_distribution<double> jitter_{0.5, 1.5};
};

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_BACKOFF_H_
