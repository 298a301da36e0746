#include "gateway/app/replicas.h"

#include <memory>
#include <utility>

#include "gateway/app/nats_options.h"
#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/nats/libnats_link.h"

namespace ssegw::app {

Replicas::Replicas(const config::Config& config, const std::string& name,
                   connections::Connections& local)
    : local_(local),
      peers_(std::make_unique<nats::LibnatsDialer>(DialOptionsOf(config)),
             {.name = name, .prefix = base::Concat(config.nats_stream, ".ops")}, *this),
      connections_(local, peers_) {}

void Replicas::OnQuestion(const std::string& kind, std::string data, peers::OnAnswer answer) {
  if (connections::AnswerPeer(local_, kind, data, answer)) return;
  // Of a gateway of another version.
  std::move(answer)(absl::UnimplementedError(base::Concat("no such question: ", kind)));
}

void Replicas::OnPeer(const std::string& name) { log::Info("replica there", {{"peer", name}}); }

void Replicas::OnPeerGone(const std::string& name) { log::Info("replica gone", {{"peer", name}}); }

}  // namespace ssegw::app
