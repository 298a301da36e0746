#include "internal/store/jetstream/snapshot_load.h"

#include <algorithm>

#include "internal/log/log.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {

SnapshotLoad::SnapshotLoad(nats::OpenLink& link, SnapshotLoadListener& listener,
                           const std::string& name)
    : link_(link),
      listener_(listener),
      log_stream_(LogStream(name)),
      keys_stream_(KeysStream(name)) {
  LookAtBoth();
}

SnapshotLoad::~SnapshotLoad() {
  if (timer_) link_.loop.Cancel(*timer_);
}

void SnapshotLoad::OnMessage(nats::SubscriptionId subscription, nats::Message message) {
  if (begin_.log && begin_.log->subscription() == subscription) {
    begin_.log->OnMessage(std::move(message));
  } else if (mirror_ && mirror_->subscription() == subscription) {
    mirror_->OnMessage(std::move(message));
  }
}

void SnapshotLoad::LookAtBoth() {
  // The log after the mirror, which is never ahead of what the log was before.
  LookAtStream(
      link_.requests, keys_stream_, while_alive_([this](const std::optional<StreamInfo>& keys) {
        if (!keys) return After(kLookAgain, &SnapshotLoad::LookAtBoth);
        LookAtStream(link_.requests, log_stream_,
                     while_alive_([this, keys = *keys](const std::optional<StreamInfo>& log) {
                       if (!log) return After(kLookAgain, &SnapshotLoad::LookAtBoth);
                       OnBothSeen(keys, *log);
                     }));
      }));
}

void SnapshotLoad::OnBothSeen(const StreamInfo& keys, const StreamInfo& log) {
  if (keys.last_seq > log.last_seq) {
    // Or a leader that is new has not yet applied all that it has.
    if (!ahead_since_) ahead_since_ = link_.loop.now();
    if (link_.loop.now() - *ahead_since_ < kAheadFor) {
      return After(kLookAgain, &SnapshotLoad::LookAtBoth);
    }
    return DropMirror();
  }
  begin_.seq = BeginOf(log);
  begin_.last_seq = log.last_seq;
  if (begin_.seq <= 1) return ReadLog();
  mirror_ = std::make_unique<MirrorLoad>(link_, *this, keys_stream_);
  mirror_->ReadUpTo(begin_.seq);
}

void SnapshotLoad::DropMirror() {
  log::Warn("mirror ahead of its log deleted", {{"stream", keys_stream_}});
  link_.requests.Ask(
      StreamDeleteSubject(keys_stream_), {}, "", Pull::kCreateTimeout,
      while_alive_([this](const nats::Reply&) { listener_.OnSnapshotEnd(PullEnd::kNoStream); }));
}

void SnapshotLoad::OnMirrored(uint64_t seq, const nats::Message& message) {
  listener_.OnSnapshotMessage(seq, message);
}

void SnapshotLoad::OnMirrorRead(const StreamInfo& mirror) {
  if (IsBounded(mirror)) {
    begin_.forgotten = std::min(BeginOf(mirror), begin_.seq) - 1;
  }
  if (!begin_.log) return ReadLog();
  listener_.OnSnapshot(std::move(begin_));
}

void SnapshotLoad::OnMirrorEnd(PullEnd end) { listener_.OnSnapshotEnd(end); }

void SnapshotLoad::ReadLog() {
  begin_.log = std::make_unique<Pull>(link_, *this, PullOptions{.stream = log_stream_});
}

void SnapshotLoad::OnBegin(uint64_t pending) {
  if (pending == 0) LookAtEmptyLog();
}

void SnapshotLoad::LookAtEmptyLog() {
  LookAtStream(link_.requests, log_stream_,
               while_alive_([this](const std::optional<StreamInfo>& log) {
                 // It has delivered something meanwhile.
                 if (begin_known_) return;
                 if (log && log->messages == 0) return LogBeginsAt(BeginOf(*log));
                 After(kLookAgain, &SnapshotLoad::LookAtEmptyLog);
               }));
}

void SnapshotLoad::OnDelivery(const Delivery& delivery, nats::Message message) {
  begin_.delivered.emplace_back(delivery, std::move(message));
  if (!begin_known_) LogBeginsAt(delivery.seq);
}

void SnapshotLoad::OnEnd(PullEnd end) { listener_.OnSnapshotEnd(end); }

void SnapshotLoad::LogBeginsAt(uint64_t seq) {
  begin_known_ = true;
  begin_.log->Hold(true);
  // A replica of the stream that is behind delivers what is older: that is passed over.
  if (seq <= begin_.seq) return listener_.OnSnapshot(std::move(begin_));
  begin_.seq = seq;
  if (!mirror_) mirror_ = std::make_unique<MirrorLoad>(link_, *this, keys_stream_);
  mirror_->ReadUpTo(seq);
}

void SnapshotLoad::After(base::Duration delay, void (SnapshotLoad::*then)()) {
  if (timer_) link_.loop.Cancel(*timer_);
  timer_ = link_.loop.RunAfter(delay, [this, then] {
    timer_.reset();
    (this->*then)();
  });
}

}  // namespace ssegw::store::jetstream
