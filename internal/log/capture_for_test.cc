#include "internal/log/capture_for_test.h"

#include "internal/log/sink.h"

namespace ssegw::log {

CaptureForTest::CaptureForTest() {
  SetSinkForTest([this](std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    base::MutexLock lock(mutex_);
    lines_.emplace_back(line);
  });
}

CaptureForTest::~CaptureForTest() {
  SetSinkForTest(nullptr);
  SetLevel(level_);
  SetFormat(format_);
}

std::vector<std::string> CaptureForTest::lines() const {
  base::MutexLock lock(mutex_);
  return lines_;
}

}  // namespace ssegw::log
