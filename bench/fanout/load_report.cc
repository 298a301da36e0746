#include "bench/fanout/load_report.h"

namespace ssegw::bench {

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
  if (first_fault[0] == '\0') first_fault = other.first_fault;
  latency.Add(other.latency);
}

}  // namespace ssegw::bench
