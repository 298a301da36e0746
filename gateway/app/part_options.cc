#include "gateway/app/part_options.h"

#include <algorithm>
#include <chrono>

#include "internal/base/host.h"

namespace ssegw::app {
namespace {

// However little memory there is, publishers may have so many calls open.
constexpr size_t kMinGrpcCalls = 64;
// And each shard so many HTTP/2 sessions.
constexpr size_t kMinHttp2Sessions = 16;
// An id of another replica is here within that time, or the replica is far behind.
constexpr base::Duration kIdPatience = std::chrono::seconds(1);
// While servers of NATS elect a leader it may be behind the others for up to 10 s, and a browser
// that comes from one of those is not to begin again with an older snapshot.
constexpr base::Duration kIdPatienceAway = std::chrono::seconds(12);

fanout::Mode ModeOf(config::Mode mode) {
  switch (mode) {
    case config::Mode::kLatest:
      return fanout::Mode::kLatest;
    case config::Mode::kAll:
      return fanout::Mode::kAll;
  }
  return fanout::Mode::kLatest;
}

}  // namespace

window::WindowLimits WindowLimitsOf(const config::Config& config, const Budget& budget) {
  return {.max_events = budget.memory.window_events,
          .max_bytes = budget.memory.window_bytes,
          .max_age = config.window_max_age,
          .snapshot_max_keys = budget.memory.snapshot_keys,
          .snapshot_max_bytes = budget.memory.snapshot_bytes,
          .tombstones_max_bytes = budget.memory.tombstone_bytes};
}

store::MemoryStoreOptions StoreOptionsOf(const config::Config& config, const Budget& budget) {
  return {.dedup_window = config.dedup_window,
          .max_message_ids = budget.memory.message_ids,
          .max_message_id_bytes = budget.memory.message_id_bytes,
          .max_json_bytes = budget.memory.json_bytes};
}

http::PublicServiceOptions PublicServiceOptionsOf(const config::Config& config,
                                                  const Budget& budget) {
  return {.policy = PublicPolicyOf(config),
          .console = config.console,
          .max_snapshot_bytes = budget.memory.answer_bytes,
          .id_patience = config.store.is_shared() ? kIdPatience : base::Duration::zero(),
          .id_patience_away = config.store.is_shared() ? kIdPatienceAway : base::Duration::zero()};
}

ingest::GrpcServerOptions GrpcServerOptionsOf(const config::Config& config, const Budget& budget) {
  return {.listen = config.grpc_listen,
          .max_event_bytes = config.max_event_bytes,
          .default_ttl = config.default_ttl,
          .max_connections = budget.files.publisher_connections,
          .max_streams = std::min(config.max_publisher_streams,
                                  std::max(budget.memory.grpc_calls, kMinGrpcCalls)),
          .max_age = config.max_publisher_age,
          .max_receive_bytes = budget.memory.received_bytes,
          .max_message_bytes = config.send_queue_bytes,
          .schemas = nullptr};
}

api::PublishOptions PublishOptionsOf(const config::Config& config, const Budget& budget) {
  return {.max_event_bytes = config.max_event_bytes,
          .store_patience = config.store_publish_timeout,
          .max_waiting_bytes = budget.memory.api_body_bytes};
}

net::ConnectionOptions ConnectionOptionsOf(const config::Config& config, const Budget& budget) {
  return {.heartbeat_interval = config.heartbeat_interval,
          .retry = std::chrono::duration_cast<std::chrono::milliseconds>(config.retry),
          .request_header_timeout = config.request_header_timeout,
          .keepalive_timeout = config.keepalive_timeout,
          .write_stall_timeout = config.write_stall_timeout,
          .max_connection_age = config.max_connection_age,
          .drain_window = config.drain_window,
          .shed_hold = config.shed_hold,
          .max_held = budget.files.held_per_shard,
          .max_http2_streams = static_cast<uint32_t>(config.http2_max_streams),
          .max_http2_sessions =
              std::max(budget.memory.http2_sessions / budget.shards, kMinHttp2Sessions),
          .max_head_bytes = budget.memory.head_bytes / budget.shards,
          .max_send_queue_bytes = config.send_queue_bytes,
          .max_all_send_queues_bytes = budget.memory.send_queues_bytes / budget.shards,
          .max_filter_bytes = budget.memory.filter_bytes / budget.shards};
}

net::ConnectionOptions ApiConnectionOptionsOf(const config::Config& config, const Budget& budget) {
  net::ConnectionOptions options = ConnectionOptionsOf(config, budget);
  options.max_head_bytes = budget.memory.api_body_bytes;
  return options;
}

api::ApiPolicy ApiPolicyOf(const config::Config& config) {
  return {.hosts = http::AdminHosts(config.allowed_hosts,
                                    config.api_listen && config.api_listen->is_unix()),
          .allow_origins = config.allow_origins,
          .trusted_proxies = config.trusted_proxies,
          .max_message_bytes = config.send_queue_bytes};
}

net::AdmissionLimits AdmissionLimitsOf(const config::Config& config, const Budget& budget) {
  const size_t possible = budget.files.connections;
  return {.max_connections =
              config.max_connections == 0 ? possible : std::min(config.max_connections, possible),
          .max_connections_per_ip = config.max_connections_per_ip,
          .connect_rate = static_cast<double>(config.connect_rate)};
}

http::PublicPolicy PublicPolicyOf(const config::Config& config) {
  return {.default_mode = ModeOf(config.default_mode),
          .allow_origins = config.allow_origins,
          .trusted_proxies = config.trusted_proxies,
          .hosts = http::PublicHosts(config.allowed_hosts, base::IsLoopback(config.http_listen),
                                     config.http_listen.is_unix()),
          .request_rate = config.request_rate,
          .max_answers_per_address = config.max_connections_per_ip};
}

http::HostPolicy AdminHostsOf(const config::Config& config) {
  return http::AdminHosts(config.allowed_hosts, config.admin_listen.is_unix());
}

}  // namespace ssegw::app
