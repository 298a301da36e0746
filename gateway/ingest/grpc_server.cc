#include "gateway/ingest/grpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::ingest {
namespace {

constexpr size_t kReceiveMemoryPerMaxEvent = 4;

// Publishers are silent for as long as nothing happens. A dead one is found within a minute and a
// half; pings of their own are welcome up to one in five seconds.
constexpr std::chrono::milliseconds kKeepaliveInterval = std::chrono::seconds(60);
constexpr std::chrono::milliseconds kKeepaliveTimeout = std::chrono::seconds(20);
constexpr std::chrono::milliseconds kMinPublisherPingInterval = std::chrono::seconds(5);
constexpr std::chrono::milliseconds kHandshakeTimeout = std::chrono::seconds(10);
// Of one connection; what a publisher opens beyond that waits at the publisher. A stream that says
// nothing takes 17 KiB: a publisher that leaks them would take all the memory there is.
constexpr int kMaxStreamsPerConnection = 1000;

// Of one header block as HTTP/2 counts it; gRPC ends the connection at more, and tells publishers
// so (SETTINGS_MAX_HEADER_LIST_SIZE).
constexpr int kMaxHeaderBytes = 128 * 1024;

// At the end: between two looks at the streams, and for unary calls that have begun.
constexpr std::chrono::milliseconds kPoll{5};
constexpr std::chrono::milliseconds kUnaryGrace{100};
// For streams whose last answer came late.
constexpr std::chrono::milliseconds kAnswerGrace = std::chrono::seconds(1);

std::vector<std::string> ServiceNames(bool has_connections) {
  std::vector<std::string> names = {
      grpc::health::v1::Health::service_full_name(),
      grpc::reflection::v1::ServerReflection::service_full_name(),
      grpc::reflection::v1alpha::ServerReflection::service_full_name(),
      ssegateway::v1::PublisherService::service_full_name()};
  if (has_connections) names.emplace_back(ssegateway::v1::ConnectionService::service_full_name());
  return names;
}

int ToArgument(std::chrono::milliseconds duration) {
  return static_cast<int>(std::min<int64_t>(duration.count(), std::numeric_limits<int>::max()));
}

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder* builder) {
  // Without a limit on a single message, so that an event over max_event_bytes is answered and does
  // not break its stream. gRPC would look at the size only when the message is all there (measured:
  // two of 100 MB took 200 MB to be refused), so what guards the memory is the quota.
  builder->SetMaxReceiveMessageSize(-1);
  // Beyond it gRPC reads slower, and then breaks connections: a flood of huge events costs its
  // publishers, not the process.
  grpc::ResourceQuota quota("ingest");
  quota.Resize(
      std::max(options.max_receive_bytes, options.max_event_bytes * kReceiveMemoryPerMaxEvent));
  builder->SetResourceQuota(quota);
  // gRPC inflates a message whole before it looks at its size: a megabyte of gzip can be a
  // gigabyte. So compressed messages come as they are, and ReceivedMessage inflates them.
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // What a call has beyond kMaxMetadataBytes is to end that call alone, so more is let in than
  // that.
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
}

// gRPC tells a connection to go (GOAWAY) when it is between 0.9 and 1.1 times its argument old. Its
// streams end between 0.85 and 1.15 times max_age (PublisherConnections), which is later, so that
// their publishers come back on another connection; and then it is closed, if gRPC has not yet.
constexpr double kGoAwayShare = 0.75;
constexpr double kGraceShare = 0.5;
constexpr std::chrono::milliseconds kMinAgeGrace = std::chrono::seconds(5);

void SetMaxAge(base::Duration max_age, grpc::ServerBuilder* builder) {
  if (max_age == base::Duration::zero()) return;
  const auto share = [&](double part) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(max_age * part);
  };
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, ToArgument(share(kGoAwayShare)));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                              ToArgument(share(kGraceShare) + kMinAgeGrace));
}

void SetConnectionArguments(grpc::ServerBuilder* builder) {
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ToArgument(kKeepaliveInterval));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ToArgument(kKeepaliveTimeout));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              ToArgument(kMinPublisherPingInterval));
  // Who connects and does not speak HTTP/2 has its socket no longer than this.
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, ToArgument(kHandshakeTimeout));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
}

}  // namespace

GrpcServer::GrpcServer(GrpcServerOptions options, const transcode::Transcoder& transcoder,
                       store::Store& store, IngestStats& stats)
    : options_(std::move(options)),
      stats_(stats),
      peers_(options_.max_connections, options_.max_age, &stats),
      streams_(options_.max_streams, &stats),
      validator_(transcoder, options_.max_event_bytes, stats, options_.default_ttl),
      intake_(validator_, store, stats),
      auth_(options_.auth),
      workers_(std::clamp<size_t>(std::thread::hardware_concurrency(), 2, 8)),
      watches_({.stats = stats,
                .connections = peers_,
                .streams = streams_,
                .workers = workers_,
                .auth = auth_}),
      publisher_({.intake = intake_,
                  .stats = stats,
                  .connections = peers_,
                  .streams = streams_,
                  .workers = workers_,
                  .auth = auth_,
                  .max_event_bytes = options_.max_event_bytes,
                  .watches = watches_,
                  .begin_demand = options_.begin_demand}),
      unknown_methods_(&stats),
      health_(&peers_, &streams_),
      reflection_(ServiceNames(options_.connections != nullptr), options_.schemas),
      reflection_v1_(&reflection_),
      reflection_v1alpha_(&reflection_),
      acceptor_(&peers_) {
  MakeConnectionService();
}

void GrpcServer::MakeConnectionService() {
  if (options_.connections == nullptr) return;
  // White space of JSON is not in the message.
  const size_t max_request_bytes =
      std::max(options_.max_event_bytes, 2 * options_.max_message_bytes);
  connection_service_.emplace(
      ConnectionService::Parts{.connections = *options_.connections,
                               .stats = stats_,
                               .peers = peers_,
                               .workers = workers_,
                               .auth = auth_,
                               .max_request_bytes = max_request_bytes,
                               .watches = watches_,
                               .begin_lifecycle = options_.begin_lifecycle});
}

GrpcServer::~GrpcServer() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<base::Endpoint> GrpcServer::Start() {
  if (absl::Status opened = acceptor_.Open(options_.listen); !opened.ok()) return opened;
  // A switch of the process that acts on the servers built from now on.
  grpc::EnableDefaultHealthCheckService(false);

  credentials_ = options_.tls ? TlsCredentials(options_.tls) : grpc::InsecureServerCredentials();
  grpc::ServerBuilder builder;
  connections_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_);
  builder.RegisterService(&publisher_);
  if (connection_service_) builder.RegisterService(&*connection_service_);
  builder.RegisterService(&health_);
  builder.RegisterService(&reflection_v1_);
  builder.RegisterService(&reflection_v1alpha_);
  builder.RegisterCallbackGenericService(&unknown_methods_);
  SetLimits(options_, &builder);
  SetConnectionArguments(&builder);
  SetMaxAge(options_.max_age, &builder);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::UnavailableError("gRPC does not start");
  acceptor_.Start([this](int fd, int listener_fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener_fd;
    connection.fd = fd;
    connections_->HandleNewConnection(&connection);
  });
  return acceptor_.bound();
}

void GrpcServer::Tick(base::TimePoint now) {
  peers_.Sweep(now);
  if (options_.max_age == base::Duration::zero() && !auth_.ends_streams()) return;
  publisher_.EndDue(now);
  watches_.EndDue(now);
}

void GrpcServer::StartLeaving(std::chrono::milliseconds answering,
                              std::chrono::milliseconds grace) {
  publisher_.StartRefusing();
  const base::TimePoint until = base::Now() + answering;
  leaving_ = std::thread([this, until, grace] {
    // A call that comes between GOAWAY and the end of its connection would be CANCELLED. None that
    // is worth waiting for is left: they have been refused all the time.
    if (SleepUntil(until)) End(until + grace, std::chrono::milliseconds(0));
  });
}

void GrpcServer::Shutdown(std::chrono::milliseconds grace) {
  if (server_ == nullptr) return;
  const base::TimePoint deadline = base::Now() + grace;
  cut_at_ = deadline;
  if (leaving_.joinable()) leaving_.join();
  End(deadline, std::min(grace, kUnaryGrace));
  server_ = nullptr;
}

void GrpcServer::End(base::TimePoint deadline, std::chrono::milliseconds unary_grace) {
  acceptor_.Stop();
  health_.EndWatches();
  watches_.EndAll();
  publisher_.EndStreams();
  if (WaitForAnswers(deadline)) unary_grace = std::max(unary_grace, kUnaryGrace);
  server_->Shutdown(std::chrono::system_clock::now() + unary_grace);
}

// Not left to gRPC: it would wait for idle connections too, as long as it may.
bool GrpcServer::WaitForAnswers(base::TimePoint deadline) const {
  bool waited = false;
  for (base::TimePoint now = base::Now(); now < cut_at_.load(); now = base::Now()) {
    if (intake_.waiting() > 0) {
      waited = true;
      // Streams have time to take what they waited for.
      deadline = std::max(deadline, now + kAnswerGrace);
    } else if (stats_.publishers.value() == 0 || now >= deadline) {
      break;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return waited;
}

bool GrpcServer::SleepUntil(base::TimePoint time) const {
  while (base::Now() < time) {
    if (cut_at_.load() != base::TimePoint::max()) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

}  // namespace ssegw::ingest
