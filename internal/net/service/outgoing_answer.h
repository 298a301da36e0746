#ifndef SSEGW_INTERNAL_NET_SERVICE_OUTGOING_ANSWER_H_
#define SSEGW_INTERNAL_NET_SERVICE_OUTGOING_ANSWER_H_

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "internal/net/service/http_service.h"

namespace ssegw::net {

// The bytes of a response on their way: a head, a body, or both.
//
// Owns:   head and body; of static_body the share.
// Thread: the session's.
class OutgoingAnswer {
 public:
  static constexpr size_t kMaxPieces = 3;

  OutgoingAnswer() = default;
  explicit OutgoingAnswer(std::string head, std::string body = {})
      : head_(std::move(head)), body_(std::move(body)) {}

  // Instead of body: bytes that live as long as the process, or as the owner is held.
  void SetStaticBody(std::string_view body, std::shared_ptr<const void> owner);

  // What has not been taken yet; empty: nothing.
  std::span<const iovec> Rest(std::array<iovec, kMaxPieces>& pieces) const;
  void Take(size_t bytes) { taken_ += bytes; }

  size_t bytes() const { return head_.size() + body_.size() + static_body_.size(); }
  size_t taken() const { return taken_; }
  bool done() const { return taken_ == bytes(); }
  // What it holds of memory, except what is shared.
  size_t memory_bytes() const { return head_.capacity() + body_.capacity(); }

 private:
  std::string head_;
  std::string body_;
  std::string_view static_body_;
  std::shared_ptr<const void> static_body_owner_;
  size_t taken_ = 0;
};

// What Content-Length says; nullopt: there is none. head_only: for a request with HEAD.
std::optional<size_t> ContentLength(const HttpResponse& response, bool head_only);

// head_only: for a request with HEAD. close: no other request may follow.
OutgoingAnswer Serialize(HttpResponse response, bool head_only, bool close);

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SERVICE_OUTGOING_ANSWER_H_
