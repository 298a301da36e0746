#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_MIRROR_LOAD_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_MIRROR_LOAD_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/nats/while_alive.h"
#include "internal/store/jetstream/pull.h"
#include "internal/store/jetstream/stream_look.h"

namespace ssegw::store::jetstream {

// Thread: the loop's.
class MirrorLoadListener {
 public:
  // In the order of the seqs. Must not destroy the MirrorLoad; the other calls may.
  virtual void OnMirrored(uint64_t seq, const nats::Message& message) = 0;
  // All below the seq that was asked for has come. mirror: as it was seen after that.
  virtual void OnMirrorRead(const StreamInfo& mirror) = 0;
  // The mirror's consumer, or the mirror, is no more.
  virtual void OnMirrorEnd(PullEnd end) = 0;

 protected:
  ~MirrorLoadListener() = default;
};

// Reads the mirror, which has the newest message of each key with the seq that it has in the log,
// up to a seq, and then up to a higher one.
//
// The mirror runs behind the log, at times by seconds, so to have read all that it has is not
// enough: it must have come as far as the seq.
//
// Thread: the loop's. Lifetime: the link and the listener outlive it.
class MirrorLoad final : public PullListener {
 public:
  // How often a mirror that is behind is looked at.
  static constexpr base::Duration kLook = std::chrono::milliseconds(100);

  MirrorLoad(nats::OpenLink& link, MirrorLoadListener& listener, std::string stream);
  ~MirrorLoad();
  MirrorLoad(const MirrorLoad&) = delete;
  MirrorLoad& operator=(const MirrorLoad&) = delete;

  // Once, and again when OnMirrorRead has been called. Never calls the listener itself.
  void ReadUpTo(uint64_t seq);

  // A message of subscription().
  void OnMessage(nats::Message message) { pull_->OnMessage(std::move(message)); }
  nats::SubscriptionId subscription() const { return pull_->subscription(); }

 private:
  void OnBegin(uint64_t pending) override;
  void OnDelivery(const Delivery& delivery, nats::Message message) override;
  void OnEnd(PullEnd end) override;

  void Begin();
  void Continue();
  void LookAtMirror();
  void OnLook(const std::optional<StreamInfo>& mirror);
  void After(base::Duration delay, void (MirrorLoad::*then)());
  void Finish(const StreamInfo& mirror);
  // Something that was delivered is beyond what is asked for, and so is whatever comes.
  bool beyond() const { return !held_.empty(); }
  bool Reached(const StreamInfo& mirror) const { return mirror.last_seq + 1 >= up_to_; }

  nats::OpenLink& link_;
  MirrorLoadListener& listener_;
  const std::string stream_;

  uint64_t up_to_ = 0;
  bool reading_ = false;
  bool looking_ = false;
  uint64_t delivered_ = 0;
  // Of what has been delivered none is left to come.
  bool idle_ = false;
  // What was delivered and is not yet asked for.
  std::deque<std::pair<uint64_t, nats::Message>> held_;
  // The last look, if nothing was delivered since.
  std::optional<StreamInfo> seen_;
  std::optional<nats::Loop::Timer> timer_;
  std::unique_ptr<Pull> pull_;
  nats::WhileAlive while_alive_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_MIRROR_LOAD_H_
