#ifndef SSEGW_TESTS_UNIT_INGEST_INGEST_SERVER_H_
#define SSEGW_TESTS_UNIT_INGEST_INGEST_SERVER_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <utility>

#include "gateway/ingest/grpc_server.h"
#include "internal/base/concat.h"
#include "internal/log/capture_for_test.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"
#include "tests/testing/wait_for.h"
#include "tests/unit/ingest/real_transcoder.h"

namespace ssegw::ingest {

inline constexpr char kPublish[] = "/ssegateway.v1.PublisherService/Publish";
inline constexpr char kPublishStream[] = "/ssegateway.v1.PublisherService/PublishStream";
inline constexpr size_t kMaxEventBytesOfTest = 100'000;

using testing::WaitFor;

// A gRPC edge with a real store behind it, or one that is given, on a port of its own, and a way to
// it.
class IngestServer {
 public:
  explicit IngestServer(const transcode::Transcoder* transcoder = &RealTranscoder(),
                        store::Store* other_store = nullptr, PublisherAuthOptions auth = {},
                        BeginDemand begin_demand = nullptr)
      : server({.listen = {.host = "127.0.0.1"},
                .max_event_bytes = kMaxEventBytesOfTest,
                .auth = std::move(auth),
                .begin_demand = std::move(begin_demand)},
               *transcoder, other_store != nullptr ? *other_store : store, stats) {
    port = server.Start().value().port;
    channel = NewChannel();
  }

  std::shared_ptr<grpc::Channel> NewChannel() const {
    // Not shared with the other channels to this port.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    // Answers that are not taken fill 64 KiB, and not what the channel guesses the network takes.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return grpc::CreateCustomChannel(base::Concat("127.0.0.1:", port),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  // What the edge logs of bad events.
  log::CaptureForTest log;
  window::Window window{"epoch", {}};
  store::MemoryStore store{window, {}};
  IngestStats stats;
  GrpcServer server;
  uint16_t port = 0;
  std::shared_ptr<grpc::Channel> channel;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_INGEST_SERVER_H_
