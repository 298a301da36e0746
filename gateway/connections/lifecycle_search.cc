#include "gateway/connections/lifecycle_search.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <utility>

namespace ssegw::connections {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using ssegateway::v1::Connection;
using ssegateway::v1::ConnectionResumed;

struct Field {
  int number = 0;
  std::string_view bytes = {};
};

// Walks through the fields of a message that are strings or messages, up to the first that is
// wanted; number 0: there is none. Far cheaper than to parse all of it.
template <typename IsWanted>
Field FindField(std::string_view message, IsWanted is_wanted) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()),
                      static_cast<int>(message.size()));
  while (const uint32_t tag = in.ReadTag()) {
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED ||
        !is_wanted(number)) {
      if (!WireFormatLite::SkipField(&in, tag)) break;
      continue;
    }
    uint32_t size = 0;
    if (!in.ReadVarint32(&size)) break;
    const auto at = static_cast<size_t>(in.CurrentPosition());
    return {.number = number, .bytes = message.substr(at, size)};
  }
  return {};
}

std::string_view BytesOf(std::string_view message, int number) {
  return FindField(message, [number](int each) { return each == number; }).bytes;
}

}  // namespace

bool LifecycleSearch::Fits(std::string_view bytes) const {
  const Field event = FindField(bytes, [](int) { return true; });
  const std::string_view connection =
      BytesOf(event.bytes, ConnectionResumed::kConnectionFieldNumber);
  const auto fits = [connection](int number, const std::string& wanted) {
    return wanted.empty() || BytesOf(connection, number) == wanted;
  };
  const bool is_it =
      fits(Connection::kIdFieldNumber, wanted_.id) ||
      (event.number == ssegateway::v1::WatchConnectionsResponse::kResumedFieldNumber &&
       BytesOf(event.bytes, ConnectionResumed::kPreviousIdFieldNumber) == wanted_.id);
  return is_it && fits(Connection::kSubjectFieldNumber, wanted_.subject) &&
         fits(Connection::kAddressFieldNumber, wanted_.address);
}

bool LifecycleSearch::Step() {
  if (!next_) return false;
  const auto is_full = [this] {
    return found_.size() >= wanted_.max_events || bytes_ >= kMaxBytes;
  };
  if (is_full()) return false;
  next_ = log_.LookBack(*next_, kEventsPerStep, [&](const LifecycleLog::Kept& kept) {
    if (!Fits(kept.bytes)) return true;
    Found found{.event = {}, .told_at = kept.told_at};
    found.event.ParseFromArray(kept.bytes.data(), static_cast<int>(kept.bytes.size()));
    found_.push_back(std::move(found));
    bytes_ += kept.bytes.size();
    return !is_full();
  });
  return next_.has_value() && !is_full();
}

}  // namespace ssegw::connections
