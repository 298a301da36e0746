#ifndef SSEGW_INTERNAL_PEERS_NATS_PEERS_H_
#define SSEGW_INTERNAL_PEERS_NATS_PEERS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/nats/blocking_thread.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/peers/peer_link.h"
#include "internal/peers/peers.h"

namespace ssegw::peers {

// Peers over a connection of its own, so that the log does not wait for what operators ask.
//
// Owns:     its thread, which has all state; one more that dials.
// Lifetime: the listener outlives it. Stop, or the destructor, ends what is out and tells the
// others
//           that this one is gone; the listener is not called any more then. An answer to a
//           question may come later, and goes nowhere.
class NatsPeers final : public Peers, private PeerListener {
 public:
  // Questions that are out, and their bytes, of this gateway.
  static constexpr size_t kMaxQuestions = 4096;
  static constexpr size_t kMaxQuestionBytes = size_t{16} * 1024 * 1024;

  struct Options {
    std::string name;    // [a-z0-9-]+
    std::string prefix;  // of the subjects
  };
  NatsPeers(std::unique_ptr<nats::Dialer> dialer, Options options, PeerListener& listener);
  ~NatsPeers() override;
  NatsPeers(const NatsPeers&) = delete;
  NatsPeers& operator=(const NatsPeers&) = delete;

  // Dials; the listener may be called from now on. Once.
  void Start();
  void Stop();

  const std::string& name() const override { return name_; }
  bool reachable() const override { return reachable_.load(std::memory_order_relaxed); }
  std::vector<std::string> others() const override;
  void Ask(std::string_view peer, std::string_view kind, std::string data, base::Duration timeout,
           OnAnswer done) override;
  void Tell(std::string_view kind, std::string data) override;

 private:
  // What answers to questions are handed to: they may come after this has gone.
  struct Answers;

  // PeerListener, on the loop's thread.
  void OnQuestion(const std::string& kind, std::string data, OnAnswer answer) override;
  void OnNews(const std::string& from, const std::string& kind, std::string data) override;
  void OnPeer(const std::string& name) override;
  void OnPeerGone(const std::string& name) override;
  void OnReachable(bool reachable) override;

  void KeepOthers();
  // False: too many are out.
  bool Reserve(size_t bytes);
  void Release(size_t bytes);

  const std::string name_;
  PeerListener& listener_;
  // Before the loop, which may be left with a link.
  const std::unique_ptr<nats::Dialer> dialer_;
  std::atomic<bool> reachable_{false};
  std::atomic<size_t> questions_{0};
  std::atomic<size_t> question_bytes_{0};
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> others_ ABSL_GUARDED_BY(mutex_);

  nats::Loop loop_;
  const std::shared_ptr<Answers> answers_;
  std::optional<PeerLink> link_;
  std::optional<nats::BlockingThread> dialling_;
  std::thread thread_;
};

}  // namespace ssegw::peers

#endif  // SSEGW_INTERNAL_PEERS_NATS_PEERS_H_
