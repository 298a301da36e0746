#include "internal/window/snapshot_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::window {
namespace {

using ::testing::ElementsAre;

class SnapshotReaderTest : public testing::Test {
 protected:
  uint64_t Put(std::string_view topic, std::string_view key = "", bool deleted = false) {
    return window_.Append(
        sse::Frame::Create({.topic = topic, .key = key, .json = "1", .deleted = deleted}));
  }
  static std::vector<uint64_t> Seqs(const SnapshotReader& reader) {
    std::vector<uint64_t> seqs;
    for (const sse::FramePtr& frame : reader.frames()) seqs.push_back(frame->seq());
    return seqs;
  }
  static Filters Of(std::vector<std::string> texts) {
    std::vector<Filter> filters;
    for (const std::string& text : texts) filters.push_back(*Filter::Parse(text));
    return Filters(std::move(filters));
  }

  Window window_{"e", WindowLimits()};
};

TEST_F(SnapshotReaderTest, TakesTheNewestOfEachKeyThatMatches) {
  Put("a", "1");
  Put("a", "2");
  Put("b", "1");
  Put("a", "1");
  Put("a", "3");
  Put("a", "3", /*deleted=*/true);
  SnapshotReader reader(window_, Of({"a"}));
  while (reader.Step()) continue;
  EXPECT_THAT(Seqs(reader), ElementsAre(2, 4));
  EXPECT_EQ(reader.head(), 6U);
}

TEST_F(SnapshotReaderTest, LooksAtABoundedNumberInEachStep) {
  for (size_t i = 0; i < 10 * SnapshotReader::kPerStep; ++i) Put(base::Concat("t.", i));
  SnapshotReader reader(window_, Of({"*.1", "*.2"}));
  size_t steps = 1;
  size_t before = 0;
  while (reader.Step()) {
    EXPECT_LE(reader.looked_at() - before, SnapshotReader::kPerStep);
    before = reader.looked_at();
    ++steps;
  }
  EXPECT_GE(steps, 10U);
  EXPECT_EQ(reader.frames().size(), 2U);
}

// Whatever comes between two steps: the snapshot is that of the head at the end.
TEST_F(SnapshotReaderTest, IsOfOneMomentWhateverComesMeanwhile) {
  std::mt19937 random(7);  // NOLINT: the same each time
  const auto pick = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const Filters filters = Of({"*.even", "named.odd"});
  const auto topic = [&] { return base::Concat('t', pick(300), pick(2) ? ".even" : ".odd"); };
  size_t superseded = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 1'000; ++i) Put(topic(), base::Concat(pick(10)));
    SnapshotReader reader(window_, filters);
    do {
      for (size_t i = pick(60); i > 0; --i) {
        Put(topic(), base::Concat(pick(10)), /*deleted=*/pick(5) == 0);
        ++superseded;
      }
    } while (reader.Step());
    // What came after the last step of reading is not in it: read back to there.
    std::map<std::pair<std::string, std::string>, uint64_t> newest;
    uint64_t cursor = 0;
    for (ReadResult read; !read.caught_up; cursor = read.cursor) {
      read = window_.Read(filters, ReadMode::kEvery, cursor, 0, 1'000);
      ASSERT_FALSE(read.expired);
      for (const sse::FramePtr& frame : read.frames) {
        if (frame->seq() > reader.head()) continue;
        const auto key = std::pair(std::string(frame->topic()), std::string(frame->key()));
        newest.erase(key);
        if (!frame->deleted()) newest[key] = frame->seq();
      }
    }
    std::vector<uint64_t> expected;
    for (const auto& [key, seq] : newest) expected.push_back(seq);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(Seqs(reader), expected) << "round " << round;
  }
  EXPECT_GT(superseded, 1'000U) << "too few for a test";
}

TEST_F(SnapshotReaderTest, ComesToTheHeadHoweverFastThatMoves) {
  for (size_t i = 0; i < 1'000; ++i) Put(base::Concat("t.", i));
  SnapshotReader reader(window_, Filters::Everything());
  size_t steps = 0;
  size_t next = 0;
  do {
    // More than a step looks at, to begin with.
    for (size_t i = 0; i < 2 * SnapshotReader::kPerStep; ++i) {
      Put(base::Concat("t.", next++ % 20'000), "k");
    }
    ASSERT_LT(++steps, 100U);
  } while (reader.Step());
}

}  // namespace
}  // namespace ssegw::window
