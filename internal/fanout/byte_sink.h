#ifndef SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_
#define SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

namespace ssegw::fanout {

// What the owner of a subscription has to do for it next.
enum class Next : uint8_t {
  kWait,      // nothing
  kWritable,  // call Pump when the sink is writable
  kSoon,      // call Pump again, after others had their turn
  kGone,      // close: the peer is gone
};

// Where a subscription writes: a connection, or a test's stand-in.
//
// Thread: the shard's.
class ByteSink {
 public:
  // Writes as much as it can without waiting. Returns the number of bytes, or a negative number if
  // the peer is gone.
  virtual ssize_t Write(std::span<const iovec> pieces) = 0;

  // The shard has delivered, and the owner has to do something. May destroy the subscription.
  virtual void OnNext(Next next) = 0;

 protected:
  ~ByteSink() = default;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_
