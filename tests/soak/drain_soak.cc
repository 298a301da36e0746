// Thousands of browsers on a gateway that is replaced by another on the same port: they are told to
// go evenly over the drain's window, and come back spread over it too.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "internal/base/concat.h"
#include "tests/soak/flood.h"
#include "tests/soak/soak.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/failure.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::soak {
namespace {

using base::Concat;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::CrowdReport;
using testing::GatewayProcess;
using testing::KeyNumbers;

constexpr uint32_t kTopics = 20;
constexpr uint32_t kKeys = 2;
constexpr seconds kDelay{1};
// --retry is jittered by half of it; it is added to what spreads the browsers over the window.
constexpr seconds kRetry{2};
// What the gateway gives connections that do not close after their bye, and a busy machine.
constexpr seconds kLastWords{12};
// How often a supervisor starts the next gateway while the port is taken.
constexpr milliseconds kRestartPause{100};

// The next gateway takes the port as soon as the first one lets go of it. Until then each start
// fails, and a supervisor tries again.
std::unique_ptr<GatewayProcess> StartOn(const std::string& address, int& attempts) {
  std::unique_ptr<GatewayProcess> gateway;
  testing::WaitFor([&] {
    ++attempts;
    try {
      gateway = std::make_unique<GatewayProcess>(std::vector<std::string>{
          Concat("--http_listen=", address), "--drain_delay=0s", "--drain_window=1s"});
    } catch (const testing::Failure&) {
      std::this_thread::sleep_for(kRestartPause);
    }
    return gateway != nullptr;
  });
  if (!gateway) throw testing::Failure("the next gateway does not get the port");
  return gateway;
}

uint32_t At(const std::vector<uint32_t>& by_second, size_t second) {
  return second < by_second.size() ? by_second[second] : 0;
}

}  // namespace

bool RunDrainSoak(const Options& options) {
  const size_t window = options.seconds > 0 ? options.seconds : 10;
  const size_t connections = options.connections > 0 ? options.connections : 5000;
  const std::vector<FloodClass> classes = {
      {.name = "state", .topics = kTopics, .keys = kKeys, .events_per_second = 400}};

  GatewayProcess first({Concat("--drain_delay=", kDelay.count(), "s"),
                        Concat("--drain_window=", window, "s"),
                        Concat("--retry=", kRetry.count(), "s")});
  testing::CrowdGroup browsers{.name = "browsers"};
  for (size_t i = 0; i < connections; ++i) {
    const auto topic = static_cast<uint32_t>(i % kTopics);
    browsers.members.push_back({.query = Concat("topic=state.", topic),
                                .coverage = {.first_topic = topic, .keys = kKeys}});
  }
  testing::Crowd crowd({.address = first.http()}, {browsers});
  crowd.Start();
  const auto report_now = [&] { return crowd.Report().front(); };
  const auto wait_for_all = [&](std::vector<KeyNumbers>& newest) {
    return testing::WaitFor([&] { return crowd.FindBehind(newest).members == 0; });
  };

  Say(Concat(connections, " browsers come"));
  std::vector<KeyNumbers> newest(kTopics);
  {
    Flood flood(first.grpc(), classes, 0, 1);
    flood.Start();
    testing::WaitFor([&] { return crowd.Connected() == connections; });
    std::this_thread::sleep_for(seconds(2));
    flood.Stop();
    flood.NewestInto(newest);
  }
  const bool all_there = wait_for_all(newest);

  // At the beginning of one of the crowd's seconds.
  const auto whole = std::chrono::ceil<seconds>(base::Now() - crowd.started_at());
  const base::TimePoint terminated_at = crowd.started_at() + whole;
  std::this_thread::sleep_until(terminated_at);
  first.Terminate();
  Say("the first gateway leaves");
  int attempts = 0;
  const std::unique_ptr<GatewayProcess> next = StartOn(first.http(), attempts);
  const base::Duration gap = base::Now() - terminated_at - kDelay;
  Say("the next one has taken over");
  Flood flood(next->grpc(), classes, 0, 1);
  flood.Start();
  const std::optional<int> exit_code = first.WaitExit(kDelay + seconds(window) + kLastWords);
  const base::Duration left_after = base::Now() - terminated_at;
  Say(Concat("the first one has ended after ", Number(base::ToSeconds(left_after)), " s"));
  testing::WaitFor([&] { return report_now().opened >= 2 * connections; },
                   seconds(2 * window) + testing::kPatience);
  flood.Stop();
  flood.NewestInto(newest);
  const bool all_back = wait_for_all(newest);
  const CrowdReport end = report_now();
  const testing::Metrics metrics = next->Scrape();
  next->Terminate();
  const std::optional<int> next_exit_code = next->WaitExit();

  Report report("Drain", Concat("./dev soak drain ", window));
  report.Heading("Scenario");
  report.Paragraph(Concat(connections, " browsers on a gateway with `--drain_delay=",
                          kDelay.count(), "s --drain_window=", window, "s --retry=", kRetry.count(),
                          "s`. It gets SIGTERM; a supervisor starts another one on the same port, "
                          "again and again until ",
                          "the first has let go of it. Browsers come back as an EventSource does: "
                          "after the `retry:` of ",
                          "the bye, and after as long again where the connection is refused."));
  report.Heading("Figures");
  std::vector<std::vector<std::string>> rows = {
      {"second after SIGTERM", "told to go", "came back"}};
  const auto from = static_cast<size_t>(whole.count());
  const size_t seconds_shown = std::max(end.byes_by_second.size(), end.opened_by_second.size());
  uint32_t most_byes = 0;
  uint32_t most_returns = 0;
  uint32_t early_byes = 0;  // of the first half of the window
  for (size_t i = 0; from + i < seconds_shown; ++i) {
    const uint32_t byes = At(end.byes_by_second, from + i);
    const uint32_t returns = At(end.opened_by_second, from + i);
    rows.push_back({Concat(i), Concat(byes), Concat(returns)});
    most_byes = std::max(most_byes, byes);
    most_returns = std::max(most_returns, returns);
    if (i < static_cast<size_t>(kDelay.count()) + window / 2) early_byes += byes;
  }
  report.Table(rows);
  const double share = static_cast<double>(connections) / static_cast<double>(window);
  report.Paragraph(Concat("A fair share of a second of the window is ", Number(share),
                          ". The next gateway was there ", Milliseconds(gap),
                          " ms after the delay was over, at attempt ", attempts, "; ", end.refused,
                          " attempts of browsers were refused."));
  report.Expect(all_there, "before, everybody has the newest state", "");
  report.Expect(end.deliveries.byes == connections && end.ended == connections && end.cut == 0,
                "everybody is told to go, once, and their stream ends in order",
                Concat(end.deliveries.byes, " byes, ", end.ended, " ended, ", end.cut, " cut"));
  const double early = early_byes / static_cast<double>(connections);
  report.Expect(
      early >= 0.25 && early <= 0.75 && most_byes <= share * 2,
      "they are told evenly: half of them in half of the window, give or take a quarter, and in no "
      "second more than twice its fair share",
      Concat(Number(early), " in the first half, ", most_byes, " a second at most"));
  report.Expect(most_returns <= share * 2,
                "they come back spread: no second has more than twice its fair share",
                Concat(most_returns, " at most"));
  report.Expect(end.connected == connections && end.opened == 2 * connections &&
                    metrics["connections"] == static_cast<double>(connections),
                "all come back, once", Concat(end.connected, " connected"));
  report.Expect(end.deliveries.resets_other_epoch == connections,
                "each is told that this is another log",
                Concat(end.deliveries.resets_other_epoch, " resets with other_epoch"));
  report.Expect(
      all_back && end.deliveries.order_violations == 0 && end.deliveries.strange_events == 0,
      "all end at the new state, in order", end.deliveries.first_fault);
  report.Expect(exit_code == 0, "the first gateway exits with 0, in time",
                Concat("after ", Number(base::ToSeconds(left_after)), " s"));
  report.Expect(next_exit_code == 0, "the next one ends in order", "");
  std::cout << report.Text();
  return report.holds();
}

}  // namespace ssegw::soak
