#include "gateway/connections/fact_log.h"

#include <algorithm>
#include <utility>

namespace ssegw::connections {

using ssegateway::peers::v1::LifecycleFact;
using ssegateway::peers::v1::LifecycleFacts;

void FactLog::Append(LifecycleFact fact) {
  const size_t bytes = fact.SpaceUsedLong();
  facts_.push_back({.fact = std::move(fact), .bytes = bytes});
  bytes_ += bytes;
  while (bytes_ > max_bytes_ && facts_.size() > 1) {
    bytes_ -= facts_.front().bytes;
    facts_.pop_front();
    ++first_;
  }
}

LifecycleFacts FactLog::From(uint64_t number, size_t max_bytes) const {
  LifecycleFacts facts;
  number = std::clamp(number, first_, next());
  facts.set_first(number);
  size_t bytes = 0;
  for (size_t i = number - first_; i < facts_.size(); ++i) {
    bytes += facts_[i].fact.ByteSizeLong();
    if (bytes > max_bytes && facts.facts_size() > 0) break;
    *facts.add_facts() = facts_[i].fact;
  }
  return facts;
}

}  // namespace ssegw::connections
