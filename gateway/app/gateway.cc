// Implementation notes
//
// Shutdown goes against the stream of events: first nothing new comes in (listeners, publishers),
// then the shards end their connections and their threads, then the window and the store go. A
// publisher's call may append as long as the gRPC server lives, so it goes before the shards.
#include "gateway/app/gateway.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "gateway/app/exposure.h"
#include "gateway/app/metrics_page.h"
#include "gateway/app/resources.h"
#include "gateway/config/version.h"
#include "gateway/http/debug_connections.h"
#include "internal/base/concat.h"
#include "internal/base/host.h"
#include "internal/log/log.h"
#include "internal/net/connection_log.h"
#include "internal/sse/event_id.h"

namespace ssegw::app {
namespace {

// A thread that has not come to its tick for so long is stuck.
constexpr base::Duration kStuckAfter = std::chrono::seconds(10);
// Between two times that readers which hold old frames are looked for.
constexpr base::Duration kCutInterval = std::chrono::seconds(1);
// Between two looks at lines that were not logged.
constexpr base::Duration kSuppressedInterval = std::chrono::seconds(1);
// While it leaves: for events that are on their way, and for streams to take their last answers.
constexpr std::chrono::milliseconds kAnsweringTime = std::chrono::seconds(2);
constexpr std::chrono::milliseconds kPublisherGrace = std::chrono::seconds(2);
// Each port has its share of the files that may be open, so that a flood on one leaves the others
// theirs. For what is not a socket of a port: event queues, listeners, the log, and some air.
constexpr size_t kOtherFiles = 48;
constexpr size_t kFilesPerShard = 4;
constexpr size_t kMaxAdminSockets = 16;
constexpr size_t kShareOfPublishers = 16;
constexpr size_t kMinPublishers = 16;
constexpr size_t kMaxPublishers = 1024;
// However little memory there is, there are so many sockets to say so on.
constexpr size_t kMinSockets = 64;
constexpr size_t kMinGrpcCalls = 64;
// Of the public port's sockets, one in so many is no event stream: for other requests, and to turn
// browsers away in order.
constexpr size_t kOtherSockets = 16;
// One in so many, and so half of those, may be held after it was turned away.
constexpr size_t kHeldSockets = 32;

size_t Threads(const config::Config& config) {
  return config.threads > 0 ? config.threads : AvailableCpus();
}

// How many connections publishers may have.
size_t MaxPublishers(const config::Config& config) {
  const size_t files = RaiseOpenFilesLimit();
  if (config.max_publisher_connections > 0) {
    return std::clamp<size_t>(files / 4, 1, config.max_publisher_connections);
  }
  return std::clamp(files / kShareOfPublishers, kMinPublishers, kMaxPublishers);
}

// How many sockets the public port may have.
size_t MaxSockets(const config::Config& config, const MemoryBudget& budget) {
  const size_t files = RaiseOpenFilesLimit();
  const size_t reserved =
      kOtherFiles + kFilesPerShard * Threads(config) + kMaxAdminSockets + MaxPublishers(config);
  return std::min(files > 2 * reserved ? files - reserved : files / 2,
                  std::max(budget.sockets, kMinSockets));
}

size_t MaxConnections(const config::Config& config, const MemoryBudget& budget) {
  const size_t sockets = MaxSockets(config, budget);
  const size_t possible = sockets - sockets / kOtherSockets - 1;
  return config.max_connections == 0 ? possible : std::min(config.max_connections, possible);
}

net::ConnectionOptions ConnectionOptionsOf(const config::Config& config,
                                           const MemoryBudget& budget) {
  return {.heartbeat_interval = config.heartbeat_interval,
          .retry = std::chrono::duration_cast<std::chrono::milliseconds>(config.retry),
          .request_header_timeout = config.request_header_timeout,
          .keepalive_timeout = config.keepalive_timeout,
          .write_stall_timeout = config.write_stall_timeout,
          .max_connection_age = config.max_connection_age,
          .drain_window = config.drain_window,
          .shed_hold = config.shed_hold,
          .max_held = MaxSockets(config, budget) / kHeldSockets / Threads(config),
          .max_head_bytes = budget.head_bytes / Threads(config),
          .max_filter_bytes = budget.filter_bytes / Threads(config)};
}

net::AdmissionLimits AdmissionLimitsOf(const config::Config& config, const MemoryBudget& budget) {
  return {.max_connections = MaxConnections(config, budget),
          .max_connections_per_ip = config.max_connections_per_ip,
          .connect_rate = static_cast<double>(config.connect_rate)};
}

http::PublicPolicy PublicPolicyOf(const config::Config& config) {
  return {.default_mode = config.default_mode == config::Mode::kAll ? fanout::Mode::kAll
                                                                    : fanout::Mode::kLatest,
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

}  // namespace

Gateway::Gateway(const config::Config& config, std::shared_ptr<const transcode::Schemas> schemas)
    : config_(config),
      memory_(config.memory_limit),
      budget_(config, memory_.limit()),
      memory_guard_(memory_.limit(), budget_.window_bytes),
      memory_releaser_(memory_.limit()),
      scratch_(budget_.scratch_bytes),
      schemas_(std::move(schemas), {.max_bytes = budget_.json_bytes, .scratch = &scratch_}),
      window_(sse::NewEpoch(), {.max_events = budget_.window_events,
                                .max_bytes = budget_.window_bytes,
                                .max_age = config.window_max_age,
                                .snapshot_max_keys = budget_.snapshot_keys,
                                .snapshot_max_bytes = budget_.snapshot_bytes,
                                .tombstones_max_bytes = budget_.tombstone_bytes}),
      store_(&window_, {.dedup_window = config.dedup_window,
                        .max_message_ids = budget_.message_ids,
                        .max_message_id_bytes = budget_.message_id_bytes,
                        .max_json_bytes = budget_.json_bytes}),
      public_service_(&window_,
                      {.policy = PublicPolicyOf(config),
                       .console = config.console,
                       .max_snapshot_bytes = budget_.answer_bytes},
                      &http_stats_),
      admin_service_({.metrics = [this](http::MetricsFormat format) { return Metrics(format); },
                      .slowest = [this](size_t k) { return Slowest(k); },
                      .healthy = [this] { return Healthy(); },
                      .not_ready = [this] { return NotReady(); }},
                     AdminHostsOf(config)),
      admission_(AdmissionLimitsOf(config, budget_)) {
  const net::ConnectionOptions options = ConnectionOptionsOf(config, budget_);
  std::vector<net::ShardThread*> all;
  for (size_t i = 0; i < Threads(config); ++i) {
    shards_.push_back(std::make_unique<net::ShardThread>(base::Concat("shard-", i), window_,
                                                         admission_, options));
    all.push_back(shards_.back().get());
  }
  front_ = std::make_unique<net::ShardThread>("front", window_, admission_, options);
  public_listener_ = std::make_unique<net::Listener>(front_->io(), all, public_service_,
                                                     MaxSockets(config, budget_));
  admin_listener_ = std::make_unique<net::Listener>(
      front_->io(), std::vector<net::ShardThread*>{front_.get()}, admin_service_, kMaxAdminSockets);
  grpc_server_ = std::make_unique<ingest::GrpcServer>(
      ingest::GrpcServerOptions{
          .listen = config.grpc_listen,
          .max_event_bytes = config.max_event_bytes,
          .default_ttl = config.default_ttl,
          .max_connections = MaxPublishers(config),
          .max_streams =
              std::min(config.max_publisher_streams, std::max(budget_.grpc_calls, kMinGrpcCalls)),
          .max_age = config.max_publisher_age,
          .max_receive_bytes = budget_.received_bytes,
          .schemas = [this] { return schemas_.GetPool(); }},
      &schemas_, &store_, &ingest_stats_);
}

Gateway::~Gateway() { Stop(/*in_order=*/false); }

absl::Status Gateway::Start() {
  ticked_at_ = base::Now();
  const auto& [http, admin] = std::tie(config_.http_listen, config_.admin_listen);
  if (absl::Status s = admin_listener_->Open(admin); !s.ok()) return s;
  if (absl::Status s = public_listener_->Open(http); !s.ok()) return s;
  const absl::StatusOr<base::Endpoint> grpc_bound = grpc_server_->Start();
  if (!grpc_bound.ok()) return grpc_bound.status();
  phase_ = Phase::kReady;
  grpc_server_->SetServing(true);
  log::Info("listening", {{"http", public_listener_->bound().ToString()},
                          {"grpc", grpc_bound->ToString()},
                          {"admin", admin_listener_->bound().ToString()},
                          {"version", config::Version()},
                          {"shards", shards_.size()},
                          {"epoch", window_.epoch()},
                          {"memory_limit", memory_.limit()}});
  if (const std::optional<Exposure> open = ExposureOf(config_)) {
    log::Warn("open to whoever reaches it",
              {{"listeners", open->listeners}, {"origins", open->origins}, {"hosts", open->hosts}});
  }
  if (budget_.window_bytes < config_.window_max_bytes) {
    log::Warn("window_max_bytes is bounded by memory", {{"window_max_bytes", budget_.window_bytes},
                                                        {"configured", config_.window_max_bytes}});
  }
  if (budget_.window_events < config_.window_max_events) {
    log::Warn(
        "window_max_events is bounded by memory",
        {{"window_max_events", budget_.window_events}, {"configured", config_.window_max_events}});
  }
  if (budget_.snapshot_keys < config_.snapshot_max_keys) {
    log::Warn(
        "snapshot_max_keys is bounded by memory",
        {{"snapshot_max_keys", budget_.snapshot_keys}, {"configured", config_.snapshot_max_keys}});
  }
  return absl::OkStatus();
}

void Gateway::Tick() {
  const base::TimePoint now = base::Now();
  ticked_at_ = now;
  store_.Tick(now);
  grpc_server_->Tick(now);
  if (memory_.limit() > 0) GuardMemory(now);
  public_service_.Tick(now);
  if (now < next_log_) return;
  next_log_ = now + kSuppressedInterval;
  net::LogSuppressed(now);
}

void Gateway::Apply(const Reloaded& reloaded, const config::Config& config,
                    const std::shared_ptr<const transcode::Schemas>& schemas) {
  const bool sets_refused = reloaded.sets == Reloaded::Sets::kRefused;
  if (sets_refused) set_reloads_failed_.Add();
  reload_ok_ = reloaded.flags && !sets_refused;
  if (!reloaded.flags) return;
  if (reloaded.sets == Reloaded::Sets::kTaken) {
    schemas_.Set(schemas);
    set_reloads_ok_.Add();
  }
  config_ = config;
  admission_.SetLimits(AdmissionLimitsOf(config, budget_));
  public_service_.SetPolicy(PublicPolicyOf(config));
  admin_service_.SetHosts(AdminHostsOf(config));
  const net::ConnectionOptions options = ConnectionOptionsOf(config, budget_);
  for (const auto& shard : shards_) shard->SetOptions(options);
  front_->SetOptions(options);
  if (reload_ok_) reloaded_at_ = std::chrono::system_clock::now();
}

MemoryLedger Gateway::Ledger() const {
  MemoryLedger::Sources sources{.shards = {front_.get()},
                                .window = &window_,
                                .store = &store_,
                                .public_service = &public_service_,
                                .ingest = &ingest_stats_,
                                .scratch = &scratch_};
  for (const auto& shard : shards_) sources.shards.push_back(shard.get());
  return MemoryLedger::Take(sources);
}

void Gateway::GuardMemory(base::TimePoint now) {
  size_t in_use = memory_.in_use();
  const MemoryLedger ledger = Ledger();
  if (memory_releaser_.IsTime(in_use, ledger.sum(), std::exchange(window_gave_, false), now)) {
    ::malloc_trim(0);
    in_use = memory_.in_use();
    memory_releaser_.Released(in_use);
  }
  const MemoryGuard::Verdict verdict = memory_guard_.Look(in_use, window_.stats().bytes, now);
  memory_in_use_ = in_use;
  starves_ = verdict.starves;
  window_.SetLogMaxBytes(verdict.window_max_bytes);
  window_gave_ = verdict.release;
  const size_t frames = ledger[MemoryClass::kFrames];
  if (frames > budget_.frame_bytes && now - cut_at_ >= kCutInterval) {
    cut_at_ = now;
    const size_t over = frames - budget_.frame_bytes;
    const uint64_t begins = window_.earliest_cursor() + 1;
    for (const auto& shard : shards_) shard->CutHolders(begins, over / shards_.size() + 1);
  }
  const MemoryGuard::Level before = memory_level_.exchange(verdict.level);
  if (before == verdict.level) return;
  admission_.SetPressure(PressureAt(verdict.level));
  store_.SetFull(RefusesEvents(verdict.level));
  log::Log(verdict.level > before ? log::Level::kWarn : log::Level::kInfo, "memory",
           {{"gives_way", ToString(verdict.level)},
            {"in_use", in_use},
            {"limit", memory_.limit()},
            {"window_max_bytes", verdict.window_max_bytes}});
}

void Gateway::BeginDrain() {
  phase_ = Phase::kDraining;
  grpc_server_->SetServing(false);
  for (const auto& shard : shards_) shard->BeginDrain();
  log::Info("draining", {{"connections", connections()}});
}

void Gateway::Leave() {
  log::Info("leaving",
            {{"connections", connections()}, {"publishers", ingest_stats_.publishers.value()}});
  public_listener_->Close();
  const auto window = std::chrono::duration_cast<std::chrono::milliseconds>(config_.drain_window);
  grpc_server_->StartLeaving(std::min(kAnsweringTime, window), kPublisherGrace);
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->Drain(config_.drain_window,
                      static_cast<double>(i) / static_cast<double>(shards_.size()));
  }
}

void Gateway::Stop(bool in_order) {
  if (public_listener_ == nullptr) return;
  public_listener_->Close();
  admin_listener_->Close();
  grpc_server_->Shutdown(in_order ? kPublisherGrace : std::chrono::milliseconds(0));
  for (const auto& shard : shards_) shard->Stop();
  front_->Stop();
  net::LogSuppressed(base::TimePoint::max());
  public_listener_.reset();
}

size_t Gateway::connections() const {
  size_t connections = 0;
  for (const auto& shard : shards_) connections += shard->load();
  return connections;
}

std::string Gateway::Metrics(http::MetricsFormat format) const {
  MetricsSources sources{.shards = {},
                         .ingest = &ingest_stats_,
                         .max_publisher_connections = grpc_server_->max_connections(),
                         .max_publisher_streams = grpc_server_->max_streams(),
                         .http = &http_stats_,
                         .window = &window_,
                         .store = &store_,
                         .admission = &admission_,
                         .memory = {.limit = memory_.limit(),
                                    .in_use = memory_in_use_,
                                    .level = memory_level_,
                                    .ledger = Ledger()},
                         .reload = {.successful = reload_ok_,
                                    .success_at = reloaded_at_.load(),
                                    .sets_ok = set_reloads_ok_.value(),
                                    .sets_failed = set_reloads_failed_.value()}};
  for (const auto& shard : shards_) sources.shards.push_back(shard.get());
  return RenderMetrics(sources, format);
}

net::HttpLater Gateway::Slowest(size_t k) const {
  std::vector<http::FindSlowest> shards;
  for (const auto& shard : shards_) {
    shards.emplace_back([shard = shard.get()](size_t count, auto done) {
      shard->FindSlowest(count, std::move(done));
    });
  }
  const auto open = [this] {
    uint64_t sum = 0;
    for (const auto& shard : shards_) sum += shard->stats().connections.value();
    return sum;
  };
  return http::AskForSlowest(std::move(shards), open, k);
}

bool Gateway::Healthy() const {
  const base::TimePoint now = base::Now();
  return now - ticked_at_.load() < kStuckAfter &&
         std::all_of(
             shards_.begin(), shards_.end(),
             [&](const auto& shard) { return now - shard->last_tick() < kStuckAfter; });
}

std::optional<std::string> Gateway::NotReady() const {
  switch (phase_.load()) {
    case Phase::kStarting:
      return "starting";
    case Phase::kReady:
      if (starves_) return "memory";
      return std::nullopt;
    case Phase::kDraining:
      return "draining";
  }
  return std::nullopt;
}

}  // namespace ssegw::app
