#ifndef SSEGW_GATEWAY_CONNECTIONS_GATHERED_H_
#define SSEGW_GATEWAY_CONNECTIONS_GATHERED_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/connections/open_questions.h"
#include "internal/base/mutex.h"

namespace ssegw::connections {

// The answers of several, until all are there.
//
// Thread: any.
template <typename Part>
class Gathered final : public OpenQuestion {
 public:
  // done: called once, outside the lock; by the last answer, or if it is given up.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::vector<Part>>) &&>;

  Gathered(size_t parts, Done done) : done_(std::move(done)), missing_(parts) {}

  void Add(Part part) {
    Done done;
    std::vector<Part> all;
    {
      const base::MutexLock lock(mutex_);
      if (!done_) return;
      parts_.push_back(std::move(part));
      if (--missing_ > 0) return;
      done = std::exchange(done_, nullptr);
      all = std::move(parts_);
    }
    std::move(done)(std::move(all));
  }

  void GiveUp(const absl::Status& status) override {
    Done done;
    {
      const base::MutexLock lock(mutex_);
      done = std::exchange(done_, nullptr);
    }
    if (done) std::move(done)(status);
  }

  bool is_open() const override {
    const base::MutexLock lock(mutex_);
    return static_cast<bool>(done_);
  }

 private:
  mutable base::Mutex mutex_;
  Done done_ ABSL_GUARDED_BY(mutex_);
  std::vector<Part> parts_ ABSL_GUARDED_BY(mutex_);
  size_t missing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_GATHERED_H_
