#ifndef SSEGW_INTERNAL_METRICS_COUNTER_H_
#define SSEGW_INTERNAL_METRICS_COUNTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ssegw::metrics {

// A number with one writer at a time and any number of readers; compiles to a plain add. It wraps
// as an unsigned integer does, so it serves as a gauge too.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  void Sub(uint64_t n = 1) { value_.store(value() - n, std::memory_order_relaxed); }
  void Set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// The same for any number of writers.
class SharedCounter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void Sub(uint64_t n = 1) { value_.fetch_sub(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Counts in buckets whose upper bounds double from kFirstBoundNs on, and one beyond all bounds, so
// that finding the bucket is a bit scan. CounterType decides how many threads may write.
template <typename CounterType>
class BasicHistogram {
 public:
  static constexpr size_t kBounds = 22;             // 8 us ... 16.8 s
  static constexpr uint64_t kFirstBoundNs = 8'000;  // bounds are exact multiples of it

  void Observe(uint64_t nanoseconds, uint64_t times = 1) {
    size_t bucket = 0;
    if (nanoseconds > kFirstBoundNs) {
      const uint64_t units = (nanoseconds - 1) / kFirstBoundNs;  // 1: up to twice the first bound
      bucket = static_cast<size_t>(64 - __builtin_clzll(units));
      if (bucket > kBounds) bucket = kBounds;
    }
    buckets_[bucket].Add(times);
    sum_ns_.Add(nanoseconds * times);
  }

  // Not cumulative; the last bucket is beyond every bound.
  uint64_t bucket(size_t i) const { return buckets_[i].value(); }
  uint64_t sum_ns() const { return sum_ns_.value(); }
  static double bound_seconds(size_t i) { return static_cast<double>(kFirstBoundNs << i) / 1e9; }

 private:
  std::array<CounterType, kBounds + 1> buckets_;
  CounterType sum_ns_;
};

using Histogram = BasicHistogram<Counter>;
using SharedHistogram = BasicHistogram<SharedCounter>;

}  // namespace ssegw::metrics

#endif  // SSEGW_INTERNAL_METRICS_COUNTER_H_
