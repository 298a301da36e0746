#include "gateway/ingest/batch_answer.h"

#include <grpcpp/support/slice.h>

#include <array>
#include <charconv>

#include "gateway/ingest/grpc_status.h"
#include "internal/sse/event_id.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

using ssegateway::v1::PublishBatchResponse;
using ssegateway::v1::PublishResult;

// Tags of fields that are length-delimited, and of one that is a varint (protobuf's encoding).
constexpr char Tag(int field, int wire_type) { return static_cast<char>(field << 3 | wire_type); }
constexpr char kResult = Tag(PublishBatchResponse::kResultsFieldNumber, 2);
constexpr char kId = Tag(PublishResult::kIdFieldNumber, 2);
constexpr char kDuplicate = Tag(PublishResult::kDuplicateFieldNumber, 0);

// Of an id: its epoch, a dash and 20 digits. So its length, and that of a result with it, is a
// varint of one byte.
constexpr size_t kMaxIdBytes = sse::Frame::kMaxEpochBytes + 1 + 20;
static_assert(2 + kMaxIdBytes + 2 < 128);

}  // namespace

BatchAnswer::BatchAnswer(uint64_t request_id) {
  PublishBatchResponse head;
  head.set_request_id(request_id);
  head.AppendToString(&bytes_);
}

void BatchAnswer::Add(const store::AppendResult& result) {
  if (!result.ok()) return AddError(result.status());
  PublishBatchResponse response;
  PublishResult& added = *response.add_results();
  added.set_id(result->id);
  added.set_duplicate(result->duplicate);
  response.AppendToString(&bytes_);
  any_appended_ = true;
}

void BatchAnswer::Add(const store::PlacedEvents& events) {
  for (const store::Placed& event : events.events) {
    if (event.status.ok()) {
      AddId(events.epoch, event.seq, event.duplicate);
    } else {
      AddError(event.status);
    }
  }
}

void BatchAnswer::AddId(std::string_view epoch, uint64_t seq, bool duplicate) {
  std::array<char, 6 + kMaxIdBytes> out;
  char* const id = out.data() + 4;
  char* p = id + epoch.copy(id, epoch.size());
  *p++ = '-';
  p = std::to_chars(p, out.end(), seq).ptr;
  const auto id_bytes = static_cast<size_t>(p - id);
  if (duplicate) {
    *p++ = kDuplicate;
    *p++ = 1;
  }
  out[0] = kResult;
  out[1] = static_cast<char>(p - out.data() - 2);
  out[2] = kId;
  out[3] = static_cast<char>(id_bytes);
  bytes_.append(out.data(), static_cast<size_t>(p - out.data()));
  any_appended_ = true;
}

void BatchAnswer::AddError(const absl::Status& status) {
  PublishBatchResponse response;
  ssegateway::v1::Error& error = *response.add_results()->mutable_error();
  SetError(status, &error);
  if (message_bytes_ > kMaxMessageBytes) error.clear_message();
  message_bytes_ += error.message().size();
  response.AppendToString(&bytes_);
  ++refused_;
  unavailable_ = unavailable_ || absl::IsUnavailable(status);
}

grpc::ByteBuffer BatchAnswer::Send() const {
  const grpc::Slice slice(bytes_);
  return {&slice, 1};
}

}  // namespace ssegw::ingest
