// Implementation notes
//
//   Dial ──► OnDialled ──► OnConnected
//    ▲           │
//    │  DialLater│
//    └───────────┴── OnClosed
//
// A dial blocks, so it has a thread of its own; what it brings is posted. The listener of a link is
// made for each dial and is closed with it, so what an older link tells late is not heard.
#include "internal/nats/connector.h"

#include <algorithm>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

constexpr SubscriptionId kReplies = 1;

}  // namespace

Connector::Connector(Loop& loop, Dialer& dialer, RunBlocking run_blocking,
                     ConnectorListener& listener, Options options)
    : loop_(loop),
      dialer_(dialer),
      run_blocking_(std::move(run_blocking)),
      listener_(listener),
      options_(std::move(options)),
      random_(options_.random_seed) {}

Connector::~Connector() { Drop(); }

void Connector::Start() {
  lost_at_ = loop_.now();
  Dial();
}

void Connector::Dial() {
  auto mail = std::make_shared<LinkMail>(
      loop_, LinkMail::Receiver{
                 .message = [this](SubscriptionId subscription,
                                   Message message) { OnMail(subscription, std::move(message)); },
                 .refused = [this](const std::string& text) { listener_.OnRefused(text); },
                 .closed = [this](const std::string& reason) { OnClosed(reason); }});
  attached_ = std::make_unique<Attached>();
  attached_->mail = mail;
  run_blocking_([this, mail, &dialer = dialer_, &loop = loop_] {
    auto link = std::make_shared<absl::StatusOr<std::unique_ptr<Link>>>(dialer.Dial(*mail));
    loop.Post([this, mail, link] {
      if (mail->open()) OnDialled(std::move(*link));
    });
  });
}

void Connector::OnDialled(absl::StatusOr<std::unique_ptr<Link>> link) {
  if (link.ok() && attached_->closed) link = absl::UnavailableError("closed at once");
  if (!link.ok()) {
    listener_.OnDialFailed(link.status());
    return DialLater();
  }
  pause_ = kShortPause;
  attached_->link = *std::move(link);
  attached_->link->Start(loop_);
  const std::string name = options_.new_name();
  attached_->requests = std::make_unique<Requests>(loop_, *attached_->link, kReplies,
                                                   base::Concat(options_.inbox, ".", name));
  attached_->open = std::make_unique<OpenLink>(OpenLink{.loop = loop_,
                                                        .link = *attached_->link,
                                                        .requests = *attached_->requests,
                                                        .name = name,
                                                        .last_subscription = kReplies});
  listener_.OnConnected(*attached_->open);
}

void Connector::OnMail(SubscriptionId subscription, Message message) {
  if (subscription == kReplies) {
    attached_->requests->OnMessage(std::move(message));
  } else {
    listener_.OnMessage(subscription, std::move(message));
  }
}

void Connector::OnClosed(const std::string& reason) {
  attached_->closed = true;
  if (!attached_->link) return;
  listener_.OnDisconnected(reason);
  Drop();
  lost_at_ = loop_.now();
  DialLater();
}

void Connector::DialLater() {
  timer_ = loop_.RunAfter(Pause(), [this] {
    timer_.reset();
    Dial();
  });
}

base::Duration Connector::Pause() {
  base::Duration most = kShortPause;
  if (loop_.now() - lost_at_ >= kPatience) {
    pause_ = std::min(2 * pause_, kMaxPause);
    most = pause_;
  }
  const base::Duration least = std::max(kMinPause, most / 2);
  return base::Duration(
      std::uniform_int_distribution<int64_t>(least.count(), most.count())(random_));
}

void Connector::Drop() {
  if (timer_) loop_.Cancel(*timer_);
  timer_.reset();
  if (!attached_) return;
  attached_->mail->Close();
  attached_.reset();
}

}  // namespace ssegw::nats
