#ifndef SSEGW_GATEWAY_APP_METRICS_FAMILY_H_
#define SSEGW_GATEWAY_APP_METRICS_FAMILY_H_

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssegw::app {

// Make metric families from numbers that are kept elsewhere.

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

struct Sample {
  Labels labels;
  double value = 0;
};

prometheus::MetricFamily CounterFamily(std::string name, std::string help,
                                       const std::vector<Sample>& samples);
prometheus::MetricFamily GaugeFamily(std::string name, std::string help,
                                     const std::vector<Sample>& samples);
// A family of one series without labels.
prometheus::MetricFamily CounterFamily(std::string name, std::string help, double value);
prometheus::MetricFamily GaugeFamily(std::string name, std::string help, double value);

// Upper bounds, and the counts between them, not cumulative, the last beyond every bound.
struct HistogramSample {
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
  double sum = 0;
};
prometheus::MetricFamily HistogramFamily(std::string name, std::string help,
                                         const HistogramSample& sample);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_FAMILY_H_
