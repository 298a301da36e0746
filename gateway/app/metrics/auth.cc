#include <vector>

#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {

void AddAuth(const auth::AuthStats& stats, Families& families) {
  std::vector<Sample> checks;
  for (const auth::Side side : base::AllOf<auth::Side>()) {
    for (const auth::Result result : base::AllOf<auth::Result>()) {
      checks.push_back({.labels = {{"side", auth::NameOf(side)}, {"result", auth::NameOf(result)}},
                        .value = static_cast<double>(stats.checked[side][result].value())});
    }
  }
  families.Counter("auth_total",
                   "Checks of who subscribes or publishes, by what they came to; a rise of any "
                   "result but ok and anonymous: the log line \"request refused\" says why.",
                   checks);
  families.Counter("auth_grants_voided_total",
                   "Filters that a token's claims should have granted and could not, because a "
                   "claim was missing or not valid; any growth is a mistake of the issuer.",
                   stats.voided_grants.value());
  const auto reloads = [](const char* result, const metrics::SharedCounter& counter) {
    return Sample{.labels = {{"result", result}}, .value = static_cast<double>(counter.value())};
  };
  families.Counter("ticket_key_reloads_total",
                   "How often another file of ticket keys was found; failed: it has a fault, and "
                   "the keys before it serve on.",
                   {reloads("ok", stats.ticket_key_reloads_ok),
                    reloads("failed", stats.ticket_key_reloads_failed)});
}

}  // namespace ssegw::app
