#include "tests/testing/crowd/crowd.h"

#include <utility>

#include "tests/testing/crowd/crowd_loop.h"

namespace ssegw::testing {

Crowd::Crowd(const CrowdOptions& options, std::vector<CrowdGroup> groups)
    : loop_(std::make_unique<CrowdLoop>(options, std::move(groups))) {}

Crowd::~Crowd() = default;

void Crowd::Start() { loop_->Start(); }

base::TimePoint Crowd::started_at() const { return loop_->started_at(); }

void Crowd::Settle() {
  loop_->Call([&] { loop_->Settle(); });
}

std::vector<CrowdReport> Crowd::Report() {
  std::vector<CrowdReport> reports;
  loop_->Call([&] { reports = loop_->reports(); });
  return reports;
}

void Crowd::ForgetLatencies() {
  loop_->Call([&] { loop_->ForgetLatencies(); });
}

size_t Crowd::Connected() {
  size_t connected = 0;
  for (const CrowdReport& report : Report()) connected += report.connected;
  return connected;
}

Crowd::Behind Crowd::FindBehind(const std::vector<KeyNumbers>& topics) {
  Behind behind;
  loop_->Call([&] { behind = loop_->FindBehind(topics); });
  return behind;
}

std::string Crowd::LastError() {
  std::string error;
  loop_->Call([&] { error = loop_->last_error(); });
  return error;
}

}  // namespace ssegw::testing
