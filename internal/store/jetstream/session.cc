// Implementation notes
//
//   OnConnected ──► FindStreams ──► OnStreams ──► Reader::Start ──► OnEpoch ──► OnFollowing
//                      ▲               │              │
//                      └─ after a pause┴──────────────┘ OnReaderLost
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

Session::Session(nats::Loop& loop, nats::Dialer& dialer, nats::Connector::RunBlocking run_blocking,
                 window::Window& window, SharedLogStats& stats, SessionListener& listener,
                 Options options)
    : loop_(loop),
      stats_(stats),
      listener_(listener),
      options_(std::move(options)),
      streams_(options_.streams),
      reader_(window, stats, *this, options_.streams.name, options_.wall),
      connector_(loop, dialer, std::move(run_blocking), *this,
                 {.new_name = NewWriter, .random_seed = options_.random_seed}) {}

Session::~Session() { Detach(); }

void Session::Start() { connector_.Start(); }

void Session::OnConnected(nats::OpenLink& link) {
  link_ = &link;
  stats_.connected.Set(1);
  if (std::exchange(was_connected_, true)) {
    stats_.reconnects.Add();
    stats_.reader_restarts[ReaderRestart::kConnection].Add();
  }
  log::Info("store connected", {{"server", link.link.server().address}});
  FindStreams();
}

void Session::OnDialFailed(const absl::Status& status) {
  static log::RateLimited limited(std::chrono::seconds(10));
  limited.Log(log::Level::kWarn, "store cannot be reached",
              {{"reason", std::string(status.message())}});
  // Of a server that may serve others meanwhile: it is asked again.
  if (!absl::IsUnavailable(status)) Fault(status);
}

void Session::OnRefused(const std::string& text) {
  static log::RateLimited limited(std::chrono::seconds(1));
  limited.Log(log::Level::kError, "store refuses a request", {{"reason", text}});
}

void Session::OnMessage(nats::SubscriptionId subscription, nats::Message message) {
  reader_.OnMessage(subscription, std::move(message));
}

void Session::OnDisconnected(const std::string& reason) {
  log::Warn("store connection lost", {{"reason", reason}});
  const base::TimePoint heard_at = reader_.heard_at();
  Disconnect();
  Detach();
  listener_.OnAway(heard_at);
}

void Session::Detach() {
  while_alive_.Reset();
  if (timer_) loop_.Cancel(*timer_);
  timer_.reset();
  reader_.Detach();
  link_ = nullptr;
  stats_.connected.Set(0);
}

void Session::FindStreams() {
  streams_.Find(link_->requests, while_alive_([this](absl::StatusOr<LogStreams> streams) {
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
    } else {
      static log::RateLimited limited(std::chrono::seconds(10));
      limited.Log(log::Level::kWarn, "store is not ready",
                  {{"reason", std::string(streams.status().message())}});
    }
    return FindStreamsLater();
  }
  if (streams->log_created && was_following_) {
    log::Error("log lost", {{"stream", streams->log.config.name}});
  }
  if (!reader_.Knows(streams->log)) Disconnect();
  reader_.Start(*link_, streams->log);
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
  if (!std::exchange(connected_, true)) listener_.OnRequests(&link_->requests);
}

void Session::Disconnect() {
  if (std::exchange(connected_, false)) listener_.OnRequests(nullptr);
}

void Session::Fault(const absl::Status& fault) {
  if (!was_following_) listener_.OnFault(fault);
}

}  // namespace ssegw::store::jetstream
