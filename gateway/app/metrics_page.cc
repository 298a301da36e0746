#include "gateway/app/metrics_page.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "gateway/app/exposition.h"
#include "gateway/app/families.h"
#include "gateway/app/process_metrics.h"
#include "gateway/config/version.h"
#include "internal/base/concat.h"
#include "internal/sse/control.h"

namespace ssegw::app {
namespace {

constexpr std::string_view kPrefix = "sse_gateway_";

class Page {
 public:
  explicit Page(const MetricsSources& sources) : sources_(sources) {}

  std::string Render(http::MetricsFormat format) {
    Connections();
    Publishers();
    Deliveries();
    Lag();
    WindowAndStore();
    Memory();
    Shards();
    Reload();
    Gauge("build_info", "Always 1; the label says which version runs here.",
          {{.labels = {{"version", config::Version()}}, .value = 1}});
    for (auto& family : ProcessMetrics()) families_.push_back(std::move(family));
    return SerializeMetrics(families_, format);
  }

 private:
  static std::string Name(std::string_view name) { return base::Concat(kPrefix, name); }
  void Counter(std::string_view name, std::string help, const std::vector<Sample>& samples) {
    families_.push_back(CounterFamily(Name(name), std::move(help), samples));
  }
  void Counter(std::string_view name, std::string help, uint64_t value) {
    families_.push_back(CounterFamily(Name(name), std::move(help), static_cast<double>(value)));
  }
  void Gauge(std::string_view name, std::string help, const std::vector<Sample>& samples) {
    families_.push_back(GaugeFamily(Name(name), std::move(help), samples));
  }
  void Gauge(std::string_view name, std::string help, uint64_t value) {
    families_.push_back(GaugeFamily(Name(name), std::move(help), static_cast<double>(value)));
  }
  template <typename HistogramType>
  void AddTimes(HistogramSample& sample, const HistogramType& histogram) {
    sample.counts.resize(HistogramType::kBounds + 1);
    for (size_t i = 0; i < sample.counts.size(); ++i) sample.counts[i] += histogram.bucket(i);
    sample.sum += static_cast<double>(histogram.sum_ns()) * 1e-9;
  }
  static HistogramSample EmptyTimes() {
    HistogramSample sample;
    for (size_t i = 0; i < metrics::Histogram::kBounds; ++i) {
      sample.bounds.push_back(metrics::Histogram::bound_seconds(i));
    }
    return sample;
  }

  // The sum over all shards of what get returns.
  template <typename Get>
  uint64_t Sum(Get get) const {
    uint64_t sum = 0;
    for (const net::ShardThread* shard : sources_.shards) sum += get(*shard).value();
    return sum;
  }
  // A sample for each value of an enum, under its name.
  template <typename Enum, typename Get>
  std::vector<Sample> ByLabel(std::string_view label, Get get) const {
    std::vector<Sample> samples;
    for (const Enum value : base::AllOf<Enum>()) {
      const uint64_t sum = Sum([&](const net::ShardThread& s) -> auto& { return get(s)[value]; });
      samples.push_back({.labels = {{label, ToString(value)}}, .value = static_cast<double>(sum)});
    }
    return samples;
  }
  static std::string_view ToString(fanout::ResumeOutcome outcome) {
    switch (outcome) {
      case fanout::ResumeOutcome::kLive:
        return "live";
      case fanout::ResumeOutcome::kReplayed:
        return "replayed";
      case fanout::ResumeOutcome::kReset:
        return "reset";
    }
    return "";
  }
  static std::string_view ToString(net::CloseReason reason) { return net::ToString(reason); }
  static std::string_view ToString(net::ShedReason reason) { return net::ToString(reason); }
  static std::string_view ToString(sse::ResetReason reason) { return sse::ToString(reason); }

  void Connections() {
    Gauge("connections", "Event streams that are open: the load.",
          Sum([](const auto& s) -> auto& { return s.stats().connections; }));
    Gauge("max_connections",
          "Event streams that may be open; further ones are shed: connections by it is how full it "
          "is.",
          sources_.admission->max_connections());
    Counter("connections_opened_total",
            "Event streams opened; more than new pages explain are streams that were cut and came "
            "back.",
            Sum([](const auto& s) -> auto& { return s.stats().opened; }));
    Counter(
        "connections_closed_total",
        "Event streams ended, each with one reason; peer_closed, max_age and drain are in order.",
        ByLabel<net::CloseReason>("reason",
                                  [](const auto& s) -> auto& { return s.stats().closed; }));
    Counter(
        "connections_shed_total",
        "Event streams turned away with gateway.bye busy, by the limit reached; any growth "
        "means that browsers wait.",
        ByLabel<net::ShedReason>("reason", [](const auto& s) -> auto& { return s.stats().shed; }));
    Counter("idle_connections_closed_total",
            "Connections closed while they waited for a request, to make room for others; growing, "
            "the limit of open files is too low.",
            Sum([](const auto& s) -> auto& { return s.stats().idle_closed; }));
    std::vector<Sample> rejected;
    std::vector<std::string> codes;
    for (const http::RefusalStatus& refusal : http::kRefusals) {
      codes.push_back(base::Concat(refusal.code));
    }
    for (size_t i = 0; i < codes.size(); ++i) {
      rejected.push_back(
          {.labels = {{"code", codes[i]}},
           .value = static_cast<double>(sources_.http->requests_rejected[i].value())});
    }
    Counter("requests_rejected_total",
            "HTTP requests refused before a stream, by status; 4xx that grow are a page with a "
            "mistake, or no browser.",
            rejected);
  }

  void Publishers() {
    const ingest::IngestStats& stats = *sources_.ingest;
    const auto result = [](std::string_view name, const metrics::SharedCounter& counter) {
      return Sample{.labels = {{"result", name}}, .value = static_cast<double>(counter.value())};
    };
    Gauge("publishers",
          "PublishStream calls that are open; 0 where backends should be streaming: nobody is "
          "connected.",
          stats.publishers.value());
    Counter("events_received_total",
            "Events received from publishers, by what became of them; invalid that grows is a "
            "publisher with a mistake.",
            {result("ok", stats.ok), result("duplicate", stats.duplicate),
             result("invalid", stats.invalid), result("unavailable", stats.unavailable),
             result("exhausted", stats.exhausted)});
    Gauge("publisher_connections",
          "Connections of publishers that are open, of health probes too; by "
          "max_publisher_connections it is how full it is.",
          stats.connections.value());
    Gauge("max_publisher_connections", "Connections that publishers may have open.",
          uint64_t{sources_.max_publisher_connections});
    Gauge("publisher_streams",
          "Calls of publishers that stay open, PublishStream and health Watch; by "
          "max_publisher_streams it is how full it is.",
          stats.streams.value());
    Gauge("max_publisher_streams", "Calls of publishers that may stay open at the same time.",
          uint64_t{sources_.max_publisher_streams});
    Counter("publisher_connections_refused_total",
            "Connections of publishers closed when they came, since there were as many as may be; "
            "any growth means that backends cannot publish.",
            stats.connections_refused.value());
    Counter("publisher_connections_evicted_total",
            "Connections of publishers that made place for others: they had made no call, or come "
            "from where nobody has published.",
            stats.connections_evicted.value());
    std::vector<Sample> refusals;
    for (const ingest::Refusal refusal : base::AllOf<ingest::Refusal>()) {
      refusals.push_back({.labels = {{"reason", ingest::ToString(refusal)}},
                          .value = static_cast<double>(stats.refusals[refusal].value())});
    }
    Counter("publisher_calls_refused_total",
            "Calls of publishers refused before an event was looked at, by why; the log line call "
            "refused says whose.",
            refusals);
    Counter("event_bytes_total",
            "Serialized bytes of the events received, refused ones too; by events_received_total "
            "the mean size of an event.",
            stats.event_bytes.value());
    Counter("events_with_unknown_fields_total",
            "Events with a field that the gateway's schema does not have, so that pages get them "
            "without it; their publisher is newer than the descriptor sets.",
            stats.unknown_fields.value());
    HistogramSample transcode = EmptyTimes();
    AddTimes(transcode, stats.transcode);
    families_.push_back(HistogramFamily(
        Name("transcode_seconds"),
        "Time to turn one payload into JSON; a jump means that the messages grew.", transcode));
  }

  void Deliveries() {
    Counter("frames_delivered_total",
            "Frames wholly taken by a connection's socket; by events_received_total{result=\"ok\"} "
            "the fan-out.",
            Sum([](const auto& s) -> auto& { return s.fanout_stats().frames_delivered; }));
    Counter("bytes_sent_total",
            "Bytes of event streams taken by sockets, heads and heartbeats too: the traffic before "
            "TCP and IP.",
            Sum([](const auto& s) -> auto& { return s.fanout_stats().bytes_sent; }));
    Counter("writes_total",
            "Gather writes of which a socket took something; frames_delivered_total by it is how "
            "many frames a write carries.",
            Sum([](const auto& s) -> auto& { return s.fanout_stats().writes; }));
    Counter("frames_superseded_total",
            "Frames that a connection that was behind skipped for a newer one of the same key; no "
            "loss, but a high share says that something is slow.",
            Sum([](const auto& s) -> auto& { return s.fanout_stats().frames_superseded; }));
    Counter(
        "heartbeats_sent_total",
        "Heartbeats sent on event streams to which nothing was written for --heartbeat_interval.",
        Sum([](const auto& s) -> auto& { return s.fanout_stats().heartbeats_sent; }));
    Counter("resumes_total",
            "Last event ids presented, by what became of them; a growing share of reset means that "
            "the window is shorter than absences.",
            ByLabel<fanout::ResumeOutcome>(
                "outcome", [](const auto& s) -> auto& { return s.fanout_stats().resumes; }));
    Counter("resets_total",
            "gateway.reset events sent, by the reason; other_epoch follows a restart, or comes "
            "from a load balancer over several logs.",
            ByLabel<sse::ResetReason>(
                "reason", [](const auto& s) -> auto& { return s.fanout_stats().resets; }));
    HistogramSample latency = EmptyTimes();
    for (const net::ShardThread* shard : sources_.shards) {
      AddTimes(latency, shard->fanout_stats().publish_to_write);
    }
    families_.push_back(
        HistogramFamily(Name("publish_to_write_seconds"),
                        "Time from an event's arrival until a connection's socket had its frame "
                        "whole, slow pages included; snapshots and resumes left out.",
                        latency));
  }

  void Lag() {
    using fanout::LagDistribution;
    HistogramSample events;
    HistogramSample seconds;
    for (const uint64_t bound : LagDistribution::kEventBounds) {
      events.bounds.push_back(static_cast<double>(bound));
    }
    for (const base::Duration bound : LagDistribution::kAgeBounds) {
      seconds.bounds.push_back(base::ToSeconds(bound));
    }
    events.counts.resize(events.bounds.size() + 1);
    seconds.counts.resize(seconds.bounds.size() + 1);
    const auto add = [](HistogramSample& sample, const auto& counts, double sum, uint64_t level) {
      std::transform(counts.begin(), counts.end(), sample.counts.begin(), sample.counts.begin(),
                     std::plus<>());
      sample.counts[0] += level;
      sample.sum += sum;
    };
    for (const net::ShardThread* shard : sources_.shards) {
      const LagDistribution lag = shard->report().lag;
      const uint64_t connections = shard->stats().connections.value();
      const uint64_t level = connections - std::min(connections, lag.subscriptions);
      add(events, lag.by_events, static_cast<double>(lag.events_sum), level);
      add(seconds, lag.by_age, base::ToSeconds(lag.age_sum), level);
    }
    families_.push_back(
        HistogramFamily(Name("connection_lag_events"),
                        "How many events of the log each open event stream is behind, taken once a "
                        "second; read the buckets as gauges, without rate().",
                        events));
    families_.push_back(
        HistogramFamily(Name("connection_lag_seconds"),
                        "Age of the oldest event of the window that each open event stream has not "
                        "got, taken once a second; read the buckets as gauges, without rate().",
                        seconds));
    Gauge("lagging_connections",
          "Event streams that have not got all that the log has for them; many at once: the "
          "gateway or a network is too slow. /debug/connections says which.",
          Sum([](const auto& s) -> auto& { return s.fanout_stats().lagging; }));
  }

  void WindowAndStore() {
    const window::WindowStats window = sources_.window->stats();
    Gauge("window_events",
          "Events in the window; at --window_max_events it is this bound that decides how far back "
          "a resume reaches.",
          window.events);
    Gauge("window_bytes",
          "Bytes that the frames in the window take in memory; at window_max_bytes it is this "
          "bound that decides how far back a resume reaches.",
          window.bytes);
    Gauge("window_max_bytes",
          "Bytes that the frames in the window may take now; less than in quiet times: it has "
          "given way to the limit of memory.",
          window.max_bytes);
    Gauge("snapshot_keys",
          "Live keys in the snapshot; growing without end: keys that are never deleted and have no "
          "ttl.",
          window.snapshot_keys);
    Gauge("snapshot_tombstones",
          "Deletions that the snapshot remembers for those who were away; --snapshot_max_keys of "
          "them at most.",
          window.tombstones);
    const store::MemoryStore::MessageIds message_ids = sources_.store->message_ids();
    const auto forgotten = [](std::string_view bound, uint64_t count) {
      return Sample{.labels = {{"bound", bound}}, .value = static_cast<double>(count)};
    };
    Counter(
        "forgotten_total",
        "What was forgotten for want of room, by the bound: keys and bytes of the snapshot (new "
        "pages miss them), tombstones (who was away is reset), message_ids (a repeat counts).",
        {forgotten("keys", window.forgotten.keys), forgotten("bytes", window.forgotten.bytes),
         forgotten("tombstones", window.forgotten.tombstones),
         forgotten("message_ids", message_ids.forgotten)});
    Gauge("store_up", "1 if the store takes events; with --store=memory always.", uint64_t{1});
    Gauge("store_message_ids", "Message ids remembered for --dedup_window, to tell repeats.",
          message_ids.remembered);
    Counter(
        "store_appended_total",
        "Events appended to the log; minus events_received_total{result=\"ok\"}: deletions by ttl.",
        window.head);
  }

  void Memory() {
    const MemoryState& memory = sources_.memory;
    Gauge("memory_limit_bytes",
          "Limit of memory that the gateway stays below: --memory_limit, the cgroup's, or three "
          "quarters of what was available at the start.",
          memory.limit);
    Gauge("memory_in_use_bytes",
          "Memory that is compared with memory_limit_bytes; 0 where there is no limit.",
          memory.in_use);
    Gauge("memory_pressure",
          "What gives way to the limit of memory: 0 nothing, 1 the window, 2 cold connections too, "
          "3 all new connections, 4 events too.",
          static_cast<uint64_t>(memory.level));
    std::vector<Sample> ledger;
    for (const MemoryClass memory_class : base::AllOf<MemoryClass>()) {
      ledger.push_back({.labels = {{"class", app::ToString(memory_class)}},
                        .value = static_cast<double>(memory.ledger[memory_class])});
    }
    Gauge("memory_bytes",
          "Memory by what takes it, as the parts count it themselves; the process, what allocators "
          "add and the kernel's buffers are not in it.",
          ledger);
  }

  void Shards() {
    std::vector<std::string> names;
    for (size_t i = 0; i < sources_.shards.size(); ++i) names.push_back(base::Concat(i));
    std::vector<Sample> busy;
    for (size_t i = 0; i < names.size(); ++i) {
      busy.push_back(
          {.labels = {{"shard", names[i]}}, .value = sources_.shards[i]->report().busy_ratio});
    }
    Gauge("shard_busy_ratio",
          "Share of the last second that the shard's thread spent on a CPU; near 1 it delivers as "
          "fast as it can, and latency grows.",
          busy);
  }

  void Reload() {
    Gauge("config_last_reload_successful",
          "1 if the configuration had no fault when it was last read; 0: it runs with what it had "
          "before.",
          uint64_t{sources_.reload.successful});
    // Milliseconds, so that the number is the same however many digits a format writes.
    const auto success_at = std::chrono::floor<std::chrono::milliseconds>(
        sources_.reload.success_at.time_since_epoch());
    Gauge("config_last_reload_success_timestamp_seconds",
          "When the configuration was last read and had no fault; older than the flagfile: nobody "
          "has sent SIGHUP.",
          {{.labels = {}, .value = static_cast<double>(success_at.count()) / 1000}});
    Counter(
        "descriptor_set_reloads_total",
        "How often SIGHUP found other descriptor sets; failed: they have a fault or would break "
        "what runs, so the gateway goes on with what it had.",
        {{.labels = {{"result", "ok"}}, .value = static_cast<double>(sources_.reload.sets_ok)},
         {.labels = {{"result", "failed"}},
          .value = static_cast<double>(sources_.reload.sets_failed)}});
  }

  const MetricsSources& sources_;
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace

std::string RenderMetrics(const MetricsSources& sources, http::MetricsFormat format) {
  return Page(sources).Render(format);
}

}  // namespace ssegw::app
