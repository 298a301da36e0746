#include "gateway/config/options.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "gateway/config/api_options.h"
#include "gateway/config/auth_options.h"
#include "gateway/config/flag_values.h"
#include "gateway/config/option_kinds.h"
#include "gateway/config/store_options.h"
#include "gateway/config/tls_options.h"

namespace ssegw::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int64_t kKiB = 1024;
constexpr int64_t kGiB = kKiB * kKiB * kKiB;
constexpr IntegerRange kConnections{0, 10'000'000};
constexpr IntegerRange kRate{0, 1'000'000};
constexpr DurationRange kDay{milliseconds(1), hours(24)};
constexpr DurationRange kZeroOrDay{milliseconds(0), hours(24)};
constexpr DurationRange kZeroOrYear{milliseconds(0), hours(24 * 365)};

std::vector<Option> Listeners() {
  return {
      Listener("http_listen", &Config::http_listen,
               "Where browsers connect. Port 0 is any free one; without a host it is every "
               "address, IPv6 and IPv4. unix:/path is a unix socket with mode 0660."),
      Listener("grpc_listen", &Config::grpc_listen, "Where publishers connect."),
      Listener(
          "admin_listen", &Config::admin_listen,
          "Where /metrics, /healthz, /readyz, /connections and /debug/connections are. Keep it "
          "off the public network."),
      Bool("operator_actions", &Config::operator_actions,
           "Whoever reaches admin_listen may close connections, send to them and publish events, "
           "with the page at /connections or without. Otherwise it is for reading."),
      Integer("threads", &Config::threads, {0, 1024},
              "Shards, each one thread with its connections. 0: as many as the CPUs that the "
              "process may use."),
  };
}

std::vector<Option> Events() {
  return {
      PlaceOfStore(),
      Integer("window_max_events", &Config::window_max_events, {1, 1'000'000'000},
              "Events in the window; beyond them the oldest are dropped."),
      Integer("window_max_bytes", &Config::window_max_bytes, {1, 1024 * kGiB},
              "Bytes of frames in the window, and once more in the snapshot."),
      Duration("window_max_age", &Config::window_max_age, {milliseconds(1), hours(24 * 365)},
               "Older events leave the window."),
      Integer("snapshot_max_keys", &Config::snapshot_max_keys, {1, 1'000'000'000},
              "Keys in the snapshot; beyond them the one that has been longest without an event is "
              "dropped."),
      Integer("max_event_bytes", &Config::max_event_bytes, {1, kGiB},
              "A serialized Event larger than this is refused. At most window_max_bytes."),
      Duration("dedup_window", &Config::dedup_window, kZeroOrDay,
               "How long a message_id is remembered, so that a repeat is not appended. 0: not at "
               "all."),
      Duration("default_ttl", &Config::default_ttl, kZeroOrYear,
               "The ttl of events that have none: for publishers that come and go and delete "
               "nothing. 0: such events stay in the snapshot until they are superseded."),
      Integer("memory_limit", &Config::memory_limit, {0, 1024 * kGiB},
              "Bytes of memory that the process stays below: the window shrinks, new connections "
              "are told to come back later, and at last events are refused. 0: the limit of the "
              "cgroup, or without one three quarters of what the machine has available."),
  };
}

std::vector<Option> Limits() {
  return {
      AtRunTime(Integer("max_connections", &Config::max_connections, kConnections,
                        "SSE connections; further ones are told to come back later. 0: as many as "
                        "RLIMIT_NOFILE, which the gateway raises itself, leaves room for.")),
      AtRunTime(Integer("max_connections_per_ip", &Config::max_connections_per_ip, kConnections,
                        "The same for one address, and as many answers of /v1/snapshot at the same "
                        "time. 0: no limit. Behind a proxy it needs trusted_proxies.")),
      AtRunTime(Integer("connect_rate", &Config::connect_rate, kRate,
                        "New SSE connections per second, with bursts of one second's worth; "
                        "further ones are told to come back later. 0: no limit.")),
      AtRunTime(Integer("request_rate", &Config::request_rate, kRate,
                        "Requests per second of one address, streams and others, with bursts of "
                        "one second's worth; further ones get 429, and streams are told to come "
                        "back later. 0: no limit. Behind a proxy it needs trusted_proxies.")),
      AtRunTime(Integer("http2_max_streams", &Config::http2_max_streams, {1, 1000},
                        "Streams of one HTTP/2 connection at the same time; one more is refused, "
                        "and the browser asks again when one has ended.")),
      AtRunTime(Integer("send_queue_bytes", &Config::send_queue_bytes, {kKiB, 16 * kKiB * kKiB},
                        "Bytes of messages to one connection alone that wait until it takes them; "
                        "a further one is refused, and so is a message that is larger.")),
      AtRunTime(MakeMember(
          "trusted_proxies", &Config::trusted_proxies, "addresses, prefixes and unix: by comma",
          ParsePrefixes, [](const auto&) { return std::string(); },
          "Proxies whose Forwarded, X-Forwarded-For and X-Forwarded-Host are believed, by comma; "
          "unix: is any peer on a unix socket. The address of a connection through them is the "
          "last one there that is not a trusted proxy's.")),
      AtRunTime(Duration("max_connection_age", &Config::max_connection_age, kZeroOrYear,
                         "A connection older than this, give or take 20 %, is asked to reconnect. "
                         "0: no limit.")),
      Integer("max_publisher_connections", &Config::max_publisher_connections, kConnections,
              "Connections of publishers. A further one takes the place of one that has made no "
              "call, or is closed. 0: a sixteenth of RLIMIT_NOFILE, 16 to 1024."),
      Integer("max_publisher_streams", &Config::max_publisher_streams, {1, 10'000'000},
              "PublishStream and health Watch calls that are open, of all connections together; "
              "one more is refused with UNAVAILABLE."),
      Duration("max_publisher_age", &Config::max_publisher_age, kZeroOrYear,
               "A publisher's connection older than this, give or take 15 %, is asked to "
               "reconnect, after the answers to what was on its way: so new gateways get their "
               "share. 0: no limit."),
  };
}

std::vector<Option> Timeouts() {
  return {
      AtRunTime(Duration("request_header_timeout", &Config::request_header_timeout, kDay,
                         "Time for a request's head to arrive.")),
      AtRunTime(Duration("keepalive_timeout", &Config::keepalive_timeout, kDay,
                         "A connection on which nothing is asked for this long after an answer is "
                         "closed. Keep it above the time for which proxies in front keep idle "
                         "connections.")),
      AtRunTime(Duration("write_stall_timeout", &Config::write_stall_timeout, kDay,
                         "A connection that took no byte for this long is closed.")),
      AtRunTime(Duration("drain_delay", &Config::drain_delay, kZeroOrDay,
                         "From SIGTERM until the gateway stops accepting: time for load balancers "
                         "to see /readyz fail.")),
      AtRunTime(Duration("drain_window", &Config::drain_window, kZeroOrDay,
                         "Time over which connections then leave, evenly. drain_delay and "
                         "drain_window together stay below the pod's "
                         "terminationGracePeriodSeconds.")),
      AtRunTime(Duration("shed_hold", &Config::shed_hold,
                         {milliseconds(0), std::chrono::minutes(1)},
                         "How long a connection that is told to come back later is held before it "
                         "ends: some clients come back at once after an end, whatever they are "
                         "told. 0: not at all.")),
      Duration("lifecycle_linger", &Config::lifecycle_linger,
               {milliseconds(0), std::chrono::minutes(1)},
               "How long WatchConnections waits with what closed: a browser that reconnects within "
               "it is told of as one that goes on. 0: everything is told at once."),
  };
}

std::vector<Option> Browsers() {
  return {
      AtRunTime(List("allow_origins", &Config::allow_origins,
                     "*, or scheme://host[:port] and null by comma", ParseOrigins,
                     "Origins of pages that may read, by comma. https://*.example.com: every name "
                     "below example.com; http://localhost:*: any port; null: pages without an "
                     "origin. *: every page, without credentials; a list allows credentials. Pages "
                     "of the gateway's own origin may always read.")),
      AtRunTime(List("allowed_hosts", &Config::allowed_hosts, "hosts by comma", ParseHosts,
                     "Hosts that requests may be for, by comma, with a port or without: "
                     "app.example.com; *.example.com: every name below example.com; *: any. Empty: "
                     "at a loopback address localhost and loopback addresses, elsewhere any. "
                     "admin_listen answers for these, addresses and names of the cluster.")),
      Bool("console", &Config::console, "Whether GET / is the console."),
  };
}

std::vector<Option> Delivery() {
  return {
      AtRunTime(Choice<Mode>("default_mode", &Config::default_mode,
                             {{"latest", Mode::kLatest}, {"all", Mode::kAll}},
                             "Mode of a subscription that asks for none. latest: superseded events "
                             "may be skipped while the connection is behind; all: every event.")),
      AtRunTime(Duration("heartbeat_interval", &Config::heartbeat_interval, kDay,
                         "A connection that got nothing for this long gets a comment. Keep it "
                         "below the idle timeout of every proxy on the way.")),
      AtRunTime(Duration("retry", &Config::retry, kDay,
                         "How long a browser waits before it reconnects; each is told its own "
                         "value within 50 % of this one.")),
  };
}

std::vector<Option> Json() {
  return {
      AtRunTime(List("descriptor_set", &Config::descriptor_set, "paths by comma", ParseList,
                     "Files that protoc --descriptor_set_out --include_imports wrote, by comma, "
                     "also with gzip: the message types that an Any may hold. SIGHUP reads them "
                     "again.")),
      Choice<JsonFieldNames>("json_field_names", &Config::json_field_names,
                             {{"json", JsonFieldNames::kJson}, {"proto", JsonFieldNames::kProto}},
                             "json: lowerCamelCase; proto: as in the .proto file."),
      Choice<JsonDefaults>("json_defaults", &Config::json_defaults,
                           {{"omit", JsonDefaults::kOmit}, {"emit", JsonDefaults::kEmit}},
                           "Whether fields that have their default value are written."),
      Choice<JsonEnums>("json_enums", &Config::json_enums,
                        {{"name", JsonEnums::kName}, {"number", JsonEnums::kNumber}},
                        "How an enum's value is written."),
      Choice<JsonInt64>("json_int64", &Config::json_int64,
                        {{"string", JsonInt64::kString}, {"number", JsonInt64::kNumber}},
                        "How 64-bit integers are written. JavaScript rounds such numbers beyond "
                        "2^53."),
  };
}

std::vector<Option> Logging() {
  return {
      AtRunTime(Choice<log::Level>("log_level", &Config::log_level,
                                   {{"debug", log::Level::kDebug},
                                    {"info", log::Level::kInfo},
                                    {"warn", log::Level::kWarn},
                                    {"error", log::Level::kError}},
                                   "The lowest level that is logged.")),
      Choice<log::Format>("log_format", &Config::log_format,
                          {{"logfmt", log::Format::kLogfmt}, {"json", log::Format::kJson}},
                          "How log lines are written."),
  };
}

// "flagfile" is one of them, though ReadCommandLine acts on it.
std::vector<Option> Actions() {
  return {
      Bool("check_config", &Settings::check_config,
           "Check the configuration, report every fault, and exit with 0 (none) or 2."),
      CommandLineOnly(Other(
          "flagfile", "paths by comma",
          [](std::string_view text, Settings&) { return ParseList(text).status(); },
          "Files of flags, by comma: one --name=value a line, # begins a comment. SIGHUP reads "
          "them again.")),
      CommandLineOnly(Other(
          "probe", "readyz, healthz, a path, or http://host[:port]/path",
          [](std::string_view text, Settings& settings) -> absl::Status {
            absl::StatusOr<ProbeTarget> target = ParseProbe(text);
            if (!target.ok()) return target.status();
            settings.probe = *std::move(target);
            return absl::OkStatus();
          },
          "Ask a running gateway instead of starting one, print one line, and exit with 0 (it "
          "answered 200), 1 (it did not within 2 s) or 2 (a fault here). A path is of the admin "
          "port.")),
      CommandLineOnly(Bool("help", &Settings::help, "Print every flag and exit with 0.")),
      CommandLineOnly(Bool("version", &Settings::version, "Print the version and exit with 0.")),
  };
}

std::vector<Option> MakeOptions() {
  std::vector<Option> all;
  for (const auto& group : {Listeners, ApiPort, TlsOfListeners, Events, SharedLog, Delivery, Limits,
                            Timeouts, Browsers, Subscribers, Publishers, Json, Logging, Actions}) {
    for (Option& option : group()) all.push_back(std::move(option));
  }
  return all;
}

}  // namespace

const std::vector<Option>& Options() {
  static const auto* const options = new std::vector<Option>(MakeOptions());
  return *options;
}

const Option* FindOption(std::string_view name) {
  for (const Option& option : Options()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace ssegw::config
