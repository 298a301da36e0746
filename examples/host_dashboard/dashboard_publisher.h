// Publishes dashboards to the gateway over one PublishStream at a time, for as long as it takes.
// What waits when a stream begins goes ahead of it as one PublishBatch.

#ifndef EXAMPLES_HOST_DASHBOARD_DASHBOARD_PUBLISHER_H_
#define EXAMPLES_HOST_DASHBOARD_DASHBOARD_PUBLISHER_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "examples/host_dashboard/backoff.h"
#include "examples/host_dashboard/log_line.h"
#include "ssegateway/v1/publisher.grpc.pb.h"

namespace host_dashboard {

class SharedChannel;

struct PublisherOptions {
  std::string target;
  // A file with the token that each stream shows, read again for each; empty: none.
  std::string token_file = {};
  // Certificates (PEM) that the gateway is trusted by; empty: a connection in the clear. And a
  // certificate of one's own with its key.
  std::string ca_file = {};
  std::string cert_file = {};
  std::string key_file = {};
  // What others who speak to the same target have too; null: nobody does.
  std::shared_ptr<SharedChannel> channel = nullptr;
  // How many dashboards wait for the gateway's answer; beyond it the oldest are dropped. At one a
  // second this is a minute: less than the gateway's --dedup_window of 2 min, within which it
  // recognises what is sent again.
  std::size_t max_unacknowledged = 60;
  std::chrono::milliseconds first_backoff{250};
  std::chrono::milliseconds max_backoff{10'000};
  // Takes a line about the state of the stream. Must not call the publisher.
  std::function<void(const std::string&)> log = LogLine;
};

// Owns:     a thread that writes the stream, beside it one that reads the answers.
// Thread:   Publish and Stop from any one thread; neither waits for the network, except Stop's
//           grace.
// Errors:   a stream that ends is begun again after a backoff; events without an answer are sent
//           again with their message_id. A gateway that has no PublishBatch gets all over the
//           stream. A dashboard that the gateway refuses for good is dropped and logged. A gateway
//           with a new log gets the newest of each dashboard again.
class DashboardPublisher {
 public:
  explicit DashboardPublisher(PublisherOptions options);
  ~DashboardPublisher();

  DashboardPublisher(const DashboardPublisher&) = delete;
  DashboardPublisher& operator=(const DashboardPublisher&) = delete;

  void Publish(ssegateway::v1::Dashboard dashboard);

  // Waits for the outstanding answers, at most `grace`, and ends the stream. Returns how many
  // dashboards were not acknowledged.
  std::size_t Stop(std::chrono::milliseconds grace);

 private:
  using Request = ssegateway::v1::PublishStreamRequest;
  using Response = ssegateway::v1::PublishStreamResponse;
  using Stream = grpc::ClientReaderWriterInterface<Request, Response>;

  // The rest is called with mutex_ held, or by the thread.
  void Enqueue(const ssegateway::v1::Dashboard& dashboard);
  void NoticeEpoch(const std::string& id);
  void Run();
  // Returns when the stream is over, with the reason.
  grpc::Status RunStream();
  grpc::Status CatchUp(ssegateway::v1::PublisherService::StubInterface& stub);
  grpc::Status SettleBatch(const ssegateway::v1::PublishBatchResponse& response);
  // False if there is no time left for a call with this context.
  bool BeginCall(grpc::ClientContext& context);
  void WriteRequests(Stream& stream);
  grpc::Status ReadResponses(Stream& stream);
  grpc::Status Settle(const Response& response);

  const PublisherOptions options_;
  // Distinguishes the message_ids of this run from those of any other.
  const std::string run_id_;

  std::mutex mutex_;
  // Signals every change of what follows, all guarded by mutex_.
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const Request>> unacknowledged_;  // oldest first
  std::map<std::string, ssegateway::v1::Dashboard> newest_;    // by id: what a new log is owed
  std::string epoch_;                                          // of the last answer
  std::size_t written_ = 0;  // how many of these, from the front, the current stream was given
  std::uint64_t last_request_id_ = 0;
  std::uint64_t dropped_ = 0;  // since the queue was last empty
  Backoff backoff_;
  std::chrono::milliseconds least_delay_{0};  // what the gateway asked for
  grpc::ClientContext* context_ = nullptr;    // of the current stream, to cancel it
  bool stream_works_ = false;                 // it has been answered
  bool stream_over_ = false;
  bool takes_batches_ = true;  // as far as is known
  bool stopping_ = false;
  bool grace_over_ = false;
  bool stopped_ = false;

  std::thread thread_;
};

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_DASHBOARD_PUBLISHER_H_
