#include <chrono>

#include "gateway/app/metrics/subjects.h"

namespace ssegw::app {

void AddKeys(const keys::KeyStats* keys, Families& families) {
  families.Gauge("jwks_keys",
                 "Keys that tokens are verified with; 0 where tokens are needed: nobody has one "
                 "yet, and the gateway is not ready.",
                 keys == nullptr ? 0 : keys->keys.load());
  const base::WallTime read_at = keys == nullptr ? base::WallTime() : keys->read_at.load();
  const auto since_1970 = std::chrono::floor<std::chrono::milliseconds>(read_at.time_since_epoch());
  families.Gauge("jwks_last_success_timestamp_seconds",
                 "When the keys of tokens were last read without a fault; older than an hour with "
                 "a URL: its server does not answer as it should.",
                 {{.labels = {}, .value = static_cast<double>(since_1970.count()) / 1000}});
}

}  // namespace ssegw::app
