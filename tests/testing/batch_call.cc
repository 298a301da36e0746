#include "tests/testing/batch_call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/publisher.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ssegateway::v1::PublishBatchRequest;
using ssegateway::v1::PublishBatchResponse;
using ssegateway::v1::PublisherService;

constexpr auto kCallPatience = std::chrono::seconds(60);
constexpr size_t kBatchesOnTheirWay = 4;

// A channel of its own: one that is shared waits before it dials again.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// What has yet to get its id, by call.
class Repeater {
 public:
  Repeater(const std::vector<Event>& events, size_t batch_size,
           const std::function<void(size_t)>& after_answer)
      : events_(events),
        batch_size_(batch_size),
        after_answer_(after_answer),
        ids_(events.size()) {}

  bool done() const { return stored_ == events_.size(); }
  std::vector<std::string> TakeIds() { return std::move(ids_); }

  void RunCall(const std::string& address) {
    BatchCall call(address);
    std::deque<std::vector<size_t>> on_their_way;
    std::vector<size_t> left;
    for (size_t i = 0; i < events_.size(); ++i) {
      if (ids_[i].empty()) left.push_back(i);
    }
    size_t next = 0;
    for (;;) {
      while (next < left.size() && on_their_way.size() < kBatchesOnTheirWay) {
        const size_t end = std::min(next + batch_size_, left.size());
        on_their_way.emplace_back(left.begin() + static_cast<ptrdiff_t>(next),
                                  left.begin() + static_cast<ptrdiff_t>(end));
        if (!call.Write(next, Of(on_their_way.back()))) return;
        next = end;
      }
      if (on_their_way.empty()) return;
      const auto answer = call.Read();
      if (!answer || !Take(on_their_way.front(), *answer)) return;
      on_their_way.pop_front();
    }
  }

 private:
  std::vector<Event> Of(const std::vector<size_t>& batch) const {
    std::vector<Event> events;
    for (const size_t i : batch) events.push_back(events_[i]);
    return events;
  }
  // False: what has no id goes out on another call.
  bool Take(const std::vector<size_t>& batch, const PublishBatchResponse& answer) {
    if (answer.results_size() != static_cast<int>(batch.size())) {
      throw Failure(base::Concat(answer.results_size(), " results for ", batch.size(), " events"));
    }
    bool all = true;
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto& result = answer.results(static_cast<int>(i));
      if (!result.has_error()) {
        ids_[batch[i]] = result.id();
        ++stored_;
      } else if (result.error().code() == kUnavailable ||
                 result.error().code() == kResourceExhausted) {
        all = false;
      } else {
        throw Failure(result.error().message());
      }
    }
    after_answer_(stored_);
    return all;
  }

  const std::vector<Event>& events_;
  const size_t batch_size_;
  const std::function<void(size_t)>& after_answer_;
  std::vector<std::string> ids_;
  size_t stored_ = 0;
};

}  // namespace

BatchCall::BatchCall(const std::string& address, const std::string& token)
    : stub_(PublisherService::NewStub(ChannelTo(address))) {
  context_.set_deadline(std::chrono::system_clock::now() + kCallPatience);
  if (!token.empty()) context_.AddMetadata("authorization", base::Concat("Bearer ", token));
  stream_ = stub_->PublishBatch(&context_);
}

BatchCall::~BatchCall() {
  context_.TryCancel();
  if (!finished_) stream_->Finish();
}

bool BatchCall::Write(uint64_t request_id, const std::vector<Event>& events) {
  PublishBatchRequest request;
  request.set_request_id(request_id);
  for (const Event& event : events) *request.add_events() = event;
  return stream_->Write(request);
}

std::optional<PublishBatchResponse> BatchCall::Read() {
  PublishBatchResponse response;
  if (!stream_->Read(&response)) return std::nullopt;
  return response;
}

PublishBatchResponse BatchCall::Exchange(const std::vector<Event>& events) {
  Write(++exchanges_, events);
  std::optional<PublishBatchResponse> response = Read();
  if (!response) throw Failure("the call has ended: " + Finish().error_message());
  if (response->request_id() != exchanges_) throw Failure("the answer to another batch");
  return *std::move(response);
}

grpc::Status BatchCall::Finish() {
  stream_->WritesDone();
  while (Read()) {
  }
  finished_ = true;
  return stream_->Finish();
}

std::vector<std::string> TextsOf(const PublishBatchResponse& response) {
  std::vector<std::string> texts;
  for (const auto& result : response.results()) {
    texts.push_back(result.has_error()
                        ? base::Concat("error ", result.error().code())
                        : base::Concat(result.id(), result.duplicate() ? " again" : ""));
  }
  return texts;
}

PublishedBatches PublishInBatches(const std::function<std::string()>& address,
                                  const std::vector<Event>& events, size_t batch_size,
                                  const std::function<void(size_t)>& after_answer) {
  PublishedBatches published;
  Repeater repeater(events, batch_size, after_answer);
  const auto until = std::chrono::steady_clock::now() + kCallPatience;
  while (!repeater.done()) {
    if (std::chrono::steady_clock::now() > until) throw Failure("batches were not taken in time");
    if (published.calls++ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    repeater.RunCall(address());
  }
  published.ids = repeater.TakeIds();
  return published;
}

}  // namespace ssegw::testing
