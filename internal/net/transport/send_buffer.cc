// Implementation notes
//
// The rate is what was acknowledged in a time during which there was something unacknowledged.
// TCP's own estimate (tcpi_delivery_rate) takes no state, but is that of bursts where it is the
// reader that is slow and not the link: measured, 1.5 s of age instead of 0.8 s.
//
// With a buffer too small for its round trip a socket can only be as fast as the buffer lets it be,
// which must not be taken for the link's rate: so what fits is more than that rate fills, and the
// buffer grows until it is the link that limits.
#include "internal/net/transport/send_buffer.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "internal/net/transport/tcp_info.h"

namespace ssegw::net {
namespace {

// What may wait in front of the link, and on the way.
constexpr double kQueueSeconds = 0.4;
constexpr double kRoundTrips = 1.5;
// Between two samples.
constexpr uint32_t kSampleIntervalMs = 250;
// A stream that was not behind for so long begins a new sample: it may have had little to send.
constexpr uint32_t kForgetAfterMs = 1000;
// A shorter sample says little of a link.
constexpr base::Duration kMinBusy = std::chrono::milliseconds(100);
constexpr double kMinRoundTrips = 2;

uint32_t Milliseconds(base::TimePoint time) {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

bool IsTelling(const LinkSample& sample) {
  return sample.busy >= kMinBusy && sample.busy >= kMinRoundTrips * sample.round_trip;
}

}  // namespace

size_t FittingSendBuffer(const LinkSample& sample) {
  if (sample.acked_bytes == 0) return SendBuffer::kMinBytes;
  // Too fast for the kernel's clock, which has a tick of some milliseconds.
  if (sample.busy <= base::Duration::zero()) return SendBuffer::kMaxBytes;
  const double rate = sample.acked_bytes / base::ToSeconds(sample.busy);
  const double bytes = rate * (kQueueSeconds + kRoundTrips * base::ToSeconds(sample.round_trip));
  return static_cast<size_t>(std::clamp(bytes, static_cast<double>(SendBuffer::kMinBytes),
                                        static_cast<double>(SendBuffer::kMaxBytes)));
}

void SendBuffer::BeginAnswer(int fd, size_t bytes) {
  if (bytes > bytes_ / 2 && bytes_ < kMaxBytes) Resize(fd, kMaxBytes);
}

void SendBuffer::BeginStream(int fd) {
  if (bytes_ != kFirstBytes) Resize(fd, kFirstBytes);
}

void SendBuffer::OnBehind(int fd, base::TimePoint now) {
  const uint32_t now_ms = Milliseconds(now);
  if (now_ms - sampled_at_ms_ >= kForgetAfterMs) Sample(fd, now_ms, /*forgets=*/true);
}

void SendBuffer::OnWritable(int fd, base::TimePoint now) {
  const uint32_t now_ms = Milliseconds(now);
  if (now_ms - sampled_at_ms_ >= kSampleIntervalMs) Sample(fd, now_ms, /*forgets=*/false);
}

void SendBuffer::OnLiveWrite(int fd, size_t bytes) {
  if (!fitted_ && bytes_ < kMaxBytes && bytes > bytes_ / 2) Resize(fd, kMaxBytes);
}

std::optional<size_t> SendBuffer::bytes_per_write() const {
  return bytes_ < kMaxBytes ? std::optional<size_t>(bytes_ / 2) : std::nullopt;
}

void SendBuffer::Sample(int fd, uint32_t now_ms, bool forgets) {
  sampled_at_ms_ = now_ms;
  const std::optional<TcpInfo> info = ReadTcpInfo(fd);
  if (!info) return;
  // The lower halves: only differences are used.
  const auto acked_bytes = static_cast<uint32_t>(info->acked_bytes);
  const auto busy_us = static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(info->busy).count());
  const LinkSample sample{.acked_bytes = acked_bytes - acked_bytes_,
                          .busy = std::chrono::microseconds(busy_us - busy_us_),
                          .round_trip = info->min_round_trip};
  const size_t fitting = FittingSendBuffer(sample);
  // A short sample may still tell that the link is faster than was thought.
  const bool counts = fitting > bytes_ || (IsTelling(sample) && !forgets);
  if (!counts && !forgets) return;
  acked_bytes_ = acked_bytes;
  busy_us_ = busy_us;
  if (!counts) return;
  fitted_ = true;
  const bool differs = fitting <= bytes_ / 4 * 3 || fitting >= bytes_ / 4 * 5;
  if (differs || (fitting == kMaxBytes && bytes_ < kMaxBytes)) Resize(fd, fitting);
}

void SendBuffer::Resize(int fd, size_t bytes) {
  bytes_ = static_cast<uint32_t>(bytes);
  // The kernel doubles it, for what it takes besides the bytes.
  const int size = static_cast<int>(bytes);
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
}

}  // namespace ssegw::net
