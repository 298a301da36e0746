#include "gateway/app/edge.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::app {
namespace {

std::vector<std::unique_ptr<net::ShardThread>> MakeShards(size_t count, std::string_view replica,
                                                          window::Window& window,
                                                          net::Admission& admission,
                                                          const net::ConnectionOptions& options) {
  std::vector<std::unique_ptr<net::ShardThread>> shards;
  for (size_t i = 0; i < count; ++i) {
    shards.push_back(std::make_unique<net::ShardThread>(base::Concat("shard-", i), replica, window,
                                                        admission, options));
  }
  return shards;
}

}  // namespace

Edge::Edge(window::Window& window, const Services& services, const Budget& budget,
           const Options& options, net::TlsPort* tls)
    : replica_(sse::NewEpoch()),
      admission_(options.admission),
      shards_(MakeShards(budget.shards, replica_, window, admission_, options.connections)),
      front_(std::make_unique<net::ShardThread>("front", replica_, window, admission_,
                                                options.connections)),
      public_listener_(front_->io(), Shards(), services.public_port, budget.files.public_sockets,
                       tls),
      admin_listener_(front_->io(), {front_.get()}, services.admin_port,
                      budget.files.admin_sockets) {
  if (services.api_port == nullptr) return;
  api_.emplace(*front_,
               std::make_unique<net::ShardThread>("api", replica_, window, admission_,
                                                  options.api_connections),
               *services.api_port, budget.files.api_sockets);
}

Edge::~Edge() {
  CloseListeners();
  Stop();
}

void Edge::SetListener(net::ConnectionListener* listener) {
  for (const auto& shard : shards_) shard->SetListener(listener);
}

void Edge::SetOptions(const Options& options) {
  admission_.SetLimits(options.admission);
  for (const auto& shard : shards_) shard->SetOptions(options.connections);
  front_->SetOptions(options.connections);
  if (api_) api_->thread->SetOptions(options.api_connections);
}

void Edge::CutHolders(uint64_t before_seq, size_t bytes) {
  for (const auto& shard : shards_) shard->CutHolders(before_seq, bytes / shards_.size() + 1);
}

void Edge::SetStale(std::optional<base::WallTime> since) {
  for (const auto& shard : shards_) shard->SetStale(since);
}

void Edge::BeginDrain() {
  for (const auto& shard : shards_) shard->BeginDrain();
  if (api_) api_->thread->BeginDrain();
}

void Edge::StopAccepting() {
  public_listener_.Close();
  if (api_) api_->listener.Close();
}

void Edge::Leave(base::Duration over) {
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->Drain(over, static_cast<double>(i) / static_cast<double>(shards_.size()));
  }
  if (api_) api_->thread->Drain(over, 0);
}

void Edge::CloseListeners() {
  // The front closes them, which is no more once it has stopped.
  if (!std::exchange(listens_, false)) return;
  public_listener_.Close();
  admin_listener_.Close();
  if (api_) api_->listener.Close();
}

void Edge::Stop() {
  for (const auto& shard : shards_) shard->Stop();
  if (api_) api_->thread->Stop();
  front_->Stop();
}

size_t Edge::sockets() const {
  size_t sockets = 0;
  for (const auto& shard : shards_) sockets += shard->sockets();
  return sockets;
}

uint64_t Edge::connections() const {
  uint64_t connections = 0;
  for (const auto& shard : shards_) connections += shard->stats().connections.value();
  return connections;
}

bool Edge::TurnsOver(base::Duration within) const {
  const base::TimePoint now = base::Now();
  return std::ranges::all_of(shards_,
                             [&](const auto& shard) { return now - shard->last_tick() < within; });
}

std::vector<http::FindSlowest> Edge::FindSlowest() const {
  std::vector<http::FindSlowest> by_shard;
  for (const auto& shard : shards_) {
    by_shard.emplace_back([shard = shard.get()](size_t count, auto done) {
      shard->FindSlowest(count, std::move(done));
    });
  }
  return by_shard;
}

std::vector<const net::ShardThread*> Edge::shards() const {
  std::vector<const net::ShardThread*> shards;
  for (const auto& shard : shards_) shards.push_back(shard.get());
  return shards;
}

std::vector<net::ShardConnections*> Edge::ShardConnections() const {
  std::vector<net::ShardConnections*> shards;
  for (const auto& shard : shards_) shards.push_back(shard.get());
  return shards;
}

std::vector<net::ShardThread*> Edge::Shards() const {
  std::vector<net::ShardThread*> shards;
  for (const auto& shard : shards_) shards.push_back(shard.get());
  return shards;
}

}  // namespace ssegw::app
