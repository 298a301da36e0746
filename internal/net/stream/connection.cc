// Implementation notes
//
//   kStreaming ──► kEnding ──► kEnded ──► kGone
//
// Any state may go to kGone. There is one write in progress, ever: the subscription writes at once
// what the body takes, and only if the body takes no more is there a wait for writability.
//
// There is one deadline in the wheel, the nearest of those that apply. Writing stamps times and
// does not touch it, so the wheel may call early; then the connection schedules itself again.
#include "internal/net/stream/connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "internal/log/log.h"

namespace ssegw::net {
namespace {

// What a socket that takes all that it is sent nearly always has room for.
constexpr size_t kSmallMessageBytes = 1024;
// For the last words of a connection whose peer is slow.
constexpr base::Duration kEndingTime = std::chrono::seconds(5);
// A socket that has taken nothing for longer is held rather than slow.
constexpr base::Duration kHolding = std::chrono::seconds(1);
// A stuck peer is found at most this part of write_stall_timeout, and a batch, late.
constexpr int kChecksPerTimeout = 4;
// What can wait is done for many connections at once, since a shard that wakes for one of them pays
// more for waking: deferred by at most one batch, which is a part of the interval.
constexpr int kBatchesPerInterval = 64;
constexpr base::Duration kMaxBatch = std::chrono::milliseconds(250);
// So that a heartbeat that is deferred for a batch is in time.
constexpr double kMaxHeartbeatShare = 1 - 1.0 / kBatchesPerInterval;

// The first moment that is not before it, of those that all connections of one heartbeat interval
// have in common.
base::TimePoint RoundUpToBatch(base::TimePoint time, base::Duration heartbeat_interval,
                               base::Duration write_stall_timeout) {
  const base::Duration batch =
      std::min(std::min(heartbeat_interval, write_stall_timeout) / kBatchesPerInterval, kMaxBatch);
  const base::Duration since = time.time_since_epoch();
  return base::TimePoint((since + batch - base::Duration(1)) / batch * batch);
}

CloseReason CloseReasonOf(sse::ByeReason reason) {
  switch (reason) {
    case sse::ByeReason::kDrain:
      return CloseReason::kDrain;
    case sse::ByeReason::kMaxAge:
      return CloseReason::kMaxAge;
    case sse::ByeReason::kAuthExpired:
      return CloseReason::kAuthExpired;
    case sse::ByeReason::kClosed:
    // Only told to connections that are never open.
    case sse::ByeReason::kBusy:
      return CloseReason::kClosed;
  }
  return CloseReason::kClosed;
}

}  // namespace

Connection::Connection(ShardContext& shard, ResponseBody& body, Origin origin)
    : shard_(shard),
      body_(body),
      ticket_(std::move(origin.ticket)),
      number_(origin.number),
      request_id_(std::move(origin.request_id)),
      head_bytes_(static_cast<uint32_t>(origin.head_bytes)),
      framing_(origin.framing) {}

Connection::~Connection() = default;

void Connection::Start(const HttpStream& stream) {
  const base::TimePoint now = base::Now();
  const ConnectionOptions& options = shard_.options();
  const fanout::SubscriptionRequest& request = stream.subscription;
  began_at_ = now;
  opened_at_ = std::chrono::system_clock::now();
  heartbeat_share_ = static_cast<float>(kMaxHeartbeatShare - shard_.Random() / 10);
  heartbeat_interval_ms_ = static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(request.heartbeat_interval).count());
  if (options.max_connection_age > base::Duration::zero()) {
    const auto age = options.max_connection_age * (0.8 + 0.4 * shard_.Random());
    leave_at_ = now + std::chrono::duration_cast<base::Duration>(age);
  }
  if (stream.ends_at < leave_at_) {
    leave_at_ = stream.ends_at;
    leave_reason_ = stream.end_reason;
  }
  if (!stream.identity.empty()) identity_ = std::make_unique<std::string>(stream.identity);
  user_agent_ = shard_.user_agents().Get(
      std::string_view(stream.user_agent).substr(0, HttpStream::kMaxUserAgentBytes));
  // Not all in the same tick.
  next_progress_check_ =
      now + std::chrono::duration_cast<base::Duration>(options.write_stall_timeout *
                                                       (shard_.Random() / kChecksPerTimeout));
  if (request.min_interval > base::Duration::zero()) paced_at_ = now + request.min_interval;
  shard_.connections().Add(this);
  const std::string id = shard_.ConnectionId(number_);
  subscription_.emplace(shard_.fanout(), static_cast<fanout::ByteSink&>(*this), request, framing_,
                        fanout::Subscription::Greeting{
                            .connection_id = id, .retry = shard_.JitteredRetry(/*spread=*/0)});
  shard_.observer().OnOpened(*this, Fields(id), request.last_event_id, now);
  // One that comes while the others leave is not kept waiting for its turn.
  if (shard_.drained_at() != base::TimePoint::max()) {
    EndBecause(sse::ByeReason::kDrain);
  } else {
    OnNext(subscription().Pump(now));
  }
  if (state_ != State::kGone) Schedule(now);
}

ssize_t Connection::Write(std::span<const iovec> pieces) {
  return body_.Write(pieces, subscription().behind() ? ResponseBody::Writing::kBehind
                                                     : ResponseBody::Writing::kLive);
}

void Connection::OnNext(fanout::Next next) {
  // Close lets go of this.
  const auto self = Share();
  switch (next) {
    case fanout::Next::kGone:
      return Close(CloseReason::kPeerReset);
    case fanout::Next::kWritable:
      if (state_ == State::kEnding && EndShort(/*now=*/false)) return;
      return WaitWritable();
    case fanout::Next::kSoon:
      if (std::exchange(pump_posted_, true)) return;
      shard_.loop().Post([self] {
        self->pump_posted_ = false;
        if (self->subscription_) self->OnNext(self->subscription().Pump(base::Now()));
      });
      return;
    case fanout::Next::kWait:
      if (std::exchange(stalled_, false)) Schedule(base::Now());
      if (state_ != State::kEnding || !subscription().finished()) return;
      state_ = State::kEnded;
      Schedule(base::Now());
      return body_.End();
  }
}

bool Connection::EndShort(bool now) {
  if (!body_.EndShort(now)) return false;
  state_ = State::kEnded;
  Schedule(base::Now());
  return true;
}

void Connection::WaitWritable() {
  const base::TimePoint now = base::Now();
  if (!std::exchange(stalled_, true)) Schedule(now);
  body_.WaitWritable(now);
}

void Connection::OnWritable(base::TimePoint now) { OnNext(subscription().Pump(now)); }

void Connection::LeaveAt(base::TimePoint when, sse::ByeReason reason) {
  if (state_ != State::kStreaming || when >= leave_at_) return;
  leave_at_ = when;
  leave_reason_ = reason;
  Schedule(base::Now());
}

void Connection::SayFreshness(base::TimePoint now) {
  // A stalled one is behind, and says it when it goes on.
  if (state_ == State::kStreaming && !stalled_) OnNext(subscription().SayFreshness(now));
}

fanout::MessageFate Connection::Queue(fanout::Message& message, base::TimePoint now) {
  using fanout::MessageFate;
  if (state_ != State::kStreaming) return MessageFate::kNotFound;
  const ConnectionOptions& options = shard_.options();
  const size_t bytes = message.text.size();
  const size_t waits = shard_.fanout_stats().send_queue_bytes.value();
  const bool crowded = waits + bytes > options.max_all_send_queues_bytes;
  if (crowded && (stalled_ || bytes > kSmallMessageBytes)) return MessageFate::kFull;
  if (subscription().Queue(message, options.max_send_queue_bytes)) return MessageFate::kQueued;
  // Many have come at once.
  const auto self = Share();
  Flush(now);
  if (state_ != State::kStreaming) return MessageFate::kNotFound;
  if (stalled_ || !subscription().Queue(message, options.max_send_queue_bytes)) {
    return MessageFate::kFull;
  }
  return MessageFate::kQueued;
}

void Connection::Flush(base::TimePoint now) {
  const auto self = Share();
  // What waits goes out with the pump.
  if (!stalled_ && !pump_posted_ && state_ != State::kGone) OnNext(subscription().Flush(now));
  const bool waits =
      state_ == State::kStreaming && subscription().next_message_deadline() < leave_at_;
  if (waits) Schedule(now);
}

bool Connection::SendAway(std::chrono::milliseconds retry) {
  if (state_ != State::kStreaming) return false;
  const auto self = Share();
  End(sse::ByeReason::kClosed, shard_.Jittered(retry));
  if (state_ != State::kGone) Schedule(base::Now());
  return true;
}

void Connection::EndBecause(sse::ByeReason reason) {
  End(reason, shard_.JitteredRetry(reason == sse::ByeReason::kDrain ? 1 : 0));
}

void Connection::End(sse::ByeReason reason, std::chrono::milliseconds retry) {
  close_reason_ = CloseReasonOf(reason);
  state_ = State::kEnding;
  const base::TimePoint now = base::Now();
  leave_at_ = now + kEndingTime;
  subscription().Finish(sse::Bye(reason, retry));
  OnNext(subscription().Pump(now));
}

void Connection::OnGone(CloseReason reason) {
  if (state_ == State::kGone) return;
  const base::TimePoint now = base::Now();
  // One that was ending has its reason already.
  const CloseReason counted = state_ == State::kStreaming ? reason : close_reason_;
  state_ = State::kGone;
  const fanout::Lag lag = subscription().lag(now);
  const std::string id = shard_.ConnectionId(number_);
  shard_.observer().OnClosed(*this, Fields(id), counted,
                             {.duration = now - began_at_,
                              .frames = subscription().frames_delivered(),
                              .bytes = bytes_sent(),
                              .lag_events = lag.events,
                              .lag = lag.age},
                             now);
  shard_.loop().Schedule(*this, base::TimePoint::max());
  shard_.connections().Remove(*this);
  subscription_.reset();
  ticket_.reset();
  user_agent_ = {};
}

void Connection::OnDeadline(base::TimePoint now) {
  const auto self = Share();
  if (subscription_ && now >= subscription().next_message_deadline()) {
    subscription().ExpireMessages(now);
  }
  if (now >= leave_at_) {
    if (state_ == State::kEnding) {
      if (!EndShort(/*now=*/true)) Close(CloseReason::kWriteStall);
      return;
    }
    EndBecause(leave_reason_);
  } else if (state_ == State::kStreaming) {
    OnStreamingDeadline(now);
  }
  if (state_ != State::kGone) Schedule(now);
}

void Connection::OnStreamingDeadline(base::TimePoint now) {
  if (now >= next_progress_check_) {
    const base::Duration timeout = shard_.options().write_stall_timeout;
    next_progress_check_ = now + timeout / kChecksPerTimeout;
    switch (body_.CheckProgress(now, timeout)) {
      case TcpProgress::Peer::kTakes:
        break;
      case TcpProgress::Peer::kStuck:
        return Close(CloseReason::kWriteStall);
      case TcpProgress::Peer::kVanished:
        return Close(CloseReason::kPeerReset);
    }
  }
  if (!stalled_ && now - subscription().last_write() >= HeartbeatAfter()) {
    OnNext(subscription().Heartbeat(now));
  }
  if (state_ == State::kStreaming && now >= paced_at_) {
    paced_at_ = now + subscription().min_interval();
    OnNext(subscription().PumpPaced(now));
  }
}

void Connection::Schedule(base::TimePoint now) {
  base::TimePoint next = base::TimePoint::max();
  if (state_ == State::kStreaming || state_ == State::kEnding) {
    next = std::min(leave_at_, subscription().next_message_deadline());
  }
  if (state_ == State::kStreaming && subscription_) {
    next = std::min(next, paced_at_);
    base::TimePoint can_wait = next_progress_check_;
    if (!stalled_) {
      can_wait = std::min(can_wait, std::max(subscription().last_write() + HeartbeatAfter(), now));
    }
    next = std::min(
        next, RoundUpToBatch(can_wait, HeartbeatInterval(), shard_.options().write_stall_timeout));
  }
  shard_.loop().Schedule(*this, next);
}

base::Duration Connection::HeartbeatInterval() const {
  return heartbeat_interval_ms_ > 0 ? std::chrono::milliseconds(heartbeat_interval_ms_)
                                    : shard_.options().heartbeat_interval;
}

base::Duration Connection::HeartbeatAfter() const {
  return std::chrono::duration_cast<base::Duration>(HeartbeatInterval() * double{heartbeat_share_});
}

ConnectionRank Connection::rank(base::TimePoint now) const {
  // A socket may take nothing from the beginning.
  const base::TimePoint last_write = std::max(subscription().last_write(), began_at_);
  return {.lag = subscription().lag(now),
          .stalled = stalled_ ? now - last_write : base::Duration(0),
          .age = now - began_at_};
}

size_t Connection::HeldFrameBytes(uint64_t before_seq, base::TimePoint now) const {
  if (state_ != State::kStreaming || !stalled_) return 0;
  if (now - subscription().last_write() < kHolding) return 0;
  return subscription().HalfWrittenBytes(before_seq);
}

uint64_t Connection::bytes_sent() const {
  const uint64_t body_bytes = subscription().bytes_sent();
  return body_bytes == 0 ? 0 : head_bytes_ + body_bytes;
}

ConnectionInfo Connection::Describe(base::TimePoint now) const {
  const fanout::Subscription& open = subscription();
  ConnectionInfo info{.id = shard_.ConnectionId(number_),
                      .address = std::string(ticket().address()),
                      .identity = std::string(identity()),
                      .user_agent = std::string(user_agent_.view()),
                      .filters = {},
                      .filter_count = open.filters().all().size(),
                      .mode = open.mode(),
                      .min_interval = open.min_interval(),
                      .progress = open.progress(),
                      .rank = rank(now),
                      .frames_delivered = open.frames_delivered(),
                      .bytes_sent = bytes_sent(),
                      .opened_at = opened_at_,
                      .cursor = open.cursor_id()};
  if (open.last_write() != base::TimePoint()) {
    info.last_write_at = opened_at_ + std::chrono::duration_cast<base::WallTime::duration>(
                                          open.last_write() - began_at_);
  }
  for (const window::FilterView& filter : open.filters().all()) {
    if (info.filters.size() == ConnectionInfo::kMaxFilters) break;
    info.filters.emplace_back(filter.text());
  }
  return info;
}

ConnectionFields Connection::Fields(std::string_view id) const {
  return {.id = id,
          .request = request_id_,
          .address = ticket().address(),
          .identity = identity(),
          .topics = subscription().filters().canonical(),
          .mode = ToString(subscription().mode()),
          .user_agent = user_agent_.view()};
}

std::shared_ptr<Connection> Connection::Share() { return {body_.Share(), this}; }

}  // namespace ssegw::net
