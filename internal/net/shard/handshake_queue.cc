#include "internal/net/shard/handshake_queue.h"

namespace ssegw::net {

void HandshakeQueue::Add(const std::shared_ptr<Handshaking>& handshake) {
  const bool idle = begun_.empty() && fresh_.empty();
  (handshake->under_way_ ? begun_ : fresh_).push_back(handshake);
  if (idle) work_([this] { return Step(); });
}

void HandshakeQueue::Remove(Handshaking& handshake) {
  if (!handshake.under_way_) return;
  handshake.under_way_ = false;
  under_way_.erase(under_way_.iterator_to(handshake));
}

bool HandshakeQueue::Step() {
  // Those that are gone cost nothing, and there may be thousands.
  std::shared_ptr<Handshaking> next;
  while (!next && !(begun_.empty() && fresh_.empty())) {
    Queue& queue = begun_.empty() ? fresh_ : begun_;
    next = queue.front().lock();
    queue.pop_front();
  }
  if (next) {
    if (!next->under_way_) Begin(*next);
    next->Step();
  }
  return !(begun_.empty() && fresh_.empty());
}

void HandshakeQueue::Begin(Handshaking& handshake) {
  // It removes itself.
  if (under_way_.size() >= kMaxUnderWay) under_way_.front().GiveUp();
  handshake.under_way_ = true;
  under_way_.push_back(handshake);
}

}  // namespace ssegw::net
