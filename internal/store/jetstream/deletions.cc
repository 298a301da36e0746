#include "internal/store/jetstream/deletions.h"

#include <utility>

#include "internal/sse/event_id.h"
#include "internal/store/jetstream/api.h"
#include "internal/store/jetstream/message_id.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/stream_look.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {
namespace {

constexpr std::string_view kExpectedHeader = "Nats-Expected-Last-Subject-Sequence";

// The log has no message of that subject any more, as where the event is older than the log: then
// it is in the mirror alone. So servers from 2.9.10 to 2.15.1 say it.
bool IsGoneFromTheLog(const ApiError& error) {
  return error.code == kWrongLastSequence && error.description.ends_with(": 0");
}

}  // namespace

Deletions::Deletions(nats::Loop& loop, window::Window& window, Options options)
    : loop_(loop), window_(window), options_(std::move(options)), random_(options_.random_seed) {}

Deletions::~Deletions() {
  if (timer_) loop_.Cancel(*timer_);
}

void Deletions::SetRequests(nats::Requests* requests) {
  requests_ = requests;
  if (requests_ != nullptr && !timer_) Look();
}

void Deletions::SetEpoch(std::string epoch) {
  if (epoch == epoch_) return;
  epoch_ = std::move(epoch);
  // What is out is of another log.
  due_.clear();
  gone_.clear();
  looking_at_log_ = false;
  while_alive_.Reset();
}

void Deletions::Look() {
  timer_.reset();
  if (requests_ == nullptr) return;
  const uint64_t read_up_to = options_.read_up_to();
  std::map<uint64_t, Due> due;
  for (const sse::FramePtr& frame : window_.Expired(loop_.now(), kMaxAtATime)) {
    const auto known = due_.find(frame->seq());
    const base::Duration delay(static_cast<int64_t>(random_() % kMaxDelay.count()));
    Due next = known == due_.end() ? Due{.at = loop_.now() + delay} : known->second;
    if (next.at <= loop_.now()) {
      next = {.at = loop_.now() + kTimeout + kAgain};
      Send(frame, frame->seq());
    } else if (next.once_read_up_to && *next.once_read_up_to <= read_up_to) {
      next.once_read_up_to.reset();
      Send(frame, 0);
    }
    due.emplace(frame->seq(), next);
  }
  // What is not there any more was deleted, or replaced.
  due_ = std::move(due);
  timer_ = loop_.RunAfter(kInterval, [this] { Look(); });
}

void Deletions::Send(const sse::FramePtr& frame, uint64_t expected) {
  const auto deletion = sse::Frame::Create({.topic = frame->topic(),
                                            .key = frame->key(),
                                            .deleted = true,
                                            .received_at = loop_.now(),
                                            .received_wall = options_.wall()});
  const std::string id = DeletionMessageId(sse::FormatEventId(epoch_, frame->seq()));
  const std::string last = std::to_string(expected);
  requests_->Ask(EventSubject(options_.name, frame->topic(), frame->key()),
                 {{kMessageIdHeader, id}, {kExpectedHeader, last}},
                 EncodeStoredEvent(*deletion, options_.writer), kTimeout,
                 while_alive_([this, frame, expected](nats::Reply reply) {
                   OnReply(frame, expected, std::move(reply));
                 }));
}

void Deletions::OnReply(const sse::FramePtr& frame, uint64_t expected, nats::Reply reply) {
  const auto due = due_.find(frame->seq());
  if (due == due_.end()) return;
  due->second.at = loop_.now() + kAgain;
  if (!reply.ok()) return;
  const ApiAnswer<PublishAck> ack = ParsePublishAck(reply->data());
  if (ack.ok() && !ack.value.duplicate) appended_.Add();
  if (!IsGoneFromTheLog(ack.error) || expected == 0) return;
  gone_.push_back(frame->seq());
  LookAtLog();
}

void Deletions::LookAtLog() {
  if (looking_at_log_ || gone_.empty() || requests_ == nullptr) return;
  looking_at_log_ = true;
  LookAtStream(
      *requests_, LogStream(options_.name),
      while_alive_([this, gone = std::exchange(gone_, {})](const std::optional<StreamInfo>& log) {
        looking_at_log_ = false;
        for (const uint64_t seq : gone) {
          const auto due = due_.find(seq);
          if (log && due != due_.end()) due->second.once_read_up_to = log->last_seq;
        }
        LookAtLog();
      }));
}

}  // namespace ssegw::store::jetstream
