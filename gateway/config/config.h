#ifndef SSEGW_GATEWAY_CONFIG_CONFIG_H_
#define SSEGW_GATEWAY_CONFIG_CONFIG_H_

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

// The gateway's configuration, one member for each flag of that name; docs/configuration.md says
// what they mean. Comes from Parse() (parse.h), where the defaults are too: a Config that was not
// parsed is not a usable one.
struct Config {
  Address http_listen;
  Address grpc_listen;
  Address admin_listen;
  size_t threads = 0;  // 0: as many as the CPUs in the cgroup quota

  size_t window_max_events = 0;
  size_t window_max_bytes = 0;
  base::Duration window_max_age{0};
  size_t snapshot_max_keys = 0;
  size_t max_event_bytes = 0;
  base::Duration dedup_window{0};  // 0: no deduplication
  base::Duration default_ttl{0};   // 0: none
  size_t memory_limit = 0;         // bytes; 0: the cgroup's

  Mode default_mode = Mode::kLatest;
  base::Duration heartbeat_interval{0};
  base::Duration retry{0};
  size_t max_connections = 0;         // 0: by RLIMIT_NOFILE
  size_t max_connections_per_ip = 0;  // 0: no limit
  size_t connect_rate = 0;            // connections per second; 0: no limit
  size_t request_rate = 0;            // requests per second of one address; 0: no limit
  std::vector<base::IpPrefix> trusted_proxies;
  base::Duration max_connection_age{0};  // 0: no limit
  size_t max_publisher_connections = 0;  // 0: by RLIMIT_NOFILE
  size_t max_publisher_streams = 0;
  base::Duration max_publisher_age{0};  // 0: no limit
  base::Duration request_header_timeout{0};
  base::Duration keepalive_timeout{0};
  base::Duration write_stall_timeout{0};
  base::Duration drain_delay{0};
  base::Duration drain_window{0};
  base::Duration shed_hold{0};
  // Either "*" alone, or "null" and the text of base::OriginPatterns.
  std::vector<std::string> allow_origins;
  // The text of base::HostPatterns; empty: whom the listener's address is for.
  std::vector<std::string> allowed_hosts;
  bool console = false;

  std::vector<std::string> descriptor_set;  // paths, not yet looked at
  JsonFieldNames json_field_names = JsonFieldNames::kJson;
  JsonDefaults json_defaults = JsonDefaults::kOmit;
  JsonEnums json_enums = JsonEnums::kName;
  JsonInt64 json_int64 = JsonInt64::kString;

  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kLogfmt;
};

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_CONFIG_H_
