#include "gateway/app/metrics/family.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <limits>

namespace ssegw::app {
namespace {

prometheus::ClientMetric WithLabels(const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

prometheus::MetricFamily Family(std::string name, std::string help, prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

}  // namespace

prometheus::MetricFamily CounterFamily(std::string name, std::string help,
                                       const std::vector<Sample>& samples) {
  auto family = Family(std::move(name), std::move(help), prometheus::MetricType::Counter);
  for (const Sample& sample : samples) {
    family.metric.push_back(WithLabels(sample.labels));
    family.metric.back().counter.value = sample.value;
  }
  return family;
}

prometheus::MetricFamily GaugeFamily(std::string name, std::string help,
                                     const std::vector<Sample>& samples) {
  auto family = Family(std::move(name), std::move(help), prometheus::MetricType::Gauge);
  for (const Sample& sample : samples) {
    family.metric.push_back(WithLabels(sample.labels));
    family.metric.back().gauge.value = sample.value;
  }
  return family;
}

prometheus::MetricFamily CounterFamily(std::string name, std::string help, double value) {
  return CounterFamily(std::move(name), std::move(help), {{.labels = {}, .value = value}});
}

prometheus::MetricFamily GaugeFamily(std::string name, std::string help, double value) {
  return GaugeFamily(std::move(name), std::move(help), {{.labels = {}, .value = value}});
}

prometheus::MetricFamily HistogramFamily(std::string name, std::string help,
                                         const HistogramSample& sample) {
  auto family = Family(std::move(name), std::move(help), prometheus::MetricType::Histogram);
  auto& histogram = family.metric.emplace_back().histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < sample.counts.size(); ++i) {
    cumulative += sample.counts[i];
    histogram.bucket.push_back({.cumulative_count = cumulative,
                                .upper_bound = i < sample.bounds.size()
                                                   ? sample.bounds[i]
                                                   : std::numeric_limits<double>::infinity()});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = sample.sum;
  return family;
}

}  // namespace ssegw::app
