#ifndef SSEGW_BENCH_FANOUT_FREE_PORTS_H_
#define SSEGW_BENCH_FANOUT_FREE_PORTS_H_

#include <cstddef>
#include <string>
#include <vector>

namespace ssegw::bench {

// TCP ports of this machine that are free now, each another one, for servers that are told theirs.
std::vector<std::string> FreePorts(size_t count);

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_FREE_PORTS_H_
