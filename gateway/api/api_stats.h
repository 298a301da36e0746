#ifndef SSEGW_GATEWAY_API_API_STATS_H_
#define SSEGW_GATEWAY_API_API_STATS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/metrics/counter.h"

namespace ssegw::api {

enum class Route : uint8_t { kPost, kGet, kDelete, kPublish, kNone };

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
    case Route::kNone:
      return "none";
  }
  return "";
}

// An answer that the API gives.
struct ApiAnswer {
  Route route;
  int status;
};
// All that there are. What does not get to a resource is of none.
inline constexpr std::array<ApiAnswer, 26> kApiAnswers = {{
    {Route::kPost, 200},    {Route::kPost, 400},    {Route::kPost, 410},    {Route::kPost, 413},
    {Route::kPost, 429},    {Route::kPost, 503},    {Route::kGet, 200},     {Route::kGet, 410},
    {Route::kGet, 503},     {Route::kDelete, 204},  {Route::kDelete, 410},  {Route::kDelete, 503},
    {Route::kPublish, 200}, {Route::kPublish, 400}, {Route::kPublish, 413}, {Route::kPublish, 429},
    {Route::kPublish, 503}, {Route::kNone, 400},    {Route::kNone, 401},    {Route::kNone, 403},
    {Route::kNone, 404},    {Route::kNone, 405},    {Route::kNone, 408},    {Route::kNone, 413},
    {Route::kNone, 421},    {Route::kNone, 431},
}};

// Thread: any.
struct ApiStats {
  // api_requests_total, in the order of kApiAnswers.
  std::array<metrics::SharedCounter, kApiAnswers.size()> requests;

  void Count(Route route, int status) {
    for (size_t i = 0; i < kApiAnswers.size(); ++i) {
      if (kApiAnswers[i].route == route && kApiAnswers[i].status == status) requests[i].Add();
    }
  }
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_API_STATS_H_
