// Implementation notes. An event waits, or is in flight: a request is out that carries it.
//
//   waiting ──Send──► in flight ──acknowledged, refused──► answered
//      ▲                  │
//      └──── Again ◄──────┤ no responders: not stored; sending pauses, then one event is tried
//                         ├ no answer in time: maybe stored; again at once
//                         └ link gone: maybe stored; again over the next link
//
// An event with a lane waits only once it is the first of its lane: until then it is linked from
// the one before it. It has the same time as any other, so those behind an event that is not taken
// are answered soon after it.
//
// At its deadline, and at Stop, an event is answered wherever it is; the answer of a request that
// is still out then finds nobody. Only an answer of the server that names an event says that it was
// stored. That an attempt was refused says nothing of one before it whose end is unknown.

#include "internal/store/jetstream/publisher.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {
namespace {

int64_t Milliseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// What the server's refusal means for a publisher; OK: it may take it later.
absl::Status RefusalOf(const ApiError& error) {
  switch (error.code) {
    case kInsufficientResources:
    case kStorageResourcesExceeded:
    case kStoreFailed:
      return absl::ResourceExhaustedError(base::Concat("the store is full: ", error.description));
    case kMessageTooLargeForStream:
    case kHeaderTooLarge:
      return absl::InvalidArgumentError(
          base::Concat("the event is too large for the store: ", error.description));
    default:
      return absl::OkStatus();
  }
}

}  // namespace

Publisher::Publisher(nats::Loop& loop, SharedLogStats& stats, Options options)
    : loop_(loop),
      stats_(stats),
      options_(std::move(options)),
      own_ids_(options_.writer),
      random_(options_.random_seed) {}

void Publisher::Append(const ValidEvent& event, AppendDone done) {
  const bool id_is_own = event.message_id.empty();
  Event stored = {.subject = EventSubject(options_.name, event.frame->topic(), event.frame->key()),
                  .message_id = id_is_own ? own_ids_.Next() : PublisherMessageId(event.message_id),
                  .data = EncodeStoredEvent(*event.frame, options_.writer),
                  .id_is_own = id_is_own,
                  .lane = event.lane,
                  .done = std::move(done),
                  .deadline = loop_.now() + options_.timeout};
  if (absl::Status status = Admit(stored); !status.ok()) {
    return std::move(stored.done)(std::move(status));
  }
  bytes_ += stored.bytes();
  const Number number = ++last_;
  events_.emplace(number, std::move(stored));
  stats_.inflight_events.Set(events_.size());
  if (!deadline_) WatchDeadlines();
  if (event.lane != 0) {
    Lane& lane = lanes_[event.lane];
    const Number before = std::exchange(lane.last, number);
    if (++lane.events > 1) {
      events_.at(before).next = number;
      return;
    }
  }
  waiting_.insert(number);
  SendWaiting();
}

absl::Status Publisher::Admit(const Event& event) const {
  if (stopped_) return absl::UnavailableError("not stored: the gateway is about to stop");
  if (event.data.size() > MaxData()) {
    return absl::InvalidArgumentError(base::Concat(
        "event takes ", event.data.size(), " bytes in the store, exceeds the server's max_payload ",
        max_payload_, " less ", kHeaderRoom));
  }
  if (events_.size() >= kMaxEvents || bytes_ + event.bytes() > kMaxBytes) {
    return absl::UnavailableError(base::Concat("not stored: ", events_.size(), " events of ",
                                               bytes_, " bytes wait for the store already"));
  }
  return absl::OkStatus();
}

size_t Publisher::MaxData() const {
  if (max_payload_ == 0) return kMaxBytes;
  return max_payload_ > kHeaderRoom ? max_payload_ - kHeaderRoom : 0;
}

void Publisher::SetRequests(nats::Requests* requests) {
  requests_ = requests;
  if (requests_ == nullptr) return;
  max_payload_ = requests_->server().max_payload;
  // Another server may have a leader where the last one had none.
  if (resume_) {
    loop_.Cancel(*resume_);
    resume_.reset();
  }
  pause_ = base::Duration::zero();
  probing_ = false;
  probe_ = 0;
  SendWaiting();
}

void Publisher::SendWaiting() {
  if (requests_ == nullptr || resume_ || waiting_.empty()) return;
  if (probing_) {
    if (probe_ != 0) return;
    probe_ = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    return Send(probe_, events_.at(probe_));
  }
  // Nothing is answered within Ask, so nothing changes meanwhile.
  for (const Number number : std::exchange(waiting_, {})) Send(number, events_.at(number));
}

void Publisher::Send(Number number, Event& event) {
  event.in_flight = true;
  if (!event.sent_at) event.sent_at = loop_.now();
  requests_->Ask(
      event.subject, {{kMessageIdHeader, event.message_id}}, event.data, kAttemptTimeout,
      while_alive_([this, number](nats::Reply reply) { OnReply(number, std::move(reply)); }));
}

void Publisher::OnReply(Number number, nats::Reply reply) {
  if (probe_ == number) probe_ = 0;
  const auto at = events_.find(number);
  if (at == events_.end()) return SendWaiting();
  Event& event = at->second;
  event.in_flight = false;
  switch (reply.status().code()) {
    case absl::StatusCode::kOk:
      return OnAnswer(number, ParsePublishAck(reply->data()));
    case absl::StatusCode::kUnavailable:
      PauseSending();
      return Again(number, PublishRetry::kNoResponders);
    case absl::StatusCode::kDeadlineExceeded:
      event.maybe_stored = true;
      return Again(number, PublishRetry::kTimeout);
    case absl::StatusCode::kAborted:
      event.maybe_stored = true;
      return Again(number, PublishRetry::kDisconnected);
    case absl::StatusCode::kCancelled:
      requests_ = nullptr;
      return Again(number, PublishRetry::kDisconnected);
    default:
      // Too large for this server, which takes less than the one before.
      if (!event.maybe_stored) return End(number, reply.status());
      return Again(number, PublishRetry::kDisconnected);
  }
}

void Publisher::OnAnswer(Number number, const ApiAnswer<PublishAck>& ack) {
  Event& event = events_.at(number);
  if (ack.ok()) {
    stats_.publish_ns.Observe(
        static_cast<uint64_t>((loop_.now() - event.sent_at.value_or(loop_.now())).count()));
    // A repeat of an event that came without an id is a repeat of the gateway's own.
    if (!ack.value.duplicate || event.id_is_own) appended_.Add();
    Taken();
    return End(number, Appended{.id = sse::FormatEventId(epoch_, ack.value.seq),
                                .duplicate = ack.value.duplicate && !event.id_is_own});
  }
  const absl::Status refusal = RefusalOf(ack.error);
  if (!refusal.ok() && !event.maybe_stored) {
    Taken();
    return End(number, refusal);
  }
  PauseSending();
  Again(number, PublishRetry::kNoResponders);
}

void Publisher::Again(Number number, PublishRetry why) {
  stats_.publish_retries[why].Add();
  waiting_.insert(number);
  // Over the link that is lost nothing can be sent; another one is set.
  if (why != PublishRetry::kDisconnected) SendWaiting();
}

void Publisher::PauseSending() {
  if (resume_) return;
  pause_ = std::clamp(2 * pause_, kMinPause, kMaxPause);
  const auto jitter = base::Duration(static_cast<int64_t>(
      random_() % static_cast<uint64_t>(std::max<int64_t>(pause_.count() / 2, 1))));
  resume_ = loop_.RunAfter(pause_ / 2 + jitter, while_alive_([this] { Resume(); }));
}

void Publisher::Resume() {
  resume_.reset();
  probing_ = true;
  SendWaiting();
}

void Publisher::Taken() {
  pause_ = base::Duration::zero();
  if (!std::exchange(probing_, false)) return;
  probe_ = 0;
  SendWaiting();
}

void Publisher::WatchDeadlines() {
  if (events_.empty()) return;
  deadline_ = loop_.RunAt(events_.begin()->second.deadline, while_alive_([this] {
                            deadline_.reset();
                            OnDeadline();
                          }));
}

void Publisher::OnDeadline() {
  while (!events_.empty() && events_.begin()->second.deadline <= loop_.now()) {
    const auto& [number, event] = *events_.begin();
    AppendResult result = TooLate(event, base::Concat("the store has not taken it in ",
                                                      Milliseconds(options_.timeout), " ms"));
    // Those after it may be too late as well: nothing is sent yet.
    AppendDone done = Remove(number, result);
    std::move(done)(std::move(result));
  }
  if (!deadline_) WatchDeadlines();
  SendWaiting();
}

absl::Status Publisher::TooLate(const Event& event, std::string_view why) const {
  if (!event.in_flight && !event.maybe_stored) {
    return absl::UnavailableError(base::Concat("not stored: ", why));
  }
  return absl::UnavailableError(base::Concat(
      "outcome unknown: ", why,
      event.id_is_own
          ? "; it may be stored, and as it had no message_id it comes twice if it is sent again"
          : "; it may be stored: send it again with the same message_id"));
}

void Publisher::Stop() {
  stopped_ = true;
  Answer();
  while (!events_.empty()) {
    const auto& [number, event] = *events_.begin();
    AppendResult result = TooLate(event, "the gateway stops before the store has answered");
    AppendDone done = Remove(number, result);
    std::move(done)(std::move(result));
  }
}

AppendDone Publisher::Remove(Number number, const AppendResult& result) {
  const auto at = events_.find(number);
  Event& event = at->second;
  bytes_ -= event.bytes();
  if (absl::IsUnavailable(result.status()) && (event.in_flight || event.maybe_stored)) {
    stats_.publish_unknown.Add();
  }
  if (event.next != 0) waiting_.insert(event.next);
  if (event.lane != 0) {
    const auto lane = lanes_.find(event.lane);
    if (--lane->second.events == 0) lanes_.erase(lane);
  }
  AppendDone done = std::move(event.done);
  events_.erase(at);
  waiting_.erase(number);
  stats_.inflight_events.Set(events_.size());
  // One that was tried for the others, and is still out, is not waited for.
  if (probe_ == number) probe_ = 0;
  return done;
}

void Publisher::End(Number number, AppendResult result) {
  const auto lane = lanes_.find(events_.at(number).lane);
  const bool may_wait = result.ok() && lane != lanes_.end() && lane->second.events > kManyBehind;
  AppendDone done = Remove(number, result);
  answers_.emplace_back(std::move(done), std::move(result));
  AnswerSoon(may_wait);
  SendWaiting();
}

void Publisher::AnswerSoon(bool may_wait) {
  if (answers_next_) return;
  if (!may_wait) {
    // In a turn of its own: what is sent next is on its way then.
    answers_next_ = true;
    loop_.Post(while_alive_([this] { Answer(); }));
  } else if (!answers_at_) {
    answers_at_ = loop_.RunAfter(kAnswerPause, while_alive_([this] { Answer(); }));
  }
}

void Publisher::Answer() {
  answers_next_ = false;
  if (answers_at_) loop_.Cancel(*answers_at_);
  answers_at_.reset();
  for (auto& [done, result] : std::exchange(answers_, {})) std::move(done)(std::move(result));
}

}  // namespace ssegw::store::jetstream
