#ifndef SSEGW_GATEWAY_APP_OPENMETRICS_H_
#define SSEGW_GATEWAY_APP_OPENMETRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace ssegw::app {

// Families of counters, gauges and histograms in the OpenMetrics text format 1.0.0, ended by # EOF.
// What differs from Prometheus text 0.0.4: a counter's family is named without its _total, a family
// whose name ends in a unit says so, and the bounds of buckets are written as floats ("1.0"). The
// names, labels and values of samples are the same.
std::string SerializeOpenMetrics(const std::vector<prometheus::MetricFamily>& families);

// The base unit that a family's name ends in: "seconds", "bytes" or "ratio"; empty: none.
std::string_view UnitOf(std::string_view family);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_OPENMETRICS_H_
