#include "gateway/app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <initializer_list>

namespace ssegw::app {
namespace {

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

bool Take(const sigset_t& set, timespec timeout, int& signal) {
  signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = SetOf({SIGTERM, SIGINT, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signal Signals::Wait(base::Duration longest) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  int signal = 0;
  // Of several that wait the kernel gives the one with the lowest number, and that is SIGHUP.
  if (Take(SetOf({SIGTERM, SIGINT}), {}, signal)) return Signal::kTerminate;
  if (!Take(SetOf({SIGTERM, SIGINT, SIGHUP}), timeout, signal)) return Signal::kNone;
  return signal == SIGHUP ? Signal::kReload : Signal::kTerminate;
}

}  // namespace ssegw::app
