#include "gateway/app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/log/rate_limited.h"

namespace ssegw::app {
namespace {

// Each of these asks the process to go. A terminal sends SIGQUIT for Ctrl-\, and some images have
// it as their stop signal; LXC stops a container with SIGPWR; the kernel sends SIGXCPU some time
// before it kills for a limit of CPU time.
constexpr int kTerminating[] = {SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU};

// These are left as they are. The first row means a fault of the program, or that its memory should
// be written to a file; the second cannot be changed; the third is job control, signals that do
// nothing by default, and those that the constructor has the kernel ignore.
constexpr int kLeftAlone[] = {SIGABRT, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGSYS,  //
                              SIGKILL, SIGSTOP,                                              //
                              SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG,  SIGWINCH,
                              SIGPIPE, SIGXFSZ};

template <size_t n>
bool IsIn(const int (&list)[n], int signal) {
  return std::find(std::begin(list), std::end(list), signal) != std::end(list);
}

bool HasHandler(int signal) {
  struct sigaction action{};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL &&
         action.sa_handler != SIG_IGN;
}

sigset_t SetOfTerminating() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kTerminating) sigaddset(&set, signal);
  return set;
}

// Every signal that Wait takes.
sigset_t SetOfTaken() {
  sigset_t set = SetOfTerminating();
  sigaddset(&set, SIGHUP);
  // sigaddset refuses those that the C library needs for itself.
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (!IsIn(kLeftAlone, signal) && !HasHandler(signal)) sigaddset(&set, signal);
  }
  return set;
}

bool Take(const sigset_t& set, timespec timeout, int& signal) {
  signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0;
}

std::string NameOf(int signal) {
  if (signal >= SIGRTMIN) return base::Concat("SIGRTMIN+", signal - SIGRTMIN);
  const char* const name = sigabbrev_np(signal);
  return name != nullptr ? base::Concat("SIG", name) : base::Concat(signal);
}

void LogIgnored(int signal) {
  static log::RateLimited limited(std::chrono::seconds(1));
  limited.Log(log::Level::kWarn, "signal ignored", {{"signal", NameOf(signal)}});
}

}  // namespace

Signals::Signals() : terminating_(SetOfTerminating()), taken_(SetOfTaken()) {
  pthread_sigmask(SIG_BLOCK, &taken_, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

Signal Signals::Wait(base::Duration longest) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  int signal = 0;
  // Of several that wait the kernel gives the one with the lowest number, and that is SIGHUP.
  if (Take(terminating_, {}, signal)) return Signal::kTerminate;
  if (!Take(taken_, timeout, signal)) return Signal::kNone;
  if (signal == SIGHUP) return Signal::kReload;
  if (IsIn(kTerminating, signal)) return Signal::kTerminate;
  LogIgnored(signal);
  return Signal::kNone;
}

}  // namespace ssegw::app
