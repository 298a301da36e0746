#ifndef SSEGW_INTERNAL_NET_TRANSPORT_RECEIVED_H_
#define SSEGW_INTERNAL_NET_TRANSPORT_RECEIVED_H_

#include <cstdint>

namespace ssegw::net {

// What came of reading from a peer.
enum class Received : uint8_t {
  kBytes,
  kNothing,  // there is nothing at the moment
  kEnd,      // the peer has closed its side
  kBroken,
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_TRANSPORT_RECEIVED_H_
