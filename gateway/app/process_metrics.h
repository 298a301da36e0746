#ifndef SSEGW_GATEWAY_APP_PROCESS_METRICS_H_
#define SSEGW_GATEWAY_APP_PROCESS_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace ssegw::app {

// process_* under the names that Prometheus client libraries agree on, read from /proc/self now.
std::vector<prometheus::MetricFamily> ProcessMetrics();

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_PROCESS_METRICS_H_
