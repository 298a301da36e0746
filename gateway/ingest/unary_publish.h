#ifndef SSEGW_GATEWAY_INGEST_UNARY_PUBLISH_H_
#define SSEGW_GATEWAY_INGEST_UNARY_PUBLISH_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <optional>
#include <string>

#include "gateway/ingest/event_intake.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/publisher_auth.h"
#include "gateway/ingest/publisher_connections.h"
#include "gateway/ingest/workers.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::ingest {

// One Publish call whose answer may come after its method has returned: from a thread of Workers,
// or from the store.
//
// Thread:   Begin or Work one; the store and Identified by any; reactions are gRPC's.
// Lifetime: its maker deletes it if Begin returned a status, and else gives it to gRPC. Then it
//           deletes itself, when gRPC is done with it and the store too: an answer that comes
//           after the call has ended is counted, and goes nowhere.
class UnaryPublish final : public grpc::ServerUnaryReactor {
 public:
  struct Call {
    EventIntake& intake;
    IngestStats& stats;
    PublisherConnections& connections;
    Workers& workers;
    size_t max_event_bytes;
    // These live until the call has finished.
    grpc::CallbackServerContext* context;
    const grpc::ByteBuffer* request;
    grpc::ByteBuffer* response;
    std::string peer;
    base::Moment received;
  };
  // publisher: null: nobody asks who it is.
  explicit UnaryPublish(Call call, PublisherPtr publisher = nullptr)
      : call_(std::move(call)), publisher_(std::move(publisher)) {}

  // Takes the event in. The status of the call, if it is known at once; otherwise the call finishes
  // by itself.
  std::optional<grpc::Status> Begin();
  // The same for a call that gRPC has already.
  void Work();

  // Of a publisher who is not known yet, and instead of Begin: the call waits until Identified,
  // which follows once, and works on.
  void Wait();
  void Identified(Identity identity);

  void OnCancel() override;
  void OnDone() override;

 private:
  enum class State {
    kTaking,   // the request is in use
    kWaiting,  // for the store, or for who the publisher is
    kFinished,
  };

  // The status of the call that ends with this result, and its response.
  grpc::Status Answer(store::AppendResult result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnStored(store::AppendResult result);

  const Call call_;
  // Set before the request is looked at.
  PublisherPtr publisher_;
  base::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kTaking;
  // What it waits for is yet to come.
  bool is_out_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  // What the store answered while the request was in use.
  std::optional<store::AppendResult> early_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_UNARY_PUBLISH_H_
