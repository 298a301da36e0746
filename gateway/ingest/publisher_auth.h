#ifndef SSEGW_GATEWAY_INGEST_PUBLISHER_AUTH_H_
#define SSEGW_GATEWAY_INGEST_PUBLISHER_AUTH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "gateway/auth/auth_stats.h"
#include "gateway/auth/token_source.h"
#include "gateway/ingest/publisher_grants.h"
#include "internal/base/time.h"
#include "internal/window/filter.h"

namespace ssegw::ingest {

// What a call shows of its publisher.
struct PublisherCredentials {
  std::vector<std::string> tokens = {};             // of metadata authorization: Bearer
  std::vector<std::string> certificate_names = {};  // URIs and DNS names of the SAN
  bool has_certificate = false;
};

// Who publishes, and where he may.
//
// Thread: any.
struct Publisher {
  // For the log: the token's sub, or the first name of the certificate.
  std::string subject;
  // His streams end then; max: never.
  base::WallTime ends_at = base::WallTime::max();
  // PERMISSION_DENIED: an event of this topic is not his to publish, and is counted.
  std::function<absl::Status(std::string_view topic)> check;
  // The same for all topics of a filter together: one grant has to cover it.
  std::function<absl::Status(const window::Filter& filter)> check_filter = {};
  // PERMISSION_DENIED: he may not ask about connections or send to them; it is counted.
  std::function<absl::Status()> check_connections;
};
using PublisherPtr = std::shared_ptr<const Publisher>;

// UNAUTHENTICATED; the message is for the publisher, and holds no value of a token.
struct Unidentified {
  absl::Status status;
  std::string subject = {};  // for the log
};
// A token names an unknown key: IdentifyLater waits for newer keys.
struct NeedsKeys {};
using Identity = std::variant<PublisherPtr, Unidentified>;
using IdentityOrWait = std::variant<PublisherPtr, Unidentified, NeedsKeys>;

enum class PublisherAuthKind : uint8_t { kNone, kJwt, kMtls };

struct PublisherAuthOptions {
  PublisherAuthKind kind = PublisherAuthKind::kNone;
  // kJwt: not null, and the claim that lists filters.
  auth::TokenVerifier* verifier = nullptr;
  auth::KeyRequests* keys = nullptr;
  std::string claim = "publish";
  // kMtls: not null. Changes of it count for the next event, on open streams too.
  const CurrentPublisherGrants* grants = nullptr;
  // Not null unless kNone.
  auth::AuthStats* stats = nullptr;
};

// Tells who makes a call of PublisherService. Counts each call in auth_total.
//
// Thread:   any.
// Lifetime: what the options point to outlives it, and the publishers.
// Cost:     as auth::TokenVerifier's, and of parsing the grants of a token.
class PublisherAuth {
 public:
  using Done = std::function<void(Identity identity)>;

  explicit PublisherAuth(PublisherAuthOptions options) : options_(std::move(options)) {}

  // A null PublisherPtr: nobody asks who publishes.
  IdentityOrWait Identify(const PublisherCredentials& credentials, base::WallTime now) const;
  // After NeedsKeys. done is called once, on any thread, within 2 s; perhaps before it returns.
  void IdentifyLater(const PublisherCredentials& credentials, const Done& done) const;

  // Whether streams may end because of who publishes.
  bool ends_streams() const { return options_.kind == PublisherAuthKind::kJwt; }

 private:
  absl::Status Check(bool allowed, std::string_view topic) const;
  absl::Status CheckFilter(bool allowed, const window::Filter& filter) const;
  absl::Status CheckConnections(bool allowed) const;
  IdentityOrWait ByToken(const PublisherCredentials& credentials, base::WallTime now) const;
  IdentityOrWait ByCertificate(const PublisherCredentials& credentials) const;
  PublisherPtr PublisherOf(const auth::Token& token) const;
  Unidentified Refuse(auth::Result result, std::string_view message,
                      std::string subject = {}) const;

  const PublisherAuthOptions options_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_PUBLISHER_AUTH_H_
