#ifndef SSEGW_GATEWAY_INGEST_OPERATOR_CALL_H_
#define SSEGW_GATEWAY_INGEST_OPERATOR_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/ingest/ingest_stats.h"
#include "gateway/ingest/workers.h"
#include "internal/base/mutex.h"

namespace ssegw::ingest {

// The end of a call of ConnectionService, whose answer comes from elsewhere and perhaps after the
// call.
//
// Thread: any.
class OperatorCallEnd {
 public:
  // response: where gRPC wants it; both live until Detach.
  OperatorCallEnd(grpc::ServerUnaryReactor* reactor, grpc::ByteBuffer* response,
                  Operation operation, IngestStats& stats, Workers& workers)
      : reactor_(reactor),
        response_(response),
        operation_(operation),
        stats_(stats),
        workers_(workers) {}

  // Ends the call on this thread; later ends do nothing.
  void Finish(const absl::Status& status, const grpc::ByteBuffer& response = {});
  // The same on a thread of the workers: the one that has the answer has other things to do.
  static void FinishElsewhere(const std::shared_ptr<OperatorCallEnd>& end,
                              absl::StatusOr<grpc::ByteBuffer> answer);
  // The same with the status of a refusal, which counts elsewhere. refuse is called only if the
  // call is there, and with it all that it was made with; it must not use this.
  void Refuse(const std::function<grpc::Status()>& refuse);
  // Whether the call is there, and passes the check; if it does not pass, that is its end. check:
  // as refuse.
  bool Passes(const std::function<absl::Status()>& check);
  // gRPC is done with the call.
  void Detach();

 private:
  void FinishLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  // nullptr: it has ended, or gRPC is done with it.
  grpc::ServerUnaryReactor* reactor_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer* const response_;
  const Operation operation_;
  IngestStats& stats_;
  // Is there as long as the call.
  Workers& workers_;
};

// One call of ConnectionService. gRPC owns it once it is returned to it; it deletes itself.
class OperatorCall final : public grpc::ServerUnaryReactor {
 public:
  OperatorCall(grpc::ByteBuffer* response, Operation operation, IngestStats& stats,
               Workers& workers)
      : end_(std::make_shared<OperatorCallEnd>(this, response, operation, stats, workers)) {}

  const std::shared_ptr<OperatorCallEnd>& end() const { return end_; }

  void OnCancel() override { end_->Finish(absl::CancelledError("the caller is gone")); }
  void OnDone() override {
    end_->Detach();
    delete this;
  }

 private:
  const std::shared_ptr<OperatorCallEnd> end_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_OPERATOR_CALL_H_
