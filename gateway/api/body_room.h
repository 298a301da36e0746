#ifndef SSEGW_GATEWAY_API_BODY_ROOM_H_
#define SSEGW_GATEWAY_API_BODY_ROOM_H_

#include <atomic>
#include <cstddef>
#include <memory>

namespace ssegw::api {

// Bounds what the bodies take that wait for a thread, or for the store.
//
// Thread:   any.
// Lifetime: it outlives what is held of it.
class BodyRoom {
 public:
  explicit BodyRoom(size_t max_bytes) : max_bytes_(max_bytes) {}
  BodyRoom(const BodyRoom&) = delete;
  BodyRoom& operator=(const BodyRoom&) = delete;

  // Room for a body, for as long as it is held. Null: there is not so much left.
  using Held = std::shared_ptr<const void>;
  Held Take(size_t bytes) {
    if (used_.fetch_add(bytes) + bytes > max_bytes_) {
      used_.fetch_sub(bytes);
      return nullptr;
    }
    return {this, [this, bytes](const void*) { used_.fetch_sub(bytes); }};
  }

 private:
  const size_t max_bytes_;
  std::atomic<size_t> used_{0};
};

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_BODY_ROOM_H_
