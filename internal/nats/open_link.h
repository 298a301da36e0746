#ifndef SSEGW_INTERNAL_NATS_OPEN_LINK_H_
#define SSEGW_INTERNAL_NATS_OPEN_LINK_H_

#include <string>

#include "internal/base/concat.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"

namespace ssegw::nats {

// A link with what is asked over it. What uses it goes before it.
//
// Thread: the loop's.
struct OpenLink {
  Loop& loop;
  Link& link;
  Requests& requests;
  // Of this link alone: a token of a subject. Answers come to "_INBOX.<name>.…".
  std::string name;
  // Of those that were given out.
  SubscriptionId last_subscription = 0;

  std::string Inbox() const { return base::Concat("_INBOX.", name); }
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_OPEN_LINK_H_
