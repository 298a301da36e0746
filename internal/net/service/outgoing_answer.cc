#include "internal/net/service/outgoing_answer.h"

#include <algorithm>
#include <utility>

#include "internal/net/service/response_head.h"

namespace ssegw::net {

void OutgoingAnswer::SetStaticBody(std::string_view body, std::shared_ptr<const void> owner) {
  static_body_ = body;
  static_body_owner_ = std::move(owner);
}

std::span<const iovec> OutgoingAnswer::Rest(std::array<iovec, kMaxPieces>& pieces) const {
  size_t count = 0;
  size_t skip = taken_;
  for (const std::string_view part :
       {std::string_view(head_), std::string_view(body_), static_body_}) {
    const std::string_view rest = part.substr(std::min(skip, part.size()));
    skip -= part.size() - rest.size();
    if (rest.empty()) continue;
    pieces[count++] = {.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};
  }
  return {pieces.data(), count};
}

std::optional<size_t> ContentLength(const HttpResponse& response, bool head_only) {
  if (response.status == 204 || response.status == 304) return std::nullopt;
  const size_t body_bytes = response.body.size() + response.static_body.size();
  if (head_only && body_bytes == 0) return response.head_length;
  return response.head_length.value_or(body_bytes);
}

OutgoingAnswer Serialize(HttpResponse response, bool head_only, bool close) {
  std::string head = Serialize({.status = response.status,
                                .fields = response.fields,
                                .content_length = ContentLength(response, head_only),
                                .close = close});
  if (head_only) return OutgoingAnswer(std::move(head));
  OutgoingAnswer answer(std::move(head), std::move(response.body));
  answer.SetStaticBody(response.static_body, std::move(response.static_body_owner));
  return answer;
}

}  // namespace ssegw::net
