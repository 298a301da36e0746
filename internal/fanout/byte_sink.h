#ifndef SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_
#define SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

namespace ssegw::fanout {

// What the owner of a subscription is to do next for it.
enum class Next : uint8_t {
  kWait,      // nothing: there will be a call when there is more
  kWritable,  // call Pump when the sink is writable
  kSoon,      // call Pump again, after others had their turn
  kGone,      // close: the peer is gone
};

// Where a subscription writes: a connection, or in tests whatever can go wrong with one.
//
// Thread: the shard's.
class ByteSink {
 public:
  // As much as is taken at once: the number of bytes, 0 where none is, negative where the peer is
  // gone.
  virtual ssize_t Write(std::span<const iovec> pieces) = 0;

  // The shard wrote, and there is something to be done. May end the subscription.
  virtual void OnNext(Next next) = 0;

 protected:
  ~ByteSink() = default;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_BYTE_SINK_H_
