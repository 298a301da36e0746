#include "internal/peers/peer_link.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "internal/base/concat.h"
#include "internal/log/log.h"

namespace ssegw::peers {
namespace {

constexpr nats::SubscriptionId kQuestions = 2;
constexpr nats::SubscriptionId kNews = 3;
constexpr std::string_view kFrom = "Ssegw-From";
constexpr std::string_view kCode = "Ssegw-Code";
constexpr std::string_view kHere = "here";
constexpr std::string_view kGone = "gone";

absl::Status Unreachable(std::string_view why) {
  return absl::UnavailableError(base::Concat("the other gateways cannot be reached: ", why));
}

Answer AnswerOf(nats::Reply reply) {
  if (reply.ok()) {
    const std::string_view data = reply->data();
    const std::optional<std::string_view> code = reply->header(kCode);
    if (!code) return std::string(data);
    int number = 0;
    const auto [end, error] = std::from_chars(code->data(), code->data() + code->size(), number);
    if (error != std::errc() || number == 0) return absl::InternalError("an answer without sense");
    return absl::Status(static_cast<absl::StatusCode>(number), std::string(data));
  }
  switch (reply.status().code()) {
    case absl::StatusCode::kUnavailable:
      return absl::NotFoundError("there is no such gateway");
    case absl::StatusCode::kInvalidArgument:
      return absl::ResourceExhaustedError("larger than the server takes");
    case absl::StatusCode::kCancelled:
      return Unreachable("there is no connection to the server");
    default:
      return absl::UnavailableError("there was no answer in time");
  }
}

std::string_view AfterPrefix(std::string_view subject, std::string_view prefix) {
  return subject.starts_with(prefix) ? subject.substr(prefix.size()) : std::string_view();
}

}  // namespace

PeerLink::PeerLink(nats::Loop& loop, nats::Dialer& dialer,
                   nats::Connector::RunBlocking run_blocking, PeerListener& listener,
                   Options options)
    : loop_(loop),
      listener_(listener),
      options_(std::move(options)),
      questions_(base::Concat(options_.prefix, ".to.", options_.name, ".")),
      news_(base::Concat(options_.prefix, ".news.")),
      connector_(loop, dialer, std::move(run_blocking), *this,
                 {.new_name = [this] { return LinkName(); },
                  .inbox = base::Concat(options_.prefix, ".answers"),
                  .random_seed = options_.random_seed}) {}

PeerLink::~PeerLink() {
  if (timer_) loop_.Cancel(*timer_);
  Tell(kGone, "");
}

void PeerLink::Start() { connector_.Start(); }

std::string PeerLink::LinkName() { return base::Concat(options_.name, "-", ++links_); }

void PeerLink::Ask(std::string_view peer, std::string_view kind, std::string_view data,
                   base::Duration timeout, OnAnswer done) {
  if (link_ == nullptr) {
    return std::move(done)(Unreachable("there is no connection to the server"));
  }
  if (!heard_itself_) {
    return std::move(done)(Unreachable(
        base::Concat("this one may not publish and subscribe ", options_.prefix, ".>")));
  }
  link_->requests.Ask(base::Concat(options_.prefix, ".to.", peer, ".", kind),
                      {{kFrom, options_.name}}, data, timeout,
                      [done = std::move(done)](nats::Reply reply) mutable {
                        std::move(done)(AnswerOf(std::move(reply)));
                      });
}

void PeerLink::Tell(std::string_view kind, std::string_view data) {
  if (link_ == nullptr) return;
  link_->link
      .Publish(
          {.subject = base::Concat(news_, kind), .header = {{kFrom, options_.name}}, .data = data})
      .IgnoreError();
}

void PeerLink::OnConnected(nats::OpenLink& link) {
  link_ = &link;
  heard_itself_ = false;
  said_refused_ = false;
  here_interval_ = kHereInterval;
  link.last_subscription = kNews;
  // Where it fails the link is closed, which is told.
  link.link.Subscribe(kQuestions, base::Concat(questions_, "*")).IgnoreError();
  link.link.Subscribe(kNews, base::Concat(news_, "*")).IgnoreError();
  SayHere();
}

void PeerLink::OnDisconnected(const std::string& reason) {
  log::Warn("other gateways cannot be reached", {{"reason", reason}});
  link_ = nullptr;
  if (timer_) loop_.Cancel(*timer_);
  timer_.reset();
  if (std::exchange(heard_itself_, false)) listener_.OnReachable(false);
  for (const std::string& name : presence_.names()) {
    presence_.Remove(name);
    listener_.OnPeerGone(name);
  }
}

void PeerLink::OnRefused(const std::string& text) {
  if (std::exchange(said_refused_, true)) return;
  log::Warn("other gateways cannot be reached", {{"reason", text}});
}

// The store's connection says the same of the same servers.
void PeerLink::OnDialFailed(const absl::Status& /*status*/) {}

void PeerLink::OnMessage(nats::SubscriptionId subscription, nats::Message message) {
  if (subscription == kQuestions) {
    OnQuestion(message);
  } else if (subscription == kNews) {
    OnNews(message);
  }
}

void PeerLink::OnQuestion(const nats::Message& message) {
  const std::string_view kind = AfterPrefix(message.subject(), questions_);
  if (kind.empty() || message.reply().empty()) return;
  listener_.OnQuestion(std::string(kind), std::string(message.data()),
                       [this, reply_to = std::string(message.reply())](Answer answer) {
                         Reply(reply_to, std::move(answer));
                       });
}

void PeerLink::Reply(const std::string& reply_to, Answer answer) {
  if (link_ == nullptr) return;
  nats::OutgoingMessage message{.subject = reply_to};
  const std::string code = std::to_string(answer.status().raw_code());
  if (answer.ok()) {
    message.data = *answer;
  } else {
    message.header = {{kCode, code}};
    message.data =
        std::string_view(answer.status().message().data(), answer.status().message().size());
  }
  const absl::Status sent = link_->link.Publish(message);
  if (!absl::IsInvalidArgument(sent)) return;
  Reply(reply_to, absl::ResourceExhaustedError("the answer is larger than the server takes"));
}

void PeerLink::OnNews(const nats::Message& message) {
  const std::string_view kind = AfterPrefix(message.subject(), news_);
  const std::string from(message.header(kFrom).value_or(""));
  if (kind.empty() || from.empty()) return;
  if (from == options_.name) {
    if (!std::exchange(heard_itself_, true)) listener_.OnReachable(true);
  } else if (kind == kGone) {
    if (presence_.Remove(from)) listener_.OnPeerGone(from);
  } else {
    OnHere(from);
    if (kind != kHere) listener_.OnNews(from, std::string(kind), std::string(message.data()));
  }
}

void PeerLink::OnHere(const std::string& from) {
  if (!presence_.Hear(from, loop_.now())) return;
  Tell(kHere, "");
  listener_.OnPeer(from);
}

void PeerLink::SayHere() {
  Tell(kHere, "");
  for (const std::string& name : presence_.RemoveSilent(loop_.now() - Peers::kGoneAfter)) {
    listener_.OnPeerGone(name);
  }
  timer_ = loop_.RunAfter(here_interval_, [this] { SayHere(); });
  here_interval_ = heard_itself_ ? kHereInterval
                                 : std::min<base::Duration>(2 * here_interval_, kMaxHereInterval);
}

}  // namespace ssegw::peers
