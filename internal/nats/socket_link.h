#ifndef SSEGW_INTERNAL_NATS_SOCKET_LINK_H_
#define SSEGW_INTERNAL_NATS_SOCKET_LINK_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/base/file_descriptor.h"
#include "internal/base/time.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/wire.h"

namespace ssegw::nats {

// A link over a socket that has signed in, read and written by a loop: no thread is between the
// server and who uses it.
//
// Owns:     the socket, which it closes when it is lost.
// Thread:   the loop's, from Start on. The listener is called there.
// Lifetime: as Link's; the loop outlives it. The destructor sends what is left, as far as the
//           socket takes it, and waits for nothing.
// Errors:   as Link's. A connection is over when the other side has closed it; when nothing is
// heard
//           for 3 s, in which it is asked kMaxUnanswered times (PING); when nothing can be written
//           for kWriteDeadline; when more than kMaxUnsentBytes wait; when the server says so, or
//           that it is about to go (lame duck); and when it does not keep to the protocol.
// Cost:     a message that is sent: a copy of its bytes. A turn of the loop: one write.
class SocketLink final : public Link, private Loop::Socket, private WireListener {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(500);
  // Counted, and not timed: a process that was stopped for a while has asked nothing meanwhile.
  static constexpr int kMaxUnanswered = 4;
  static constexpr base::Duration kWriteDeadline = std::chrono::seconds(2);
  // What the store and what questions to other gateways may have out, and more.
  static constexpr size_t kMaxUnsentBytes = size_t{64} * 1024 * 1024;

  SocketLink(base::FileDescriptor socket, ServerInfo server, LinkListener& listener);
  ~SocketLink() override;
  SocketLink(const SocketLink&) = delete;
  SocketLink& operator=(const SocketLink&) = delete;

  void Start(Loop& loop) override;
  absl::Status Publish(const OutgoingMessage& message) override;
  absl::Status Subscribe(SubscriptionId id, std::string_view subject) override;
  void Unsubscribe(SubscriptionId id) override;
  const ServerInfo& server() const override { return server_; }

 private:
  // Loop::Socket
  void OnReady(bool readable, bool writable) override;
  bool wants_to_write() const override { return blocked_; }
  void OnTurnEnd() override;
  // WireListener
  void OnWireMessage(SubscriptionId subscription, Message message) override;
  void OnPing() override;
  void OnInfo(std::string_view json) override;
  void OnError(std::string_view text) override;

  bool open() const { return socket_.get() >= 0; }
  size_t unsent_bytes() const { return unsent_.size() - sent_; }
  // Before something is added to unsent_.
  void WillSend();
  void Read();
  void Write();
  // Looks now and then whether the server is still there.
  void TickLater();
  void OnTick();
  void Close(std::string_view reason);
  void Release();

  const ServerInfo server_;
  LinkListener* listener_;
  base::FileDescriptor socket_;
  Loop* loop_ = nullptr;
  std::optional<Loop::Timer> timer_;
  bool heard_ = true;  // since the last tick
  int unanswered_ = 0;

  WireReader reader_;
  std::string unsent_;
  size_t sent_ = 0;  // of unsent_
  // The socket takes no more for now.
  bool blocked_ = false;
  // When it last took something, or was first given something.
  base::TimePoint taken_at_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_SOCKET_LINK_H_
