#ifndef SSEGW_GATEWAY_CONNECTIONS_OPEN_QUESTIONS_H_
#define SSEGW_GATEWAY_CONNECTIONS_OPEN_QUESTIONS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::connections {

// A question that has yet to be answered.
//
// Thread: any.
class OpenQuestion {
 public:
  virtual ~OpenQuestion() = default;
  virtual bool is_open() const = 0;
  // It is answered with that, unless it has been answered.
  virtual void GiveUp(const absl::Status& status) = 0;
};

// Questions whose answer may never come: each is given up when its time is over.
//
// Owns:     a share of each, until it is answered and Tick has seen that.
// Thread:   any.
class OpenQuestions {
 public:
  explicit OpenQuestions(size_t max) : max_(max) {}
  ~OpenQuestions();
  OpenQuestions(const OpenQuestions&) = delete;
  OpenQuestions& operator=(const OpenQuestions&) = delete;

  // RESOURCE_EXHAUSTED: there are max open ones.
  absl::Status Add(std::shared_ptr<OpenQuestion> question, base::TimePoint until);

  // Gives up those whose time is over. Call it several times a second.
  void Tick(base::TimePoint now);

 private:
  struct Entry {
    std::shared_ptr<OpenQuestion> question;
    base::TimePoint until;
  };
  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_;
  base::Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_OPEN_QUESTIONS_H_
