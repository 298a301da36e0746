#include "internal/nats/socket_link.h"

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

// What is given to the socket before the turn ends.
constexpr size_t kEnoughBytes = size_t{64} * 1024;
// A buffer that has grown beyond this is given back.
constexpr size_t kKeptBytes = size_t{1024} * 1024;

std::string ErrorText(int error) { return std::generic_category().message(error); }

absl::Status Closed() { return absl::UnavailableError("the connection is closed"); }

}  // namespace

SocketLink::SocketLink(base::FileDescriptor socket, ServerInfo server, LinkListener& listener)
    : server_(std::move(server)), listener_(&listener), socket_(std::move(socket)) {}

SocketLink::~SocketLink() {
  listener_ = nullptr;
  if (open() && !blocked_) Write();
  Release();
}

void SocketLink::Start(Loop& loop) {
  loop_ = &loop;
  loop.Watch(socket_.get(), *this);
  TickLater();
}

absl::Status SocketLink::Publish(const OutgoingMessage& message) {
  if (!open()) return Closed();
  if (!IsWireSubject(message.subject) ||
      (!message.reply.empty() && !IsWireSubject(message.reply))) {
    return absl::InvalidArgumentError("a subject is empty, or has white space");
  }
  const size_t bytes = PayloadBytes(message);
  if (bytes > server_.max_payload) {
    return absl::InvalidArgumentError(
        base::Concat("larger than the server's max_payload ", server_.max_payload));
  }
  if (unsent_bytes() + bytes > kMaxUnsentBytes) {
    Close("the server does not read what it is sent");
    return Closed();
  }
  WillSend();
  AppendPublish(message, unsent_);
  // Where it is closed in this it may have been sent: OnClosed tells.
  if (unsent_bytes() >= kEnoughBytes && !blocked_) Write();
  return absl::OkStatus();
}

absl::Status SocketLink::Subscribe(SubscriptionId id, std::string_view subject) {
  if (!open()) return Closed();
  WillSend();
  AppendSubscribe(id, subject, unsent_);
  return absl::OkStatus();
}

void SocketLink::Unsubscribe(SubscriptionId id) {
  if (!open()) return;
  WillSend();
  AppendUnsubscribe(id, unsent_);
}

void SocketLink::WillSend() {
  if (unsent_.empty() && loop_ != nullptr) taken_at_ = loop_->now();
}

void SocketLink::OnReady(bool readable, bool writable) {
  if (writable) {
    blocked_ = false;
    Write();
  }
  if (readable && open()) Read();
}

void SocketLink::OnTurnEnd() {
  if (!unsent_.empty() && !blocked_) Write();
}

void SocketLink::Read() {
  const std::span<char> room = reader_.Room();
  const ssize_t got = recv(socket_.get(), room.data(), room.size(), 0);
  if (got == 0) return Close("the server has closed the connection");
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) Close(ErrorText(errno));
    return;
  }
  heard_ = true;
  if (!reader_.Read(static_cast<size_t>(got), *this)) {
    Close("the server does not keep to the protocol of NATS");
  }
}

void SocketLink::Write() {
  while (sent_ < unsent_.size()) {
    const ssize_t took =
        send(socket_.get(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (took < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Close(ErrorText(errno));
      blocked_ = true;
      // What is sent makes room once it is the larger part.
      if (sent_ > unsent_.size() / 2) unsent_.erase(0, std::exchange(sent_, 0));
      return;
    }
    sent_ += static_cast<size_t>(took);
    taken_at_ = loop_ != nullptr ? loop_->now() : taken_at_;
  }
  unsent_.clear();
  sent_ = 0;
  if (unsent_.capacity() > kKeptBytes) unsent_.shrink_to_fit();
}

void SocketLink::OnWireMessage(SubscriptionId subscription, Message message) {
  if (listener_ != nullptr) listener_->OnMessage(subscription, std::move(message));
}

void SocketLink::OnPing() {
  if (!open()) return;
  WillSend();
  unsent_.append(kPong);
}

void SocketLink::OnInfo(std::string_view json) {
  // In a text of JSON these characters would be others.
  if (json.find("\"ldm\":true") != std::string_view::npos) {
    Close("the server is about to go (lame duck)");
  }
}

void SocketLink::OnError(std::string_view text) {
  // It goes on after these alone.
  if (!text.starts_with("Permissions Violation")) return Close(text);
  if (listener_ != nullptr) listener_->OnRefused(text);
}

void SocketLink::TickLater() {
  timer_ = loop_->RunAfter(kTick, [this] {
    timer_.reset();
    OnTick();
  });
}

void SocketLink::OnTick() {
  if (!unsent_.empty() && loop_->now() - taken_at_ >= kWriteDeadline) {
    return Close("the server does not read what it is sent");
  }
  if (std::exchange(heard_, false)) {
    unanswered_ = 0;
  } else if (unanswered_ == kMaxUnanswered) {
    return Close("the server says nothing");
  } else {
    ++unanswered_;
    WillSend();
    unsent_.append(kPing);
  }
  TickLater();
}

void SocketLink::Close(std::string_view reason) {
  if (!open()) return;
  Release();
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->OnClosed(reason);
}

void SocketLink::Release() {
  if (loop_ != nullptr) {
    loop_->Unwatch(*this);
    if (timer_) loop_->Cancel(*timer_);
    timer_.reset();
  }
  socket_.Close();
  blocked_ = false;
  unsent_.clear();
  sent_ = 0;
}

}  // namespace ssegw::nats
