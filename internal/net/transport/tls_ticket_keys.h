#ifndef SSEGW_INTERNAL_NET_TRANSPORT_TLS_TICKET_KEYS_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_TLS_TICKET_KEYS_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "internal/base/key_file.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::net {

// The keys of TLS session tickets, with which a client that comes back resumes its session. They
// outlive the certificates, so that a new certificate costs nobody a full handshake.
//
// It begins with a key of the process, which is replaced after kTicketLife and opens tickets for
// as long again. Set replaces them by keys that others share, who rotate them.
//
// Thread: any; one lock, once in a handshake.
class TlsTicketKeys {
 public:
  // As long as a ticket is good. Whoever learns a key can read the TLS 1.2 sessions of its life, so
  // it is a working day's.
  static constexpr std::chrono::hours kTicketLife{12};

  struct Key {
    std::array<uint8_t, 16> name;  // goes with the ticket in the clear
    std::array<uint8_t, 32> cipher;
    std::array<uint8_t, 32> mac;
  };
  struct Found {
    Key key;
    bool is_first;  // otherwise the ticket is to be renewed
  };

  TlsTicketKeys();

  // The first seals, all open. Not empty.
  void Set(std::span<const base::SecretKey> keys);

  Key Sealing(base::TimePoint now);
  // The one that sealed a ticket; nullopt: it is unknown, and the handshake will be a full one.
  std::optional<Found> Find(std::span<const uint8_t> name, base::TimePoint now);

 private:
  void RotateLocked(base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  std::vector<Key> keys_ ABSL_GUARDED_BY(mutex_);
  // When the process's own key is replaced; max: they are not its own.
  base::TimePoint rotates_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_TLS_TICKET_KEYS_H_
