#include "gateway/connections/page_answer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace ssegw::connections {
namespace {

void Set(google::protobuf::Timestamp& timestamp, base::WallTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  timestamp.set_seconds(seconds.count());
  timestamp.set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(since - seconds).count()));
}

}  // namespace

ssegateway::v1::Connection ToMessage(net::ConnectionInfo info, std::string_view replica) {
  ssegateway::v1::Connection message;
  message.set_id(std::move(info.id));
  message.set_replica(std::string(replica));
  message.set_subject(std::move(info.identity));
  message.set_address(std::move(info.address));
  message.set_user_agent(std::move(info.user_agent));
  for (std::string& filter : info.filters) message.add_filters(std::move(filter));
  message.set_mode(std::string(ToString(info.mode)));
  Set(*message.mutable_opened_at(), info.opened_at);
  if (info.last_write_at) Set(*message.mutable_last_write_at(), *info.last_write_at);
  message.set_cursor(std::move(info.cursor));
  message.set_lag_events(info.rank.lag.events);
  message.set_frames(info.frames_delivered);
  message.set_bytes(info.bytes_sent);
  return message;
}

PageAnswer::PageAnswer(std::vector<std::vector<net::ConnectionInfo>> found, size_t size,
                       std::string replica, Answer<ssegateway::v1::ListConnectionsResponse> answer)
    : size_(size), replica_(std::move(replica)), answer_(std::move(answer)) {
  for (std::vector<net::ConnectionInfo>& infos : found) {
    std::move(infos.begin(), infos.end(), std::back_inserter(found_));
  }
}

bool PageAnswer::Step() {
  if (!std::exchange(sorted_, true)) {
    std::ranges::sort(found_, {}, &net::ConnectionInfo::id);
  }
  for (size_t i = 0; i < kConnectionsPerStep; ++i) {
    const auto done = static_cast<size_t>(page_.connections_size());
    const bool is_whole = done == found_.size();
    if (is_whole || done == size_ || bytes_ >= kMaxBytes) {
      if (!is_whole)
        page_.set_next_page_token(page_.connections(page_.connections_size() - 1).id());
      answer_.Give(std::move(page_));
      return false;
    }
    ssegateway::v1::Connection& message = *page_.add_connections();
    message = ToMessage(std::move(found_[done]), replica_);
    bytes_ += message.ByteSizeLong();
  }
  return true;
}

}  // namespace ssegw::connections
