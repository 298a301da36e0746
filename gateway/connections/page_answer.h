#ifndef SSEGW_GATEWAY_CONNECTIONS_PAGE_ANSWER_H_
#define SSEGW_GATEWAY_CONNECTIONS_PAGE_ANSWER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/connections/answer.h"
#include "internal/net/stream/connection_info.h"
#include "ssegateway/v1/connections.pb.h"

namespace ssegw::connections {

// As messages have it.
ssegateway::v1::Connection ToMessage(net::ConnectionInfo info, std::string_view replica);

// A page, made of what shards have found, some connections at a time.
//
// Thread: one at a time.
class PageAnswer {
 public:
  static constexpr size_t kConnectionsPerStep = 32;
  // A page of large connections ends early: gRPC's clients take 4 MiB at most, unless told.
  static constexpr size_t kMaxBytes = size_t{1} << 20;

  // found: of each shard the first in order, one more than size if there are that many.
  PageAnswer(std::vector<std::vector<net::ConnectionInfo>> found, size_t size, std::string replica,
             Answer<ssegateway::v1::ListConnectionsResponse> answer);

  // False: that was the last step, and the answer is given.
  bool Step();

 private:
  const size_t size_;
  const std::string replica_;
  Answer<ssegateway::v1::ListConnectionsResponse> answer_;
  std::vector<net::ConnectionInfo> found_;
  bool sorted_ = false;
  size_t bytes_ = 0;
  ssegateway::v1::ListConnectionsResponse page_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_PAGE_ANSWER_H_
