#ifndef SSEGW_GATEWAY_KEYS_KEY_FETCHER_H_
#define SSEGW_GATEWAY_KEYS_KEY_FETCHER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/auth/token_source.h"
#include "gateway/keys/fetched.h"
#include "gateway/keys/key_intake.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::keys {

struct KeyFetcherOptions {
  // How long a set is used, whatever its server says.
  base::Duration min_age = std::chrono::minutes(1);
  base::Duration max_age = std::chrono::hours(1);
  // Before the first set: from one try to the next, twice as long each time.
  base::Duration first_retry = std::chrono::seconds(1);
  base::Duration last_retry = std::chrono::seconds(10);
  // Tokens with unknown kids, which anybody can make, cause no more than one fetch in so long.
  base::Duration ask_interval = std::chrono::seconds(30);
  // Who asked waits no longer for it.
  base::Duration patience = std::chrono::seconds(2);
  // No more of them wait.
  size_t max_waiting = 1000;
};

// Fetches keys, at the start and then as their server says how long they are good for, on a thread
// of its own. After a failure the last good set serves on, and it tries again after min_age.
//
// Owns:     the thread, from Start on.
// Thread:   Ask: any. Fetching, taking keys over and answers to those who asked are on its own.
// Lifetime: the destructor ends a fetch that is on its way, and answers who waits.
class KeyFetcher : public auth::KeyRequests {
 public:
  // place: what log lines call it, without a password. intake outlives it.
  KeyFetcher(std::string place, Fetch fetch, KeyIntake& intake, KeyFetcherOptions options = {})
      : place_(std::move(place)), fetch_(std::move(fetch)), intake_(intake), options_(options) {}
  ~KeyFetcher() override;
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;

  void Start();
  bool Ask(std::function<void()> done) override;

 private:
  enum class Wake : uint8_t { kFetch, kStop };
  struct Waiter {
    base::TimePoint until;
    std::function<void()> done;
  };

  void Run();
  Wake WaitUntil(base::TimePoint next);
  // Fetches, and says how long until the next time.
  base::Duration FetchOnce();
  base::Duration AfterFailure();
  // Answers those whose time is over.
  void Release(base::TimePoint now);

  const std::string place_;
  const Fetch fetch_;
  KeyIntake& intake_;
  const KeyFetcherOptions options_;
  bool has_keys_ = false;         // of the thread
  base::Duration next_retry_{0};  // of the thread

  base::Mutex mutex_;
  std::condition_variable_any changed_;
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  bool asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool stops_ ABSL_GUARDED_BY(mutex_) = false;
  base::TimePoint may_ask_at_ ABSL_GUARDED_BY(mutex_) = base::TimePoint::min();
  std::vector<Waiter> waiting_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace ssegw::keys

#endif  // SSEGW_GATEWAY_KEYS_KEY_FETCHER_H_
