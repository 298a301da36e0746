// Implementation notes
//
//   kReading ──► kAnswering ──► kReading (keep-alive) | kLingering (close) | kHeld (shed)
//      │              ▲                                                         │
//      │              └─────────────────── its end ─────────────────────────────┘
//      └──────► kStreaming ──► kEnding ──► kLingering ──► kClosed
//
// Any state may go to kClosed. One write in progress, ever: kAnswering and the subscription write
// at once what the socket takes, and only where it takes no more is there a wait for writability.
// The epoll set tells for as long as something is there (level-triggered), so what is not to be
// read yet, while it answers, is not asked for.
//
// In kReading and kLingering it is among the shard's idle ones, in the order in which they came
// there, and may be closed for others to have its place. More bytes of a head are no new beginning.
// In kHeld it is among the held ones.
//
// No connection is closed while it may wait for an answer: one that is idle is read once more, as a
// proxy that pools connections may have sent a request into the close, and its browser would get a
// 502. From the beginning of a drain on every answer says that the connection closes.
//
// As a stream it always waits for readability, since otherwise a browser that left would be found
// only at the next write. There is one deadline in the wheel, the nearest of those that apply;
// writing stamps times and does not touch it, so the wheel may call early, and then it is scheduled
// again.
#include "internal/net/connection.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "internal/base/text.h"
#include "internal/log/log.h"
#include "internal/net/connection_log.h"
#include "internal/net/response_head.h"
#include "internal/sse/event_id.h"

namespace ssegw::net {
namespace {

constexpr base::Duration kLingerTime = std::chrono::seconds(2);
// A peer that lingers and takes nothing of what it was sent for so long is given up.
constexpr base::Duration kLingerStall = std::chrono::seconds(10);
// Between two looks at whether a peer has taken its answer.
constexpr base::Duration kTakenInterval = std::chrono::milliseconds(200);
// In which the request of a new connection comes, if one is on its way.
constexpr base::Duration kFreshTime = std::chrono::seconds(1);
// For the last words of a stream whose peer is slow.
constexpr base::Duration kEndingTime = std::chrono::seconds(5);
// More than this from the peer of a stream is a flood.
constexpr uint32_t kMaxDiscardedBytes = 64 * 1024;
// A body, or whatever else is behind a request that is refused, is thrown away for as long and as
// far as this: many clients write the whole of it before they read the answer, and a reset would
// take that from them. The kernel drops the bytes without a copy, so that a flood of them costs
// little more than to receive it.
constexpr base::Duration kDiscardTime = std::chrono::seconds(5);
constexpr uint32_t kMaxDiscardedBodyBytes = 64 * 1024 * 1024;
// Of the drain window, over how much of it who is turned away while resuming comes back: sooner
// than cold ones, since it loses its place in the window, but not all within --retry.
constexpr double kResumingSpread = 0.25;
// What a page's few filters take: streams with more are shed first.
constexpr size_t kFewFilterBytes = 512;
// After it, a socket that takes nothing is no longer taken to be only slow.
constexpr base::Duration kHolding = std::chrono::seconds(1);
// So that a stuck peer is found a quarter of write_stall_timeout late, and kPatience, at most.
constexpr int kLooksPerTimeout = 4;
// What can wait is done for many connections at once, since a shard that wakes for one of them pays
// more for waking: that much later than it might be, as a share of the time it is in for.
constexpr int kPatience = 64;
constexpr base::Duration kMaxPatience = std::chrono::milliseconds(250);
// So that the one that is done last is in time.
constexpr double kMaxHeartbeatShare = 1 - 1.0 / kPatience;

// What the socket takes at once: a number of bytes, 0 where it takes none, -1 where the peer is
// gone.
ssize_t Send(int fd, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const ssize_t n = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return n;
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return -1;
  }
}

// The kernel has something that the peer has not acknowledged (TCP) or not read (unix): to close
// is to leave that to the kernel, which drops it if the process's network goes with the process.
bool HasUntaken(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

// The first moment that is not before it, of those that all connections of one heartbeat interval
// have in common.
base::TimePoint WithOthers(base::TimePoint time, base::Duration heartbeat_interval,
                           base::Duration write_stall_timeout) {
  const base::Duration between =
      std::min(std::min(heartbeat_interval, write_stall_timeout) / kPatience, kMaxPatience);
  const base::Duration since = time.time_since_epoch();
  return base::TimePoint((since + between - base::Duration(1)) / between * between);
}

}  // namespace

Connection::Connection(ShardThread& shard, int fd, std::string peer_address, HttpService& service)
    : shard_(shard), service_(service), address_(std::move(peer_address)), fd_(fd) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::Start() {
  exchange_ = std::make_unique<Exchange>();
  shard_.idle().push_back(*this);
  idle_number_ = shard_.NextIdleNumber();
  const base::TimePoint now = base::Now();
  began_at_ = now;
  state_deadline_ = now + shard_.options().request_header_timeout;
  Schedule(now);
  // The request is here already, more often than not.
  ReadRequest();
}

void Connection::Enter(State state) {
  if (state == state_) return;
  unlink();
  if (state_ == State::kHeld) --shard_.held_count();
  state_ = state;
  if (state == State::kReading || state == State::kLingering) {
    shard_.idle().push_back(*this);
    idle_number_ = shard_.NextIdleNumber();
  }
  if (state != State::kHeld) return;
  shard_.held().push_back(*this);
  ++shard_.held_count();
}

void Connection::Watch() {
  uint8_t events = 0;
  if (state_ != State::kAnswering) events |= EPOLLIN;
  if (waits_writable_) events |= EPOLLOUT;
  if (in_epoll_set_ && events == watched_events_) return;
  watched_events_ = events;
  if (in_epoll_set_) return shard_.sockets().Change(fd_, events, *this);
  in_epoll_set_ = shard_.sockets().Add(fd_, events, *this);
  if (!in_epoll_set_) Close(CloseReason::kPeerReset);
}

void Connection::OnEvents(uint32_t events) {
  // Close lets go of this.
  const auto self = shared_from_this();
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((broken || (events & EPOLLOUT) != 0) && std::exchange(waits_writable_, false)) OnWritable();
  if (broken || (events & EPOLLIN) != 0) OnReadable();
  // Nobody is there to be answered, and it would be told again and again.
  if (broken && state_ == State::kAnswering) Close(CloseReason::kPeerReset);
  if (state_ != State::kClosed) Watch();
}

void Connection::OnReadable() {
  switch (state_) {
    case State::kReading:
      // What came before comes first.
      if (!next_request_posted_) ReadRequest();
      return;
    case State::kStreaming:
    case State::kEnding:
    case State::kHeld:
    case State::kLingering:
      return ReadAndDiscard();
    case State::kAnswering:
    case State::kClosed:
      return;
  }
}

void Connection::ReadRequest() {
  auto& scratch = shard_.scratch();
  const ssize_t n = ::recv(fd_, scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (n > 0) {
    return OnParsed(exchange_->parser.Feed({scratch.data(), static_cast<size_t>(n)}));
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Watch();
  Close(n == 0 ? CloseReason::kPeerClosed : CloseReason::kPeerReset);
}

void Connection::OnParsed(RequestParser::Result result) {
  switch (result) {
    case RequestParser::Result::kNeedMore:
      if (exchange_->answered_before && exchange_->parser.has_partial_request() &&
          !std::exchange(exchange_->head_begun, true)) {
        const base::TimePoint now = base::Now();
        state_deadline_ = now + shard_.options().request_header_timeout;
        Schedule(now);
      }
      Enter(State::kReading);
      if (exchange_->parser.has_partial_request() && !std::exchange(exchange_->is_half, true)) {
        unlink();
        shard_.half_requests().push_back(*this);
      }
      CountHead();
      shard_.BoundHeads();
      if (state_ != State::kClosed) Watch();
      return;
    case RequestParser::Result::kRequest:
      return HandleRequest();
    case RequestParser::Result::kRefused:
      const RequestParser& parser = exchange_->parser;
      return RefuseRequest(parser.refusal(), parser.refusal_detail());
  }
}

void Connection::RefuseHalfRequest() {
  RefuseRequest(408, "the request's head came too slowly for the room that there is");
}

void Connection::RefuseRequest(int status, std::string_view detail) {
  exchange_->more_follows = status != 408;
  HttpResponse response = service_.Refuse(status, detail);
  NoteRefusal(response, shard_.ConnectionId(shard_.NextConnectionNumber()), nullptr);
  exchange_->parser.ReleaseAll();
  Answer(std::move(response), /*head_only=*/false, After::kClose);
}

void Connection::NoteRefusal(HttpResponse& response, std::string_view id,
                             const HttpRequest* request) {
  if (response.refusal.empty()) return;
  response.fields.emplace_back("X-Request-Id", id);
  RefusalOfLog refusal{.request = id, .status = response.status, .error = response.refusal};
  if (request != nullptr) {
    refusal.method = request->method;
    // What comes behind it may hold what only the peer is to know.
    refusal.path = request->target.substr(0, request->target.find('?'));
  }
  refusal.address = response.address.empty() ? address_ : response.address;
  LogRefused(refusal);
}

void Connection::HandleRequest() {
  const RequestParser& parser = exchange_->parser;
  HttpRequest request = parser.request();
  number_ = shard_.NextConnectionNumber();
  const std::string id = shard_.ConnectionId(number_);
  request.peer_address = address_;
  request.connection_id = id;
  const std::string_view given_id = request.Find("X-Request-Id").value_or("");
  request_id_ = IsRequestId(given_id) ? given_id : std::string_view();
  request.request_id = request_id_.empty() ? std::string_view(id) : request_id_;
  const bool head_only = request.method == "HEAD";
  const bool chunked = parser.chunked_allowed();
  exchange_->more_follows = request.has_body;
  const bool close = request.has_body || !parser.keep_alive() || !chunked || shard_.leaving();
  const After after = close ? After::kClose : After::kNextRequest;
  HttpReply reply = service_.Handle(request);
  if (auto* response = std::get_if<HttpResponse>(&reply)) {
    NoteRefusal(*response, request.request_id, &request);
    return Answer(std::move(*response), head_only, after);
  }
  if (auto* later = std::get_if<HttpLater>(&reply)) {
    return AnswerLater(std::move(*later), head_only, after);
  }
  HttpStream& stream = std::get<HttpStream>(reply);
  if (head_only) {
    return Answer(
        {.status = 200, .fields = std::move(stream.fields), .body = {}, .static_body = {}},
        head_only, after);
  }
  const Arrival arrival = ArrivalOf(stream, address_);
  if (stream.over_request_rate) {
    return Shed(ShedReason::kRequestRate, stream, arrival, chunked);
  }
  const bool many_filters = stream.subscription.filters.memory_bytes() > kFewFilterBytes;
  if (many_filters &&
      shard_.fanout_stats().filter_bytes.value() > shard_.options().max_filter_bytes) {
    return Shed(ShedReason::kMemory, stream, arrival, chunked);
  }
  if (const auto reason = shard_.admission().Admit(arrival, base::Now())) {
    return Shed(*reason, stream, arrival, chunked);
  }
  admitted_ = true;
  address_ = arrival.address;
  StartStream(stream, chunked);
}

void Connection::Answer(HttpResponse response, bool head_only, After after) {
  Exchange& exchange = *exchange_;
  const size_t body_bytes = response.body.size() + response.static_body.size();
  const bool known_length = !head_only || body_bytes > 0 || response.head_length;
  const bool has_length = response.status != 204 && response.status != 304 && known_length;
  exchange.head = Serialize(
      {.status = response.status,
       .fields = response.fields,
       .content_length =
           has_length ? std::optional(response.head_length.value_or(body_bytes)) : std::nullopt,
       .close = after == After::kClose});
  exchange.body = head_only ? std::string() : std::move(response.body);
  exchange.static_body = head_only ? std::string_view() : response.static_body;
  exchange.static_body_owner = std::move(response.static_body_owner);
  if (response.end && !head_only) {
    response.end->Set([&shard = shard_, weak = weak_from_this(), number = number_] {
      boost::asio::post(shard.io(), [weak, number] {
        const auto self = weak.lock();
        if (!self || self->number_ != number || self->state_ != State::kAnswering) return;
        self->Close(CloseReason::kWriteStall);
      });
    });
  }
  exchange.after = after;
  BeginAnswer(exchange.head.size() + body_bytes);
}

void Connection::BeginAnswer(size_t bytes) {
  exchange_->written = 0;
  RequestParser& parser = exchange_->parser;
  parser.ReleaseRequest();
  // What a peer sends before it has its answer waits only where there is room.
  if (parser.has_partial_request() &&
      shard_.stats().head_bytes.value() > shard_.options().max_head_bytes) {
    exchange_->more_follows = true;
    if (exchange_->after == After::kNextRequest) exchange_->after = After::kClose;
  }
  if (exchange_->more_follows) parser.ReleaseAll();
  CountHead();
  CountAnswer(exchange_->head.capacity() + exchange_->body.capacity());
  send_buffer_.BeginAnswer(fd_, bytes);
  Enter(State::kAnswering);
  const base::TimePoint now = base::Now();
  exchange_->answered_at = now;
  state_deadline_ = now + shard_.options().write_stall_timeout;
  Schedule(now);
  WriteAnswer();
}

void Connection::CountHead() {
  const size_t bytes = exchange_->parser.buffer_bytes();
  shard_.mutable_stats().head_bytes.Add(bytes - exchange_->counted_head_bytes);
  exchange_->counted_head_bytes = bytes;
}

void Connection::CountAnswer(size_t bytes) {
  shard_.mutable_stats().answer_bytes.Add(bytes - exchange_->counted_answer_bytes);
  exchange_->counted_answer_bytes = bytes;
}

void Connection::FreeExchange() {
  if (exchange_ == nullptr) return;
  shard_.mutable_stats().head_bytes.Sub(exchange_->counted_head_bytes);
  CountAnswer(0);
  exchange_.reset();
}

void Connection::AnswerLater(HttpLater later, bool head_only, After after) {
  exchange_->finish = std::move(later.finish);
  const std::function<bool()> work = std::move(later.work);
  exchange_->head_only = head_only;
  exchange_->after = after;
  Enter(State::kAnswering);
  Watch();
  const base::TimePoint now = base::Now();
  state_deadline_ = now + later.patience;
  Schedule(now);
  // Whoever is ready holds nothing of this connection, which may be gone by then, or be at the next
  // request.
  later.start([&shard = shard_, weak = weak_from_this(), number = number_] {
    boost::asio::post(shard.io(), [weak, number] {
      const auto self = weak.lock();
      if (self && self->number_ == number) self->FinishLater();
    });
  });
  if (work) shard_.Work(work);
}

void Connection::FinishLater() {
  if (state_ != State::kAnswering || !exchange_->finish) return;
  const auto finish = std::exchange(exchange_->finish, nullptr);
  HttpResponse response = finish();
  const HttpRequest request = exchange_->parser.request();
  const std::string id = shard_.ConnectionId(number_);
  NoteRefusal(response, request_id_.empty() ? id : request_id_, &request);
  Answer(std::move(response), exchange_->head_only, exchange_->after);
}

void Connection::WriteAnswer() {
  Exchange& exchange = *exchange_;
  std::array<iovec, 3> pieces;
  for (;;) {
    size_t count = 0;
    size_t skip = exchange.written;
    for (const std::string_view part :
         {std::string_view(exchange.head), std::string_view(exchange.body), exchange.static_body}) {
      const std::string_view rest = part.substr(std::min(skip, part.size()));
      skip -= part.size() - rest.size();
      if (rest.empty()) continue;
      pieces[count++] = {.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};
    }
    if (count == 0) break;
    const ssize_t written = Write({pieces.data(), count});
    if (written < 0) return Close(CloseReason::kPeerReset);
    if (written == 0) return WaitWritable();
    exchange.written += static_cast<size_t>(written);
    const ConnectionOptions& options = shard_.options();
    const std::chrono::seconds due(exchange.written / options.min_answer_bytes_per_second);
    state_deadline_ =
        std::min(base::Now(), exchange.answered_at + due) + options.write_stall_timeout;
  }
  base::Release(exchange.body);
  exchange.static_body_owner.reset();
  CountAnswer(exchange.head.capacity());
  switch (exchange.after) {
    case After::kNextRequest:
      return AwaitNextRequest();
    case After::kClose:
      return Linger();
    case After::kHold:
      return Hold();
  }
}

void Connection::AwaitNextRequest() {
  exchange_->answered_before = true;
  exchange_->head_begun = false;
  exchange_->is_half = false;
  const base::TimePoint now = base::Now();
  state_deadline_ = now + shard_.options().keepalive_timeout;
  // One that was being answered when its time came to leave.
  if (shard_.drained_at() != base::TimePoint::max()) leave_at_ = shard_.drained_at();
  Schedule(now);
  // What came behind the request is answered from a clean stack, so that a peer that sends
  // thousands of requests at once costs no depth, and others have their turn.
  Enter(State::kReading);
  next_request_posted_ = true;
  boost::asio::post(shard_.io(), [self = shared_from_this()] {
    self->next_request_posted_ = false;
    if (self->state_ == State::kReading) self->OnParsed(self->exchange_->parser.Next());
  });
}

void Connection::StartStream(const HttpStream& stream, bool chunked) {
  const base::TimePoint now = base::Now();
  const ConnectionOptions& options = shard_.options();
  // It ends with the stream, and a proxy that pools connections must know that beforehand: it would
  // send the next request into the close, and answer its browser with 502.
  std::string head =
      Serialize({.status = 200, .fields = stream.fields, .chunked = chunked, .close = true});
  FreeExchange();
  send_buffer_.BeginStream(fd_);
  Enter(State::kStreaming);
  state_deadline_ = base::TimePoint::max();
  shard_.mutable_stats().connections.Add();
  shard_.mutable_stats().opened.Add();
  heartbeat_share_ = static_cast<float>(kMaxHeartbeatShare - shard_.Random() / 10);
  heartbeat_interval_ms_ = static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(stream.subscription.heartbeat_interval)
          .count());
  if (options.max_connection_age > base::Duration::zero()) {
    const auto age = options.max_connection_age * (0.8 + 0.4 * shard_.Random());
    LeaveAt(now + std::chrono::duration_cast<base::Duration>(age), sse::ByeReason::kMaxAge);
  }
  began_at_ = now;
  progress_.Begin(now);
  // Not all in the same tick.
  look_at_ = now + std::chrono::duration_cast<base::Duration>(options.write_stall_timeout *
                                                              (shard_.Random() / kLooksPerTimeout));
  if (stream.subscription.min_interval > base::Duration::zero()) {
    paced_at_ = now + stream.subscription.min_interval;
  }
  const std::string id = shard_.ConnectionId(number_);
  subscription_ = std::make_unique<fanout::Subscription>(
      shard_.fanout(), static_cast<fanout::ByteSink&>(*this), stream.subscription,
      chunked ? fanout::Framing::kChunked : fanout::Framing::kBare,
      fanout::Subscription::Greeting{.head = std::move(head),
                                     .connection_id = id,
                                     .retry = shard_.JitteredRetry(/*spread=*/0)});
  if (log::Enabled(log::Level::kDebug)) LogOpened(ForLog(id), stream.subscription.last_event_id);
  // One that comes while the others leave is not kept waiting for its turn.
  if (shard_.drained_at() != base::TimePoint::max()) {
    EndStream(sse::ByeReason::kDrain);
  } else {
    OnNext(subscription_->Pump(now));
  }
  if (state_ == State::kClosed) return;
  Schedule(now);
  Watch();
}

Arrival Connection::ArrivalOf(const HttpStream& stream, std::string_view peer_address) {
  Arrival arrival;
  arrival.address = stream.address.empty() ? peer_address : std::string_view(stream.address);
  const window::Position now = shard_.fanout().window().position();
  const auto id = sse::ParseEventId(stream.subscription.last_event_id);
  arrival.resuming = id && id->epoch == now.epoch && id->seq <= now.seq;
  arrival.retry = shard_.JitteredRetry(arrival.resuming ? kResumingSpread : 1);
  arrival.hold = shard_.options().shed_hold;
  return arrival;
}

StreamOfLog Connection::ForLog(std::string_view connection_id) const {
  return {.connection = connection_id,
          .request = request_id_,
          .address = address_,
          .topics = subscription_->filters().canonical(),
          .mode = ToString(subscription_->mode())};
}

void Connection::Shed(ShedReason reason, const HttpStream& stream, const Arrival& arrival,
                      bool chunked) {
  shard_.mutable_stats().shed[reason].Add();
  LogShed({.connection = shard_.ConnectionId(number_),
           .request = request_id_,
           .address = arrival.address},
          reason, arrival.retry);
  const fanout::SubscriptionRequest& request = stream.subscription;
  const std::string text = sse::Cut(request.last_event_id, request.keeps_half_events) +
                           sse::Bye(sse::ByeReason::kBusy, arrival.retry);
  Exchange& exchange = *exchange_;
  exchange.head =
      Serialize({.status = 200, .fields = stream.fields, .chunked = chunked, .close = true});
  exchange.body = chunked ? sse::AsChunk(text) : text;
  exchange.end = chunked ? sse::kLastChunk : std::string_view();
  exchange.after = After::kHold;
  if (shard_.options().shed_hold <= base::Duration::zero()) {
    exchange.body += exchange.end;
    exchange.after = After::kClose;
  }
  BeginAnswer(exchange.head.size() + exchange.body.size());
}

void Connection::Hold() {
  Enter(State::kHeld);
  const base::TimePoint now = base::Now();
  state_deadline_ = now + shard_.options().shed_hold;
  Schedule(now);
  Watch();
  if (state_ == State::kHeld) shard_.BoundHeld();
}

void Connection::EndHold() {
  Exchange& exchange = *exchange_;
  base::Release(exchange.head);
  exchange.body = exchange.end;
  exchange.after = After::kClose;
  BeginAnswer(exchange.body.size());
}

ssize_t Connection::Write(std::span<const iovec> pieces) {
  const int fd = fd_;
  if (subscription_ && !subscription_->behind()) {
    size_t offered = 0;
    for (const iovec& piece : pieces) offered += piece.iov_len;
    send_buffer_.OnLiveWrite(fd, offered);
  }
  const std::optional<size_t> limit = send_buffer_.bytes_per_write();
  if (!limit) return Send(fd, pieces);
  // As much as the socket takes all the same, but not in one go.
  size_t written = 0;
  size_t skip = 0;  // of the first of pieces
  while (!pieces.empty()) {
    std::array<iovec, 16> some;
    size_t count = 0;
    size_t bytes = 0;
    for (; count < std::min(pieces.size(), some.size()) && bytes < *limit; ++count) {
      const iovec& piece = pieces[count];
      const size_t from = count == 0 ? skip : 0;
      some[count] = {.iov_base = static_cast<char*>(piece.iov_base) + from,
                     .iov_len = std::min(piece.iov_len - from, *limit - bytes)};
      bytes += some[count].iov_len;
    }
    const ssize_t n = Send(fd, {some.data(), count});
    // An error after something was taken will be there at the next write too.
    if (n < 0 && written == 0) return n;
    written += static_cast<size_t>(std::max<ssize_t>(n, 0));
    if (n < static_cast<ssize_t>(bytes)) break;
    skip += bytes;
    while (!pieces.empty() && skip >= pieces.front().iov_len) {
      skip -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
  }
  return static_cast<ssize_t>(written);
}

void Connection::OnNext(fanout::Next next) {
  // Close lets go of this.
  const auto self = shared_from_this();
  switch (next) {
    case fanout::Next::kGone:
      return Close(CloseReason::kPeerReset);
    case fanout::Next::kWritable:
      return WaitWritable();
    case fanout::Next::kSoon:
      if (std::exchange(pump_posted_, true)) return;
      boost::asio::post(shard_.io(), [self] {
        self->pump_posted_ = false;
        if (self->subscription_) self->OnNext(self->subscription_->Pump(base::Now()));
      });
      return;
    case fanout::Next::kWait:
      if (std::exchange(stalled_, false)) Schedule(base::Now());
      if (state_ == State::kEnding && subscription_->finished()) Linger();
      return;
  }
}

void Connection::WaitWritable() {
  if (std::exchange(waits_writable_, true)) return;
  if (!std::exchange(stalled_, true)) {
    const base::TimePoint now = base::Now();
    if (subscription_) send_buffer_.OnBehind(fd_, now);
    Schedule(now);
  }
  Watch();
}

void Connection::OnWritable() {
  if (state_ == State::kAnswering) return WriteAnswer();
  if (subscription_) {
    send_buffer_.OnWritable(fd_, base::Now());
    OnNext(subscription_->Pump(base::Now()));
  }
}

void Connection::ReadAndDiscard() {
  auto& scratch = shard_.scratch();
  const bool body = exchange_ && exchange_->more_follows;
  // MSG_TRUNC: the bytes of a TCP socket are dropped without a copy (tcp(7)).
  const ssize_t n = ::recv(fd_, scratch.data(), scratch.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Watch();
  if (n <= 0) return Close(n == 0 ? CloseReason::kPeerClosed : CloseReason::kPeerReset);
  discarded_bytes_ += static_cast<uint32_t>(n);
  if (discarded_bytes_ > (body ? kMaxDiscardedBodyBytes : kMaxDiscardedBytes)) {
    return Close(CloseReason::kPeerFlood);
  }
  Watch();
}

void Connection::LeaveAt(base::TimePoint when, sse::ByeReason reason) {
  if (when >= leave_at_) return;
  leave_at_ = when;
  leave_reason_ = reason;
  Schedule(base::Now());
}

void Connection::Leave(base::TimePoint now) {
  leave_at_ = base::TimePoint::max();
  switch (state_) {
    case State::kStreaming:
      return EndStream(leave_reason_);
    case State::kHeld:
      return EndHold();
    case State::kReading:
      if (!IsStillIdle()) {
        // The rest of half a request has the time that others have to leave.
        if (state_ == State::kReading) {
          state_deadline_ = std::min(state_deadline_, std::max(now, shard_.drained_at()));
        }
        return;
      }
      if (HasUntaken(fd_) && now < shard_.drained_at()) {
        leave_at_ = std::min(now + kTakenInterval, shard_.drained_at());
        return;
      }
      if (!exchange_->answered_before && now < began_at_ + kFreshTime) {
        leave_at_ = began_at_ + kFreshTime;
        return;
      }
      return Close(CloseReason::kDrain);
    case State::kAnswering:
    case State::kEnding:
    case State::kLingering:
    case State::kClosed:
      return;
  }
}

bool Connection::IsStillIdle() {
  if (!next_request_posted_) ReadRequest();
  return state_ == State::kReading && !next_request_posted_ &&
         !exchange_->parser.has_partial_request();
}

bool Connection::GiveWay() {
  if (state_ == State::kReading && !next_request_posted_) ReadRequest();
  // What has sent half a request is no better than what has sent none.
  if (state_ != State::kReading && state_ != State::kLingering) return state_ == State::kClosed;
  if (next_request_posted_) return false;
  Close(CloseReason::kPeerClosed);
  return true;
}

void Connection::EndStream(sse::ByeReason reason) {
  close_reason_ = reason == sse::ByeReason::kDrain ? CloseReason::kDrain : CloseReason::kMaxAge;
  state_ = State::kEnding;
  state_deadline_ = base::Now() + kEndingTime;
  subscription_->Finish(
      sse::Bye(reason, shard_.JitteredRetry(/*spread=*/reason == sse::ByeReason::kDrain ? 1 : 0)));
  OnNext(subscription_->Pump(base::Now()));
}

void Connection::Linger() {
  // Closing a socket with unread bytes resets it, and a reset takes from the peer what it has not
  // read yet (RFC 9112 section 9.6).
  if (::shutdown(fd_, SHUT_WR) != 0) return Close(CloseReason::kPeerReset);
  Enter(State::kLingering);
  leave_at_ = base::TimePoint::max();
  const base::TimePoint now = base::Now();
  state_deadline_ = now + kLingerTime;
  if (exchange_ && exchange_->more_follows) {
    state_deadline_ = std::max(state_deadline_, std::min(now + kDiscardTime, shard_.drained_at()));
  }
  progress_.Begin(now);
  look_at_ = now + shard_.options().write_stall_timeout;
  Schedule(now);
  Watch();
}

bool Connection::LingersOn(base::TimePoint now) {
  if (now >= std::min(look_at_, shard_.drained_at()) || !HasUntaken(fd_)) return false;
  return progress_.Look(fd_, now, kLingerStall) == TcpProgress::Peer::kTakes;
}

void Connection::Schedule(base::TimePoint now) {
  base::TimePoint next = std::min(state_deadline_, leave_at_);
  if (state_ == State::kStreaming && subscription_) {
    next = std::min(next, paced_at_);
    base::TimePoint in_time = look_at_;
    if (!stalled_) {
      in_time = std::min(in_time, std::max(subscription_->last_write() + HeartbeatAfter(), now));
    }
    next = std::min(next,
                    WithOthers(in_time, HeartbeatInterval(), shard_.options().write_stall_timeout));
  }
  shard_.Schedule(*this, next);
}

base::Duration Connection::HeartbeatInterval() const {
  return heartbeat_interval_ms_ > 0 ? std::chrono::milliseconds(heartbeat_interval_ms_)
                                    : shard_.options().heartbeat_interval;
}

base::Duration Connection::HeartbeatAfter() const {
  return std::chrono::duration_cast<base::Duration>(HeartbeatInterval() * double{heartbeat_share_});
}

void Connection::OnDeadline(base::TimePoint now) {
  const auto self = shared_from_this();
  const ConnectionOptions& options = shard_.options();
  if (now >= state_deadline_) {
    return OnStateDeadline();
  }
  if (now >= leave_at_) {
    Leave(now);
  } else if (state_ == State::kStreaming) {
    if (now >= look_at_) {
      look_at_ = now + options.write_stall_timeout / kLooksPerTimeout;
      switch (progress_.Look(fd_, now, options.write_stall_timeout)) {
        case TcpProgress::Peer::kTakes:
          break;
        case TcpProgress::Peer::kStuck:
          return Close(CloseReason::kWriteStall);
        case TcpProgress::Peer::kVanished:
          return Close(CloseReason::kPeerReset);
      }
    }
    const base::TimePoint last_write = subscription_->last_write();
    if (!stalled_ && now - last_write >= HeartbeatAfter()) {
      OnNext(subscription_->Heartbeat(now));
    }
    if (state_ == State::kStreaming && now >= paced_at_) {
      paced_at_ = now + subscription_->min_interval();
      OnNext(subscription_->PumpPaced(now));
    }
  }
  if (state_ != State::kClosed) Schedule(now);
}

void Connection::OnStateDeadline() {
  switch (state_) {
    case State::kReading:
      if (exchange_->answered_before && !exchange_->head_begun) {
        if (IsStillIdle()) return Close(CloseReason::kPeerClosed);
        if (state_ == State::kReading) Schedule(base::Now());
        return;
      }
      return RefuseRequest(408, "the request's head did not arrive in time");
    case State::kAnswering:
      if (exchange_->finish) return FinishLater();
      return Close(CloseReason::kWriteStall);
    case State::kEnding:
      return Close(CloseReason::kWriteStall);
    case State::kHeld:
      return EndHold();
    case State::kLingering:
      if (const base::TimePoint now = base::Now(); LingersOn(now)) {
        state_deadline_ = now + kTakenInterval;
        return Schedule(now);
      }
      return Close(CloseReason::kPeerClosed);
    case State::kStreaming:
    case State::kClosed:
      return Close(CloseReason::kPeerClosed);
  }
}

void Connection::Close(CloseReason reason) {
  if (state_ == State::kClosed) return;
  if (admitted_) {
    NetStats& stats = shard_.mutable_stats();
    // One that was ending has its reason already.
    const bool ended = state_ == State::kEnding || state_ == State::kLingering;
    const CloseReason counted = ended ? close_reason_ : reason;
    stats.connections.Sub();
    stats.closed[counted].Add();
    LogClose(counted, base::Now());
    shard_.admission().Release(address_);
  }
  Enter(State::kClosed);
  shard_.Schedule(*this, base::TimePoint::max());
  subscription_.reset();
  FreeExchange();
  if (reason == CloseReason::kWriteStall || reason == CloseReason::kPeerFlood ||
      reason == CloseReason::kPeerReset) {
    // A reset, so that the kernel does not go on holding what the peer does not take, or sending to
    // one that is gone.
    constexpr linger kReset{.l_onoff = 1, .l_linger = 0};
    static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &kReset, sizeof(kReset)));
  }
  ::close(std::exchange(fd_, -1));
  shard_.Remove(shared_from_this());
}

StreamRank Connection::rank(base::TimePoint now) const {
  // A socket may take nothing from the beginning.
  const base::TimePoint last_write = std::max(subscription_->last_write(), began_at_);
  return {.lag = subscription_->lag(now),
          .stalled = stalled_ ? now - last_write : base::Duration(0),
          .age = now - began_at_};
}

size_t Connection::HeldFrameBytes(uint64_t before_seq, base::TimePoint now) const {
  if (state_ != State::kStreaming || !stalled_) return 0;
  if (now - subscription_->last_write() < kHolding) return 0;
  return subscription_->HalfWrittenBytes(before_seq);
}

StreamInfo Connection::Describe(base::TimePoint now) {
  const fanout::Subscription& subscription = *subscription_;
  StreamInfo info{.id = shard_.ConnectionId(number_),
                  .address = address_,
                  .filters = {},
                  .filter_count = subscription.filters().all().size(),
                  .mode = subscription.mode(),
                  .min_interval = subscription.min_interval(),
                  .progress = subscription.progress(),
                  .rank = rank(now),
                  .frames_delivered = subscription.frames_delivered(),
                  .bytes_sent = subscription.bytes_sent(),
                  .link = LinkOf(fd_)};
  for (const window::FilterView& filter : subscription.filters().all()) {
    if (info.filters.size() == StreamInfo::kMaxFilters) break;
    info.filters.emplace_back(filter.text());
  }
  return info;
}

void Connection::LogClose(CloseReason reason, base::TimePoint now) const {
  if (!log::Enabled(log::Level::kInfo)) return;
  const fanout::Lag lag = subscription_->lag(now);
  const std::string id = shard_.ConnectionId(number_);
  LogClosed(ForLog(id), reason,
            {.duration = now - began_at_,
             .frames = subscription_->frames_delivered(),
             .bytes = subscription_->bytes_sent(),
             .lag_events = lag.events,
             .lag = lag.age});
}

}  // namespace ssegw::net
