#include "tests/soak/report.h"

#include <algorithm>
#include <iostream>

#include "internal/base/concat.h"
#include "tests/testing/gateway_process.h"

namespace ssegw::soak {
namespace {

using base::Concat;

std::string Version() {
  std::string version = testing::RunGateway({"--version"}).out;
  return version.substr(0, version.find('\n'));
}

}  // namespace

Report::Report(const std::string& title, const std::string& command) {
  text_ = Concat("# ", title, "\n");
  Table({{"", ""},
         {"command", Concat("`", command, "`")},
         {"gateway", Version()},
         {"machine", testing::Describe(testing::ThisMachine())}});
  Paragraph(
      "The gateway, its publishers and the crowd of browsers share this machine: latencies include "
      "what they wait for one another.");
}

void Report::Heading(const std::string& text) { text_ += Concat("\n## ", text, "\n"); }

void Report::Paragraph(const std::string& text) {
  text_ += '\n';
  // At most 120 columns.
  size_t column = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (column > 0 && column + 1 + end - begin > 120) {
      text_ += '\n';
      column = 0;
    }
    if (column > 0) {
      text_ += ' ';
      ++column;
    }
    text_ += text.substr(begin, end - begin);
    column += end - begin;
    begin = end + 1;
  }
  text_ += '\n';
}

void Report::Table(const std::vector<std::vector<std::string>>& rows) {
  text_ += '\n';
  text_ += testing::MarkdownTable(rows);
}

void Report::Crowd(const std::vector<testing::CrowdGroup>& groups,
                   const std::vector<testing::CrowdReport>& reports) {
  std::vector<std::vector<std::string>> streams = {{"group", "members", "streams opened", "left",
                                                    "cut by the gateway", "MiB", "events",
                                                    "deletions", "resets", "missed, as told"}};
  std::vector<std::vector<std::string>> latencies = {
      {"group", "events measured", "p50 ms", "p99 ms", "p99.9 ms", "max ms"}};
  for (size_t i = 0; i < groups.size(); ++i) {
    const testing::CrowdReport& report = reports[i];
    const testing::Deliveries& got = report.deliveries;
    streams.push_back({groups[i].name, Concat(report.members), Concat(report.opened),
                       Concat(report.left), Concat(report.cut + report.ended),
                       Number(static_cast<double>(report.bytes) / 1048576), Concat(got.events),
                       Concat(got.deletions),
                       Concat(got.resets_expired + got.resets_other_epoch + got.resets_unknown_id),
                       Concat(got.missed)});
    if (got.latency.count() == 0 || groups[i].reading != testing::CrowdReading::kFreely) continue;
    latencies.push_back(
        {groups[i].name, Concat(got.latency.count()), Milliseconds(got.latency.Quantile(0.5)),
         Milliseconds(got.latency.Quantile(0.99)), Milliseconds(got.latency.Quantile(0.999)),
         Milliseconds(got.latency.max())});
  }
  Table(streams);
  Paragraph(
      "From publishing to receiving, of events that were published while the stream was open:");
  Table(latencies);
}

void Report::Expect(bool holds, const std::string& what, const std::string& figures) {
  verdict_.push_back({what, figures, holds ? "yes" : "**no**"});
  holds_ = holds_ && holds;
}

void Report::Note(const std::string& what, const std::string& figures) {
  verdict_.push_back({what, figures, "too short a run"});
}

std::string Report::Text() const {
  Report whole = *this;
  whole.Heading("Verdict");
  whole.verdict_.insert(whole.verdict_.begin(), {"what must hold", "figures", "holds"});
  whole.Table(whole.verdict_);
  whole.Paragraph(holds_ ? "All of it holds." : "**Not all of it holds.**");
  return whole.text_;
}

void Say(const std::string& what) {
  static const base::TimePoint began = base::Now();
  std::cerr << "soak: " << static_cast<int>(base::ToSeconds(base::Now() - began)) << " s: " << what
            << std::endl;
}

}  // namespace ssegw::soak
