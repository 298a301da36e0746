// Implementation notes
//
// The thread sleeps until the set that it has is too old, or until somebody asks. Who asks waits
// for the fetch that this starts, or for the one that is on its way. While a fetch runs, it calls
// back several times a second: then those whose time is over are answered, so that a server that
// does not answer holds up no request for longer.
#include "gateway/keys/key_fetcher.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "internal/base/concat.h"

namespace ssegw::keys {
namespace {

std::string_view TextOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace

KeyFetcher::~KeyFetcher() {
  if (!thread_.joinable()) return;
  {
    const base::MutexLock lock(mutex_);
    stops_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void KeyFetcher::Start() {
  {
    const base::MutexLock lock(mutex_);
    fetching_ = true;  // at once
  }
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "key-fetcher");
}

bool KeyFetcher::Ask(std::function<void()> done) {
  const base::TimePoint now = base::Now();
  {
    const base::MutexLock lock(mutex_);
    if (stops_ || waiting_.size() >= options_.max_waiting) return false;
    if (!fetching_) {
      if (now < may_ask_at_ || !thread_.joinable()) return false;
      may_ask_at_ = now + options_.ask_interval;
      fetching_ = true;
      asked_ = true;
    }
    waiting_.push_back({.until = now + options_.patience, .done = std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void KeyFetcher::Run() {
  for (;;) {
    const base::Duration age = FetchOnce();
    const base::TimePoint next = base::Now() + age;
    Release(base::TimePoint::max());
    if (WaitUntil(next) == Wake::kStop) return Release(base::TimePoint::max());
  }
}

KeyFetcher::Wake KeyFetcher::WaitUntil(base::TimePoint next) {
  const base::MutexLock lock(mutex_);
  while (!stops_ && !asked_ && base::Now() < next) changed_.wait_until(mutex_, next);
  asked_ = false;
  fetching_ = true;
  return stops_ ? Wake::kStop : Wake::kFetch;
}

base::Duration KeyFetcher::FetchOnce() {
  const auto goes_on = [this] {
    Release(base::Now());
    const base::MutexLock lock(mutex_);
    return !stops_;
  };
  const absl::StatusOr<Fetched> fetched = fetch_(goes_on);
  absl::Status taken = fetched.status();
  if (taken.ok()) taken = intake_.Take(fetched->body, std::chrono::system_clock::now());
  if (taken.ok()) {
    has_keys_ = true;
    return std::clamp(fetched->max_age, options_.min_age, options_.max_age);
  }
  if (goes_on()) intake_.LogFailure(base::Concat(place_, " ", TextOf(taken)));
  return AfterFailure();
}

base::Duration KeyFetcher::AfterFailure() {
  if (has_keys_) return options_.min_age;
  next_retry_ = std::clamp(2 * next_retry_, options_.first_retry, options_.last_retry);
  return next_retry_;
}

void KeyFetcher::Release(base::TimePoint now) {
  std::vector<Waiter> released;
  {
    const base::MutexLock lock(mutex_);
    // Of each, the one that came first waits no longer than the others.
    const auto end = std::find_if(waiting_.begin(), waiting_.end(),
                                  [now](const Waiter& waiter) { return waiter.until > now; });
    released.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    if (now == base::TimePoint::max()) fetching_ = false;
  }
  for (const Waiter& waiter : released) waiter.done();
}

}  // namespace ssegw::keys
