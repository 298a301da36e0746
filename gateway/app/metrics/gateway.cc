#include <chrono>
#include <string>
#include <vector>

#include "gateway/app/metrics/subjects.h"
#include "gateway/config/version.h"
#include "internal/base/concat.h"

namespace ssegw::app {

void AddShards(const Shards& shards, Families& families) {
  std::vector<std::string> names;
  for (size_t i = 0; i < shards.size(); ++i) names.push_back(base::Concat(i));
  std::vector<Sample> busy;
  for (size_t i = 0; i < names.size(); ++i) {
    busy.push_back({.labels = {{"shard", names[i]}}, .value = shards[i]->report().busy_ratio});
  }
  families.Gauge("shard_busy_ratio",
                 "Share of the last second that the shard's thread spent on a CPU; near 1 it "
                 "delivers as fast as it can, and latency grows.",
                 busy);
}

void AddReload(const ReloadState& reload, Families& families) {
  families.Gauge("config_last_reload_successful",
                 "1 if the configuration had no fault when it was last read; 0 if it had, and the "
                 "gateway runs with what it had before.",
                 uint64_t{reload.successful});
  // Milliseconds, so that the number is the same however many digits a format writes.
  const auto success_at =
      std::chrono::floor<std::chrono::milliseconds>(reload.success_at.time_since_epoch());
  families.Gauge("config_last_reload_success_timestamp_seconds",
                 "When the configuration was last read and had no fault; older than the flagfile: "
                 "nobody has sent SIGHUP.",
                 {{.labels = {}, .value = static_cast<double>(success_at.count()) / 1000}});
  families.Counter(
      "descriptor_set_reloads_total",
      "How often SIGHUP found other descriptor sets; failed: they have a fault or would break what "
      "runs, so the gateway keeps the old ones.",
      {{.labels = {{"result", "ok"}}, .value = static_cast<double>(reload.sets_ok)},
       {.labels = {{"result", "failed"}}, .value = static_cast<double>(reload.sets_failed)}});
}

void AddBuild(Families& families) {
  families.Gauge("build_info", "Always 1; the label says which version runs here.",
                 {{.labels = {{"version", config::Version()}}, .value = 1}});
}

}  // namespace ssegw::app
