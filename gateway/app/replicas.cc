#include "gateway/app/replicas.h"

#include <memory>
#include <utility>

#include "gateway/app/nats_options.h"
#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/nats/libnats_link.h"

namespace ssegw::app {

Replicas::Replicas(const config::Config& config, const std::string& name, Parts parts)
    : local_(parts.connections),
      peers_(std::make_unique<nats::LibnatsDialer>(DialOptionsOf(config)),
             {.name = name, .prefix = base::Concat(config.nats_stream, ".ops")}, *this),
      connections_(local_, peers_),
      lifecycle_(parts.lifecycle, peers_, std::move(parts.head)),
      demand_(parts.demand, peers_) {
  peers_.Start();
}

void Replicas::Tick(base::TimePoint now) {
  lifecycle_.Tick(now);
  demand_.Tick(now);
}

void Replicas::OnQuestion(const std::string& kind, std::string data, peers::OnAnswer answer) {
  if (lifecycle_.OnQuestion(kind, data, answer)) return;
  if (connections::AnswerPeer(local_, kind, data, answer)) return;
  // Of a gateway of another version.
  std::move(answer)(absl::UnimplementedError(base::Concat("no such question: ", kind)));
}

// What is for nobody is of a gateway of another version.
void Replicas::OnNews(const std::string& from, const std::string& kind, std::string data) {
  const base::TimePoint now = base::Now();
  if (!lifecycle_.OnNews(from, kind, data, now)) demand_.OnNews(from, kind, data, now);
}

void Replicas::OnPeer(const std::string& name) {
  log::Info("replica there", {{"peer", name}});
  lifecycle_.OnPeer(name, base::Now());
}

void Replicas::OnPeerGone(const std::string& name) {
  log::Info("replica gone", {{"peer", name}});
  lifecycle_.OnPeerGone(name, base::Now());
  demand_.OnPeerGone(name);
}

}  // namespace ssegw::app
