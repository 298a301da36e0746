#ifndef SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_
#define SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "internal/base/mutex.h"
#include "internal/nats/dial_options.h"
#include "internal/nats/link.h"

namespace ssegw::nats {

// Links that libnats connects and signs in. Without TLS that is all it does: the loop reads and
// writes (SocketLink). With TLS libnats goes on: its reading cannot be left to a loop, since it
// waits for the rest of a TLS record without a bound. A connection that is lost is over. A server
// that says nothing for some 3 s, though it is asked, is lost; one that says that it is about to go
// (lame duck) counts as lost at once.
//
// Thread: any.
// Errors: those of Dialer. No message has a user, a password or a key.
// Cost:   four threads of libnats, for all links of the process, and with TLS one a link.
class LibnatsDialer final : public Dialer {
 public:
  explicit LibnatsDialer(DialOptions options) : options_(std::move(options)) {}

  absl::StatusOr<std::unique_ptr<Link>> Dial(LinkListener& listener) override;
  void Stop() override { stop_.request_stop(); }

 private:
  std::vector<std::string> DrawOrder();

  const DialOptions options_;
  std::stop_source stop_;
  base::Mutex mutex_;
  std::string last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_LIBNATS_LINK_H_
