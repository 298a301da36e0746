#ifndef SSEGW_INTERNAL_PEERS_PEER_LINK_H_
#define SSEGW_INTERNAL_PEERS_PEER_LINK_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "internal/base/time.h"
#include "internal/nats/connector.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/requests.h"
#include "internal/peers/peers.h"
#include "internal/peers/presence.h"

namespace ssegw::peers {

// What gateways say to each other, over core NATS. <prefix>.to.<name>.<kind> is a question with a
// reply subject below <prefix>.answers; <prefix>.news.<kind> is told to all. Both say from whom in
// the header Ssegw-From; an answer that is an error has its code in Ssegw-Code and its words as
// data. Once a second each tells the news "here", and at its end "gone". Whoever hears of a new one
// says "here" at once, so that the new one knows of all.
//
// A gateway hears its own news. So it knows that it may publish and subscribe there: a server tells
// nobody that a permission is missing.
//
// Owns:     the connection.
// Thread:   the loop's.
// Lifetime: loop, dialer and listener outlive it.
class PeerLink final : private nats::ConnectorListener {
 public:
  static constexpr base::Duration kHereInterval = std::chrono::seconds(1);
  // While it does not hear itself, each time twice as long, up to this.
  static constexpr base::Duration kMaxHereInterval = std::chrono::minutes(1);

  struct Options {
    std::string name;    // of this gateway; [a-z0-9-]+
    std::string prefix;  // of all subjects
    uint64_t random_seed = 0;
  };
  PeerLink(nats::Loop& loop, nats::Dialer& dialer, nats::Connector::RunBlocking run_blocking,
           PeerListener& listener, Options options);
  ~PeerLink();
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  void Start();
  void Ask(std::string_view peer, std::string_view kind, std::string_view data,
           base::Duration timeout, OnAnswer done);
  void Tell(std::string_view kind, std::string_view data);
  std::vector<std::string> others() const { return presence_.names(); }
  bool reachable() const { return heard_itself_; }

 private:
  // nats::ConnectorListener
  void OnConnected(nats::OpenLink& link) override;
  void OnDisconnected(const std::string& reason) override;
  void OnMessage(nats::SubscriptionId subscription, nats::Message message) override;
  void OnRefused(const std::string& text) override;
  void OnDialFailed(const absl::Status& status) override;

  void OnQuestion(const nats::Message& message);
  void OnNews(const nats::Message& message);
  void OnHere(const std::string& from);
  // Of the link that is there then, to where the question wanted it.
  void Reply(const std::string& reply_to, Answer answer);
  void SayHere();
  std::string LinkName();

  nats::Loop& loop_;
  PeerListener& listener_;
  const Options options_;
  const std::string questions_;  // with the dot before the kind
  const std::string news_;       // the same
  nats::OpenLink* link_ = nullptr;
  // Over this link.
  bool heard_itself_ = false;
  bool said_refused_ = false;
  base::Duration here_interval_ = kHereInterval;
  uint64_t links_ = 0;
  Presence presence_;
  std::optional<nats::Loop::Timer> timer_;
  // The last member: it calls this.
  nats::Connector connector_;
};

}  // namespace ssegw::peers

#endif  // SSEGW_INTERNAL_PEERS_PEER_LINK_H_
