#ifndef SSEGW_GATEWAY_INGEST_BATCH_STREAM_H_
#define SSEGW_GATEWAY_INGEST_BATCH_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "gateway/ingest/publish_stream.h"
#include "internal/store/store.h"

namespace ssegw::ingest {

// What a batch may have.
inline constexpr size_t kMaxBatchBytes = size_t{4} << 20;
inline constexpr size_t kMaxBatchEvents = 65'536;
// What batches may take together that wait for the store, or whose answers wait for publishers.
inline constexpr size_t kMaxWaitingBytes = size_t{64} << 20;

// A call of PublishBatch: each request has many events. A store that answers at once gets some of
// them at a time. One that answers later gets them one after another, as a lane, and the batch goes
// on when few of those that the store lets wait are left.
//
// Errors: beside those of PublishStream: the events of a batch that would have to wait, where
// others
//         that wait take all that batches may take, have RESOURCE_EXHAUSTED; a call ends with it
//         where there is no room for its answer.
class BatchStream final : public PublishStream {
 public:
  BatchStream(PublishCall call, EventIntake& intake, PublishStreams& streams);
  ~BatchStream() override;

 private:
  struct Batch;

  void Take() override;
  // In kTaking: takes in events until there are no more, or until the store is to be waited for.
  void TakeEvents();
  // Some events at once. False: there are no more.
  bool TakeSome();
  enum class Step { kNext, kEnd, kWaits };
  Step TakeOne();
  Step WaitForStore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Events of the batch without an answer, at most.
  size_t MostWaiting() const;
  // Held, it has reason to go on.
  bool GoesOn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The event of that number has this answer.
  void OnStored(uint64_t number, store::AppendResult result);
  void FinishBatch();
  bool ShallStop();

  // In kTaking of whoever takes it in; otherwise of who has the lock.
  std::unique_ptr<Batch> batch_;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_BATCH_STREAM_H_
