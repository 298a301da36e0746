#include "gateway/ingest/demand_request.h"

#include <utility>

#include "absl/status/status.h"
#include "gateway/ingest/error_text.h"
#include "gateway/ingest/received_message.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

// So many of the longest filters, with what stands before each.
constexpr size_t kMaxRequestBytes = kMaxDemandFilters * (window::kMaxTopicBytes + 4);

}  // namespace

absl::StatusOr<std::vector<window::Filter>> DemandFiltersOf(const grpc::ByteBuffer& bytes,
                                                            grpc::CallbackServerContext* context) {
  const ReceivedMessage message(bytes, context, LimitOfEvent(kMaxRequestBytes));
  if (!message.status().ok()) return message.status();
  ssegateway::v1::WatchDemandRequest request;
  if (!request.ParseFromArray(message.view().data(), static_cast<int>(message.view().size()))) {
    return absl::InvalidArgumentError("request is no WatchDemandRequest");
  }
  if (request.filters().empty()) return absl::InvalidArgumentError("filters is empty");
  if (request.filters_size() > static_cast<int>(kMaxDemandFilters)) {
    return absl::InvalidArgumentError(
        base::Concat(request.filters_size(), " filters are more than ", kMaxDemandFilters));
  }
  std::vector<window::Filter> filters;
  for (const std::string& text : request.filters()) {
    absl::StatusOr<window::Filter> filter = window::Filter::Parse(text);
    if (!filter.ok()) {
      return absl::InvalidArgumentError(
          base::Concat("filter ", Quoted(text), ": ", MessageOf(filter.status())));
    }
    filters.push_back(*std::move(filter));
  }
  return filters;
}

}  // namespace ssegw::ingest
