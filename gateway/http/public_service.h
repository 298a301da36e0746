#ifndef SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_
#define SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/authenticator.h"
#include "gateway/http/cors.h"
#include "gateway/http/head_waits.h"
#include "gateway/http/host_policy.h"
#include "gateway/http/http_stats.h"
#include "gateway/http/routes.h"
#include "gateway/http/snapshot_documents.h"
#include "gateway/http/static_assets.h"
#include "internal/base/address_rates.h"
#include "internal/base/ip_address.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/fanout/subscription_request.h"
#include "internal/net/service/http_service.h"
#include "internal/window/window.h"

namespace ssegw::http {

// What can change at run time.
struct PublicPolicy {
  fanout::Mode default_mode = fanout::Mode::kLatest;
  // As CorsPolicy takes it.
  std::vector<std::string> allow_origins = {"*"};
  // As ForwardedAddress takes it.
  std::vector<base::IpPrefix> trusted_proxies = {};
  HostPolicy hosts = HostPolicy({}, OtherHosts::kAny);
  // For one address: requests a second, and answers of /v1/snapshot at the same time. 0: no limit.
  size_t request_rate = 0;
  size_t max_answers_per_address = 0;
};

struct PublicServiceOptions {
  PublicPolicy policy = {};
  bool console = true;
  // All answers of /v1/snapshot that are being written, together.
  size_t max_snapshot_bytes = 64 * 1024 * 1024;
  // How long a stream waits for the log to reach the id that it is to resume from: another replica
  // may have given it. Zero: such an id is unknown.
  base::Duration id_patience{0};
  // The same while the log does not say whether it has it: others may be ahead for as long as its
  // servers elect a leader.
  base::Duration id_patience_away{0};
  // Who decides what each request may see; nullptr: everybody may see everything. Outlives it.
  const Authenticator* authenticator = nullptr;
};

// What --http_listen answers: /v1/events (also /sse), /v1/snapshot and the console, and with an
// authenticator /v1/tickets.
//
// Thread:   any; immutable except its policy, its counters, the rates and the documents.
// Lifetime: window and stats outlive it, and it its answers.
// Errors:   every refusal is a Problem, counted by its status.
class PublicService final : public net::HttpService {
 public:
  PublicService(const window::Window& window, const PublicServiceOptions& options,
                HttpStats& stats);

  net::HttpReply Handle(const net::HttpRequest& request) override;
  net::HttpResponse Refuse(int status, std::string_view detail) override;
  bool speaks_http2() const override { return true; }

  // Bytes of the documents that are being sent.
  size_t snapshot_bytes() const { return documents_.bytes(); }

  // For requests from now on; open connections stay.
  void SetPolicy(const PublicPolicy& policy);

  // Gives up documents that are kept for further requests and have grown old, and lets streams
  // begin whose id the log has reached, or does not have. Call it several times a second.
  void Tick(base::TimePoint now, const window::LogEnd& end) {
    documents_.DropOld(now);
    head_waits_.Tick(window_.position(), now, end);
  }

  const SnapshotDocuments& documents() const { return documents_; }

 private:
  struct Policy {
    explicit Policy(const PublicPolicy& policy)
        : default_mode(policy.default_mode),
          cors(policy.allow_origins),
          trusted_proxies(policy.trusted_proxies),
          hosts(policy.hosts) {}

    const fanout::Mode default_mode;
    const CorsPolicy cors;
    const std::vector<base::IpPrefix> trusted_proxies;
    const HostPolicy hosts;
  };

  struct Asked;
  using Handler = net::HttpReply (PublicService::*)(const Asked& asked);
  // Whether newer keys have been asked for already.
  enum class Attempt : uint8_t { kFirst, kSecond };
  // A request, and what it asks for.
  struct Asked {
    const net::HttpRequest& request;
    std::string_view path;  // of the route
    std::string_view query;
    std::string_view address;
    const std::shared_ptr<const Policy>& policy;
    Handler handler;
    // If it is a stream, it will be turned away.
    bool is_shed;
    Attempt attempt = Attempt::kFirst;

    Authenticator::Caller caller() const {
      return {.request = request,
              .query = query,
              .cors = policy->cors,
              .trusted_proxies = policy->trusted_proxies};
    }
  };
  using Routes = RouteTable<Handler>;

  static Routes MakeRoutes(const StaticAssets& assets, bool with_tickets);
  static bool AsksForStream(const Match<Handler>& match);

  // A request sees one policy, from its beginning to its end.
  std::shared_ptr<const Policy> policy() const;
  // The route's answer, unless the request is refused. reads: its origin may read.
  net::HttpReply Answer(const Asked& asked, const Match<Handler>& match, bool reads);
  static net::HttpResponse AnswerForNoPath(const net::HttpRequest& request,
                                           std::optional<Method> method);
  // The resources. OPTIONS is answered for all of them.
  net::HttpReply GrantedEvents(const Asked& asked);
  net::HttpReply GrantedSnapshot(const Asked& asked);
  net::HttpReply Tickets(const Asked& asked);
  net::HttpReply Asset(const Asked& asked);
  // What may be limited to a part. access: nullptr: nothing limits it.
  using Resource = net::HttpReply (PublicService::*)(const Asked& asked, const Access* access);
  net::HttpReply Granted(const Asked& asked, Resource resource);
  net::HttpReply Events(const Asked& asked, const Access* access);
  // At once, or when the log has reached the id that the stream is to resume from.
  net::HttpReply Begin(net::HttpStream stream);
  net::HttpReply Snapshot(const Asked& asked, const Access* access);
  // Answers the same request when what asked is made of has gone.
  using Later = std::function<net::HttpReply(Attempt)>;
  Later Again(const Asked& asked);
  // The token names a key that is not known: once more when there may be newer ones.
  net::HttpReply AfterNewKeys(const Asked& asked);
  // Whom a request is answered for.
  struct Client {
    std::shared_ptr<const Policy> policy;
    // An origin that may read the answer and needs fields for it; nullopt if there is none.
    std::optional<std::string> reader;
    std::string address;
    bool over_request_rate;
  };
  // Adds what belongs on every answer, at once or when it is there.
  void Complete(net::HttpReply& reply, const Client& client);

  const window::Window& window_;
  mutable base::Mutex policy_mutex_;
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(policy_mutex_);
  const StaticAssets assets_;
  const Authenticator* const authenticator_;
  const Routes routes_;
  base::AddressRates rates_;
  SnapshotDocuments documents_;
  const base::Duration id_patience_;
  const base::Duration id_patience_away_;
  HeadWaits head_waits_;
  HttpStats& stats_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_PUBLIC_SERVICE_H_
