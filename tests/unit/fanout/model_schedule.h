#ifndef SSEGW_TESTS_UNIT_FANOUT_MODEL_SCHEDULE_H_
#define SSEGW_TESTS_UNIT_FANOUT_MODEL_SCHEDULE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/shard.h"
#include "internal/sse/frame.h"
#include "internal/store/memory_store.h"
#include "internal/window/window.h"
#include "tests/unit/fanout/model_log.h"
#include "tests/unit/fanout/model_reader.h"

namespace ssegw::fanout {

// One random schedule of everything that can happen, in one thread and with a clock of its own: the
// same seed gives the same schedule.
class ModelSchedule {
 public:
  ModelSchedule(uint64_t seed, Coverage& coverage);
  ~ModelSchedule();

  void Run();

 private:
  struct Page {
    std::unique_ptr<ModelReader> reader;
    // How many bytes its socket takes at a time; 0: none, but at the end.
    size_t pace = 0;
  };
  // A shard, and whether its thread has been woken.
  struct Thread {
    std::unique_ptr<Shard> shard;
    bool woken = false;
    // The head when it was last idle, and so held no frame.
    uint64_t idle_at = 0;
  };
  // What comes out of the window, for comparing.
  class Recorder final : public window::LogListener {
   public:
    void OnAppend(std::span<const sse::FramePtr> frames) override;
    void OnBreak() override {}
    std::vector<ModelEvent> events;
  };

  size_t Pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool OneIn(size_t n) { return Pick(n) == 0; }

  window::WindowLimits PickLimits();
  store::MemoryStoreOptions PickOptions();
  void AddPage();
  std::string PickTopic();
  window::Filters PickFilters();
  std::string PickId(const ModelReader& reader);

  void Step();
  void Publish();
  // Publishers go on while a shard writes.
  void PublishMeanwhile();
  void PublishOverflow();
  void Append(const ModelEvent& event, const std::string& message_id);
  // What the window was given is what the model expects.
  void Record(const ModelEvent& expected);
  void Tick();
  // A tick between whose look and whose deletions publishers go on.
  void TornTick();
  ModelEvent DeletionOf(uint64_t seq) const;

  void Connect(ModelReader& reader);
  void Serve(Page& page);
  void Turn(Thread& thread);
  void CheckBounds();
  void Settle();

  std::mt19937_64 random_;
  Coverage& coverage_;
  // Large or many enough frames for a mailbox to overflow.
  const bool overflows_;
  // Whether shards take notice that they are late; nearly all are, by this clock.
  const bool late_shards_;
  const size_t keys_;
  // Of ten events so many are deletions, in the mean.
  const size_t deletions_;
  const window::WindowLimits limits_;
  const store::MemoryStoreOptions options_;
  ModelLog log_;
  base::TimePoint now_{std::chrono::hours(1)};
  uint64_t next_payload_ = 0;
  // Events are published during one of so many writes of the current turn; 0: during none.
  size_t meanwhile_ = 0;

  window::Window window_;
  store::MemoryStore store_;
  Recorder recorder_;
  std::vector<Thread> threads_;
  std::vector<Page> pages_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_TESTS_UNIT_FANOUT_MODEL_SCHEDULE_H_
