#include "bench/fanout/candidates.h"

#include <memory>

#include "bench/fanout/credentials.h"
#include "bench/fanout/floor_server.h"
#include "bench/fanout/gateway_server.h"
#include "bench/fanout/openssl_server.h"

namespace ssegw::bench {
namespace {

// As many as the gateway gives with a handshake.
constexpr size_t kTickets = 1;

Candidate Gateway(const std::string& name, const Carrier& carrier = {},
                  const std::vector<std::string>& flags = {},
                  const std::string& binary = testing::GatewayBinary()) {
  return {.name = name,
          .start = [=] { return std::make_unique<GatewayServer>(flags, carrier, binary); }};
}

std::vector<Candidate> WithTokens(const Scenario& scenario) {
  const auto tokens = std::make_shared<const Tokens>(scenario.connections);
  const auto gateway = [&](const std::string& name, const std::string& file) -> Candidate {
    return {.name = name,
            .start =
                [tokens] {
                  return std::make_unique<GatewayServer>(
                      std::vector<std::string>{"--auth=jwt", "--jwt_jwks=" + tokens->jwks_file()});
                },
            .tokens_file = file};
  };
  std::vector<Candidate> candidates = {gateway("new_tokens", tokens->all_file()),
                                       gateway("known_token", tokens->one_file()),
                                       Gateway("no_auth")};
  candidates.front().beside = [tokens]() -> Figures {
    return {{kCpuOfVerification, static_cast<double>(tokens->VerificationCost().count())}};
  };
  return candidates;
}

}  // namespace

std::vector<Candidate> CandidatesOf(const Scenario& scenario, const std::vector<Peer>& peers,
                                    const std::string& before) {
  const Carrier tls = {.tls = true};
  switch (scenario.kind) {
    case Kind::kTokens:
      return WithTokens(scenario);
    case Kind::kHandshakes:
      return {Gateway("gateway", tls), {.name = "s_server", .start = [] {
                                          return std::make_unique<OpensslServer>(kTickets);
                                        }}};
    case Kind::kIdleStreams:
      return {Gateway("tls", tls), Gateway("http2_1", {.tls = true, .streams_per_socket = 1}),
              Gateway("http2", scenario.carrier)};
    default:
      break;
  }
  std::vector<Candidate> candidates = {Gateway("gateway", scenario.carrier)};
  if (!before.empty()) candidates.push_back(Gateway("before", scenario.carrier, {}, before));
  for (const Peer& peer : peers) {
    if (scenario.carrier.tls && !peer.tls) continue;
    candidates.push_back({.name = peer.name, .start = [peer, secure = scenario.carrier.tls] {
                            return std::make_unique<PeerServer>(peer, secure);
                          }});
  }
  if (scenario.carrier.tls) {
    candidates.push_back(Gateway("plain"));
  } else if (!ComparesWithoutFloor(scenario)) {
    candidates.push_back(
        {.name = "floor", .start = [] { return std::make_unique<FloorServer>(); }});
  }
  return candidates;
}

}  // namespace ssegw::bench
