// Turns readings of this machine into the Dashboard that is published.

#ifndef EXAMPLES_HOST_DASHBOARD_DASHBOARD_BUILDER_H_
#define EXAMPLES_HOST_DASHBOARD_DASHBOARD_BUILDER_H_

#include <chrono>
#include <string>

#include "examples/host_dashboard/host_rates.h"
#include "examples/host_dashboard/host_stats.h"
#include "ssegateway/v1/dashboard.pb.h"

namespace host_dashboard {

struct HostIdentity {
  std::string id;
  std::string os;
  std::string kernel;
  std::string arch;
};

// From uname and /etc/os-release; the id is the host's name.
HostIdentity ReadHostIdentity();

// Every dashboard it builds is complete, so that the newest replaces all before it. What cannot be
// read on this machine has no panel.
//
// Thread: one. Owns: the histories of the series.
class DashboardBuilder {
 public:
  explicit DashboardBuilder(HostIdentity identity);

  ssegateway::v1::Dashboard Build(const HostSample& sample, const HostRates& rates,
                                  std::chrono::system_clock::time_point observed_at);

 private:
  HostIdentity identity_;
  // Both hold the newest kHistoryPoints points.
  ssegateway::v1::Series cpu_history_;
  ssegateway::v1::Series network_history_;
};

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_DASHBOARD_BUILDER_H_
