#ifndef SSEGW_BENCH_FANOUT_FLOOR_SERVER_H_
#define SSEGW_BENCH_FANOUT_FLOOR_SERVER_H_

#include <string>
#include <vector>

#include "bench/fanout/server.h"
#include "tests/testing/process.h"

namespace ssegw::bench {

// The floor (floor.cc), and who makes the frames that it writes: the gateway's own, from
// sse::Frame.
class FloorServer : public Server {
 public:
  FloorServer();
  ~FloorServer() override;

  Target target() const override;
  base::Duration CpuTime() override { return process_.CpuTime(); }
  size_t PssBytes() override { return process_.PssBytes(); }
  void Publish(const std::vector<NumberedEvent>& events) override;

 private:
  testing::Process process_;
  std::string port_;
  int publish_fd_;
  uint64_t seq_ = 0;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_FLOOR_SERVER_H_
