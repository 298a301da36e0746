#ifndef SSEGW_TESTS_TESTING_BATCH_CALL_H_
#define SSEGW_TESTS_TESTING_BATCH_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ssegateway/v1/publisher.grpc.pb.h"

namespace ssegw::testing {

// A PublishBatch call on a channel of its own. One that takes longer than a test may is ended, so
// no test hangs.
//
// Lifetime: the destructor cancels what has not ended.
class BatchCall {
 public:
  // token: shown as metadata, unless it is empty.
  explicit BatchCall(const std::string& address, const std::string& token = "");
  ~BatchCall();
  BatchCall(const BatchCall&) = delete;
  BatchCall& operator=(const BatchCall&) = delete;

  // False if the call is over.
  bool Write(uint64_t request_id, const std::vector<ssegateway::v1::Event>& events);
  // nullopt if no answer will come.
  std::optional<ssegateway::v1::PublishBatchResponse> Read();
  // Writes one, and reads its answer. Failure if none comes.
  ssegateway::v1::PublishBatchResponse Exchange(const std::vector<ssegateway::v1::Event>& events);
  // Half-closes, and skips the answers that have not been read.
  grpc::Status Finish();

 private:
  const std::unique_ptr<ssegateway::v1::PublisherService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ssegateway::v1::PublishBatchRequest,
                                           ssegateway::v1::PublishBatchResponse>>
      stream_;
  uint64_t exchanges_ = 0;
  bool finished_ = false;
};

// Each event's id, or "error <code>"; a repeat's id ends in " again".
std::vector<std::string> TextsOf(const ssegateway::v1::PublishBatchResponse& response);

struct PublishedBatches {
  std::vector<std::string> ids;  // of each event
  size_t calls = 0;
};
// Publishes events, all with message ids, as docs/publishing.md tells backends to: in batches, of
// which some are on their way at a time; what has no answer, or UNAVAILABLE, goes out again on
// another call. Failure if one is refused for good, or if it takes too long.
//
// address: asked before each call. after_answer: called with the number of events that have an id.
PublishedBatches PublishInBatches(
    const std::function<std::string()>& address, const std::vector<ssegateway::v1::Event>& events,
    size_t batch_size, const std::function<void(size_t)>& after_answer = [](size_t) {});

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_BATCH_CALL_H_
