#ifndef SSEGW_GATEWAY_CONNECTIONS_FACT_LOG_H_
#define SSEGW_GATEWAY_CONNECTIONS_FACT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "ssegateway/peers/v1/news.pb.h"

namespace ssegw::connections {

// The last facts that this gateway has told others, numbered from 1 on, so that whoever missed some
// can ask for them.
//
// Thread: one.
class FactLog {
 public:
  explicit FactLog(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Append(ssegateway::peers::v1::LifecycleFact fact);
  // The number of the next fact.
  uint64_t next() const { return first_ + facts_.size(); }
  // From that number on, or from the first that is kept: as many as make so many bytes, one at
  // least if there is one.
  ssegateway::peers::v1::LifecycleFacts From(uint64_t number, size_t max_bytes) const;
  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    ssegateway::peers::v1::LifecycleFact fact;
    size_t bytes;
  };

  const size_t max_bytes_;
  uint64_t first_ = 1;
  std::deque<Kept> facts_;
  size_t bytes_ = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_FACT_LOG_H_
