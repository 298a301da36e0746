#ifndef SSEGW_TESTS_TESTING_SERVER_STREAM_H_
#define SSEGW_TESTS_TESTING_SERVER_STREAM_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace ssegw::testing {

// A call that is told one message after another until somebody ends it. One that takes longer than
// its patience fails, so no test hangs.
//
// Lifetime: the destructor cancels what has not ended.
template <typename Service, typename Request, typename Response>
class ServerStream {
 public:
  using Method = std::unique_ptr<grpc::ClientReader<Response>> (Service::Stub::*)(
      grpc::ClientContext*, const Request&);

  ServerStream(const std::shared_ptr<grpc::Channel>& channel, Method method, const Request& request,
               std::chrono::seconds patience = std::chrono::seconds(30))
      : stub_(Service::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + patience);
    reader_ = (stub_.get()->*method)(&context_, request);
  }
  ~ServerStream() {
    context_.TryCancel();
    if (!finished_) reader_->Finish();
  }
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  void WaitForHeader() { reader_->WaitForInitialMetadata(); }
  // nullopt if the call has ended.
  std::optional<Response> Next() {
    Response response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }
  grpc::Status Finish() {
    finished_ = true;
    return reader_->Finish();
  }

 private:
  const std::unique_ptr<typename Service::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Response>> reader_;
  bool finished_ = false;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_SERVER_STREAM_H_
