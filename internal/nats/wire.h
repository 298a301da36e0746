#ifndef SSEGW_INTERNAL_NATS_WIRE_H_
#define SSEGW_INTERNAL_NATS_WIRE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/nats/link.h"
#include "internal/nats/message.h"

// The protocol of NATS as a client speaks it once it has signed in: docs.nats.io, "Client
// Protocol".
namespace ssegw::nats {

void AppendPublish(const OutgoingMessage& message, std::string& to);
void AppendSubscribe(SubscriptionId id, std::string_view subject, std::string& to);
void AppendUnsubscribe(SubscriptionId id, std::string& to);
inline constexpr std::string_view kPing = "PING\r\n";
inline constexpr std::string_view kPong = "PONG\r\n";

// Of what counts for max_payload: header and data.
size_t PayloadBytes(const OutgoingMessage& message);

// Whether it can be put into a line: it has characters, and no white space.
bool IsWireSubject(std::string_view subject);

// What a server says. No call may call or destroy the reader.
class WireListener {
 public:
  virtual void OnWireMessage(SubscriptionId subscription, Message message) = 0;
  virtual void OnPing() = 0;
  // JSON: what the server tells of itself.
  virtual void OnInfo(std::string_view json) = 0;
  virtual void OnError(std::string_view text) = 0;

 protected:
  ~WireListener() = default;
};

// Takes apart what a server sends, however it is cut.
//
// Thread: one.
// Errors: bytes that are none of the protocol: nothing is read after them.
// Cost:   a message: its one allocation. A buffer of 128 KiB, more while a larger message comes.
class WireReader {
 public:
  static constexpr size_t kReadBytes = size_t{64} * 1024;
  static constexpr size_t kMaxLineBytes = size_t{64} * 1024;
  // The most that a server lets max_payload be.
  static constexpr size_t kMaxPayloadBytes = size_t{64} * 1024 * 1024;

  // Where the next bytes go: at least kReadBytes.
  std::span<char> Room();
  // That many have been put there. False: they are none of the protocol.
  [[nodiscard]] bool Read(size_t bytes, WireListener& listener);

 private:
  // The bytes of the operation that the text begins with; 0: it is not complete, wanted_ says how
  // many it needs at least; nullopt: it is none.
  std::optional<size_t> ReadOne(std::string_view text, WireListener& listener);
  std::optional<size_t> ReadMessage(std::string_view text, std::string_view line, bool with_header,
                                    WireListener& listener);

  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is not read
  size_t end_ = 0;
  size_t wanted_ = 0;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_WIRE_H_
