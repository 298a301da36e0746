// Reads this machine once an interval, while somebody looks, and publishes what it saw as a
// Dashboard.

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/time/time.h"
#include "examples/host_dashboard/dashboard_builder.h"
#include "examples/host_dashboard/demand_watch.h"
#include "examples/host_dashboard/every_gateway.h"
#include "examples/host_dashboard/host_rates.h"
#include "examples/host_dashboard/host_stats.h"
#include "examples/host_dashboard/log_line.h"

ABSL_FLAG(std::string, target, "localhost:50051", "the gateway's gRPC address");
ABSL_FLAG(bool, every_address, false,
          "publish to each address of the target's name, such as each pod of a headless Service");
ABSL_FLAG(absl::Duration, interval, absl::Seconds(1), "time between two dashboards, at least 10ms");
ABSL_FLAG(std::string, id, "", "the dashboard's id; empty: the host's name");
ABSL_FLAG(std::string, token_file, "", "a file with the token to show; read for each stream");
ABSL_FLAG(std::string, ca_file, "", "whom to trust (PEM); empty: no TLS");
ABSL_FLAG(std::string, cert_file, "", "the certificate to show (PEM)");
ABSL_FLAG(std::string, key_file, "", "its key (PEM)");

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStopGrace{2};
// How soon it is noticed that somebody looks again, and the first reading after that: rates need
// some time to be of.
constexpr std::chrono::milliseconds kLookAgain{100};
constexpr std::chrono::milliseconds kFirstReading{250};

// True when the time has come, false when one of the signals came before.
bool WaitUntil(Clock::time_point time, const sigset_t& signals) {
  while (true) {
    const auto left =
        std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(time - Clock::now()));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{static_cast<time_t>(seconds.count()),
                           static_cast<long>((left - seconds).count())};
    if (sigtimedwait(&signals, nullptr, &timeout) > 0) return false;
    if (Clock::now() >= time) return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Publishes this machine's state to a gateway, while somebody looks at it.\n"
      "host_dashboard [--target=localhost:50051] [--every_address] [--interval=1s] [--id=NAME]\n"
      "[--token_file=FILE] [--ca_file=FILE [--cert_file=FILE --key_file=FILE]]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  const absl::Duration interval_flag = absl::GetFlag(FLAGS_interval);
  if (arguments.size() > 1) {
    host_dashboard::LogLine(std::string("unexpected argument: ") + arguments[1]);
    return 2;
  }
  if (interval_flag < absl::Milliseconds(10) || interval_flag > absl::Hours(24)) {
    host_dashboard::LogLine("--interval=" + absl::FormatDuration(interval_flag) +
                            ": not between 10ms and 24h");
    return 2;
  }
  const auto interval = absl::ToChronoNanoseconds(interval_flag);

  // Blocked before any thread starts, since threads inherit it: the signals then wait for this
  // thread to ask, and no handler is needed.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  host_dashboard::HostIdentity identity = host_dashboard::ReadHostIdentity();
  if (!absl::GetFlag(FLAGS_id).empty()) identity.id = absl::GetFlag(FLAGS_id);
  host_dashboard::EveryGatewayOptions options;
  options.topic = host_dashboard::TopicOf(identity.id);
  host_dashboard::DashboardBuilder builder(std::move(identity));
  options.publisher.target = absl::GetFlag(FLAGS_target);
  options.publisher.token_file = absl::GetFlag(FLAGS_token_file);
  options.publisher.ca_file = absl::GetFlag(FLAGS_ca_file);
  options.publisher.cert_file = absl::GetFlag(FLAGS_cert_file);
  options.publisher.key_file = absl::GetFlag(FLAGS_key_file);
  if (absl::GetFlag(FLAGS_every_address)) options.resolve = host_dashboard::AddressesOf;
  host_dashboard::EveryGateway gateways(std::move(options));

  const host_dashboard::Units units = host_dashboard::SystemUnits();
  host_dashboard::HostSample before = host_dashboard::ReadHostSample();
  Clock::time_point next = Clock::now() + interval;
  // The first one is published in any case: who comes finds something at once.
  bool first = true;
  bool resting = false;
  while (WaitUntil(next, signals)) {
    if (!first && !gateways.somebody_looks()) {
      resting = true;
      next = Clock::now() + std::min<std::chrono::nanoseconds>(interval, kLookAgain);
      continue;
    }
    first = false;
    if (std::exchange(resting, false)) {
      before = host_dashboard::ReadHostSample();
      next = Clock::now() + std::min<std::chrono::nanoseconds>(interval, kFirstReading);
      continue;
    }
    host_dashboard::HostSample after = host_dashboard::ReadHostSample();
    gateways.Publish(builder.Build(after, host_dashboard::Compare(before, after, units),
                                   std::chrono::system_clock::now()));
    before = std::move(after);
    // A machine that slept does not make up for the time.
    next = std::max(next + interval, Clock::now());
  }

  const std::size_t lost = gateways.Stop(kStopGrace);
  host_dashboard::LogLine("stopped, " + std::to_string(lost) + " dashboards not acknowledged");
  return 0;
}
