#include "internal/log/sink.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "internal/base/mutex.h"

namespace ssegw::log {
namespace {

struct TestSink {
  base::Mutex mutex;
  std::function<void(std::string_view)> write ABSL_GUARDED_BY(mutex);
};

// Never destroyed: threads may log while the process ends.
TestSink& GetTestSink() {
  static auto* const sink = new TestSink;
  return *sink;
}

// Spares every line the lock of a sink that only tests have.
std::atomic<bool> has_test_sink = false;

void WriteToStderr(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void WriteLine(std::string_view line) {
  if (has_test_sink.load(std::memory_order_acquire)) {
    TestSink& sink = GetTestSink();
    base::MutexLock lock(sink.mutex);
    if (sink.write) {
      sink.write(line);
      return;
    }
  }
  WriteToStderr(line);
}

void SetSinkForTest(std::function<void(std::string_view)> write) {
  TestSink& sink = GetTestSink();
  base::MutexLock lock(sink.mutex);
  sink.write = std::move(write);
  has_test_sink.store(static_cast<bool>(sink.write), std::memory_order_release);
}

}  // namespace ssegw::log
