#include "gateway/ingest/batch_stream.h"

#include <algorithm>
#include <array>
#include <deque>
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
  // Of the events that the store has, and of those after them; numbered from first_waiting on. One
  // that is refused at once may have its answer before others.
  std::deque<std::optional<store::AppendResult>> waiting = {};
  uint64_t first_waiting = 0;
  // All events have been taken in.
  bool at_end = false;

  void SetResult(uint64_t event, store::AppendResult result) {
    waiting[event - first_waiting] = std::move(result);
    for (; !waiting.empty(); ++first_waiting) {
      const std::optional<store::AppendResult>& first = waiting.front();
      if (!first) return;
      answer.Add(*first);
      waiting.pop_front();
    }
  }
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
    const Taken taken = intake_.Take(status, {}, received_, source(), nullptr);
    if (taken.result) batch_->answer.Add(*taken.result);
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
  const bool at_end = !batch_->events.Next(&wire);
  uint64_t number = 0;
  {
    const base::MutexLock lock(mutex_);
    if (is_cut()) return Step::kEnd;
    batch_->at_end = at_end;
    if (at_end) return batch_->waiting.empty() ? Step::kEnd : WaitForStore();
    number = batch_->first_waiting + batch_->waiting.size();
    batch_->waiting.emplace_back();
    ++out_;
  }
  request.event.Add(wire);
  Taken taken = intake_.Take(
      batch_->refusal, request, received_, source(),
      [this, number](store::AppendResult result) { OnStored(number, std::move(result)); });
  const base::MutexLock lock(mutex_);
  if (taken.result) {
    --out_;
    batch_->SetResult(number, *std::move(taken.result));
  }
  return batch_->waiting.size() < MostWaiting() ? Step::kNext : WaitForStore();
}

size_t BatchStream::MostWaiting() const { return std::min(max_unanswered(), kAtOnce); }

BatchStream::Step BatchStream::WaitForStore() {
  // From here on it is who hears the store's answer that goes on.
  reading_ = Reading::kHeld;
  Advance();
  return Step::kWaits;
}

void BatchStream::OnStored(uint64_t number, store::AppendResult result) {
  bool last = false;
  {
    const base::MutexLock lock(mutex_);
    --out_;
    if (is_finished()) {
      batch_ = nullptr;
      last = is_last();
    } else if (batch_ != nullptr) {
      batch_->SetResult(number, std::move(result));
      if (reading_ == Reading::kHeld && GoesOn()) {
        reading_ = Reading::kTaking;
        // Not here: the store's thread has other things to do than to transcode.
        call_.workers.Run([this] { TakeEvents(); });
      }
    }
  }
  if (last) delete this;
}

bool BatchStream::GoesOn() const {
  // It costs another thread's time to go on: not for each event.
  return batch_->waiting.empty() ||
         (!batch_->at_end && batch_->waiting.size() <= MostWaiting() / 2);
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
