#ifndef SSEGW_GATEWAY_APP_METRICS_FAMILIES_H_
#define SSEGW_GATEWAY_APP_METRICS_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/app/metrics/family.h"

namespace ssegw::app {

// The families of a page, in the page's order. Names are given without the "sse_gateway_" that the
// page adds.
class Families {
 public:
  void Counter(std::string_view name, std::string help, const std::vector<Sample>& samples) {
    all_.push_back(CounterFamily(FullName(name), std::move(help), samples));
  }
  void Gauge(std::string_view name, std::string help, const std::vector<Sample>& samples) {
    all_.push_back(GaugeFamily(FullName(name), std::move(help), samples));
  }
  void Histogram(std::string_view name, std::string help, const HistogramSample& sample) {
    all_.push_back(HistogramFamily(FullName(name), std::move(help), sample));
  }
  // Of one series without labels.
  void Counter(std::string_view name, std::string help, uint64_t value) {
    all_.push_back(CounterFamily(FullName(name), std::move(help), static_cast<double>(value)));
  }
  void Gauge(std::string_view name, std::string help, uint64_t value) {
    all_.push_back(GaugeFamily(FullName(name), std::move(help), static_cast<double>(value)));
  }
  // Under the name that it has.
  void Add(prometheus::MetricFamily family) { all_.push_back(std::move(family)); }

  const std::vector<prometheus::MetricFamily>& all() const { return all_; }

 private:
  static std::string FullName(std::string_view name) {
    return std::string("sse_gateway_").append(name);
  }

  std::vector<prometheus::MetricFamily> all_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_FAMILIES_H_
