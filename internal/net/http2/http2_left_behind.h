#ifndef SSEGW_INTERNAL_NET_HTTP2_HTTP2_LEFT_BEHIND_H_
#define SSEGW_INTERNAL_NET_HTTP2_HTTP2_LEFT_BEHIND_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace ssegw::net {

// Counts the streams of a session that are over while work for them goes on. They count as streams,
// or a client that opens and resets them could have the gateway do any amount of it.
//
// Thread: the shard's.
class Http2LeftBehind {
 public:
  // Lives as long as the work of one stream.
  class Work {
   public:
    ~Work() {
      if (count_) --*count_;
    }

   private:
    friend class Http2LeftBehind;  // sets it
    std::shared_ptr<size_t> count_;
  };

  // The work, which keeps what it returns alive: see HttpLater::work.
  static std::function<bool()> Wrap(std::function<bool()> work, std::weak_ptr<Work>& tracked) {
    auto alive = std::make_shared<Work>();
    tracked = alive;
    return [work = std::move(work), alive = std::move(alive)] { return work(); };
  }
  // The stream of that work is over.
  void Add(const std::weak_ptr<Work>& tracked) {
    const std::shared_ptr<Work> work = tracked.lock();
    if (!work || work->count_) return;
    work->count_ = count_;
    ++*count_;
  }
  size_t count() const { return *count_; }

 private:
  // Work outlives the session.
  std::shared_ptr<size_t> count_ = std::make_shared<size_t>(0);
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP2_HTTP2_LEFT_BEHIND_H_
