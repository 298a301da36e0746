#ifndef SSEGW_TESTS_TESTING_PUBLISHER_H_
#define SSEGW_TESTS_TESTING_PUBLISHER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::testing {

struct PublishResult {
  int code = 0;  // a google.rpc.Code
  std::string message = {};
  std::string id = {};
  bool duplicate = false;
  std::string details = {};  // a serialized google.rpc.Status

  bool ok() const { return code == 0; }
};

// google.rpc.Code, as far as the contract names them.
inline constexpr int kOk = 0;
inline constexpr int kInvalidArgument = 3;
inline constexpr int kResourceExhausted = 8;
inline constexpr int kUnimplemented = 12;
inline constexpr int kUnavailable = 14;

// A PublishStream call that takes any bytes as requests.
//
// Errors: Failure when a deadline passes.
class PublishCall {
 public:
  virtual ~PublishCall() = default;

  // False if the call is over.
  virtual bool WriteBytes(std::string_view request) = 0;
  // nullopt if no answer will come.
  virtual std::optional<ssegateway::v1::PublishStreamResponse> Read() = 0;
  // Half-closes, and skips the answers that have not been read.
  virtual PublishResult Finish() = 0;

  bool Write(uint64_t request_id, const ssegateway::v1::Event& event);
};

// How a publisher shakes hands; all of it is PEM.
struct PublisherTls {
  std::string ca;
  // Its own certificate; empty: none.
  std::string certificate = {};
  std::string key = {};
};

// A backend: one channel to the gateway.
class Publisher {
 public:
  // tls: nullopt: in the clear.
  explicit Publisher(const std::string& address,
                     const std::optional<PublisherTls>& tls = std::nullopt);
  ~Publisher();

  // token: shown as metadata, unless it is empty.
  PublishResult Publish(const ssegateway::v1::Event& event, const std::string& token = "");
  // Publish with these bytes as the request.
  PublishResult PublishBytes(std::string_view request);
  // Calls a method of PublisherService, which need not exist, with an empty request and so many
  // bytes of metadata.
  PublishResult Call(const std::string& method, size_t metadata_bytes = 0);
  // These return the ids. Failure if an event is refused.
  std::string MustPublish(const ssegateway::v1::Event& event);
  std::vector<std::string> MustPublish(const std::vector<ssegateway::v1::Event>& events);

  std::unique_ptr<PublishCall> OpenStream();

  // "SERVING", "NOT_SERVING", or the error's message.
  std::string Health(const std::string& service = "");
  // The bytes of reflection's answer to list_services.
  std::string Services();

 private:
  struct Channel;
  const std::unique_ptr<Channel> channel_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_PUBLISHER_H_
