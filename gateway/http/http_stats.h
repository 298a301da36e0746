#ifndef SSEGW_GATEWAY_HTTP_HTTP_STATS_H_
#define SSEGW_GATEWAY_HTTP_HTTP_STATS_H_

#include <array>
#include <cstddef>

#include "gateway/http/problem.h"
#include "internal/metrics/counter.h"

namespace ssegw::http {

// Thread: any.
struct HttpStats {
  // requests_rejected_total by code, in the order of kRefusals.
  std::array<metrics::SharedCounter, kRefusals.size()> requests_rejected;

  // Other statuses are not refusals and are not counted.
  void Count(int status) {
    for (size_t i = 0; i < kRefusals.size(); ++i) {
      if (kRefusals[i].code == status) requests_rejected[i].Add();
    }
  }
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_HTTP_STATS_H_
