#ifndef SSEGW_INTERNAL_PEERS_PEERS_H_
#define SSEGW_INTERNAL_PEERS_PEERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"

namespace ssegw::peers {

// What a gateway answers to another one: bytes, or an error of its own. Beside those:
//   NOT_FOUND          there is no such gateway
//   UNAVAILABLE        the others cannot be reached; or no answer came in time, and what was asked
//   for
//                      may have been done
//   RESOURCE_EXHAUSTED too many questions are out, or this one is too large
using Answer = absl::StatusOr<std::string>;
using OnAnswer = absl::AnyInvocable<void(Answer) &&>;

// Hears what other gateways ask and tell.
//
// Thread: the peers', one call at a time; a call must not block.
class PeerListener {
 public:
  // answer is called once, by any thread. kind: what is asked; [a-z]+.
  virtual void OnQuestion(const std::string& kind, std::string data, OnAnswer answer) = 0;
  virtual void OnNews(const std::string& from, const std::string& kind, std::string data) = 0;
  // A gateway is there, or is there again after it was gone.
  virtual void OnPeer(const std::string& name) = 0;
  // It has left, or has not been heard of for Peers::kGoneAfter.
  virtual void OnPeerGone(const std::string& name) = 0;
  // See Peers::reachable.
  virtual void OnReachable(bool reachable) = 0;

 protected:
  ~PeerListener() = default;
};

// The other gateways that share this one's log. What is said between them is stored nowhere: who is
// not there does not hear it.
//
// Thread: any; no call blocks.
class Peers {
 public:
  virtual ~Peers() = default;

  static constexpr base::Duration kGoneAfter = std::chrono::seconds(3);

  // This one's name.
  virtual const std::string& name() const = 0;
  // The others can be asked, if there are any.
  virtual bool reachable() const = 0;
  // The others that are there, in the order of their names.
  virtual std::vector<std::string> others() const = 0;
  // done is called once, by any thread, within timeout; perhaps before Ask has returned.
  virtual void Ask(std::string_view peer, std::string_view kind, std::string data,
                   base::Duration timeout, OnAnswer done) = 0;
  // All others that are there, in the order of the calls. Lost without a word where they cannot be
  // reached.
  virtual void Tell(std::string_view kind, std::string data) = 0;
};

}  // namespace ssegw::peers

#endif  // SSEGW_INTERNAL_PEERS_PEERS_H_
