#ifndef SSEGW_BENCH_MICRO_DASHBOARDS_H_
#define SSEGW_BENCH_MICRO_DASHBOARDS_H_

#include "ssegateway/v1/dashboard.pb.h"

namespace ssegw::bench {

// What is transcoded; always the same. Sizes are those of the JSON.

// Seven panels, some 800 bytes.
ssegateway::v1::Dashboard UsualDashboard();
// Four series, 16 KB of numbers and times.
ssegateway::v1::Dashboard DashboardOfSeries();
// Tables of 4 KB of text that is mostly not ASCII.
ssegateway::v1::Dashboard DashboardOfText();

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_MICRO_DASHBOARDS_H_
