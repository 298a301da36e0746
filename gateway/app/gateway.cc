// Implementation notes
//
// The gateway shuts down from where events come in to where they go out: first nothing new comes in
// (listeners, publishers), then the shards end their connections and their threads, then the window
// and the store go. A publisher's call may append as long as the gRPC server lives, so the server
// stops before the shards.
#include "gateway/app/gateway.h"

#include <algorithm>
#include <utility>

#include "gateway/api/answers.h"
#include "gateway/app/availability.h"
#include "gateway/app/exposure.h"
#include "gateway/app/metrics/page.h"
#include "gateway/app/part_options.h"
#include "gateway/app/resources.h"
#include "gateway/config/version.h"
#include "gateway/http/debug_connections.h"
#include "gateway/ingest/watch_sources.h"
#include "internal/log/log.h"
#include "internal/net/shard/connection_log.h"
#include "internal/sse/event_id.h"

namespace ssegw::app {
namespace {

// A thread that has not come to its tick for so long is stuck.
constexpr base::Duration kStuckAfter = std::chrono::seconds(10);
// Lines that were suppressed are reported so often.
constexpr base::Duration kSuppressedInterval = std::chrono::seconds(1);
// While the gateway leaves: for events that are on their way, and for streams to take their last
// answers.
constexpr std::chrono::milliseconds kAnsweringTime = std::chrono::seconds(2);
constexpr std::chrono::milliseconds kPublisherGrace = std::chrono::seconds(2);

// Gateways that share a log hear of each other's connections, or that one of them is gone, within
// this time.
constexpr base::Duration kOthersLag = std::chrono::seconds(10);

Edge::Options EdgeOptionsOf(const config::Config& config, const Budget& budget) {
  return {.connections = ConnectionOptionsOf(config, budget),
          .api_connections = ApiConnectionOptionsOf(config, budget),
          .admission = AdmissionLimitsOf(config, budget)};
}

std::optional<Tokens> MakeTokens(const config::Config& config, const MemoryBudget& budget) {
  if (!NeedsTokens(config)) return std::nullopt;
  return std::optional<Tokens>(std::in_place, config, budget.token_bytes);
}

// Says which flags memory does not allow for.
void LogBoundedByMemory(const config::Config& config, const MemoryBudget& budget) {
  if (budget.window_bytes < config.window_max_bytes) {
    log::Warn("window_max_bytes is bounded by memory",
              {{"window_max_bytes", budget.window_bytes}, {"configured", config.window_max_bytes}});
  }
  if (budget.window_events < config.window_max_events) {
    log::Warn(
        "window_max_events is bounded by memory",
        {{"window_max_events", budget.window_events}, {"configured", config.window_max_events}});
  }
  if (budget.snapshot_keys < config.snapshot_max_keys) {
    log::Warn(
        "snapshot_max_keys is bounded by memory",
        {{"snapshot_max_keys", budget.snapshot_keys}, {"configured", config.snapshot_max_keys}});
  }
}

}  // namespace

Gateway::Gateway(const config::Config& config, std::shared_ptr<const transcode::Schemas> schemas,
                 std::unique_ptr<Tls> tls, const StoreMaker& make_store)
    : config_(config),
      store_patience_{.publish_timeout = config.store_publish_timeout,
                      .ready_grace = config.store_ready_grace},
      memory_use_(config.memory_limit),
      budget_(config, {.cpus = AvailableCpus(),
                       .open_files = RaiseOpenFilesLimit(),
                       .memory_limit = memory_use_.limit()}),
      scratch_(budget_.memory.scratch_bytes),
      schemas_(std::move(schemas), {.max_bytes = budget_.memory.json_bytes, .scratch = &scratch_}),
      window_(sse::NewEpoch(), WindowLimitsOf(config, budget_)),
      store_(make_store(config, budget_, window_)),
      tokens_(MakeTokens(config, budget_.memory)),
      publisher_access_(config, tokens_ ? &*tokens_ : nullptr, auth_stats_),
      tls_(std::move(tls)),
      public_service_(window_, PublicOptions(), http_stats_),
      admin_service_(AdminSources(), AdminHostsOf(config)),
      // Whom it asks is made after it, and is there before the first request.
      api_(
          config, budget_, [this]() -> connections::Connections& { return connections(); },
          grpc_server_, schemas_),
      edge_(window_,
            {.public_port = public_service_,
             .admin_port = admin_service_,
             .api_port = config.api_listen ? &api_.service() : nullptr},
            budget_, EdgeOptionsOf(config, budget_), tls_->http_port()),
      local_connections_(edge_.replica(), edge_.ShardConnections(), edge_.FrontConnections(),
                         config.send_queue_bytes),
      lifecycle_(LifecycleOptions()),
      replicas_(MakeReplicas()),
      operators_(connections(), lifecycle_, OperatorOptions()),
      connection_news_(edge_.replica(), lifecycle_, demand_,
                       replicas_ ? &replicas_->lifecycle() : nullptr,
                       replicas_ ? &replicas_->demand() : nullptr),
      memory_watch_(memory_use_, budget_.memory,
                    {.window = window_,
                     .store = *store_,
                     .edge = edge_,
                     .public_service = public_service_,
                     .ingest = ingest_stats_,
                     .scratch = scratch_,
                     .tokens = tokens_ ? &tokens_->verifier().cache() : nullptr,
                     .lifecycle = lifecycle_,
                     .demand = demand_}),
      grpc_server_(GrpcOptions(), schemas_, *store_, ingest_stats_) {}

Gateway::~Gateway() { Stop(Grace::kNone); }

// Makes what decides who may subscribe before the service that asks it.
http::PublicServiceOptions Gateway::PublicOptions() {
  http::PublicServiceOptions options = PublicServiceOptionsOf(config_, budget_);
  if (config_.auth != config::Auth::kJwt) return options;
  subscriber_auth_.emplace(config_, tokens_->verifier(), tokens_->key_requests(), auth_stats_);
  options.authenticator = &subscriber_auth_->authenticator();
  return options;
}

connections::Lifecycle::Options Gateway::LifecycleOptions() {
  // Most of it is for the log; the rest for what waits to be told.
  const size_t waiting_bytes = budget_.memory.lifecycle_bytes / 5;
  connections::Lifecycle::Options options{
      .replica = edge_.replica(),
      .linger = config_.lifecycle_linger,
      .log = {.bytes = budget_.memory.lifecycle_bytes - waiting_bytes},
      .max_waiting_bytes = waiting_bytes,
      .open_connections = [this] { return edge_.connections(); }};
  if (config_.store.is_shared()) options.others_lag = kOthersLag;
  return options;
}

std::optional<Replicas> Gateway::MakeReplicas() {
  if (!config_.store.is_shared()) return std::nullopt;
  return std::optional<Replicas>(std::in_place, config_, edge_.replica(),
                                 Replicas::Parts{.connections = local_connections_,
                                                 .lifecycle = lifecycle_,
                                                 .demand = demand_,
                                                 .head = [this] {
                                                   const window::Position head = window_.position();
                                                   return sse::FormatEventId(head.epoch, head.seq);
                                                 }});
}

ingest::GrpcServerOptions Gateway::GrpcOptions() {
  ingest::GrpcServerOptions options = GrpcServerOptionsOf(config_, budget_);
  options.schemas = [this] { return schemas_.GetPool(); };
  options.auth = publisher_access_.options();
  options.tls = tls_->grpc_identity();
  options.connections = &connections();
  options.begin_demand = ingest::WatchDemandOf(demand_);
  options.begin_lifecycle = ingest::WatchLifecycleOf(lifecycle_);
  return options;
}

http::AdminSources Gateway::AdminSources() {
  return {.metrics = [this](http::MetricsFormat format) { return Metrics(format); },
          .slowest =
              [this](size_t k) {
                return http::AskForSlowest(
                    edge_.FindSlowest(), [this] { return edge_.connections(); }, k);
              },
          .healthy = [this] { return Healthy(); },
          .not_ready = [this] { return NotReady(); },
          .operators = [this](const net::HttpRequest& r) { return operators_.Answer(r); }};
}

operators::OperatorOptions Gateway::OperatorOptions() {
  api::PublishCalls& publishing = api_.publishing();
  return {
      .actions = config_.operator_actions,
      .replica = edge_.replica(),
      .open = [this] { return edge_.connections(); },
      .publish = [this, &publishing](std::string body, const std::string& peer) -> net::HttpReply {
        // Its port is open before the store's log is there.
        if (phase_ != Phase::kReady) {
          return api::ErrorAnswer(api::Form::kProblem,
                                  absl::UnavailableError("the gateway is not ready"));
        }
        return publishing.Publish("", api::PublishCalls::Body::kEvent, std::move(body), peer);
      },
      .max_event_body_bytes = publishing.max_bytes(api::PublishCalls::Body::kEvent)};
}

absl::Status Gateway::Start() {
  ticked_at_ = base::Now();
  if (tokens_) tokens_->Start(file_watch_);
  publisher_access_.Start(file_watch_);
  if (subscriber_auth_) subscriber_auth_->Start(file_watch_);
  tls_->Start(file_watch_);
  api_.Start(file_watch_);
  if (absl::Status status = edge_.OpenAdmin(config_.admin_listen); !status.ok()) return status;
  file_watch_.Start();
  if (loading()) log::Info("loading", {{"admin", edge_.admin_port().ToString()}});
  return absl::OkStatus();
}

bool Gateway::loading() const { return store_->health().state == store::StoreState::kLoading; }

absl::Status Gateway::Open() {
  edge_.SetListener(&connection_news_);
  if (absl::Status status = edge_.OpenPublic(config_.http_listen); !status.ok()) return status;
  absl::StatusOr<base::Endpoint> grpc_bound = grpc_server_.Start();
  if (!grpc_bound.ok()) return grpc_bound.status();
  grpc_bound_ = *std::move(grpc_bound);
  if (config_.api_listen) {
    if (absl::Status status = edge_.OpenApi(*config_.api_listen); !status.ok()) return status;
  }
  phase_ = Phase::kReady;
  TellOfStore(base::Now());
  LogStart();
  return absl::OkStatus();
}

void Gateway::TellOfStore(base::TimePoint now) {
  const Availability availability = AvailabilityOf(store_->health(), store_patience_, now);
  const bool serving = availability.takes_events && phase_ == Phase::kReady;
  if (std::exchange(told_serving_, serving) != serving) grpc_server_.SetServing(serving);
  const bool stale = availability.stale_since.has_value();
  if (std::exchange(told_stale_, stale) != stale) edge_.SetStale(availability.stale_since);
}

void Gateway::LogStart() const {
  log::Info("listening", {{"http", edge_.public_port().ToString()},
                          {"grpc", grpc_bound_.ToString()},
                          {"admin", edge_.admin_port().ToString()},
                          {"api", config_.api_listen ? edge_.api_port().ToString() : ""},
                          {"version", config::Version()},
                          {"shards", budget_.shards},
                          {"replica", edge_.replica()},
                          {"epoch", window_.epoch()},
                          {"memory_limit", memory_use_.limit()}});
  if (const std::optional<Exposure> open = ExposureOf(config_)) {
    log::Warn("open to whoever reaches it",
              {{"listeners", open->listeners}, {"origins", open->origins}, {"hosts", open->hosts}});
  }
  LogBoundedByMemory(config_, budget_.memory);
}

void Gateway::Tick() {
  const base::TimePoint now = base::Now();
  ticked_at_ = now;
  store_->Tick(now);
  grpc_server_.Tick(now);
  memory_watch_.Tick(now);
  public_service_.Tick(now, store_->log_end());
  local_connections_.Tick(now);
  if (replicas_) replicas_->Tick(now);
  lifecycle_.Tick(now);
  demand_.Tick(now);
  TellOfStore(now);
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
  public_service_.SetPolicy(PublicPolicyOf(config));
  admin_service_.SetHosts(AdminHostsOf(config));
  api_.SetPolicy(config);
  edge_.SetOptions(EdgeOptionsOf(config, budget_));
  local_connections_.SetMaxMessageBytes(config.send_queue_bytes);
  tls_->SetHandshakeRate(config.tls_handshake_rate);
  if (reload_ok_) reloaded_at_ = std::chrono::system_clock::now();
}

void Gateway::BeginDrain() {
  phase_ = Phase::kDraining;
  grpc_server_.SetServing(false);
  edge_.BeginDrain();
  log::Info("draining", {{"connections", sockets()}});
}

void Gateway::Leave() {
  log::Info("leaving",
            {{"connections", sockets()}, {"publishers", ingest_stats_.publishers.value()}});
  const auto window = std::chrono::duration_cast<std::chrono::milliseconds>(config_.drain_window);
  edge_.StopAccepting();
  grpc_server_.StartLeaving(std::min(kAnsweringTime, window), kPublisherGrace);
  edge_.Leave(config_.drain_window);
}

void Gateway::Stop(Grace grace) {
  if (std::exchange(stopped_, true)) return;
  edge_.CloseListeners();
  // What is asked of other gateways is answered, and so is who asked this one.
  if (replicas_) replicas_->Stop();
  // Publishers whose events wait for the store get their answers, and the server can go.
  store_->Stop();
  grpc_server_.Shutdown(grace == Grace::kPublishers ? kPublisherGrace
                                                    : std::chrono::milliseconds(0));
  edge_.Stop();
  net::LogSuppressed(base::TimePoint::max());
}

std::string Gateway::Metrics(http::MetricsFormat format) const {
  return RenderMetrics({.shards = edge_.shards(),
                        .admission = edge_.admission(),
                        .http = http_stats_,
                        .auth = auth_stats_,
                        .api = api_.stats(),
                        .tls = tls_->stats(),
                        .ingest = ingest_stats_,
                        .publisher_limits = {.connections = grpc_server_.max_connections(),
                                             .streams = grpc_server_.max_streams()},
                        .lifecycle = lifecycle_.stats(),
                        .demand_watchers = demand_.watches(),
                        .window = window_,
                        .store = *store_,
                        .memory = memory_watch_.state(),
                        .keys = tokens_ ? &tokens_->stats() : nullptr,
                        .reload = {.successful = reload_ok_,
                                   .success_at = reloaded_at_.load(),
                                   .sets_ok = set_reloads_ok_.value(),
                                   .sets_failed = set_reloads_failed_.value()}},
                       format);
}

bool Gateway::Healthy() const {
  return base::Now() - ticked_at_.load() < kStuckAfter && edge_.TurnsOver(kStuckAfter);
}

std::optional<std::string> Gateway::NotReady() const {
  switch (phase_.load()) {
    case Phase::kStarting:
      return loading() ? "loading" : "starting";
    case Phase::kReady:
      if (!AvailabilityOf(store_->health(), store_patience_, base::Now()).ready) return "store";
      if (memory_watch_.starves()) return "memory";
      if (tokens_ && tokens_->stats().keys == 0) return "keys";
      return std::nullopt;
    case Phase::kDraining:
      return "draining";
  }
  return std::nullopt;
}

}  // namespace ssegw::app
