#ifndef SSEGW_BENCH_FANOUT_CANDIDATES_H_
#define SSEGW_BENCH_FANOUT_CANDIDATES_H_

#include <string>
#include <vector>

#include "bench/fanout/measure.h"
#include "bench/fanout/peer_server.h"
#include "bench/fanout/scenario.h"

namespace ssegw::bench {

// The servers of a scenario: the gateway first; the peers, as far as they can what it asks for; the
// one that the others are compared with last.
//
// before: the gateway's binary of another build, which takes part as "before"; empty: none.
// Cost:   where it takes tokens they are made, and kept as long as a candidate is.
std::vector<Candidate> CandidatesOf(const Scenario& scenario, const std::vector<Peer>& peers,
                                    const std::string& before);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_CANDIDATES_H_
