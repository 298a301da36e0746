#include "bench/fanout/load_report.h"

#include <string_view>

#include "internal/base/concat.h"

namespace ssegw::bench {

std::string LoadReport::FaultText() const {
  return base::Concat(lost, " lost, ", out_of_order, " out of order, ", strange, " strange, ",
                      ended, " streams ended, ", resets,
                      " resets: ", std::string_view(first_fault.data()));
}

void LoadReport::Add(const LoadReport& other) {
  requested += other.requested;
  open += other.open;
  events += other.events;
  bytes += other.bytes;
  lost += other.lost;
  out_of_order += other.out_of_order;
  strange += other.strange;
  ended += other.ended;
  resets += other.resets;
  never_reading_ended += other.never_reading_ended;
  if (first_fault[0] == '\0') first_fault = other.first_fault;
  latency.Add(other.latency);
}

}  // namespace ssegw::bench
