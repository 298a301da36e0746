#ifndef SSEGW_GATEWAY_API_AWAITED_H_
#define SSEGW_GATEWAY_API_AWAITED_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"

namespace ssegw::api {

// A value that comes from elsewhere, for an answer that waits for it.
//
// Thread: any.
template <typename T>
class Awaited {
 public:
  // Once.
  void Set(T value) {
    std::function<void()> ready;
    {
      const base::MutexLock lock(mutex_);
      value_ = std::move(value);
      ready = std::move(ready_);
    }
    if (ready) ready();
  }

  // At once if it is there.
  void WhenReady(std::function<void()> ready) {
    {
      const base::MutexLock lock(mutex_);
      if (!value_) {
        ready_ = std::move(ready);
        return;
      }
    }
    ready();
  }

  // nullopt: it has not come.
  std::optional<T> Take() {
    const base::MutexLock lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

 private:
  base::Mutex mutex_;
  std::optional<T> value_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> ready_ ABSL_GUARDED_BY(mutex_);
};

// The answer that make gives for the value, now or when it has come. make: takes a std::optional,
// which is empty if patience was over before.
template <typename T, typename Make>
net::HttpReply AnswerWith(const std::shared_ptr<Awaited<T>>& awaited, base::Duration patience,
                          Make make) {
  if (std::optional<T> value = awaited->Take()) return make(std::move(value));
  return net::HttpLater{
      .start = [awaited](std::function<void()> ready) { awaited->WhenReady(std::move(ready)); },
      .finish = [awaited, make = std::move(make)]() -> net::HttpReply {
        return make(awaited->Take());
      },
      .patience = patience};
}

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_AWAITED_H_
