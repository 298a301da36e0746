#include "gateway/ingest/publisher_connections.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/ingest/stream_limit.h"
#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/log/rate_limited.h"

namespace ssegw::ingest {
namespace {

constexpr base::Duration kSweepInterval = std::chrono::seconds(1);
constexpr base::Duration kSweepIntervalWhenFull = std::chrono::milliseconds(20);
constexpr size_t kMaxAddresses = 4096;
constexpr std::string_view kUnix = "unix:";
// Of max_age, either way.
constexpr double kAgeJitter = 0.15;

ino_t InodeOf(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

// "[2001:db8::7]" of "[2001:db8::7]:51234".
std::string_view AddressOf(std::string_view peer) { return peer.substr(0, peer.rfind(':')); }

// A copy of the descriptor holds the socket while it is compared: the number may be another file's
// by now.
void ShutDown(int fd, ino_t inode) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return;
  if (InodeOf(copy) == inode) ::shutdown(copy, SHUT_RDWR);
  ::close(copy);
}

}  // namespace

PublisherConnections::PublisherConnections(size_t max, base::Duration max_age, IngestStats* stats)
    : max_(max), max_age_(max_age), stats_(stats) {}

bool PublisherConnections::Admit(int fd, std::string_view peer, base::TimePoint now) {
  static log::RateLimited limited(std::chrono::seconds(1));
  const base::MutexLock lock(mutex_);
  if (connections_.size() >= max_ && now - swept_at_ >= kSweepIntervalWhenFull) SweepNow(now);
  if (connections_.size() >= max_ && !MakePlace(published_.contains(AddressOf(peer)))) {
    stats_->connections_refused.Add();
    limited.Log(log::Level::kWarn, "publisher refused",
                {{"peer", peer}, {"max_publisher_connections", max_}}, now);
    return false;
  }
  const bool is_unix = peer == kUnix;
  const std::string name = is_unix ? base::Concat(kUnix, ++of_unix_) : std::string(peer);
  // The same port again: the one before is gone, and was not swept yet.
  if (const auto before = connections_.find(name); before != connections_.end()) Forget(before);
  connections_.emplace(name, Connection{.fd = fd,
                                        .inode = InodeOf(fd),
                                        .since = now,
                                        .ends_at = EndOf(now),
                                        // Which of them makes a call is not known.
                                        .called = is_unix});
  in_order_.push_back(name);
  if (!is_unix) silent_.push_back(name);
  Count();
  return true;
}

base::TimePoint PublisherConnections::Called(std::string_view peer, base::TimePoint now) {
  static log::RateLimited limited(std::chrono::seconds(1), 10);
  const base::MutexLock lock(mutex_);
  const auto connection = connections_.find(peer);
  if (connection == connections_.end()) return EndOf(now);
  if (!connection->second.called) {
    connection->second.called = true;
    limited.Log(log::Level::kInfo, "publisher connected", {{"peer", peer}}, now);
  }
  return connection->second.ends_at;
}

void PublisherConnections::Published(std::string_view peer) {
  const base::MutexLock lock(mutex_);
  const std::string_view address = AddressOf(peer);
  if (const auto known = published_.find(address); known != published_.end()) {
    known->second = ++turn_;
    return;
  }
  if (published_.size() >= kMaxAddresses) {
    published_.erase(
        std::min_element(published_.begin(), published_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  published_.emplace(address, ++turn_);
}

void PublisherConnections::Sweep(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  if (now - swept_at_ >= kSweepInterval) SweepNow(now);
}

void PublisherConnections::SweepNow(base::TimePoint now) {
  swept_at_ = now;
  for (auto it = connections_.begin(); it != connections_.end();) {
    const auto connection = it++;
    if (InodeOf(connection->second.fd) != connection->second.inode) Forget(connection);
  }
  const auto is_gone = [&](const std::string& name) { return !connections_.contains(name); };
  std::erase_if(in_order_, is_gone);
  std::erase_if(silent_, [&](const std::string& name) {
    const auto connection = connections_.find(name);
    return connection == connections_.end() || connection->second.called;
  });
  Count();
}

bool PublisherConnections::MakePlace(bool has_published) {
  return EvictFirst(silent_, /*silent_only=*/true) ||
         (has_published && EvictFirst(in_order_, /*silent_only=*/false));
}

bool PublisherConnections::EvictFirst(std::deque<std::string>& peers, bool silent_only) {
  // Twice: those of addresses that have published come last, and with silent_only alone.
  for (const bool spare_publishers : {true, false}) {
    for (auto name = peers.begin(); name != peers.end(); ++name) {
      const auto connection = connections_.find(*name);
      if (connection == connections_.end()) continue;
      if (silent_only && connection->second.called) continue;
      if (spare_publishers && published_.contains(AddressOf(*name))) continue;
      ShutDown(connection->second.fd, connection->second.inode);
      stats_->connections_evicted.Add();
      Forget(connection);
      peers.erase(name);
      return true;
    }
    if (!silent_only) break;
  }
  return false;
}

void PublisherConnections::Forget(base::StringMap<Connection>::iterator connection) {
  static log::RateLimited limited(std::chrono::seconds(1), 10);
  const base::TimePoint now = base::Now();
  if (connection->second.called && !connection->first.starts_with(kUnix)) {
    limited.Log(log::Level::kInfo, "publisher gone",
                {{"peer", connection->first},
                 {"duration", base::ToSeconds(now - connection->second.since)}},
                now);
  }
  connections_.erase(connection);
}

void PublisherConnections::Count() {
  const size_t size = connections_.size();
  stats_->connections.Set(size);
  const bool nearly_full = IsNearlyFull(size, max_, nearly_full_);
  if (std::exchange(nearly_full_, nearly_full) || !nearly_full) return;
  nearly_full_log_.Log(log::Level::kWarn, "publishers nearly at their limit",
                       {{"of", "connections"}, {"open", size}, {"limit", max_}});
}

base::TimePoint PublisherConnections::EndOf(base::TimePoint since) {
  if (max_age_ == base::Duration::zero()) return base::TimePoint::max();
  std::uniform_real_distribution<double> share(1 - kAgeJitter, 1 + kAgeJitter);
  return since + std::chrono::duration_cast<base::Duration>(max_age_ * share(random_));
}

}  // namespace ssegw::ingest
