// Implementation notes
//
//   opens ──► told as opened, or resumed where one of the same browser is closing
//         └─► waits (opening_), where one of the same browser is open
//                ├─► that one closes: told as resumed
//                └─► --lifecycle_linger is over: told as opened; and goes on waiting, for kHalfOpen
//   closes ─► resumed, where one waits
//         └─► waits (closing_) ──► told as closed when --lifecycle_linger is over
//
// A browser shows nothing that only it has, so "the same browser" may be several: tabs, or people
// behind one address. Which of theirs goes on from which can then be told wrong. But every event
// says the truth about what is open: each connection that opens is told of once or more, and each
// end takes away one connection that has been told of and is over.
//
// A connection that waits has its place in one of the maps, and a Due in a queue. Who finds his
// other half leaves the map; his Due is passed over when its time comes.
#include "gateway/connections/lifecycle.h"

#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "internal/base/string_map.h"
#include "internal/net/shard/net_stats.h"
#include "internal/sse/event_id.h"

namespace ssegw::connections {
namespace {

using ssegateway::v1::Connection;

// Of WatchConnectionsResponse.
constexpr int kOpenedField = 2;
constexpr int kClosedField = 3;
constexpr int kResumedField = 4;

// What an entry of a map, its due, and the allocations of both take beside its texts.
constexpr size_t kBytesPerWaiting = 320;
constexpr size_t kBytesPerOpen = 64;

// How far one that closes looks for one that opened before its end.
constexpr int kMaxLook = 64;

void AppendVarint(std::string& out, size_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void AppendBytes(std::string& out, int field, std::string_view bytes) {
  AppendVarint(out, static_cast<size_t>(field) << 3 | 2);
  AppendVarint(out, bytes.size());
  out += bytes;
}

// A WatchConnectionsResponse without its token. Each kind of event has the connection as field 1;
// text, if there is any, is its field 2, and time its field 3.
std::string EventBytes(int kind, std::string_view connection, std::string_view text = {},
                       std::string_view time = {}) {
  std::string event;
  AppendBytes(event, 1, connection);
  if (!text.empty()) AppendBytes(event, 2, text);
  if (!time.empty()) AppendBytes(event, 3, time);
  std::string response;
  AppendBytes(response, kind, event);
  return response;
}

std::string TimestampBytes(base::WallTime time) {
  using std::chrono::milliseconds;
  google::protobuf::Timestamp timestamp = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
      std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count());
  return timestamp.SerializeAsString();
}

uint64_t HashOf(std::string_view text) { return absl::HashOf(text); }

uint64_t BrowserOf(const Connection& connection) {
  uint64_t hash =
      absl::HashOf(std::string_view(connection.subject()), std::string_view(connection.address()),
                   std::string_view(connection.user_agent()));
  for (const std::string& filter : connection.filters()) {
    hash = absl::HashOf(hash, std::string_view(filter));
  }
  return hash;
}

uint64_t InEpoch(uint64_t browser, std::string_view epoch) { return absl::HashOf(browser, epoch); }

}  // namespace

std::string_view ToString(LifecycleEvent event) {
  switch (event) {
    case LifecycleEvent::kOpened:
      return "opened";
    case LifecycleEvent::kClosed:
      return "closed";
    case LifecycleEvent::kResumed:
      return "resumed";
  }
  return "";
}

Lifecycle::Lifecycle(Options options)
    : linger_(options.linger),
      max_waiting_bytes_(options.max_waiting_bytes),
      open_connections_(std::move(options.open_connections)),
      wall_(std::move(options.wall)),
      log_(std::move(options.replica), options.log, options.others_lag, wall_) {}

absl::StatusOr<uint64_t> Lifecycle::Watch(std::string_view token) {
  if (!wanted()) {
    const base::MutexLock lock(mutex_);
    if (!wanted()) strangers_ = open_connections_();
    log_.Begin();
    wanted_ = true;
  }
  if (token.empty()) return log_.next();
  return log_.After(token);
}

void Lifecycle::Opened(const Connection& connection, std::string_view last_event_id,
                       base::TimePoint now) {
  if (!wanted()) return;
  std::string bytes = connection.SerializeAsString();
  const uint64_t browser = BrowserOf(connection);
  const uint64_t id_hash = HashOf(connection.id());
  const std::optional<sse::EventId> presented = sse::ParseEventId(last_event_id);
  const base::MutexLock lock(mutex_);
  const uint64_t turn = ++turn_;
  open_.insert_or_assign(id_hash, Open{.browser = browser, .turn = turn});
  ++open_of_browser_[browser];
  if (presented && linger_ > base::Duration::zero()) {
    const Place place = {
        .browser = InEpoch(browser, presented->epoch), .seq = presented->seq, .turn = turn};
    if (GoOn(place, bytes)) return;
    if (MayGoOn(browser)) {
      waiting_bytes_ += bytes.size() + kBytesPerWaiting;
      opening_.emplace(place, Opening{.id_hash = id_hash, .connection = std::move(bytes)});
      opening_of_id_.insert_or_assign(id_hash, place);
      tell_opening_.push_back({.at = now + linger_, .place = place});
      return BoundWaiting();
    }
  }
  Tell(LifecycleEvent::kOpened, EventBytes(kOpenedField, bytes));
}

void Lifecycle::Closed(const Connection& connection, std::string_view reason, base::TimePoint now,
                       std::string_view sent_id) {
  if (!wanted()) return;
  std::string event =
      EventBytes(kClosedField, connection.SerializeAsString(), reason, TimestampBytes(wall_()));
  const uint64_t browser = BrowserOf(connection);
  const uint64_t id_hash = HashOf(connection.id());
  if (sent_id.empty()) sent_id = connection.cursor();
  const std::optional<sse::EventId> cursor = sse::ParseEventId(sent_id);
  const base::MutexLock lock(mutex_);
  const uint64_t opened = Leave(id_hash);
  if (const auto it = opening_of_id_.find(id_hash); it != opening_of_id_.end()) {
    const auto opening = opening_.find(it->second);
    TellOpening(opening->second);
    EraseOpening(opening);
  }
  if (reason == net::ToString(net::CloseReason::kClosed) || linger_ == base::Duration::zero()) {
    return Tell(LifecycleEvent::kClosed, std::move(event));
  }
  Place place = {.browser = 0, .seq = 0, .turn = ++turn_};
  if (cursor) {
    place.browser = InEpoch(browser, cursor->epoch);
    place.seq = cursor->seq;
    if (HasGoneOn(place, opened, connection.id())) return;
  }
  waiting_bytes_ += event.size() + connection.id().size() + kBytesPerWaiting;
  closing_.emplace(place, Closing{.id = connection.id(), .event = std::move(event)});
  tell_closing_.push_back({.at = now + linger_, .place = place});
  BoundWaiting();
}

void Lifecycle::Tick(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  for (; !tell_closing_.empty() && tell_closing_.front().at <= now; tell_closing_.pop_front()) {
    TellClosing(tell_closing_.front().place);
  }
  for (; !tell_opening_.empty() && tell_opening_.front().at <= now; tell_opening_.pop_front()) {
    OpeningIsDue(tell_opening_.front());
  }
  for (; !forget_opening_.empty() && forget_opening_.front().at <= now;
       forget_opening_.pop_front()) {
    ForgetOpening(forget_opening_.front());
  }
}

bool Lifecycle::MayGoOn(uint64_t browser) const {
  return strangers_ > 0 || open_of_browser_.at(browser) > 1;
}

bool Lifecycle::GoOn(const Place& presented, const std::string& connection) {
  const auto closing =
      closing_.lower_bound({.browser = presented.browser, .seq = presented.seq, .turn = 0});
  if (closing == closing_.end() || closing->first.browser != presented.browser) return false;
  Tell(LifecycleEvent::kResumed, EventBytes(kResumedField, connection, closing->second.id));
  EraseClosing(closing);
  return true;
}

bool Lifecycle::HasGoneOn(const Place& cursor, uint64_t opened, const std::string& id) {
  auto it = opening_.upper_bound(
      {.browser = cursor.browser, .seq = cursor.seq, .turn = std::numeric_limits<uint64_t>::max()});
  for (int looked = 0; looked < kMaxLook && it != opening_.begin(); ++looked) {
    --it;
    if (it->first.browser != cursor.browser) return false;
    if (it->first.turn <= opened) continue;
    Tell(LifecycleEvent::kResumed, EventBytes(kResumedField, it->second.connection, id));
    EraseOpening(it);
    return true;
  }
  return false;
}

uint64_t Lifecycle::Leave(uint64_t id_hash) {
  const auto it = open_.find(id_hash);
  if (it == open_.end()) {
    if (strangers_ > 0) --strangers_;
    return 0;
  }
  const Open open = it->second;
  open_.erase(it);
  base::ShrinkIfSparse(open_);
  if (const auto of_browser = open_of_browser_.find(open.browser); --of_browser->second == 0) {
    open_of_browser_.erase(of_browser);
    base::ShrinkIfSparse(open_of_browser_);
  }
  return open.turn;
}

void Lifecycle::TellOpening(Opening& opening) {
  if (std::exchange(opening.told, true)) return;
  Tell(LifecycleEvent::kOpened, EventBytes(kOpenedField, opening.connection));
}

void Lifecycle::TellClosing(const Place& place) {
  const auto closing = closing_.find(place);
  if (closing == closing_.end()) return;
  Tell(LifecycleEvent::kClosed, closing->second.event);
  EraseClosing(closing);
}

void Lifecycle::EraseOpening(std::map<Place, Opening>::iterator opening) {
  waiting_bytes_ -= opening->second.connection.size() + kBytesPerWaiting;
  opening_of_id_.erase(opening->second.id_hash);
  opening_.erase(opening);
}

void Lifecycle::EraseClosing(std::map<Place, Closing>::iterator closing) {
  waiting_bytes_ -= closing->second.event.size() + closing->second.id.size() + kBytesPerWaiting;
  closing_.erase(closing);
}

void Lifecycle::OpeningIsDue(const Due& due) {
  const auto opening = opening_.find(due.place);
  if (opening == opening_.end()) return;
  TellOpening(opening->second);
  forget_opening_.push_back({.at = due.at + kHalfOpen, .place = due.place});
}

void Lifecycle::ForgetOpening(const Due& due) {
  const auto opening = opening_.find(due.place);
  if (opening != opening_.end()) EraseOpening(opening);
}

void Lifecycle::BoundWaiting() {
  while (waiting_bytes_ > max_waiting_bytes_) {
    // Those that have been told already lose the least.
    if (!forget_opening_.empty()) {
      ForgetOpening(forget_opening_.front());
      forget_opening_.pop_front();
    } else if (!tell_closing_.empty()) {
      TellClosing(tell_closing_.front().place);
      tell_closing_.pop_front();
    } else {
      OpeningIsDue(tell_opening_.front());
      tell_opening_.pop_front();
    }
  }
}

void Lifecycle::Tell(LifecycleEvent kind, std::string event) {
  stats_.events[kind].Add();
  log_.Append(std::move(event));
}

size_t Lifecycle::memory_bytes() const {
  size_t bytes = log_.memory_bytes();
  const base::MutexLock lock(mutex_);
  return bytes + waiting_bytes_ + open_.size() * kBytesPerOpen;
}

}  // namespace ssegw::connections
