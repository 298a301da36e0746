#include "gateway/ingest/batch_stream.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "gateway/ingest/batch_answer.h"
#include "gateway/ingest/event_parser.h"
#include "gateway/ingest/grpc_status.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

// Events that are appended at once: others wait for the locks meanwhile.
constexpr size_t kAtOnce = 64;

// A batch is worth as many messages, so it may take longer than one on gRPC's threads: to hand one
// of 64 small events to another thread costs a fifth of taking it in.
constexpr size_t kLargeBatchBytes = size_t{32} * 1024;

absl::Status NoRoomError(std::string_view what) {
  return absl::ResourceExhaustedError(base::Concat(what, " take ", kMaxWaitingBytes, " bytes"));
}

}  // namespace

// A batch that is being taken in.
struct BatchStream::Batch {
  Batch(const grpc::ByteBuffer& request, const PublishCall& call)
      : message(
            request, call.context,
            {.bytes = kMaxBatchBytes, .name = "the limit of a batch,", .value = kMaxBatchBytes}),
        events(message.view()),
        stats(call.stats) {}
  ~Batch() { stats.waiting_bytes.Sub(reserved); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // It will have to wait. False: there is no room for that.
  bool Reserve() {
    const size_t bytes = message.view().size();
    if (stats.waiting_bytes.value() + bytes > kMaxWaitingBytes) return false;
    stats.waiting_bytes.Add(bytes);
    reserved = bytes;
    return true;
  }

  const ReceivedMessage message;
  EventsOfBatch events;
  IngestStats& stats;
  size_t reserved = 0;
  uint64_t number = 0;  // of its answer
  BatchAnswer answer;
  // Why its events are refused; OK: they are not.
  absl::Status refusal = {};
  // What the store answered to an event before TakeOne was over.
  std::optional<store::AppendResult> early = {};
};

BatchStream::BatchStream(PublishCall call, EventIntake& intake, PublishStreams& streams)
    : PublishStream(std::move(call), intake, streams, kLargeBatchBytes) {}

BatchStream::~BatchStream() = default;

void BatchStream::Take() {
  batch_ = std::make_unique<Batch>(request_, call_);
  // The batch has what it needs of it.
  request_.Clear();
  absl::Status status = batch_->message.status();
  if (batch_->message.fails_call()) {
    batch_ = nullptr;
    return FailForEncoding(status);
  }
  ParsedBatch parsed;
  const absl::Status parse = ParsePublishBatchRequest(batch_->message.view(), &parsed);
  if (status.ok()) status = parse;
  if (status.ok() && parsed.events > kMaxBatchEvents) {
    status = absl::InvalidArgumentError(
        base::Concat("batch of ", parsed.events, " events exceeds ", kMaxBatchEvents));
  }
  batch_->answer = BatchAnswer(parsed.request_id);
  {
    const base::MutexLock lock(mutex_);
    batch_->number = Enter(parsed.request_id);
    events_ += status.ok() ? parsed.events : 1;
  }
  if (!status.ok()) {
    // Counts and logs it, as one event.
    batch_->answer.Add(*intake_.Take(status, {}, received_, source(), nullptr).result);
    return FinishBatch();
  }
  if (!intake_.answers_at_once() && !batch_->Reserve()) {
    batch_->refusal = NoRoomError("batches that wait for the store");
  }
  TakeEvents();
}

void BatchStream::TakeEvents() {
  if (intake_.answers_at_once()) {
    while (TakeSome()) {
    }
    return FinishBatch();
  }
  Step step = Step::kNext;
  while (step == Step::kNext) step = TakeOne();
  if (step == Step::kEnd) FinishBatch();
}

bool BatchStream::ShallStop() {
  const base::MutexLock lock(mutex_);
  return is_cut();
}

bool BatchStream::TakeSome() {
  std::array<std::string_view, kAtOnce> wires;
  size_t count = 0;
  while (count < kAtOnce && batch_->events.Next(&wires[count])) ++count;
  if (count == 0 || ShallStop()) return false;
  batch_->answer.Add(intake_.TakeAll(std::span(wires).first(count), received_, source()));
  return count == kAtOnce;
}

BatchStream::Step BatchStream::TakeOne() {
  ParsedRequest request;
  std::string_view wire;
  if (!batch_->events.Next(&wire)) return Step::kEnd;
  request.event.Add(wire);
  {
    const base::MutexLock lock(mutex_);
    if (is_cut()) return Step::kEnd;
    ++out_;
  }
  Taken taken = intake_.Take(batch_->refusal, request, received_, source(),
                             [this](store::AppendResult result) { OnStored(std::move(result)); });
  const base::MutexLock lock(mutex_);
  if (taken.result) {
    --out_;
  } else if (batch_->early) {
    taken.result = std::exchange(batch_->early, std::nullopt);
  } else {
    // From here on it is who hears the store's answer that goes on.
    reading_ = Reading::kHeld;
    Advance();
    return Step::kWaits;
  }
  batch_->answer.Add(*taken.result);
  return Step::kNext;
}

void BatchStream::OnStored(store::AppendResult result) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    --out_;
    if (is_finished()) {
      batch_ = nullptr;
      last = is_last();
    } else if (reading_ == Reading::kTaking) {
      batch_->early = std::move(result);
    } else {
      batch_->answer.Add(result);
      reading_ = Reading::kTaking;
      // Not here: the store's thread has other things to do than to transcode.
      call_.workers.Run([this] { TakeEvents(); });
    }
  }
  if (last) delete this;
}

void BatchStream::FinishBatch() {
  const base::MutexLock lock(mutex_);
  const std::unique_ptr<Batch> batch = std::move(batch_);
  reading_ = Reading::kPaused;
  refused_ += batch->answer.refused();
  if (batch->answer.any_appended()) Published();
  if (batch->answer.unavailable()) EndIfRefusing(absl::UnavailableError(""));
  if (!is_cut()) {
    if (call_.stats.waiting_bytes.value() + batch->answer.bytes() > kMaxWaitingBytes) {
      return EndNow(StreamEnd::kExhausted,
                    ToGrpcStatus(NoRoomError("answers that publishers do not take")));
    }
    SetAnswer(batch->number, batch->answer.Send());
  }
  Advance();
}

}  // namespace ssegw::ingest
