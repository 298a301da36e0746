#include <sys/epoll.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/crowd/crowd_loop.h"
#include "tests/testing/failure.h"

// What happens to a member. The rest of the class: crowd_loop.cc, crowd_carrier.cc.
namespace ssegw::testing {
namespace {

using base::Concat;
using base::Duration;
using base::TimePoint;

void CountBySecond(std::vector<uint32_t>& counts, Duration since) {
  const auto second = static_cast<size_t>(std::max(0.0, base::ToSeconds(since)));
  if (counts.size() <= second) counts.resize(second + 1);
  ++counts[second];
}

}  // namespace

void CrowdLoop::Connect(size_t index) {
  Member& member = members_[index];
  Carrier* carrier = is_http2() ? shared_[index / options_.streams_per_socket] : nullptr;
  const bool is_new = carrier == nullptr;
  if (is_new) {
    try {
      carrier = NewCarrier(index);
    } catch (const Failure& failure) {
      GiveUp(index, failure.what());
      return;
    }
  }
  member.carrier = carrier;
  carrier->members.push_back(index);
  member.scanner = StreamScanner(options_.dialect);
  member.open = false;
  member.opening = true;
  ++opening_;
  member.state = State::kConnecting;
  if (carrier->socket.state() == CrowdSocket::State::kFailed) {
    End(*carrier, &CrowdReport::refused);
  } else if (is_new) {
    Watch(*carrier, EPOLL_CTL_ADD);
  } else if (carrier->socket.state() == CrowdSocket::State::kOpen) {
    SendRequest(index);
    FlushHttp2(*carrier);
  }
}

void CrowdLoop::SendRequest(size_t index) {
  Member& member = members_[index];
  const std::string target = Concat(options_.path, member.query.empty() ? "" : "?", member.query);
  const std::string& last_id = member.checker.last_id();
  if (is_http2()) {
    CrowdHttp2::Headers headers = {{":method", "GET"},
                                   {":scheme", options_.tls ? "https" : "http"},
                                   {":authority", options_.address},
                                   {":path", target},
                                   {"accept", "text/event-stream"}};
    if (!last_id.empty()) headers.emplace_back("last-event-id", last_id);
    if (!member.token.empty()) headers.emplace_back("authorization", "Bearer " + member.token);
    member.stream = member.carrier->http2->Request(index, headers);
  } else {
    std::string request = Concat("GET ", target, " HTTP/1.1\r\nHost: ", options_.address,
                                 "\r\nAccept: text/event-stream\r\n");
    if (!last_id.empty()) request += Concat("Last-Event-ID: ", last_id, "\r\n");
    if (!member.token.empty()) request += Concat("Authorization: Bearer ", member.token, "\r\n");
    member.carrier->socket.Write(request + "\r\n");
  }
  OnRequested(index);
}

void CrowdLoop::OnRequested(size_t index) {
  Member& member = members_[index];
  const CrowdGroup& group = GroupOf(member);
  member.state = State::kConnected;
  ++ReportOf(member).requested;
  if (group.reading == CrowdReading::kNever) StopOpening(member);
  member.connected_at = base::Now();
  member.checker.OnConnect(member.connected_at);
  if (group.reading == CrowdReading::kSlowly) {
    SetTimer(index, member.connected_at + kSlowPause);
  } else if (group.mean_stay > Duration::zero()) {
    std::exponential_distribution<double> stay(1 / base::ToSeconds(group.mean_stay));
    SetTimer(index, member.connected_at + std::chrono::duration_cast<Duration>(
                                              std::chrono::duration<double>(stay(random_))));
  }
}

void CrowdLoop::Deliver(size_t index, std::string_view bytes, TimePoint now) {
  Member& member = members_[index];
  CrowdReport& report = ReportOf(member);
  report.bytes += bytes.size();
  const uint64_t events_before = report.deliveries.events;
  while (const ScannedBlock* const block = member.scanner.Next(bytes)) {
    if (block->retry_ms) member.retry = std::chrono::milliseconds(*block->retry_ms);
    if (block->event == "gateway.bye") CountBySecond(report.byes_by_second, now - started_at_);
    member.checker.OnBlock(*block, now, report.deliveries);
  }
  if (options_.events != nullptr) {
    options_.events->fetch_add(report.deliveries.events - events_before, std::memory_order_relaxed);
  }
  if (!member.scanner.error().empty()) {
    GiveUp(index, member.scanner.error());
  } else if (!member.open && member.scanner.is_open()) {
    OnOpen(index, now);
  }
}

void CrowdLoop::OnOpen(size_t index, TimePoint now) {
  Member& member = members_[index];
  CrowdReport& report = ReportOf(member);
  member.open = true;
  StopOpening(member);
  ++report.connected;
  ++report.opened;
  if (!std::exchange(member.came, true)) ++report.came;
  CountBySecond(report.opened_by_second, now - started_at_);
}

void CrowdLoop::OnHead(size_t index, int status) {
  Member& member = members_[index];
  member.scanner.Open(status);
  if (!member.scanner.error().empty()) {
    GiveUp(index, member.scanner.error());
  } else {
    OnOpen(index, base::Now());
  }
}

void CrowdLoop::OnData(size_t index, std::string_view bytes) { Deliver(index, bytes, base::Now()); }

void CrowdLoop::OnStreamEnd(size_t index, bool is_whole) {
  Member& member = members_[index];
  member.stream = 0;
  if (is_whole) member.scanner.End();
  if (!member.scanner.error().empty()) {
    GiveUp(index, member.scanner.error());
    return;
  }
  ++(is_whole ? ReportOf(member).ended : ReportOf(member).cut);
  ComeBack(index);
}

void CrowdLoop::Leave(size_t index) {
  Member& member = members_[index];
  ++ReportOf(member).left;
  // Over HTTP/2 one leaves with a reset of the stream.
  if (random_() % 2 == 0 && !is_http2()) member.carrier->socket.CloseWithReset();
  ComeBack(index);
}

void CrowdLoop::GiveUp(size_t index, const std::string& why) {
  Member& member = members_[index];
  Close(index);
  member.state = State::kGivenUp;
  ++ReportOf(member).given_up;
  last_error_ = why;
}

void CrowdLoop::ComeBack(size_t index) {
  Member& member = members_[index];
  const TimePoint now = base::Now();
  if (member.state == State::kConnected) {
    Duration& longest = ReportOf(member).longest_stay;
    longest = std::max(longest, now - member.connected_at);
  }
  Close(index);
  member.state = State::kAway;
  SetTimer(index, now + member.retry);
}

void CrowdLoop::Close(size_t index) {
  Member& member = members_[index];
  if (member.open) --ReportOf(member).connected;
  if (member.state == State::kConnected) --ReportOf(member).requested;
  StopOpening(member);
  member.open = false;
  const int32_t stream = std::exchange(member.stream, 0);
  Carrier* const carrier = std::exchange(member.carrier, nullptr);
  if (carrier == nullptr) return;
  std::erase(carrier->members, index);
  if (carrier->http2 == nullptr) {
    Drop(*carrier);
    return;
  }
  if (stream != 0) carrier->http2->Reset(stream);
  if (!carrier->members.empty() || !carrier->http2->is_going_away()) {
    to_flush_.push_back(carrier);
  } else {
    Drop(*carrier);
  }
}

void CrowdLoop::StopOpening(Member& member) {
  if (!std::exchange(member.opening, false)) return;
  --opening_;
  if (waiting_.empty()) return;
  SetTimer(waiting_.front(), base::Now());
  waiting_.pop_front();
}

}  // namespace ssegw::testing
