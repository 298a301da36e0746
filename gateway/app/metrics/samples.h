#ifndef SSEGW_GATEWAY_APP_METRICS_SAMPLES_H_
#define SSEGW_GATEWAY_APP_METRICS_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/app/metrics/family.h"
#include "gateway/app/metrics/subjects.h"
#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::app {

// How the subjects make samples of what the parts count.

// The sum over all shards of the counter that get returns a reference to.
template <typename Get>
uint64_t Sum(const Shards& shards, Get get) {
  uint64_t sum = 0;
  for (const net::ShardThread* shard : shards) sum += get(*shard).value();
  return sum;
}

// A sample for each value of an enum, under its name: the sum over all shards of what the array
// that get returns a reference to has for it.
template <typename Enum, typename Get>
std::vector<Sample> SumsByLabel(const Shards& shards, std::string_view label, Get get) {
  std::vector<Sample> samples;
  for (const Enum value : base::AllOf<Enum>()) {
    const uint64_t sum =
        Sum(shards, [&](const net::ShardThread& shard) -> auto& { return get(shard)[value]; });
    samples.push_back({.labels = {{label, ToString(value)}}, .value = static_cast<double>(sum)});
  }
  return samples;
}

// What histograms of times have counted together.
class TimesSample {
 public:
  TimesSample() {
    for (size_t i = 0; i < metrics::Histogram::kBounds; ++i) {
      sample_.bounds.push_back(metrics::Histogram::bound_seconds(i));
    }
    sample_.counts.resize(sample_.bounds.size() + 1);
  }

  template <typename HistogramType>
  void Add(const HistogramType& histogram) {
    for (size_t i = 0; i < sample_.counts.size(); ++i) sample_.counts[i] += histogram.bucket(i);
    sample_.sum += static_cast<double>(histogram.sum_ns()) * 1e-9;
  }

  const HistogramSample& sample() const { return sample_; }

 private:
  HistogramSample sample_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_SAMPLES_H_
