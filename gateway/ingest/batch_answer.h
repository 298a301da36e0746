#ifndef SSEGW_GATEWAY_INGEST_BATCH_ANSWER_H_
#define SSEGW_GATEWAY_INGEST_BATCH_ANSWER_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "internal/store/store.h"

namespace ssegw::ingest {

// A PublishBatchResponse, written result after result as they become known: an object for each of
// them costs more than an event does otherwise.
//
// Cost: some 25 bytes an event that was appended. Messages of errors take kMaxMessageBytes of an
//       answer at most; later ones are left out, so that publishers, who take 4 MiB if they say
//       nothing else, can take any answer.
class BatchAnswer {
 public:
  static constexpr size_t kMaxMessageBytes = size_t{1} << 20;

  BatchAnswer() = default;
  explicit BatchAnswer(uint64_t request_id);

  void Add(const store::AppendResult& result);
  void Add(const store::PlacedEvents& events);

  // How many of the events were refused.
  size_t refused() const { return refused_; }
  // One of them because the gateway or its store takes none now.
  bool unavailable() const { return unavailable_; }
  bool any_appended() const { return any_appended_; }
  size_t bytes() const { return bytes_.size(); }

  // It is finished then.
  grpc::ByteBuffer Send() const;

 private:
  void AddId(std::string_view epoch, uint64_t seq, bool duplicate);
  void AddError(const absl::Status& status);

  std::string bytes_;
  size_t message_bytes_ = 0;
  size_t refused_ = 0;
  bool unavailable_ = false;
  bool any_appended_ = false;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_BATCH_ANSWER_H_
