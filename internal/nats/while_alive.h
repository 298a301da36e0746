#ifndef SSEGW_INTERNAL_NATS_WHILE_ALIVE_H_
#define SSEGW_INTERNAL_NATS_WHILE_ALIVE_H_

#include <memory>
#include <utility>

namespace ssegw::nats {

// Callbacks that find nobody once their object is gone, or has begun anew: a member of that object,
// the last one.
//
// Thread: the loop's.
class WhileAlive {
 public:
  // Calls f, unless this is gone then or was reset.
  template <typename F>
  auto operator()(F f) const {
    return [token = std::weak_ptr<const char>(token_), f = std::move(f)](auto&&... args) mutable {
      if (!token.expired()) f(std::forward<decltype(args)>(args)...);
    };
  }
  void Reset() { token_ = std::make_shared<const char>(); }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>();
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_WHILE_ALIVE_H_
