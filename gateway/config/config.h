#ifndef SSEGW_GATEWAY_CONFIG_CONFIG_H_
#define SSEGW_GATEWAY_CONFIG_CONFIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/base/endpoint.h"
#include "internal/base/ip_address.h"
#include "internal/base/time.h"
#include "internal/log/log.h"

namespace ssegw::config {

// Where to listen.
using Address = base::Endpoint;

// What --probe asks.
struct ProbeTarget {
  // nullopt: the admin port, at the address that is configured.
  std::optional<Address> address;
  // As it stands in a request line: "/readyz".
  std::string path;

  friend bool operator==(const ProbeTarget&, const ProbeTarget&) = default;
};

enum class Mode { kLatest, kAll };
enum class JsonFieldNames { kJson, kProto };
enum class JsonDefaults { kOmit, kEmit };
enum class JsonEnums { kName, kNumber };
enum class JsonInt64 { kString, kNumber };

enum class Auth { kNone, kJwt };
enum class PublisherAuth { kNone, kJwt, kMtls };

enum class TlsVersion { k12, k13 };

enum class NatsStorage { kFile, kMemory };

// Where the log is: in this process, or in streams of NATS servers.
struct Store {
  std::vector<Address> servers = {};  // none: in this process
  bool tls = false;
  std::string user = {};  // empty: none
  std::string password = {};

  bool is_shared() const { return !servers.empty(); }

  friend bool operator==(const Store&, const Store&) = default;
};

// The gateway's configuration: one member for each flag of that name, and its default. options.cc
// has the table of the flags; docs/configuration.md says what they mean.
struct Config {
  Address http_listen{.port = 8080};
  Address grpc_listen{.port = 50051};
  Address admin_listen{.port = 9090};
  std::optional<Address> api_listen;  // nullopt: there is no such port
  // Paths; Parse opens none of them. Empty: none.
  std::string api_token_file;
  std::string api_credentials_file;
  bool operator_actions = false;
  // Paths; Parse opens none of them. Empty: no TLS.
  std::string http_tls_cert_file;
  std::string http_tls_key_file;
  TlsVersion tls_min_version = TlsVersion::k12;
  std::string tls_ticket_key_file;
  size_t tls_handshake_rate = 0;  // of one address and second; 0: no limit
  std::string grpc_tls_cert_file;
  std::string grpc_tls_key_file;
  std::string grpc_client_ca_file;
  size_t threads = 0;  // 0: as many as the CPUs in the cgroup quota

  Store store;
  size_t window_max_events = 100'000;
  size_t window_max_bytes = size_t{64} * 1024 * 1024;
  base::Duration window_max_age = std::chrono::minutes(5);
  size_t snapshot_max_keys = 100'000;
  size_t max_event_bytes = size_t{256} * 1024;
  base::Duration dedup_window = std::chrono::minutes(2);  // 0: no deduplication
  base::Duration default_ttl{0};                          // 0: none
  size_t memory_limit = 0;                                // bytes; 0: the cgroup's

  std::string nats_stream = "ssegw";
  size_t nats_replicas = 1;
  NatsStorage nats_storage = NatsStorage::kFile;
  // Paths; Parse opens none of them.
  std::string nats_credentials;
  std::string nats_nkey_seed;
  std::string nats_ca;
  std::string nats_cert;
  std::string nats_key;
  base::Duration store_publish_timeout = std::chrono::seconds(10);
  base::Duration store_ready_grace = std::chrono::seconds(30);

  Mode default_mode = Mode::kLatest;
  base::Duration heartbeat_interval = std::chrono::seconds(15);
  base::Duration retry = std::chrono::seconds(2);
  size_t max_connections = 0;         // 0: by RLIMIT_NOFILE
  size_t max_connections_per_ip = 0;  // 0: no limit
  size_t connect_rate = 0;            // connections per second; 0: no limit
  size_t request_rate = 0;            // requests per second of one address; 0: no limit
  size_t http2_max_streams = 100;
  size_t send_queue_bytes = size_t{64} * 1024;
  std::vector<base::IpPrefix> trusted_proxies;
  base::Duration max_connection_age{0};  // 0: no limit
  size_t max_publisher_connections = 0;  // 0: by RLIMIT_NOFILE
  size_t max_publisher_streams = 4096;
  base::Duration max_publisher_age{0};  // 0: no limit
  base::Duration request_header_timeout = std::chrono::seconds(10);
  // Longer than nginx and AWS load balancers keep an idle connection (60 s), so that they close it,
  // and none sends a request while the gateway closes.
  base::Duration keepalive_timeout = std::chrono::seconds(75);
  base::Duration write_stall_timeout = std::chrono::seconds(60);
  base::Duration drain_delay = std::chrono::seconds(5);
  base::Duration drain_window = std::chrono::seconds(20);
  base::Duration shed_hold = std::chrono::seconds(2);
  base::Duration lifecycle_linger = std::chrono::seconds(5);
  // Either "*" alone, or "null" and the text of base::OriginPatterns.
  std::vector<std::string> allow_origins = {"*"};
  // The text of base::HostPatterns; empty: those that the listener's address is for.
  std::vector<std::string> allowed_hosts;
  bool console = true;

  Auth auth = Auth::kNone;
  std::string jwt_jwks;  // a path or an https:// URL; Parse does not open it
  std::string jwt_jwks_ca_file;
  std::vector<std::string> jwt_issuer;
  std::vector<std::string> jwt_audience;
  base::Duration jwt_leeway = std::chrono::seconds(30);
  std::vector<std::string> jwt_algorithms = {"RS256", "PS256", "ES256", "EdDSA"};
  std::string topics_claim = "topics";
  // As auth::FilterTemplate takes them; Parse does not look into them.
  std::vector<std::string> granted_topics;
  std::vector<std::string> anonymous_topics;
  std::string auth_cookie = "sse_gateway";
  std::string ticket_key_file;
  PublisherAuth publisher_auth = PublisherAuth::kNone;
  std::string publish_claim = "publish";
  std::string publisher_grants_file;

  std::vector<std::string> descriptor_set;  // paths; Parse does not open them
  JsonFieldNames json_field_names = JsonFieldNames::kJson;
  JsonDefaults json_defaults = JsonDefaults::kOmit;
  JsonEnums json_enums = JsonEnums::kName;
  JsonInt64 json_int64 = JsonInt64::kString;

  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kLogfmt;
};

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_CONFIG_H_
