#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_OPEN_LINK_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_OPEN_LINK_H_

#include <string>

#include "internal/base/concat.h"
#include "internal/nats/link.h"
#include "internal/store/jetstream/loop.h"
#include "internal/store/jetstream/requests.h"

namespace ssegw::store::jetstream {

// A link with what is asked over it. What uses it goes before it.
//
// Thread: the loop's.
struct OpenLink {
  Loop& loop;
  nats::Link& link;
  Requests& requests;
  // Of this link alone: a token of a subject. Answers come to "_INBOX.<name>.…".
  std::string name;
  // Of those that were given out.
  nats::SubscriptionId last_subscription = 0;

  std::string Inbox() const { return base::Concat("_INBOX.", name); }
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_OPEN_LINK_H_
