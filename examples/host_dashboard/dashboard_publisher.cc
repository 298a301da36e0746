// Implementation notes
//
// Threads: Run connects, writes and waits out the backoff. For each stream a second thread reads
// the answers; gRPC allows one writer and one reader of a stream at the same time.
//
// The queue: Publish appends at the back, an answer takes from the front, and written_ marks how
// far the current call has come. A new one begins at the front again, which is all there is to
// sending again. Order is kept. Before a stream all that waits goes out as one batch, whose answers
// are as those of so many requests.
//
// Shutdown: Stop lets the writer finish the queue and await the answers; then the writer closes
// its side and the gateway ends the stream. When the grace is over Stop cancels the stream
// instead, which makes every pending operation fail. While there is no stream it ends at once.

#include "examples/host_dashboard/dashboard_publisher.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <random>
#include <set>
#include <utility>

#include "examples/host_dashboard/gateway_channel.h"

namespace host_dashboard {
namespace {

using ssegateway::v1::PublisherService;

std::string NewRunId() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08" PRIx32 "%08" PRIx32, std::uint32_t{random()},
                std::uint32_t{random()});
  return text;
}

// This event will be refused each time. With any other code nothing is wrong with it: the gateway
// drains, or is short of memory.
bool IsRefusedForGood(int code) {
  return code == grpc::StatusCode::INVALID_ARGUMENT || code == grpc::StatusCode::PERMISSION_DENIED;
}

std::chrono::milliseconds ToMilliseconds(const google::protobuf::Duration& duration) {
  return std::chrono::milliseconds(duration.seconds() * 1'000 + duration.nanos() / 1'000'000);
}

}  // namespace

DashboardPublisher::DashboardPublisher(PublisherOptions options)
    : options_(std::move(options)),
      run_id_(NewRunId()),
      backoff_(options_.first_backoff, options_.max_backoff),
      thread_([this] { Run(); }) {}

DashboardPublisher::~DashboardPublisher() {
  if (thread_.joinable()) Stop(std::chrono::milliseconds(0));
}

void DashboardPublisher::Publish(ssegateway::v1::Dashboard dashboard) {
  const std::lock_guard lock(mutex_);
  Enqueue(dashboard);
  newest_[dashboard.id()] = std::move(dashboard);
}

void DashboardPublisher::Enqueue(const ssegateway::v1::Dashboard& dashboard) {
  auto request = std::make_shared<Request>();
  *request->mutable_event()->mutable_dashboard() = dashboard;
  request->set_request_id(++last_request_id_);
  request->mutable_event()->set_message_id(run_id_ + "-" + std::to_string(last_request_id_));
  if (unacknowledged_.size() == options_.max_unacknowledged) {
    if (dropped_++ == 0) {
      options_.log(std::to_string(options_.max_unacknowledged) +
                   " dashboards await an answer: dropping the oldest from now on");
    }
    unacknowledged_.pop_front();
    if (written_ > 0) --written_;
  }
  unacknowledged_.push_back(std::move(request));
  changed_.notify_all();
}

std::size_t DashboardPublisher::Stop(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (!changed_.wait_for(lock, grace, [this] { return stopped_; })) {
      grace_over_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
  }
  thread_.join();
  return unacknowledged_.size();
}

void DashboardPublisher::Run() {
  std::unique_lock lock(mutex_);
  // At least one attempt: what is published just before Stop is sent, too.
  do {
    lock.unlock();
    const grpc::Status status = RunStream();
    lock.lock();
    if (stopping_) break;
    const std::chrono::milliseconds delay = std::max(backoff_.Next(), least_delay_);
    options_.log("no stream to " + options_.target + ": " + status.error_message() + " (code " +
                 std::to_string(status.error_code()) + "); next try in " +
                 std::to_string(delay.count()) + " ms");
    changed_.wait_for(lock, delay, [this] { return stopping_; });
  } while (!stopping_);
  stopped_ = true;
  changed_.notify_all();
}

bool DashboardPublisher::BeginCall(grpc::ClientContext& context) {
  {
    const std::lock_guard lock(mutex_);
    if (grace_over_) return false;  // Stop found no call to cancel
    context_ = &context;
    written_ = 0;
    stream_over_ = false;
  }
  AddToken(options_, context);
  return true;
}

grpc::Status DashboardPublisher::RunStream() {
  {
    const std::lock_guard lock(mutex_);
    least_delay_ = std::chrono::milliseconds(0);
    stream_works_ = false;
  }
  const auto stub = PublisherService::NewStub(ChannelFor(options_));
  if (grpc::Status status = CatchUp(*stub); !status.ok()) return status;
  grpc::ClientContext context;
  if (!BeginCall(context)) return grpc::Status::CANCELLED;
  const std::unique_ptr<Stream> stream = stub->PublishStream(&context);

  grpc::Status refusal;
  std::thread reader([&] {
    refusal = ReadResponses(*stream);
    if (!refusal.ok()) context.TryCancel();
    const std::lock_guard lock(mutex_);
    stream_over_ = true;
    changed_.notify_all();
  });
  WriteRequests(*stream);
  reader.join();
  const grpc::Status status = stream->Finish();

  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  return refusal.ok() ? status : refusal;
}

// Publishes what waits as one batch, where it is more than one dashboard: for the gateway that
// costs little more than one of them. OK too where the gateway knows no batches.
grpc::Status DashboardPublisher::CatchUp(PublisherService::StubInterface& stub) {
  ssegateway::v1::PublishBatchRequest batch;
  grpc::ClientContext context;
  if (!BeginCall(context)) return grpc::Status::CANCELLED;
  {
    const std::lock_guard lock(mutex_);
    if (takes_batches_ && unacknowledged_.size() > 1) {
      for (const auto& request : unacknowledged_) *batch.add_events() = request->event();
      // Answers settle by it, like those of a stream.
      batch.set_request_id(unacknowledged_.front()->request_id());
      written_ = unacknowledged_.size();
    }
  }
  grpc::Status status;
  if (batch.events_size() > 0) {
    const auto call = stub.PublishBatch(&context);
    ssegateway::v1::PublishBatchResponse response;
    grpc::Status settled;
    if (call->Write(batch) && call->WritesDone() && call->Read(&response)) {
      settled = SettleBatch(response);
    }
    status = call->Finish();
    if (status.ok()) status = settled;
  }
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED) return status;
  takes_batches_ = false;
  return grpc::Status::OK;
}

grpc::Status DashboardPublisher::SettleBatch(const ssegateway::v1::PublishBatchResponse& response) {
  Response answer;
  answer.set_request_id(response.request_id());
  for (const ssegateway::v1::PublishResult& result : response.results()) {
    answer.set_id(result.id());
    answer.clear_error();
    if (result.has_error()) *answer.mutable_error() = result.error();
    if (grpc::Status status = Settle(answer); !status.ok()) return status;
    answer.set_request_id(answer.request_id() + 1);
  }
  return grpc::Status::OK;
}

void DashboardPublisher::WriteRequests(Stream& stream) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stream_over_ || written_ < unacknowledged_.size() ||
             (stopping_ && unacknowledged_.empty());
    });
    if (stream_over_) return;
    if (written_ == unacknowledged_.size()) break;
    // Shared, because an answer or Publish may take it from the queue during the write.
    const std::shared_ptr<const Request> request = unacknowledged_[written_++];
    lock.unlock();
    if (!stream.Write(*request)) return;
    lock.lock();
  }
  lock.unlock();
  stream.WritesDone();
}

// Until the stream is over, or an event was refused for now: what follows it must not get ahead,
// so all of it is sent again, later.
grpc::Status DashboardPublisher::ReadResponses(Stream& stream) {
  for (Response response; stream.Read(&response);) {
    grpc::Status status = Settle(response);
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

grpc::Status DashboardPublisher::Settle(const Response& response) {
  const std::lock_guard lock(mutex_);
  const ssegateway::v1::Error& error = response.error();
  if (response.has_error() && !IsRefusedForGood(error.code())) {
    least_delay_ = ToMilliseconds(error.retry_delay());
    return {static_cast<grpc::StatusCode>(error.code()), error.message()};
  }
  if (response.has_error()) {
    options_.log("dashboard " + std::to_string(response.request_id()) + " was refused: " +
                 error.message() + " (code " + std::to_string(error.code()) + ")");
  }
  if (!response.has_error()) NoticeEpoch(response.id());
  // Answers come in the order of the requests; one for a dashboard that was dropped meanwhile
  // finds only newer ones.
  while (written_ > 0 && unacknowledged_.front()->request_id() <= response.request_id()) {
    unacknowledged_.pop_front();
    --written_;
  }
  if (!stream_works_) {
    stream_works_ = true;
    backoff_.Reset();
    options_.log("publishing to " + options_.target + ", " +
                 std::to_string(unacknowledged_.size()) + " more to acknowledge");
  }
  if (dropped_ > 0 && unacknowledged_.empty()) {
    options_.log("caught up; " + std::to_string(dropped_) + " dashboards were dropped");
    dropped_ = 0;
  }
  changed_.notify_all();
  return grpc::Status::OK;
}

// The id of an event is its log's epoch, "-", and its place there.
void DashboardPublisher::NoticeEpoch(const std::string& id) {
  const std::string epoch = id.substr(0, id.rfind('-'));
  const bool is_new = !epoch_.empty() && epoch != epoch_;
  epoch_ = epoch;
  if (!is_new) return;
  std::set<std::string> under_way;
  for (const auto& request : unacknowledged_) under_way.insert(request->event().dashboard().id());
  std::size_t again = 0;
  for (const auto& [dashboard_id, dashboard] : newest_) {
    if (under_way.contains(dashboard_id)) continue;
    Enqueue(dashboard);
    ++again;
  }
  options_.log("the gateway has a new log: " + std::to_string(again) +
               " dashboards published again");
}

}  // namespace host_dashboard
