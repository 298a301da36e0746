#ifndef SSEGW_GATEWAY_APP_FILE_WATCH_H_
#define SSEGW_GATEWAY_APP_FILE_WATCH_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"

namespace ssegw::app {

// Has files of credentials read again while the process runs: certificates, keys, grants. On a
// thread of its own, so that nobody waits for a slow file.
//
// Owns:     the thread, from Start on.
// Thread:   one; the readers are called on its own.
// Lifetime: what the readers use outlives it. The destructor waits for the reader that is running.
class FileWatch {
 public:
  static constexpr base::Duration kInterval = std::chrono::seconds(10);

  explicit FileWatch(base::Duration interval = kInterval) : interval_(interval) {}
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Before Start. reread: looks at its files, takes over what is good, logs and counts what is not.
  void Add(std::function<void()> reread) { readers_.push_back(std::move(reread)); }
  // Without readers there is no thread.
  void Start();
  // SIGHUP has come: all are called at once. Several in a row are one.
  void Ask();

 private:
  enum class Wake : uint8_t { kReread, kStop };

  void Run();
  Wake Wait();

  const base::Duration interval_;
  std::vector<std::function<void()>> readers_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  bool asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool stops_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_FILE_WATCH_H_
