#ifndef SSEGW_GATEWAY_APP_BACKGROUND_H_
#define SSEGW_GATEWAY_APP_BACKGROUND_H_

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "internal/base/time.h"

namespace ssegw::app {

// Work on a thread of its own, for an owner that must not wait for it and asks now and then whether
// it has ended.
//
// Owns:     the thread.
// Thread:   one.
// Lifetime: the destructor waits kPatience for the work. A file system that hangs must not keep a
//           process from ending, so the work shares or copies what it uses.
template <typename T>
class Background {
 public:
  static constexpr base::Duration kPatience = std::chrono::seconds(5);

  Background() = default;
  ~Background() {
    if (!thread_.joinable()) return;
    if (result_.wait_for(kPatience) == std::future_status::ready) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  bool is_running() const { return thread_.joinable(); }

  // Call it while nothing is running. Returns false if the system has no thread for the work.
  bool Start(std::function<T()> work) {
    std::packaged_task<T()> task(std::move(work));
    result_ = task.get_future();
    try {
      thread_ = std::thread(std::move(task));
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  // The result, once; nullopt if nothing is running, or it has not ended.
  std::optional<T> Take() {
    if (!is_running() || result_.wait_for(base::Duration(0)) != std::future_status::ready) {
      return std::nullopt;
    }
    thread_.join();
    return result_.get();
  }

 private:
  std::future<T> result_;
  std::thread thread_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_BACKGROUND_H_
