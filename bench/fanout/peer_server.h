#ifndef SSEGW_BENCH_FANOUT_PEER_SERVER_H_
#define SSEGW_BENCH_FANOUT_PEER_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "bench/fanout/process_tree.h"
#include "bench/fanout/server.h"
#include "tests/testing/http_connection.h"
#include "tests/testing/process.h"

namespace ssegw::bench {

// How events are handed over.
enum class PublishForm {
  kEach,      // a POST for each, all of them at once: the body is the data
  kGripItems  // a POST for all of them: JSON, as Pushpin wants it, each with its frame
};

// Another server of event streams: a directory of bench/peers, with a script that starts it
// (bench/peers/lib.sh).
struct Peer {
  std::string name;  // of the directory
  PublishForm form = PublishForm::kEach;
  bool tls = false;  // it can take its connections over TLS
};

// All of them, in the order in which they run.
const std::vector<Peer>& Peers();
// The Debian packages that it lacks, "nginx pushpin"; empty: it can run.
std::string MissingPackages(const Peer& peer);
// What of it has to be compiled was: ./dev bench peers does that.
bool IsBuilt(const Peer& peer);
// In one line.
std::string VersionOf(const Peer& peer);

// What POSTs these events, and how many answers come.
struct PublishRequests {
  std::string bytes;
  size_t count = 0;
};
// first_id: of the first event, where it is the publisher who numbers them.
PublishRequests MakePublishRequests(PublishForm form, const std::vector<NumberedEvent>& events,
                                    base::TimePoint now, uint64_t first_id);

// A peer that runs, with all of its processes, and a connection over which events are published.
class PeerServer : public Server {
 public:
  // secure: over TLS.
  explicit PeerServer(const Peer& peer, bool secure = false);
  ~PeerServer() override;

  Target target() const override;
  base::Duration CpuTime() override { return tree_.CpuTime(); }
  size_t PssBytes() override { return tree_.PssBytes(); }
  void Publish(const std::vector<NumberedEvent>& events) override;

 protected:
  std::vector<pid_t> Processes() const { return tree_.Processes(); }

 private:
  PeerServer(const Peer& peer, bool secure, const std::vector<std::string>& ports,
             const std::string& state_dir);
  bool IsReady() const;
  void End();

  const Peer peer_;
  const bool secure_;
  const std::string http_;
  const std::string publish_;
  const std::string state_dir_;
  testing::Process process_;
  ProcessTree tree_;
  std::unique_ptr<testing::HttpConnection> publisher_;
  uint64_t next_id_ = 1;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_PEER_SERVER_H_
