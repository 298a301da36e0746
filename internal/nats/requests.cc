#include "internal/nats/requests.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

constexpr int kNoResponders = 503;

Reply ReplyOf(Message message) {
  if (message.status() == kNoResponders) return absl::UnavailableError("no responders");
  return message;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Requests::Requests(Loop& loop, Link& link, SubscriptionId subscription, std::string inbox)
    : loop_(loop), link_(link), subscription_(subscription), inbox_(std::move(inbox) + ".") {
  // Where it fails the link is closed, and nothing can be sent either.
  link_.Subscribe(subscription_, inbox_ + "*").IgnoreError();
}

Requests::~Requests() {
  link_.Unsubscribe(subscription_);
  std::vector<std::pair<uint64_t, Pending>> left;
  left.reserve(pending_.size());
  for (auto& [number, pending] : pending_) left.emplace_back(number, std::move(pending));
  pending_.clear();
  // In the order in which they were asked.
  std::sort(left.begin(), left.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [number, pending] : left) {
    loop_.Cancel(pending.deadline);
    std::move(pending.done)(pending.unsent.ok() ? absl::AbortedError("the connection was lost")
                                                : pending.unsent);
  }
}

void Requests::Ask(std::string_view subject, const std::vector<HeaderField>& header,
                   std::string_view data, base::Duration timeout, OnReply done) {
  const uint64_t number = ++last_;
  absl::Status sent = link_.Publish(
      {.subject = subject, .reply = base::Concat(inbox_, number), .header = header, .data = data});
  if (absl::IsUnavailable(sent)) sent = absl::CancelledError(sent.message());
  // What cannot be sent ends at once, and yet not within this call.
  const Loop::Timer deadline = loop_.RunAfter(sent.ok() ? timeout : base::Duration::zero(),
                                              [this, number] { EndAtDeadline(number); });
  pending_.emplace(
      number, Pending{.deadline = deadline, .done = std::move(done), .unsent = std::move(sent)});
}

void Requests::OnMessage(Message message) {
  std::string_view subject = message.subject();
  if (!subject.starts_with(inbox_)) return;
  if (const auto number = ParseNumber(subject.substr(inbox_.size()))) {
    End(*number, ReplyOf(std::move(message)));
  }
}

void Requests::EndAtDeadline(uint64_t number) {
  const auto at = pending_.find(number);
  if (at == pending_.end()) return;
  absl::Status unsent = std::move(at->second.unsent);
  End(number, unsent.ok() ? absl::DeadlineExceededError("no answer in time") : std::move(unsent));
}

void Requests::End(uint64_t number, Reply reply) {
  const auto at = pending_.find(number);
  if (at == pending_.end()) return;
  Pending pending = std::move(at->second);
  pending_.erase(at);
  loop_.Cancel(pending.deadline);
  // Last: it may destroy this.
  std::move(pending.done)(std::move(reply));
}

}  // namespace ssegw::nats
