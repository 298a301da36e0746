// Implementation notes
//
//   Dial ──► OnDialled ──► FindStreams ──► OnStreams ──► Reader::Start ──► OnEpoch ──► OnFollowing
//    ▲           │             ▲               │              │
//    │  DialLater│             └─ after a pause┴──────────────┘ OnReaderLost
//    └───────────┴── OnClosed
//
// A dial blocks, so it has a thread of its own; what it brings is posted. The listener of a link is
// made for each dial and is closed with it, so what an older link tells late is not heard.
//
// While the reader does not know whether the log is still the one that it knew, nothing is
// appended: an acknowledgement would be answered with an id of the epoch before.
#include "internal/store/jetstream/session.h"

#include <algorithm>
#include <utility>

#include "internal/log/log.h"
#include "internal/log/rate_limited.h"
#include "internal/store/jetstream/message_id.h"

namespace ssegw::store::jetstream {
namespace {

constexpr nats::SubscriptionId kReplies = 1;

}  // namespace

Session::Session(nats::Loop& loop, nats::Dialer& dialer, RunBlocking run_blocking,
                 window::Window& window, SharedLogStats& stats, SessionListener& listener,
                 Options options)
    : loop_(loop),
      dialer_(dialer),
      run_blocking_(std::move(run_blocking)),
      stats_(stats),
      listener_(listener),
      options_(std::move(options)),
      random_(options_.random_seed),
      streams_(options_.streams),
      reader_(window, stats, *this, options_.streams.name, options_.wall) {}

Session::~Session() {
  if (timer_) loop_.Cancel(*timer_);
  Drop();
}

void Session::Start() {
  lost_at_ = loop_.now();
  Dial();
}

void Session::Dial() {
  auto mail = std::make_shared<nats::LinkMail>(
      loop_,
      nats::LinkMail::Receiver{
          .message = [this](nats::SubscriptionId subscription,
                            nats::Message message) { OnMessage(subscription, std::move(message)); },
          .refused =
              [](const std::string& text) {
                static log::RateLimited limited(std::chrono::seconds(1));
                limited.Log(log::Level::kError, "store refuses a request", {{"reason", text}});
              },
          .closed = [this](const std::string& reason) { OnClosed(reason); }});
  attached_ = std::make_unique<Attached>();
  attached_->mail = mail;
  run_blocking_([this, mail, &dialer = dialer_, &loop = loop_] {
    auto link = std::make_shared<absl::StatusOr<std::unique_ptr<nats::Link>>>(dialer.Dial(*mail));
    loop.Post([this, mail, link] {
      if (mail->open()) OnDialled(std::move(*link));
    });
  });
}

void Session::OnDialled(absl::StatusOr<std::unique_ptr<nats::Link>> link) {
  if (link.ok() && attached_->closed) link = absl::UnavailableError("closed at once");
  if (!link.ok()) return OnDialFailed(link.status());
  pause_ = kShortPause;
  attached_->link = *std::move(link);
  const std::string name = NewWriter();
  attached_->requests =
      std::make_unique<nats::Requests>(loop_, *attached_->link, kReplies, "_INBOX." + name);
  attached_->open =
      std::make_unique<nats::OpenLink>(nats::OpenLink{.loop = loop_,
                                                      .link = *attached_->link,
                                                      .requests = *attached_->requests,
                                                      .name = name,
                                                      .last_subscription = kReplies});
  stats_.connected.Set(1);
  if (std::exchange(was_connected_, true)) {
    stats_.reconnects.Add();
    stats_.reader_restarts[ReaderRestart::kConnection].Add();
  }
  log::Info("store connected", {{"server", attached_->link->server().address}});
  FindStreams();
}

void Session::OnDialFailed(const absl::Status& status) {
  static log::RateLimited limited(std::chrono::seconds(10));
  limited.Log(log::Level::kWarn, "store cannot be reached",
              {{"reason", std::string(status.message())}});
  // Of a server that may serve others meanwhile: it is asked again.
  if (!absl::IsUnavailable(status)) Fault(status);
  DialLater();
}

void Session::DialLater() {
  timer_ = loop_.RunAfter(Pause(), [this] {
    timer_.reset();
    Dial();
  });
}

base::Duration Session::Pause() {
  base::Duration most = kShortPause;
  if (loop_.now() - lost_at_ >= kPatience) {
    pause_ = std::min(2 * pause_, kMaxPause);
    most = pause_;
  }
  const base::Duration least = std::max(kMinPause, most / 2);
  return base::Duration(
      std::uniform_int_distribution<int64_t>(least.count(), most.count())(random_));
}

void Session::OnMessage(nats::SubscriptionId subscription, nats::Message message) {
  if (subscription == kReplies) {
    attached_->requests->OnMessage(std::move(message));
  } else {
    reader_.OnMessage(subscription, std::move(message));
  }
}

void Session::OnClosed(const std::string& reason) {
  attached_->closed = true;
  if (!attached_->link) return;
  log::Warn("store connection lost", {{"reason", reason}});
  const base::TimePoint heard_at = reader_.heard_at();
  Disconnect();
  Drop();
  lost_at_ = loop_.now();
  listener_.OnAway(heard_at);
  DialLater();
}

void Session::Drop() {
  while_alive_.Reset();
  if (timer_) loop_.Cancel(*timer_);
  timer_.reset();
  reader_.Detach();
  if (!attached_) return;
  attached_->mail->Close();
  attached_.reset();
  stats_.connected.Set(0);
}

void Session::FindStreams() {
  streams_.Find(*attached_->requests, while_alive_([this](absl::StatusOr<LogStreams> streams) {
    OnStreams(std::move(streams));
  }));
}

void Session::FindStreamsLater() {
  if (timer_) loop_.Cancel(*timer_);
  timer_ = loop_.RunAfter(kLookAgain, [this] {
    timer_.reset();
    FindStreams();
  });
}

void Session::OnStreams(absl::StatusOr<LogStreams> streams) {
  if (!streams.ok()) {
    if (absl::IsFailedPrecondition(streams.status())) {
      // At the start it is the gateway's last line, and no other one is needed.
      if (was_following_) {
        static log::RateLimited limited(std::chrono::seconds(10));
        limited.Log(log::Level::kError, "store of no use",
                    {{"reason", std::string(streams.status().message())}});
      }
      Fault(streams.status());
    }
    return FindStreamsLater();
  }
  if (streams->log_created && was_following_) {
    log::Error("log lost", {{"stream", streams->log.config.name}});
  }
  if (!reader_.Knows(streams->log)) Disconnect();
  reader_.Start(*attached_->open, streams->log);
}

void Session::OnEpoch(const std::string& epoch) {
  listener_.OnEpoch(epoch);
  Connect();
}

void Session::OnFollowing() {
  was_following_ = true;
  listener_.OnFollowing();
}

void Session::OnReaderLost(ReaderRestart why) {
  // The log may be another one when it is there again.
  if (why == ReaderRestart::kDeleted) Disconnect();
  listener_.OnAway(reader_.heard_at());
  FindStreamsLater();
}

void Session::Connect() {
  if (!std::exchange(connected_, true)) listener_.OnRequests(attached_->requests.get());
}

void Session::Disconnect() {
  if (std::exchange(connected_, false)) listener_.OnRequests(nullptr);
}

void Session::Fault(const absl::Status& fault) {
  if (!was_following_) listener_.OnFault(fault);
}

}  // namespace ssegw::store::jetstream
