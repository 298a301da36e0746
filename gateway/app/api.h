#ifndef SSEGW_GATEWAY_APP_API_H_
#define SSEGW_GATEWAY_APP_API_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/api/api_service.h"
#include "gateway/api/api_stats.h"
#include "gateway/api/connection_calls.h"
#include "gateway/api/event_sink.h"
#include "gateway/api/gatekeeper.h"
#include "gateway/api/publish_calls.h"
#include "gateway/app/budget.h"
#include "gateway/app/file_watch.h"
#include "gateway/config/config.h"
#include "gateway/ingest/grpc_server.h"
#include "internal/base/watched_file.h"
#include "internal/transcode/live_schemas.h"

namespace ssegw::app {

// What is wrong with the files of the API's credentials: for the start and --check_config. A line
// each, which begins with the flag.
std::vector<std::string> FaultsOfApiFiles(const config::Config& config);

// What --api_listen answers, and who may ask.
//
// Owns:     the credentials, and the service that checks them.
// Thread:   SetPolicy and Start: one. The service: any.
// Lifetime: what it is made with is there by the first request, and outlives the last. The file
//           watch ends before it.
class Api {
 public:
  Api(const config::Config& config, const Budget& budget, api::ConnectionCalls::Find connections,
      ingest::GrpcServer& publishers, const transcode::LiveSchemas& schemas);

  // Reads the files of credentials, and has them watched.
  void Start(FileWatch& watch);
  // For requests from now on.
  void SetPolicy(const config::Config& config);

  api::ApiService& service() { return service_; }
  api::PublishCalls& publishing() { return publishing_; }
  const api::ApiStats& stats() const { return stats_; }

 private:
  // What is published by HTTP goes the way of what is published by gRPC.
  class Sink final : public api::EventSink {
   public:
    explicit Sink(ingest::GrpcServer& publishers) : publishers_(publishers) {}

    std::optional<store::AppendResult> Take(const absl::StatusOr<std::string>& wire,
                                            std::string_view peer, store::AppendDone done) override;
    void Run(std::function<void()> task) override;
    bool refusing() const override;

   private:
    ingest::GrpcServer& publishers_;
  };

  base::WatchedFile token_file_;
  base::WatchedFile credentials_file_;
  api::ApiCredentials credentials_;
  api::ApiStats stats_;
  Sink sink_;
  api::PublishCalls publishing_;
  api::ApiService service_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_API_H_
