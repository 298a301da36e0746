// Random schedules of everything that publishers, slow readers, cuts and resumes can do to the
// store, the window and the shards, checked against a model that is too simple to be wrong.
//
//   SSEGW_MODEL_SEED        the first seed
//   SSEGW_MODEL_SCHEDULES   how many, one seed after the other
//   SSEGW_MODEL_SECONDS     instead: for so long, from a seed that nobody has tried
//
// A failure says how to run its schedule alone.
#include <gtest/gtest.h>

#include <cstdlib>
#include <exception>
#include <limits>
#include <random>
#include <string>

#include "internal/base/concat.h"
#include "tests/unit/fanout/alive_frames.h"
#include "tests/unit/fanout/model_schedule.h"

namespace ssegw::fanout {
namespace {

std::optional<uint64_t> FromEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional(std::strtoull(value, nullptr, 10));
}

TEST(FanoutModelTest, EverySchedulesPromisesHold) {
  const std::optional<uint64_t> run_for = FromEnvironment("SSEGW_MODEL_SECONDS");
  const uint64_t first =
      FromEnvironment("SSEGW_MODEL_SEED").value_or(run_for ? std::random_device()() : 1);
  const uint64_t count = run_for ? std::numeric_limits<uint64_t>::max() - first
                                 : FromEnvironment("SSEGW_MODEL_SCHEDULES").value_or(2000);
  const base::TimePoint begin = base::Now();
  Coverage coverage;
  uint64_t seed = first;
  for (; seed < first + count; ++seed) {
    if (run_for && base::Now() - begin > std::chrono::seconds(*run_for)) break;
    SCOPED_TRACE(base::Concat("to run it alone: SSEGW_MODEL_SEED=", seed,
                              " SSEGW_MODEL_SCHEDULES=1 fanout_model_test"));
    try {
      ModelSchedule(seed, coverage).Run();
    } catch (const std::exception& malformed) {
      ADD_FAILURE() << "what a reader got: " << malformed.what();
    }
    EXPECT_TRUE(AliveFrames::Seqs().empty()) << "frames are left when all is gone";
    if (HasFailure()) return;
  }
  std::printf("%llu schedules from seed %llu\n", static_cast<unsigned long long>(seed - first),
              static_cast<unsigned long long>(first));
  if (seed - first < 1000) return;
  for (const auto& [name, value] : coverage.All()) {
    EXPECT_GT(value, 0U) << "the schedules never came to what they are for: " << name;
  }
}

}  // namespace
}  // namespace ssegw::fanout
