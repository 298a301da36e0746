#include "gateway/config/options.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "gateway/config/flag_values.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int64_t kKiB = 1024;
constexpr int64_t kGiB = kKiB * kKiB * kKiB;
constexpr IntegerRange kConnections{0, 10'000'000};
constexpr DurationRange kDay{milliseconds(1), hours(24)};
constexpr DurationRange kZeroOrDay{milliseconds(0), hours(24)};

// What an option is called and says, whatever its kind.
struct Text {
  std::string name;
  std::string default_text;
  std::string meaning;
};

// An option that is read by parse(text) and stored by store(value, settings).
template <typename Parse, typename Store>
Option MakeOption(Text text, std::string range, Parse parse, Store store) {
  Option option;
  option.name = std::move(text.name);
  option.default_text = std::move(text.default_text);
  option.range = std::move(range);
  option.meaning = std::move(text.meaning);
  option.set = [parse = std::move(parse), store = std::move(store)](
                   std::string_view value_text, Settings& settings) -> absl::Status {
    auto value = parse(value_text);
    if (!value.ok()) return value.status();
    store(*std::move(value), settings);
    return absl::OkStatus();
  };
  option.is_same = [](const Config&, const Config&) { return true; };
  option.copy = [](const Config&, Config&) {};
  return option;
}

template <typename T>
auto StoreIn(T Config::* member) {
  return [member](auto value, Settings& settings) {
    settings.config.*member = static_cast<T>(std::move(value));
  };
}

// An option that is a member of the configuration.
template <typename Parse, typename T>
Option MakeMember(Text text, std::string range, Parse parse, T Config::* member) {
  Option option = MakeOption(std::move(text), std::move(range), std::move(parse), StoreIn(member));
  option.is_same = [member](const Config& a, const Config& b) { return a.*member == b.*member; };
  option.copy = [member](const Config& from, Config& to) { to.*member = from.*member; };
  return option;
}

Option Listener(Text text, Address Config::* member) {
  return MakeMember(std::move(text), "host:port, or unix:/path", ParseAddress, member);
}

Option Integer(Text text, IntegerRange range, size_t Config::* member) {
  return MakeMember(
      std::move(text), range.ToString(),
      [range](std::string_view value) { return ParseInteger(value, range); }, member);
}

Option Duration(Text text, DurationRange range, base::Duration Config::* member) {
  return MakeMember(
      std::move(text), range.ToString(),
      [range](std::string_view value) { return ParseDuration(value, range); }, member);
}

constexpr std::string_view kBoolRange = "true, false";

Option Bool(Text text, bool Config::* member) {
  Option option = MakeMember(std::move(text), std::string(kBoolRange), ParseBool, member);
  option.is_bool = true;
  return option;
}

// What is to be done with the configuration, and no part of it.
Option Bool(Text text, bool Settings::* member) {
  Option option =
      MakeOption(std::move(text), std::string(kBoolRange), ParseBool,
                 [member](bool value, Settings& settings) { settings.*member = value; });
  option.is_bool = true;
  return option;
}

// About this run, so nothing that an environment should say.
Option CommandLineOnly(Option option) {
  option.in_environment = false;
  return option;
}

template <typename E>
struct NamedValue {
  std::string name;
  E value;
};

template <typename E>
Option Choice(Text text, std::initializer_list<NamedValue<E>> choices, E Config::* member) {
  std::vector<NamedValue<E>> values(choices);
  std::string names;
  for (const auto& choice : values) names += (names.empty() ? "" : ", ") + choice.name;
  return MakeMember(
      std::move(text), names,
      [values, names](std::string_view value) -> absl::StatusOr<E> {
        for (const auto& choice : values) {
          if (choice.name == value) return choice.value;
        }
        return absl::InvalidArgumentError(base::Concat("expected one of ", names));
      },
      member);
}

absl::StatusOr<std::string> ParseStore(std::string_view text) {
  if (text == "memory") return std::string(text);
  if (text.starts_with("nats://")) {
    return absl::UnimplementedError("this build has no JetStream store yet: expected memory");
  }
  return absl::InvalidArgumentError("expected memory");
}

// What SIGHUP changes: what concerns connections and not the log, and what is looked at anew for
// each connection, request or deadline, so that no value is half in use.
constexpr std::string_view kAtRunTime[] = {"default_mode",
                                           "heartbeat_interval",
                                           "retry",
                                           "max_connections",
                                           "max_connections_per_ip",
                                           "connect_rate",
                                           "request_rate",
                                           "trusted_proxies",
                                           "max_connection_age",
                                           "request_header_timeout",
                                           "keepalive_timeout",
                                           "write_stall_timeout",
                                           "drain_delay",
                                           "drain_window",
                                           "shed_hold",
                                           "allow_origins",
                                           "allowed_hosts",
                                           "descriptor_set",
                                           "log_level"};

std::vector<Option> MakeOptions() {
  std::vector<Option> options;
  const auto add = [&](Option option) { options.push_back(std::move(option)); };

  add(Listener(
      {"http_listen", ":8080",
       "Where browsers connect. Port 0 is any free one; without a host it is every address, "
       "IPv6 and IPv4. unix:/path is a unix socket with mode 0660."},
      &Config::http_listen));
  add(Listener({"grpc_listen", ":50051", "Where publishers connect."}, &Config::grpc_listen));
  add(Listener({"admin_listen", ":9090",
                "Where /metrics, /healthz, /readyz and /debug/connections are. Keep it off the "
                "public network."},
               &Config::admin_listen));
  add(Integer({"threads", "0",
               "Shards, each one thread with its connections. 0: as many as the CPUs that the "
               "process may use."},
              {0, 1024}, &Config::threads));

  // There is one store yet, so nothing to keep of the choice.
  add(MakeOption({"store", "memory",
                  "What orders and keeps events. memory: this process; a restart begins a new "
                  "epoch."},
                 "memory", ParseStore, [](const std::string&, Settings&) {}));
  add(Integer({"window_max_events", "100000", "Events in the window; beyond them the oldest go."},
              {1, 1'000'000'000}, &Config::window_max_events));
  add(Integer({"window_max_bytes", "67108864",
               "Bytes of frames in the window, and once more in the snapshot."},
              {1, 1024 * kGiB}, &Config::window_max_bytes));
  add(Duration({"window_max_age", "5m", "Older events leave the window."},
               {milliseconds(1), hours(24 * 365)}, &Config::window_max_age));
  add(Integer({"snapshot_max_keys", "100000",
               "Keys in the snapshot; beyond them the one that was longest without an event goes."},
              {1, 1'000'000'000}, &Config::snapshot_max_keys));
  add(Integer({"max_event_bytes", "262144",
               "A serialized Event larger than this is refused. At most window_max_bytes."},
              {1, kGiB}, &Config::max_event_bytes));
  add(Duration({"dedup_window", "2m",
                "How long a message_id is remembered, so that a repeat is not appended. 0: not."},
               kZeroOrDay, &Config::dedup_window));
  add(Duration({"default_ttl", "0",
                "The ttl of events that have none: for publishers that come and go and delete "
                "nothing. 0: they keep their place in the snapshot until they are superseded."},
               {milliseconds(0), hours(24 * 365)}, &Config::default_ttl));

  add(Integer({"memory_limit", "0",
               "Bytes of memory that the process stays below: the window shrinks, new connections "
               "are told to come back later, and at last events are refused. 0: the limit of the "
               "cgroup, or without one three quarters of what the machine has available."},
              {0, 1024 * kGiB}, &Config::memory_limit));

  add(Choice<Mode>({"default_mode", "latest",
                    "Mode of a subscription that asks for none. latest: superseded events may be "
                    "skipped while the connection is behind; all: every event."},
                   {{"latest", Mode::kLatest}, {"all", Mode::kAll}}, &Config::default_mode));
  add(Duration({"heartbeat_interval", "15s",
                "A connection that got nothing for this long gets a comment. Keep it below the "
                "idle timeout of every proxy on the way."},
               kDay, &Config::heartbeat_interval));
  add(Duration({"retry", "2s",
                "How long a browser waits before it reconnects; each is told its own value within "
                "50 % of this one."},
               kDay, &Config::retry));
  add(Integer({"max_connections", "0",
               "SSE connections; further ones are told to come back later. 0: as many as "
               "RLIMIT_NOFILE, which the gateway raises itself, leaves room for."},
              kConnections, &Config::max_connections));
  add(Integer(
      {"max_connections_per_ip", "0",
       "The same for one address, and as many answers of /v1/snapshot at the same time. 0: no "
       "limit. Behind a proxy it needs trusted_proxies."},
      kConnections, &Config::max_connections_per_ip));
  add(Integer({"connect_rate", "0",
               "New SSE connections per second, with bursts of one second's worth; further ones "
               "are told to come back later. 0: no limit."},
              {0, 1'000'000}, &Config::connect_rate));
  add(Integer(
      {"request_rate", "0",
       "Requests per second of one address, streams and others, with bursts of one second's "
       "worth; further ones get 429, and streams are told to come back later. 0: no limit. "
       "Behind a proxy it needs trusted_proxies."},
      {0, 1'000'000}, &Config::request_rate));
  add(MakeMember({"trusted_proxies", "",
                  "Proxies whose Forwarded, X-Forwarded-For and X-Forwarded-Host are believed, by "
                  "comma; unix: is whoever is at the other end of a unix socket. The address of a "
                  "connection through them is the last one there that is not theirs."},
                 "addresses, prefixes and unix: by comma", ParsePrefixes,
                 &Config::trusted_proxies));
  add(Duration({"max_connection_age", "0",
                "A connection older than this, give or take 20 %, is asked to reconnect. 0: no "
                "limit."},
               {milliseconds(0), hours(24 * 365)}, &Config::max_connection_age));
  add(Integer(
      {"max_publisher_connections", "0",
       "Connections of publishers; one more makes one go that has made no call, or is closed. "
       "0: a sixteenth of RLIMIT_NOFILE, 16 to 1024."},
      kConnections, &Config::max_publisher_connections));
  add(Integer(
      {"max_publisher_streams", "4096",
       "PublishStream and health Watch calls that are open, of all connections together; one "
       "more is refused with UNAVAILABLE."},
      {1, 10'000'000}, &Config::max_publisher_streams));
  add(Duration(
      {"max_publisher_age", "0",
       "A publisher's connection older than this, give or take 15 %, is told to go, after "
       "the answers to what was on its way: so new gateways get their share. 0: no limit."},
      {milliseconds(0), hours(24 * 365)}, &Config::max_publisher_age));
  add(Duration({"request_header_timeout", "10s", "Time for a request's head to arrive."}, kDay,
               &Config::request_header_timeout));
  add(Duration(
      {"keepalive_timeout", "75s",
       "A connection on which nothing is asked for this long after an answer is closed. Keep "
       "it above the time for which proxies in front keep idle connections."},
      kDay, &Config::keepalive_timeout));
  add(Duration(
      {"write_stall_timeout", "60s", "A connection that took no byte for this long is closed."},
      kDay, &Config::write_stall_timeout));
  add(Duration({"drain_delay", "5s",
                "From SIGTERM until the gateway stops accepting: time for load balancers to see "
                "/readyz fail."},
               kZeroOrDay, &Config::drain_delay));
  add(Duration({"drain_window", "20s",
                "Time over which connections then leave, evenly. drain_delay and drain_window "
                "together stay below the pod's terminationGracePeriodSeconds."},
               kZeroOrDay, &Config::drain_window));
  add(Duration(
      {"shed_hold", "2s",
       "How long a connection that is told to come back later is held before it ends: some "
       "clients come back at once after an end, whatever they are told. 0: not."},
      {milliseconds(0), std::chrono::minutes(1)}, &Config::shed_hold));
  add(MakeMember(
      {"allow_origins", "*",
       "Origins of pages that may read, by comma. https://*.example.com: every name below "
       "example.com; http://localhost:*: any port; null: pages without an origin. *: "
       "every page, without credentials; a list allows credentials. Pages of the "
       "gateway's own origin may always read."},
      "*, or scheme://host[:port] and null by comma", ParseOrigins, &Config::allow_origins));
  add(MakeMember(
      {"allowed_hosts", "",
       "Hosts that requests may be for, by comma, with a port or without: app.example.com; "
       "*.example.com: every name below example.com; *: any. Empty: at a loopback address "
       "localhost and loopback addresses, elsewhere any. admin_listen answers for these, "
       "addresses and names of the cluster."},
      "hosts by comma", ParseHosts, &Config::allowed_hosts));
  add(Bool({"console", "true", "Whether GET / is the console."}, &Config::console));

  add(MakeMember({"descriptor_set", "",
                  "Files that protoc --descriptor_set_out --include_imports wrote, by comma, also "
                  "with gzip: the message types that an Any may hold. SIGHUP reads them again."},
                 "paths by comma", ParseList, &Config::descriptor_set));
  add(Choice<JsonFieldNames>(
      {"json_field_names", "json", "json: lowerCamelCase; proto: as in the .proto file."},
      {{"json", JsonFieldNames::kJson}, {"proto", JsonFieldNames::kProto}},
      &Config::json_field_names));
  add(Choice<JsonDefaults>(
      {"json_defaults", "omit", "Whether fields that have their default value are written."},
      {{"omit", JsonDefaults::kOmit}, {"emit", JsonDefaults::kEmit}}, &Config::json_defaults));
  add(Choice<JsonEnums>({"json_enums", "name", "How an enum's value is written."},
                        {{"name", JsonEnums::kName}, {"number", JsonEnums::kNumber}},
                        &Config::json_enums));
  add(Choice<JsonInt64>({"json_int64", "string",
                         "How 64-bit integers are written. JavaScript rounds such numbers beyond "
                         "2^53."},
                        {{"string", JsonInt64::kString}, {"number", JsonInt64::kNumber}},
                        &Config::json_int64));

  add(Choice<log::Level>({"log_level", "info", "The least level that is logged."},
                         {{"debug", log::Level::kDebug},
                          {"info", log::Level::kInfo},
                          {"warn", log::Level::kWarn},
                          {"error", log::Level::kError}},
                         &Config::log_level));
  add(Choice<log::Format>({"log_format", "logfmt", "How log lines are written."},
                          {{"logfmt", log::Format::kLogfmt}, {"json", log::Format::kJson}},
                          &Config::log_format));

  add(Bool({"check_config", "false",
            "Check the configuration, report every fault, and exit with 0 (none) or 2."},
           &Settings::check_config));
  add(CommandLineOnly(MakeOption({"flagfile", "",
                                  "Files of flags, by comma: one --name=value a line, # begins a "
                                  "comment. SIGHUP reads them again."},
                                 "paths by comma", ParseList,
                                 [](const std::vector<std::string>&, Settings&) {})));
  add(CommandLineOnly(MakeOption(
      {"probe", "",
       "Ask a gateway that runs instead of running one, print one line, and exit with 0 (it "
       "answered 200), 1 (it did not within 2 s) or 2 (a fault here). A path is of the admin "
       "port."},
      "readyz, healthz, a path, or http://host[:port]/path", ParseProbe,
      [](ProbeTarget target, Settings& settings) { settings.probe = std::move(target); })));
  add(CommandLineOnly(
      Bool({"help", "false", "Print every flag and exit with 0."}, &Settings::help)));
  add(CommandLineOnly(
      Bool({"version", "false", "Print the version and exit with 0."}, &Settings::version)));
  for (Option& option : options) {
    option.at_run_time = std::ranges::find(kAtRunTime, option.name) != std::end(kAtRunTime);
  }
  return options;
}

}  // namespace

std::string Option::EnvironmentName() const {
  std::string name_in_capitals = name;
  absl::AsciiStrToUpper(&name_in_capitals);
  return "SSE_GATEWAY_" + name_in_capitals;
}

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
