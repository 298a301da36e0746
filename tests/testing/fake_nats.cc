#include "tests/testing/fake_nats.h"

#include <utility>

namespace ssegw::testing {
namespace {

// Subjects as subscriptions have them here: as they are, or with one last wildcard.
bool Matches(std::string_view pattern, std::string_view subject) {
  if (pattern == subject) return true;
  if (!pattern.ends_with(".*") && !pattern.ends_with(".>")) return false;
  const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
  if (!subject.starts_with(prefix) || subject.size() == prefix.size()) return false;
  return pattern.back() == '>' || subject.substr(prefix.size()).find('.') == std::string_view::npos;
}

size_t BytesOf(const nats::OutgoingMessage& message) {
  size_t bytes = message.data.size();
  for (const nats::HeaderField& field : message.header) {
    bytes += field.name.size() + field.value.size();
  }
  return bytes;
}

}  // namespace

class FakeNats::FakeLink final : public nats::Link {
 public:
  FakeLink(FakeNats& nats, nats::ServerInfo server) : nats_(nats), server_(std::move(server)) {}
  ~FakeLink() override { nats_.Forget(this); }

  void Start(nats::Loop& /*loop*/) override {}
  absl::Status Publish(const nats::OutgoingMessage& message) override {
    if (BytesOf(message) > server_.max_payload) {
      return absl::InvalidArgumentError("maximum payload exceeded");
    }
    return nats_.Publish(this, message);
  }
  absl::Status Subscribe(nats::SubscriptionId id, std::string_view subject) override {
    return nats_.Subscribe(this, id, subject);
  }
  void Unsubscribe(nats::SubscriptionId id) override { nats_.Unsubscribe(this, id); }
  const nats::ServerInfo& server() const override { return server_; }

 private:
  FakeNats& nats_;
  const nats::ServerInfo server_;
};

FakeNats::~FakeNats() = default;

absl::StatusOr<std::unique_ptr<nats::Link>> FakeNats::Dial(nats::LinkListener& listener) {
  const base::MutexLock lock(mutex_);
  ++dials_;
  if (!dial_answer_.ok()) return dial_answer_;
  auto link = std::make_unique<FakeLink>(*this, server_);
  state_ = State{.link = link.get(), .listener = &listener, .subscriptions = {}};
  return link;
}

void FakeNats::AnswerDials(absl::Status status) {
  const base::MutexLock lock(mutex_);
  dial_answer_ = std::move(status);
}

size_t FakeNats::dials() const {
  const base::MutexLock lock(mutex_);
  return dials_;
}

void FakeNats::SetServer(nats::ServerInfo server) {
  const base::MutexLock lock(mutex_);
  server_ = std::move(server);
}

void FakeNats::OnSent(std::function<void(const SentMessage&)> on_sent) {
  const base::MutexLock lock(mutex_);
  on_sent_ = std::move(on_sent);
}

std::vector<SentMessage> FakeNats::TakeSent() {
  const base::MutexLock lock(mutex_);
  return std::exchange(sent_, {});
}

bool FakeNats::connected() const {
  const base::MutexLock lock(mutex_);
  return state_.has_value();
}

bool FakeNats::subscribes_to(std::string_view subject) const {
  nats::SubscriptionId id = 0;
  return Find(subject, id) != nullptr;
}

std::map<nats::SubscriptionId, std::string> FakeNats::subscriptions() const {
  const base::MutexLock lock(mutex_);
  return state_ ? state_->subscriptions : std::map<nats::SubscriptionId, std::string>();
}

nats::LinkListener* FakeNats::Find(std::string_view subject, nats::SubscriptionId& id) const {
  const base::MutexLock lock(mutex_);
  if (!state_) return nullptr;
  for (const auto& [subscription, pattern] : state_->subscriptions) {
    if (!Matches(pattern, subject)) continue;
    id = subscription;
    return state_->listener;
  }
  return nullptr;
}

void FakeNats::Answer(const SentMessage& message, std::string_view data) {
  DeliverTo(message.reply, nats::Message::Make(message.reply, "", data));
}

void FakeNats::AnswerStatus(const SentMessage& message, int status, std::string_view description) {
  DeliverTo(message.reply, nats::Message::MakeStatus(message.reply, status, description));
}

void FakeNats::DeliverTo(std::string_view subject, nats::Message message) {
  nats::SubscriptionId id = 0;
  nats::LinkListener* const listener = Find(subject, id);
  if (listener != nullptr) listener->OnMessage(id, std::move(message));
}

void FakeNats::Deliver(nats::SubscriptionId subscription, nats::Message message) {
  nats::LinkListener* listener = nullptr;
  {
    const base::MutexLock lock(mutex_);
    if (!state_ || !state_->subscriptions.contains(subscription)) return;
    listener = state_->listener;
  }
  listener->OnMessage(subscription, std::move(message));
}

void FakeNats::Refuse(std::string_view text) {
  nats::LinkListener* listener = nullptr;
  {
    const base::MutexLock lock(mutex_);
    if (!state_) return;
    listener = state_->listener;
  }
  listener->OnRefused(text);
}

void FakeNats::Close(std::string_view reason) {
  nats::LinkListener* listener = nullptr;
  {
    const base::MutexLock lock(mutex_);
    if (!state_) return;
    listener = state_->listener;
    state_.reset();
  }
  listener->OnClosed(reason);
}

absl::Status FakeNats::Publish(const FakeLink* link, const nats::OutgoingMessage& message) {
  SentMessage sent = {.subject = std::string(message.subject),
                      .reply = std::string(message.reply),
                      .header = {},
                      .data = std::string(message.data)};
  for (const nats::HeaderField& field : message.header) {
    sent.header.emplace(field.name, field.value);
  }
  std::function<void(const SentMessage&)> on_sent;
  {
    const base::MutexLock lock(mutex_);
    if (!state_ || state_->link != link) return absl::UnavailableError("connection closed");
    if (!on_sent_) {
      sent_.push_back(std::move(sent));
      return absl::OkStatus();
    }
    on_sent = on_sent_;
  }
  on_sent(sent);
  return absl::OkStatus();
}

absl::Status FakeNats::Subscribe(const FakeLink* link, nats::SubscriptionId id,
                                 std::string_view subject) {
  const base::MutexLock lock(mutex_);
  if (!state_ || state_->link != link) return absl::UnavailableError("connection closed");
  state_->subscriptions[id] = std::string(subject);
  return absl::OkStatus();
}

void FakeNats::Unsubscribe(const FakeLink* link, nats::SubscriptionId id) {
  const base::MutexLock lock(mutex_);
  if (state_ && state_->link == link) state_->subscriptions.erase(id);
}

void FakeNats::Forget(const FakeLink* link) {
  const base::MutexLock lock(mutex_);
  if (state_ && state_->link == link) state_.reset();
}

}  // namespace ssegw::testing
