#include "gateway/http/snapshot_documents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using HeldPtr = std::shared_ptr<SnapshotDocuments::Held>;

constexpr size_t kPlenty = 100'000'000;

class SnapshotDocumentsTest : public testing::Test {
 protected:
  void Append(std::string_view topic, size_t json_bytes = 2, std::string_view key = "") {
    window_.Append(
        sse::Frame::Create({.topic = topic,
                            .key = key,
                            .json = base::Concat('"', std::string(json_bytes - 2, 'x'), '"')}));
  }
  void AppendKeys(std::string_view topic, size_t keys, size_t json_bytes = 2) {
    for (size_t i = 0; i < keys; ++i) Append(topic, json_bytes, base::Concat(i));
  }
  static window::Filters Of(std::string_view topic) {
    return window::Filters({*window::Filter::Parse(topic)});
  }
  static void Finish(SnapshotDocuments::Request& request) {
    const std::function<bool()> work = request.work();
    while (work && work()) continue;
  }
  // As one thread alone has it; nullptr: it does not fit now.
  HeldPtr Get(SnapshotDocuments& documents, std::string_view topic, std::string_view address = "a",
              base::Duration later = {}) {
    const auto request = documents.Ask(Of(topic), address, base::Now() + later);
    if (request == nullptr) return nullptr;
    Finish(*request);
    EXPECT_TRUE(request->done());
    return request->Take(base::Now() + later);
  }

  window::Window window_{"e", {}};
};

TEST_F(SnapshotDocumentsTest, OneIsSharedUntilSomethingOfItsFiltersComes) {
  SnapshotDocuments documents(window_, kPlenty);
  Append("a");
  const auto first = Get(documents, "a");
  EXPECT_EQ(first->document().id, "e-1");
  EXPECT_EQ(&Get(documents, "a")->document(), &first->document());
  EXPECT_NE(&Get(documents, "b")->document(), &first->document());
  EXPECT_NE(&Get(documents, "a.>")->document(), &first->document());
  Append("b");
  EXPECT_EQ(&Get(documents, "a")->document(), &first->document());
  EXPECT_EQ(Get(documents, ">")->document().id, "e-2");
  Append("a");
  const auto second = Get(documents, "a");
  EXPECT_EQ(second->document().id, "e-3");
  EXPECT_EQ(documents.made(), 5U);
}

TEST_F(SnapshotDocumentsTest, LargeOneIsGivenToOthersForAShortTimeWhateverHasCome) {
  SnapshotDocuments documents(window_, kPlenty);
  AppendKeys("a", 20'000);
  const std::string id = Get(documents, "a")->document().id;
  for (int i = 0; i < 5; ++i) {
    Append("a", 2, "0");
    EXPECT_EQ(Get(documents, "a")->document().id, id);
  }
  EXPECT_EQ(documents.made(), 1U);
  EXPECT_NE(Get(documents, "a", "a", seconds(2))->document().id, id);
  EXPECT_EQ(documents.made(), 2U);
}

TEST_F(SnapshotDocumentsTest, SmallOneHasAllThatWasThereWhenItWasAskedFor) {
  SnapshotDocuments documents(window_, kPlenty);
  AppendKeys("a", 20);
  for (int i = 0; i < 20; ++i) {
    Append("a");
    EXPECT_EQ(Get(documents, "a")->document().seq, window_.head());
  }
  // Also where another one has been read and is still written.
  const auto earlier = documents.Ask(Of("a"), "a", base::Now());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(earlier->work()());
  Append("a");
  EXPECT_EQ(Get(documents, "a")->document().seq, window_.head());
  Finish(*earlier);
  EXPECT_EQ(earlier->Take(base::Now())->document().seq, window_.head() - 1);
}

TEST_F(SnapshotDocumentsTest, OneInTheMakingIsWaitedForByAllThatAsk) {
  SnapshotDocuments documents(window_, kPlenty);
  AppendKeys("a", 5'000);
  const auto maker = documents.Ask(Of("a"), "a", base::Now());
  const std::function<bool()> work = maker->work();
  ASSERT_TRUE(work());
  std::vector<std::shared_ptr<SnapshotDocuments::Request>> waiting;
  int ready = 0;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(documents.Ask(Of("a"), base::Concat(i), base::Now()));
    EXPECT_FALSE(waiting.back()->work());
    EXPECT_FALSE(waiting.back()->done());
    waiting.back()->WhenDone([&] { ++ready; });
  }
  size_t pieces = 1;
  while (work()) ++pieces;
  EXPECT_GT(pieces, 5'000U / 256) << "in small pieces";
  EXPECT_EQ(ready, 10);
  const auto held = maker->Take(base::Now());
  for (const auto& request : waiting) {
    EXPECT_EQ(&request->Take(base::Now())->document(), &held->document());
  }
  EXPECT_EQ(documents.made(), 1U);
}

TEST_F(SnapshotDocumentsTest, OneThatNobodyWaitsForIsNotMade) {
  SnapshotDocuments documents(window_, kPlenty);
  AppendKeys("a", 5'000);
  auto maker = documents.Ask(Of("a"), "a", base::Now());
  auto other = documents.Ask(Of("a"), "b", base::Now());
  const std::function<bool()> work = maker->work();
  maker.reset();
  EXPECT_TRUE(work());
  other.reset();
  EXPECT_FALSE(work());
  EXPECT_EQ(documents.made(), 0U);
  EXPECT_EQ(documents.bytes(), 0U);
  EXPECT_NE(Get(documents, "a"), nullptr);
}

TEST_F(SnapshotDocumentsTest, EachEventSaysWhenItWasReceived) {
  SnapshotDocuments documents(window_, kPlenty);
  window_.Append(sse::Frame::Create({.topic = "a",
                                     .key = "k",
                                     .type = "alert",
                                     .json = "{}",
                                     .received_wall = base::WallTime(milliseconds(7))}));
  EXPECT_EQ(Get(documents, "a")->document().text,
            R"({"id":"e-1","events":[{"id":"e-1","topic":"a","key":"k","type":"alert",)"
            R"("time":"1970-01-01T00:00:00.007Z","data":{}}]})");
}

TEST_F(SnapshotDocumentsTest, AreBoundedTogetherUntilTheyAreGone) {
  SnapshotDocuments documents(window_, 2700);
  Append("a", 1000);
  Append("b", 1000);
  Append("c", 1000);
  auto first = Get(documents, "a", "1");
  ASSERT_NE(first, nullptr);
  const auto second = Get(documents, "b", "2");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(Get(documents, "c", "3"), nullptr);
  // A small one has its place still.
  EXPECT_NE(Get(documents, "d", "4"), nullptr);
  first.reset();
  EXPECT_NE(Get(documents, "c", "3"), nullptr);
}

TEST_F(SnapshotDocumentsTest, SharedOneCountsOnce) {
  SnapshotDocuments documents(window_, 2700);
  Append("a", 1000);
  Append("b", 1000);
  std::vector<HeldPtr> held;
  for (int i = 0; i < 10; ++i) held.push_back(Get(documents, "a", base::Concat(i)));
  EXPECT_NE(held.back(), nullptr);
  EXPECT_NE(Get(documents, "b", "x"), nullptr);
}

TEST_F(SnapshotDocumentsTest, OneAlwaysFits) {
  SnapshotDocuments documents(window_, 1);
  Append("a", 10'000);
  auto only = Get(documents, "a", "1");
  ASSERT_NE(only, nullptr);
  EXPECT_EQ(Get(documents, "b", "2"), nullptr);
  only.reset();
  EXPECT_NE(Get(documents, "b", "2"), nullptr);
}

TEST_F(SnapshotDocumentsTest, AddressHasAShareAndOneDocumentAtLeast) {
  SnapshotDocuments documents(window_, 8'000);
  for (const char* topic : {"a", "b", "c", "d"}) Append(topic, 700);
  Append("large", 3'000);
  const auto first = Get(documents, "a", "1");
  const auto second = Get(documents, "b", "1");
  EXPECT_NE(second, nullptr) << "both are a quarter";
  EXPECT_EQ(Get(documents, "c", "1"), nullptr);
  EXPECT_NE(Get(documents, "a", "1"), nullptr) << "it holds that one";
  EXPECT_NE(Get(documents, "c", "2"), nullptr);
  EXPECT_NE(Get(documents, "large", "3"), nullptr);
}

TEST_F(SnapshotDocumentsTest, AddressHoldsNoMoreAnswersThanItMay) {
  SnapshotDocuments documents(window_, kPlenty);
  documents.SetMaxPerAddress(2);
  auto first = Get(documents, "a", "1");
  const auto second = Get(documents, "a", "1");
  EXPECT_EQ(Get(documents, "a", "1"), nullptr);
  EXPECT_NE(Get(documents, "a", "2"), nullptr);
  first.reset();
  EXPECT_NE(Get(documents, "a", "1"), nullptr);
}

// What turned everybody away: each slow reader holds another version, and a third does not fit.
TEST_F(SnapshotDocumentsTest, SlowReadersKeepNobodyFromTheirs) {
  SnapshotDocuments documents(window_, 25'000);
  std::vector<HeldPtr> slow;
  std::vector<int> ended(2);
  for (size_t i = 0; i < 2; ++i) {
    Append("a", 10'000);
    slow.push_back(Get(documents, "a", base::Concat("slow", i)));
    ASSERT_NE(slow.back(), nullptr);
    slow.back()->end()->Set([&ended, i] { ++ended[i]; });
  }
  Append("a", 10'000);
  for (int i = 0; i < 400; ++i) {
    const HeldPtr held = Get(documents, "a", base::Concat(i), milliseconds(i));
    ASSERT_NE(held, nullptr) << i;
    EXPECT_EQ(held->document().id, "e-2") << "the last that there is room for, and it says so";
  }
  EXPECT_EQ(ended[0] + ended[1], 0) << "each has some time for itself";
  const HeldPtr held = Get(documents, "a", "x", seconds(11));
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(held->document().id, "e-3");
  EXPECT_EQ(ended[0], 1) << "the one that has had it longest";
  EXPECT_EQ(ended[1], 0);
}

TEST_F(SnapshotDocumentsTest, SlowReaderKeepsNobodyOfItsAddressFromTheirs) {
  SnapshotDocuments documents(window_, 25'000);
  Append("a", 10'000);
  const HeldPtr slow = Get(documents, "a", "1");
  int ended = 0;
  slow->end()->Set([&] { ++ended; });
  Append("a", 10'000);
  EXPECT_EQ(Get(documents, "a", "1", seconds(5))->document().id, "e-1");
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(Get(documents, "a", "1", seconds(11))->document().id, "e-2");
  EXPECT_EQ(ended, 1);
}

TEST_F(SnapshotDocumentsTest, NoAddressHasMoreThanSomeInTheMaking) {
  SnapshotDocuments documents(window_, kPlenty);
  std::vector<std::shared_ptr<SnapshotDocuments::Request>> makers;
  for (size_t i = 0; i < SnapshotDocuments::kMaxMakingsPerAddress; ++i) {
    makers.push_back(documents.Ask(Of(base::Concat("t", i)), "1", base::Now()));
    ASSERT_NE(makers.back(), nullptr);
  }
  EXPECT_EQ(documents.Ask(Of("a"), "1", base::Now()), nullptr);
  EXPECT_NE(documents.Ask(Of("t0"), "1", base::Now()), nullptr) << "it waits for that one";
  const auto other = documents.Ask(Of("a"), "2", base::Now());
  EXPECT_NE(other, nullptr);
  Finish(*makers.front());
  EXPECT_NE(Get(documents, "b", "1"), nullptr);
}

TEST_F(SnapshotDocumentsTest, LengthIsKnownForAsLongAsNothingHasCome) {
  SnapshotDocuments documents(window_, kPlenty);
  Append("a");
  EXPECT_EQ(documents.Look(Of("a")).id, "e-1");
  EXPECT_EQ(documents.Look(Of("a")).length, std::nullopt);
  EXPECT_EQ(documents.made(), 0U) << "to look makes none";
  const size_t length = Get(documents, "a")->document().text.size();
  Append("b");
  EXPECT_EQ(documents.Look(Of("a")).id, "e-1");
  EXPECT_EQ(documents.Look(Of("a")).length, length);
  Append("a");
  EXPECT_EQ(documents.Look(Of("a")).id, "e-3");
  EXPECT_EQ(documents.Look(Of("a")).length, std::nullopt);
}

TEST_F(SnapshotDocumentsTest, OneThatIsKeptForOthersGoesWhenItIsOldOrInTheWay) {
  SnapshotDocuments documents(window_, 1'000'000);
  AppendKeys("a", 2'000);
  AppendKeys("b", 2'000, 250);
  Get(documents, "a");
  EXPECT_GT(documents.bytes(), 0U);
  documents.DropOld(base::Now());
  EXPECT_GT(documents.bytes(), 0U);
  documents.DropOld(base::Now() + seconds(2));
  EXPECT_EQ(documents.bytes(), 0U);
  Get(documents, "b");
  EXPECT_NE(Get(documents, "a"), nullptr) << "they do not fit together";
}

TEST_F(SnapshotDocumentsTest, AreMadeAndLetGoByManyThreadsAtATime) {
  SnapshotDocuments documents(window_, 5000);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      uint64_t last = 0;
      while (!done) {
        const auto request = documents.Ask(Of("a"), base::Concat(r), base::Now());
        if (request == nullptr) continue;
        Finish(*request);
        while (!request->done()) std::this_thread::yield();
        const HeldPtr held = request->Take(base::Now());
        if (held == nullptr) continue;
        EXPECT_EQ(held->document().text.substr(0, 9), R"({"id":"e-)");
        EXPECT_GE(held->document().seq, last);
        last = held->document().seq;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) Append("a", 1000);
  done = true;
  for (std::thread& reader : readers) reader.join();
  // Nothing is counted any more.
  EXPECT_EQ(documents.bytes(), 0U);
  Append("a", 4000);
  EXPECT_NE(Get(documents, "a"), nullptr);
}

}  // namespace
}  // namespace ssegw::http
