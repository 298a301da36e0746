#include <string>
#include <vector>

#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {

void AddApi(const api::ApiStats& stats, Families& families) {
  std::vector<std::string> codes;
  for (const api::ApiAnswer& answer : api::kApiAnswers) {
    codes.push_back(std::to_string(answer.status));
  }
  std::vector<Sample> requests;
  for (size_t i = 0; i < codes.size(); ++i) {
    requests.push_back(
        {.labels = {{"route", api::ToString(api::kApiAnswers[i].route)}, {"code", codes[i]}},
         .value = static_cast<double>(stats.requests[i].value())});
  }
  families.Counter("api_requests_total",
                   "Requests to api_listen, by what was asked and the status of the answer; a rise "
                   "of 401 or 403: the log line \"request refused\" says whose.",
                   requests);
}

}  // namespace ssegw::app
