// Implementation notes
//
// All below a seq has been read once something at the seq or above was delivered, since a consumer
// delivers in the order of the seqs. Where the mirror ends before the seq, a look at it tells: it
// has come as far, and what was delivered is its last message. That message may be gone, deleted by
// hand; then a consumer that is made after the look and has nothing to deliver tells the same.
#include "internal/store/jetstream/mirror_load.h"

namespace ssegw::store::jetstream {

MirrorLoad::MirrorLoad(nats::OpenLink& link, MirrorLoadListener& listener, std::string stream)
    : link_(link), listener_(listener), stream_(std::move(stream)) {
  Begin();
}

MirrorLoad::~MirrorLoad() {
  if (timer_) link_.loop.Cancel(*timer_);
}

void MirrorLoad::Begin() {
  idle_ = false;
  pull_ = std::make_unique<Pull>(
      link_, *this,
      PullOptions{.stream = stream_, .start_seq = delivered_ == 0 ? 0 : delivered_ + 1});
}

void MirrorLoad::ReadUpTo(uint64_t seq) {
  up_to_ = seq;
  reading_ = true;
  seen_.reset();
  After(base::Duration::zero(), &MirrorLoad::Continue);
}

void MirrorLoad::Continue() {
  while (beyond() && held_.front().first < up_to_) {
    listener_.OnMirrored(held_.front().first, held_.front().second);
    held_.pop_front();
  }
  pull_->Hold(beyond());
  if (beyond() || idle_) LookAtMirror();
}

void MirrorLoad::OnBegin(uint64_t pending) {
  idle_ = pending == 0;
  if (!idle_ || !reading_) return;
  if (seen_ && Reached(*seen_)) return Finish(*seen_);
  LookAtMirror();
}

void MirrorLoad::OnDelivery(const Delivery& delivery, nats::Message message) {
  // Some versions deliver a message twice.
  if (delivery.seq <= delivered_) return;
  delivered_ = delivery.seq;
  idle_ = delivery.pending == 0;
  seen_.reset();
  if (reading_ && delivery.seq < up_to_) {
    listener_.OnMirrored(delivery.seq, message);
  } else {
    held_.emplace_back(delivery.seq, std::move(message));
    pull_->Hold(true);
  }
  if (reading_ && (beyond() || idle_)) LookAtMirror();
}

void MirrorLoad::OnEnd(PullEnd end) { listener_.OnMirrorEnd(end); }

void MirrorLoad::LookAtMirror() {
  if (looking_ || timer_) return;
  looking_ = true;
  LookAtStream(link_.requests, stream_,
               while_alive_([this](const std::optional<StreamInfo>& mirror) { OnLook(mirror); }));
}

void MirrorLoad::OnLook(const std::optional<StreamInfo>& mirror) {
  looking_ = false;
  if (!reading_) return;
  if (mirror && (beyond() || (Reached(*mirror) && delivered_ >= mirror->last_seq))) {
    return Finish(*mirror);
  }
  const bool stuck =
      mirror && idle_ && Reached(*mirror) && seen_ && seen_->last_seq == mirror->last_seq;
  if (idle_) seen_ = mirror;
  if (stuck) return Begin();
  After(kLook, &MirrorLoad::LookAtMirror);
}

void MirrorLoad::After(base::Duration delay, void (MirrorLoad::*then)()) {
  if (timer_) link_.loop.Cancel(*timer_);
  timer_ = link_.loop.RunAfter(delay, [this, then] {
    timer_.reset();
    (this->*then)();
  });
}

void MirrorLoad::Finish(const StreamInfo& mirror) {
  reading_ = false;
  listener_.OnMirrorRead(mirror);
}

}  // namespace ssegw::store::jetstream
