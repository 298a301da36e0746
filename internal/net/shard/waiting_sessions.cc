#include "internal/net/shard/waiting_sessions.h"

namespace ssegw::net {

void WaitingSessions::AddIdle(WaitingSession& waiting) {
  waiting.number_ = ++next_number_;
  Move(waiting, WaitingSession::List::kIdle);
}

void WaitingSessions::AddHalf(WaitingSession& waiting) {
  Move(waiting, WaitingSession::List::kHalf);
}

void WaitingSessions::AddHeld(WaitingSession& waiting) {
  Move(waiting, WaitingSession::List::kHeld);
}

void WaitingSessions::Remove(WaitingSession& waiting) {
  if (waiting.list_ == WaitingSession::List::kNone) return;
  List& list = Of(waiting.list_);
  list.erase(list.iterator_to(waiting));
  waiting.list_ = WaitingSession::List::kNone;
}

void WaitingSessions::Move(WaitingSession& waiting, WaitingSession::List to) {
  Remove(waiting);
  Of(to).push_back(waiting);
  waiting.list_ = to;
}

WaitingSessions::List& WaitingSessions::Of(WaitingSession::List list) {
  if (list == WaitingSession::List::kHeld) return held_;
  return list == WaitingSession::List::kHalf ? half_ : idle_;
}

Session* WaitingSessions::longest_idle() {
  if (idle_.empty() && half_.empty()) return nullptr;
  const bool half_first =
      idle_.empty() || (!half_.empty() && half_.front().number_ < idle_.front().number_);
  return &(half_first ? half_ : idle_).front().session;
}

Session* WaitingSessions::longest_half() {
  return half_.size() < 2 ? nullptr : &half_.front().session;
}

Session* WaitingSessions::longest_held() {
  return held_.empty() ? nullptr : &held_.front().session;
}

}  // namespace ssegw::net
