#include "gateway/config/store_options.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/config/flag_values.h"
#include "gateway/config/option_kinds.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kClear = "nats://";
constexpr std::string_view kTls = "tls://";
constexpr uint16_t kNatsPort = 4222;
constexpr size_t kMaxStreamName = 32;

absl::Status Expected(std::string_view what) {
  return absl::InvalidArgumentError(base::Concat("expected ", what));
}

// The text with each %XX as the byte that it stands for; nullopt: a % without two hex digits.
std::optional<std::string> Unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 3 || !base::IsHexDigit(text[1]) || !base::IsHexDigit(text[2])) {
      return std::nullopt;
    }
    uint8_t byte = 0;
    std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
    out += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return out;
}

// Reads "user:password".
absl::Status ReadUser(std::string_view text, Store& store) {
  const size_t colon = text.find(':');
  const auto user = Unescaped(text.substr(0, colon));
  const auto password =
      colon == std::string_view::npos ? std::nullopt : Unescaped(text.substr(colon + 1));
  if (!user || user->empty() || !password) {
    return Expected("user:password before the @, where %XX stands for a byte");
  }
  store.user = *user;
  store.password = *password;
  return absl::OkStatus();
}

absl::StatusOr<Store> ParseStore(std::string_view text) {
  Store store;
  if (text == "memory") return store;
  store.tls = text.starts_with(kTls);
  if (!store.tls && !text.starts_with(kClear)) {
    return Expected("memory, nats://host:4222 or tls://host:4222");
  }
  text.remove_prefix(store.tls ? kTls.size() : kClear.size());
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    if (absl::Status status = ReadUser(text.substr(0, at), store); !status.ok()) return status;
    text.remove_prefix(at + 1);
    if (text.find('@') != std::string_view::npos) {
      return Expected("user:password once, before the first host; an @ in it is %40");
    }
  }
  const auto servers = ParseList(text);
  if (!servers.ok() || servers->empty()) return Expected("hosts by comma after the scheme");
  for (size_t i = 0; i < servers->size(); ++i) {
    auto server = ParseServer((*servers)[i], kNatsPort);
    if (!server.ok()) {
      return Expected(base::Concat("in entry ", i + 1,
                                   " a host, and a port in 1..65535 if any; the scheme stands "
                                   "once, before the first"));
    }
    store.servers.push_back(*std::move(server));
  }
  return store;
}

absl::StatusOr<std::string> ParseStreamName(std::string_view text) {
  const bool fits = std::all_of(text.begin(), text.end(), [](char c) {
    return base::IsLetterOrDigit(c) || c == '-' || c == '_';
  });
  if (!fits || text.empty() || text.size() > kMaxStreamName) {
    return Expected(base::Concat("1 to ", kMaxStreamName, " of A-Z, a-z, 0-9, - and _"));
  }
  return std::string(text);
}

absl::StatusOr<size_t> ParseReplicas(std::string_view text) {
  if (text != "1" && text != "3" && text != "5") return Expected("1, 3 or 5");
  return static_cast<size_t>(text.front() - '0');
}

std::vector<Option> Streams() {
  return {
      Text("nats_stream", &Config::nats_stream, "A-Z, a-z, 0-9, - and _", ParseStreamName,
           "Who the log belongs to: its streams are named after it, with _log and _keys behind, "
           "and gateways with the same name share one log."),
      MakeMember(
          "nats_replicas", &Config::nats_replicas, "1, 3, 5", ParseReplicas,
          [](size_t value) { return std::to_string(value); },
          "Servers that keep each of the streams, where the gateway creates them: with 3 the log "
          "survives the loss of one."),
      Choice<NatsStorage>("nats_storage", &Config::nats_storage,
                          {{"file", NatsStorage::kFile}, {"memory", NatsStorage::kMemory}},
                          "Where servers keep the streams, where the gateway creates them."),
  };
}

std::vector<Option> Credentials() {
  return {
      Path("nats_credentials", &Config::nats_credentials,
           "A .creds file, with which the gateway logs in at the servers. It is read again for "
           "each connection, as all files of nats flags are."),
      Path("nats_nkey_seed", &Config::nats_nkey_seed,
           "A file with the seed of an nkey, with which the gateway logs in at the servers."),
      Path("nats_ca", &Config::nats_ca,
           "Certificates (PEM) that the servers are trusted by. Empty: those of the system."),
      Path("nats_cert", &Config::nats_cert,
           "The certificate (PEM) that the gateway shows to the servers. Empty: none."),
      Path("nats_key", &Config::nats_key, "The private key of nats_cert (PEM)."),
  };
}

std::vector<Option> Patience() {
  return {
      Duration("store_publish_timeout", &Config::store_publish_timeout, {seconds(1), hours(24)},
               "How long an event waits for a log that is away, before its publisher is told so. "
               "At most half of dedup_window."),
      Duration("store_ready_grace", &Config::store_ready_grace, {milliseconds(0), hours(24)},
               "How long /readyz stays 200 after the log was lost."),
  };
}

void CheckCredentials(const Config& config, std::vector<std::string>& faults) {
  const int ways = static_cast<int>(!config.store.user.empty()) +
                   static_cast<int>(!config.nats_credentials.empty()) +
                   static_cast<int>(!config.nats_nkey_seed.empty());
  if (ways > 1) {
    faults.emplace_back(
        "--store: takes one of a user, --nats_credentials and --nats_nkey_seed, not several");
  }
  if (config.nats_cert.empty() != config.nats_key.empty()) {
    faults.emplace_back(config.nats_key.empty() ? "--nats_cert: needs --nats_key"
                                                : "--nats_key: needs --nats_cert");
  }
}

// An event that is sent again must find its message id remembered, and its repeat must find the
// first one in the log.
void CheckTimes(const Config& config, std::vector<std::string>& faults) {
  const std::string dedup_window =
      base::Concat("--dedup_window=", FormatDuration(config.dedup_window));
  if (config.dedup_window > config.window_max_age) {
    faults.push_back(base::Concat(dedup_window, ": exceeds window_max_age ",
                                  FormatDuration(config.window_max_age)));
  }
  if (config.dedup_window < 2 * config.store_publish_timeout) {
    faults.push_back(base::Concat(dedup_window, ": is less than twice store_publish_timeout ",
                                  FormatDuration(config.store_publish_timeout)));
  }
}

}  // namespace

Option PlaceOfStore() {
  return MakeMember(
      "store", &Config::store, "memory, or nats:// or tls:// and hosts by comma", ParseStore,
      [](const Store&) { return std::string("memory"); },
      "What orders and keeps events. memory: this process; a restart begins a new epoch. "
      "nats://host:4222: a log in NATS JetStream, which several gateways share and restarts do not "
      "end; tls:// the same over TLS. user:password@ may stand before the first host.");
}

std::vector<Option> SharedLog() {
  std::vector<Option> all = Streams();
  for (auto* const group : {Credentials, Patience}) {
    for (Option& option : group()) all.push_back(std::move(option));
  }
  return all;
}

std::vector<std::string> FaultsOfStore(const Config& config) {
  std::vector<std::string> faults;
  if (config.store.is_shared()) {
    CheckCredentials(config, faults);
    CheckTimes(config, faults);
    return faults;
  }
  // What a file of secrets or certificates would protect is not there.
  const std::pair<std::string_view, const std::string*> files[] = {
      {"nats_credentials", &config.nats_credentials},
      {"nats_nkey_seed", &config.nats_nkey_seed},
      {"nats_ca", &config.nats_ca},
      {"nats_cert", &config.nats_cert},
      {"nats_key", &config.nats_key}};
  for (const auto& [name, path] : files) {
    if (path->empty()) continue;
    faults.push_back(base::Concat("--", name, ": needs --store=nats://host or tls://host"));
  }
  return faults;
}

}  // namespace ssegw::config
