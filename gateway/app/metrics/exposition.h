#ifndef SSEGW_GATEWAY_APP_METRICS_EXPOSITION_H_
#define SSEGW_GATEWAY_APP_METRICS_EXPOSITION_H_

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/admin_service.h"

namespace ssegw::app {

// Families of counters, gauges and histograms as text: Prometheus text format 0.0.4, or OpenMetrics
// 1.0.0, which ends with # EOF, names a counter's family without its _total, says the unit that a
// family's name ends in, and writes the bounds of buckets as floats ("1.0"). The names, labels,
// values and order of samples are the same in both.
//
// Of a histogram come the buckets, then its sum, then its count. Both formats leave the order open,
// but parsers do not: parse-prometheus-text-format of npm throws where _sum or _count come first,
// as prometheus-cpp writes them.
std::string SerializeMetrics(const std::vector<prometheus::MetricFamily>& families,
                             http::MetricsFormat format);

// The base unit that a family's name ends in: "seconds", "bytes" or "ratio"; empty: none.
std::string_view UnitOf(std::string_view family);

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_METRICS_EXPOSITION_H_
