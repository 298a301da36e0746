#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tests/testing/crowd/crowd_loop.h"

// What happens to a carrier. The rest of the class: crowd_loop.cc, crowd_member.cc.
namespace ssegw::testing {
namespace {

// What a slow or a stuck member's kernel takes on its behalf is small, so that it is felt.
constexpr int kSlowReceiveBuffer = 4096;

}  // namespace

CrowdLoop::Carrier* CrowdLoop::NewCarrier(size_t index) {
  const size_t number = is_http2() ? index / options_.streams_per_socket : index;
  auto carrier = std::make_unique<Carrier>(
      CrowdSocketOptions{.server = gateway_,
                         .number = static_cast<uint32_t>(number),
                         .receive_buffer = ReadsFreely(members_[index]) ? 0 : kSlowReceiveBuffer,
                         .tls = tls_.get()});
  if (is_http2()) {
    carrier->http2 = std::make_unique<CrowdHttp2>(static_cast<Http2Listener&>(*this));
    shared_[number] = carrier.get();
  }
  carrier->life = ++last_life_;
  carrier->slot = carriers_.size();
  if (free_slots_.empty()) {
    carriers_.emplace_back();
  } else {
    carrier->slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Carrier* const placed = carrier.get();
  carriers_[placed->slot] = std::move(carrier);
  return placed;
}

// What epoll is asked for follows from the carrier's state. A reset is reported in any case.
void CrowdLoop::Watch(Carrier& carrier, int operation) {
  const uint32_t events = carrier.socket.AwaitedEvents(ReadsFreely(carrier));
  if (operation == EPOLL_CTL_MOD && carrier.watched == events) return;
  carrier.watched = events;
  epoll_event event{.events = events,
                    .data = {.u64 = static_cast<uint64_t>(carrier.life) << 32 | carrier.slot}};
  epoll_ctl(epoll_, operation, carrier.socket.fd(), &event);
}

void CrowdLoop::OnReady(Carrier& carrier, uint32_t events) {
  if (carrier.socket.state() != CrowdSocket::State::kOpen) {
    Continue(carrier);
  } else if ((events & EPOLLIN) != 0 && ReadsFreely(carrier)) {
    Read(carrier, buffer_.size());
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    End(carrier, &CrowdReport::cut);
  } else if ((events & EPOLLOUT) != 0) {
    carrier.socket.Flush();
    Watch(carrier, EPOLL_CTL_MOD);
  }
}

void CrowdLoop::Continue(Carrier& carrier) {
  const CrowdSocket::State state = carrier.socket.Continue();
  if (state == CrowdSocket::State::kFailed) {
    End(carrier, &CrowdReport::refused);
    return;
  }
  if (state == CrowdSocket::State::kOpen) {
    for (const size_t index : carrier.members) SendRequest(index);
    if (carrier.http2 != nullptr) FlushHttp2(carrier);
  }
  Watch(carrier, EPOLL_CTL_MOD);
}

void CrowdLoop::Read(Carrier& carrier, size_t limit) {
  do {
    const ssize_t n = carrier.socket.Read(buffer_.data(), std::min(limit, buffer_.size()));
    if (n > 0) {
      OnBytes(carrier, {buffer_.data(), static_cast<size_t>(n)});
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      // What a stream over HTTP/2 needs has come before, or will not come.
      const bool is_whole =
          n == 0 && !is_http2() && members_[carrier.members.front()].scanner.ended();
      End(carrier, is_whole ? &CrowdReport::ended : &CrowdReport::cut);
    } else {
      return;
    }
  } while (!carrier.dropped && ReadsFreely(carrier) && carrier.socket.HasPending());
}

void CrowdLoop::OnBytes(Carrier& carrier, std::string_view bytes) {
  if (carrier.http2 == nullptr) {
    Deliver(carrier.members.front(), bytes, base::Now());
    return;
  }
  if (!carrier.http2->Receive(bytes)) {
    last_error_ = "this is not HTTP/2";
    End(carrier, &CrowdReport::cut);
    return;
  }
  if (carrier.dropped) return;
  if (carrier.http2->is_going_away()) {
    Carrier*& shared = shared_[carrier.number];
    if (shared == &carrier) shared = nullptr;
    if (carrier.members.empty()) {
      Drop(carrier);
      return;
    }
  }
  FlushHttp2(carrier);
}

void CrowdLoop::FlushHttp2(Carrier& carrier) {
  carrier.socket.Write(carrier.http2->TakeUnsent());
  Watch(carrier, EPOLL_CTL_MOD);
}

void CrowdLoop::End(Carrier& carrier, uint64_t CrowdReport::* count) {
  const std::vector<size_t> members = std::exchange(carrier.members, {});
  Drop(carrier);
  for (const size_t index : members) {
    Member& member = members_[index];
    member.carrier = nullptr;
    ++(ReportOf(member).*count);
    ComeBack(index);
  }
}

void CrowdLoop::Drop(Carrier& carrier) {
  if (std::exchange(carrier.dropped, true)) return;
  carrier.socket.Close();
  if (is_http2() && shared_[carrier.number] == &carrier) shared_[carrier.number] = nullptr;
  free_slots_.push_back(carrier.slot);
  dropped_.push_back(std::move(carriers_[carrier.slot]));
}

}  // namespace ssegw::testing
