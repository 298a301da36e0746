#ifndef SSEGW_TESTS_UNIT_INGEST_RAW_CALL_H_
#define SSEGW_TESTS_UNIT_INGEST_RAW_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssegw::ingest {

// A call of any method with any bytes, one step after another: each waits until it is done. A call
// that takes longer than its deadline fails, so no test hangs.
class RawCall {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  // method: "/package.Service/Method"
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
          const Metadata& metadata = {});
  // Cancels what is not finished.
  ~RawCall();

  // False if the call is over.
  bool Write(std::string_view bytes);
  // nullopt if nothing comes any more.
  std::optional<std::string> Read();
  // Half-closes.
  bool WritesDone();
  grpc::Status Finish();

  // As Write, but gives up on waiting after patience; then false, and no step may follow but
  // WaitForWrite.
  bool WriteWithin(std::string_view bytes, std::chrono::milliseconds patience);
  bool WaitForWrite();

  template <typename Message>
  bool Write(const Message& message) {
    return Write(std::string_view(message.SerializeAsString()));
  }
  // A default one if nothing comes any more.
  template <typename Message>
  Message ReadAs() {
    Message message;
    message.ParseFromString(Read().value_or(""));
    return message;
  }

  grpc::ClientContext& context() { return context_; }

 private:
  bool Next(const void* tag);

  // Reads may be asked for while a write waits, so each step has a tag of its own.
  char write_tag_ = 0;
  char read_tag_ = 0;
  char other_tag_ = 0;
  bool write_ok_ = false;
  bool write_done_ = true;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  std::optional<grpc::Status> status_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_RAW_CALL_H_
