#ifndef SSEGW_GATEWAY_API_API_STATS_H_
#define SSEGW_GATEWAY_API_API_STATS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::api {

enum class Route : uint8_t { kPost, kGet, kDelete, kPublish, kOther, kLast = kOther };

inline std::string_view ToString(Route route) {
  switch (route) {
    case Route::kPost:
      return "post_to_connection";
    case Route::kGet:
      return "get_connection";
    case Route::kDelete:
      return "delete_connection";
    case Route::kPublish:
      return "publish";
    case Route::kOther:
      return "other";
  }
  return "";
}

// Every status that the API answers with.
inline constexpr std::array<int, 14> kApiStatuses = {200, 204, 400, 401, 403, 404, 405,
                                                     408, 410, 413, 421, 429, 431, 503};

// Thread: any.
struct ApiStats {
  // api_requests_total: by route, and by status in the order of kApiStatuses.
  base::EnumArray<Route, std::array<metrics::SharedCounter, kApiStatuses.size()>> requests;

  void Count(Route route, int status) {
    for (size_t i = 0; i < kApiStatuses.size(); ++i) {
      if (kApiStatuses[i] == status) requests[route][i].Add();
    }
  }
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_API_STATS_H_
