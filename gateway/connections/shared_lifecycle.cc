#include "gateway/connections/shared_lifecycle.h"

#include <utility>

namespace ssegw::connections {
namespace {

namespace v1 = ssegateway::peers::v1;
using ssegateway::v1::Connection;

constexpr base::Duration kPatience = std::chrono::seconds(2);
// What an open connection takes beside its texts.
constexpr size_t kBytesPerOpen = 112;

template <typename T>
std::optional<T> Parse(std::string_view data) {
  T value;
  if (!value.ParseFromArray(data.data(), static_cast<int>(data.size()))) return std::nullopt;
  return value;
}

}  // namespace

SharedLifecycle::SharedLifecycle(Lifecycle& lifecycle, peers::Peers& peers,
                                 std::function<std::string()> head)
    : lifecycle_(lifecycle), peers_(peers), head_(std::move(head)) {}

void SharedLifecycle::Opened(const Connection& connection, std::string_view last_event_id) {
  if (!lifecycle_.wanted()) return;
  v1::LifecycleFact fact;
  *fact.mutable_connection() = connection;
  fact.set_last_event_id(std::string(last_event_id));
  const base::MutexLock lock(mutex_);
  told_.Append(std::move(fact));
}

void SharedLifecycle::Closed(const Connection& connection, std::string_view reason) {
  if (!lifecycle_.wanted()) return;
  v1::LifecycleFact fact;
  *fact.mutable_connection() = connection;
  fact.set_close_reason(std::string(reason));
  const base::MutexLock lock(mutex_);
  told_.Append(std::move(fact));
}

void SharedLifecycle::Tick(base::TimePoint now) {
  if (!lifecycle_.wanted()) return;
  bool even_if_empty = false;
  {
    const base::MutexLock lock(mutex_);
    if (now >= tell_at_) {
      even_if_empty = true;
      tell_at_ = now + kInterval;
    }
    if (!peers_.reachable()) {
      reachable_since_.reset();
    } else if (!reachable_since_) {
      reachable_since_ = now;
    }
  }
  while (TellSome(std::exchange(even_if_empty, false))) {
  }
  CloseGone(now);
}

bool SharedLifecycle::TellSome(bool even_if_empty) {
  v1::LifecycleFacts facts;
  bool more = false;
  {
    const base::MutexLock lock(mutex_);
    facts = told_.From(sent_, kMaxBatchBytes);
    sent_ = facts.first() + static_cast<uint64_t>(facts.facts_size());
    more = sent_ < told_.next();
  }
  if (facts.facts_size() > 0 || even_if_empty) {
    peers_.Tell(kFacts, facts.SerializeAsString());
  }
  return more;
}

bool SharedLifecycle::OnNews(const std::string& from, std::string_view kind, std::string_view data,
                             base::TimePoint now) {
  if (kind != kFacts) return false;
  const auto facts = Parse<v1::LifecycleFacts>(data);
  if (!facts) return true;
  // Somebody watches, somewhere.
  if (!lifecycle_.wanted()) lifecycle_.Watch({}).IgnoreError();
  bool missed = false;
  {
    const base::MutexLock lock(mutex_);
    Other& other = others_[from];
    other.told = facts->first() + static_cast<uint64_t>(facts->facts_size());
    if (other.asking) return true;
    missed = facts->first() > other.next;
    if (missed) {
      other.asking = true;
    } else {
      Apply(other, *facts, now);
    }
  }
  if (missed) Ask(from);
  return true;
}

void SharedLifecycle::Ask(const std::string& name) {
  v1::LifecycleQuestion question;
  {
    const base::MutexLock lock(mutex_);
    question.set_from(others_[name].next);
  }
  peers_.Ask(name, kFacts, question.SerializeAsString(), kPatience,
             [this, name](const peers::Answer& answer) { OnAnswer(name, answer, base::Now()); });
}

void SharedLifecycle::OnAnswer(const std::string& name, const peers::Answer& answer,
                               base::TimePoint now) {
  {
    const base::MutexLock lock(mutex_);
    Other& other = others_[name];
    other.asking = false;
    if (!answer.ok()) return;  // what it tells next shows that some are missing
    const auto facts = Parse<v1::LifecycleFacts>(*answer);
    if (!facts || facts->facts_size() == 0) return;
    // Those between are no longer kept.
    if (facts->first() > other.next) other.next = facts->first();
    Apply(other, *facts, now);
    if (other.next >= other.told) return;
    other.asking = true;
  }
  Ask(name);
}

void SharedLifecycle::Apply(Other& other, const v1::LifecycleFacts& facts, base::TimePoint now) {
  uint64_t number = facts.first();
  for (const v1::LifecycleFact& fact : facts.facts()) {
    if (number++ != other.next) continue;
    ++other.next;
    Apply(other, fact, now);
  }
}

void SharedLifecycle::Apply(Other& other, const v1::LifecycleFact& fact, base::TimePoint now) {
  const std::string& id = fact.connection().id();
  if (const auto at = other.open.find(id); at != other.open.end()) {
    open_bytes_ -= at->second.size() + id.size() + kBytesPerOpen;
    other.open.erase(at);
  }
  if (!fact.close_reason().empty()) {
    return lifecycle_.Closed(fact.connection(), fact.close_reason(), now);
  }
  std::string bytes = fact.connection().SerializeAsString();
  open_bytes_ += bytes.size() + id.size() + kBytesPerOpen;
  other.open.emplace(id, std::move(bytes));
  lifecycle_.Opened(fact.connection(), fact.last_event_id(), now);
}

bool SharedLifecycle::OnQuestion(std::string_view kind, std::string_view data,
                                 peers::OnAnswer& answer) {
  if (kind != kFacts) return false;
  const auto question = Parse<v1::LifecycleQuestion>(data);
  if (!question) {
    std::move(answer)(absl::InternalError("a question without sense"));
    return true;
  }
  v1::LifecycleFacts facts;
  {
    const base::MutexLock lock(mutex_);
    facts = told_.From(question->from(), kMaxBatchBytes);
  }
  std::move(answer)(facts.SerializeAsString());
  return true;
}

void SharedLifecycle::OnPeer(const std::string& name, base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  const auto at = others_.find(name);
  if (at == others_.end()) return;
  Other& other = at->second;
  other.gone_at.reset();
  if (!std::exchange(other.closed, false)) return;
  for (const auto& [id, bytes] : other.open) {
    if (const auto connection = Parse<Connection>(bytes)) lifecycle_.Opened(*connection, {}, now);
  }
}

void SharedLifecycle::OnPeerGone(const std::string& name, base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  const auto at = others_.find(name);
  if (at != others_.end()) at->second.gone_at = now;
}

void SharedLifecycle::CloseGone(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  if (!reachable_since_) return;
  for (auto at = others_.begin(); at != others_.end();) {
    Other& other = at->second;
    if (!other.gone_at) {
      ++at;
      continue;
    }
    // Who was lost along with all others may be there yet.
    const bool missed = *other.gone_at > *reachable_since_ || now - *reachable_since_ >= kReturn;
    if (missed && !std::exchange(other.closed, true)) {
      for (const auto& [id, bytes] : other.open) {
        auto connection = Parse<Connection>(bytes);
        if (!connection) continue;
        connection->set_cursor(head_());
        lifecycle_.Closed(*connection, kGone, now);
      }
    }
    if (!other.closed || now - *other.gone_at < kForget) {
      ++at;
      continue;
    }
    for (const auto& [id, bytes] : other.open) {
      open_bytes_ -= bytes.size() + id.size() + kBytesPerOpen;
    }
    at = others_.erase(at);
  }
}

size_t SharedLifecycle::memory_bytes() const {
  const base::MutexLock lock(mutex_);
  return told_.bytes() + open_bytes_;
}

}  // namespace ssegw::connections
