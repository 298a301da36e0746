#include "gateway/app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace ssegw::app {
namespace {

sigset_t Termination() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

TerminationSignals::TerminationSignals() {
  const sigset_t set = Termination();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool TerminationSignals::Wait(base::Duration longest) const {
  const sigset_t set = Termination();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  return sigtimedwait(&set, nullptr, &timeout) > 0;
}

}  // namespace ssegw::app
