#ifndef SSEGW_GATEWAY_AUTH_TICKETS_H_
#define SSEGW_GATEWAY_AUTH_TICKETS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/key_file.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/window/filter.h"

namespace ssegw::auth {

// What a ticket stands for: it is sealed into the ticket itself, so that every replica with the key
// can read it and none has to remember it (docs/adr/0022).
struct Ticket {
  // The origin that it is bound to, as browsers write it; empty: that of the gateway itself,
  // whatever it is called.
  std::string origin;
  std::string subject;
  window::Filters grants;
  // Of the token, to the millisecond.
  base::WallTime expires_at;
};

// A key that no other process has.
base::SecretKey RandomTicketKey();

// Seals tickets and opens them: AES-256-GCM with a random nonce, under keys that may change.
//
// Thread: any.
// Cost:   some microseconds each.
class TicketSealer {
 public:
  // As text. It fits into a URL beside everything else.
  static constexpr size_t kMaxBytes = 1024;

  // keys: the first one seals, all open; not empty.
  explicit TicketSealer(std::vector<base::SecretKey> keys);

  // A ticket as text of [A-Za-z0-9_-]. nullopt: it would be longer than kMaxBytes.
  std::optional<std::string> Seal(const Ticket& ticket) const;
  // nullopt: none of the keys sealed it, or it has been changed.
  std::optional<Ticket> Open(std::string_view text) const;

  // For tickets from now on.
  void SetKeys(std::vector<base::SecretKey> keys);

 private:
  using Keys = std::vector<base::SecretKey>;

  std::shared_ptr<const Keys> keys() const;

  mutable base::Mutex mutex_;
  std::shared_ptr<const Keys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_TICKETS_H_
