#include "gateway/http/snapshot_documents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

class SnapshotDocumentsTest : public testing::Test {
 protected:
  void Append(std::string_view topic, size_t json_bytes = 2) {
    window_.Append(sse::Frame::Create(
        {.topic = topic, .json = base::Concat('"', std::string(json_bytes - 2, 'x'), '"')}));
  }
  static window::Filters Of(std::string_view topic) {
    return window::Filters({*window::Filter::Parse(topic)});
  }

  window::Window window_{"e", {}};
};

TEST_F(SnapshotDocumentsTest, OneIsSharedWhileTheLogDoesNotMoveOn) {
  SnapshotDocuments documents(&window_, 1'000'000);
  Append("a");
  const auto first = documents.Get(Of("a"));
  EXPECT_EQ(first->id, "e-1");
  EXPECT_EQ(documents.Get(Of("a")), first);
  EXPECT_NE(documents.Get(Of("b")), first);
  EXPECT_NE(documents.Get(Of("a.>")), first);
  Append("b");
  const auto second = documents.Get(Of("a"));
  EXPECT_NE(second, first);
  EXPECT_EQ(second->id, "e-2");
  EXPECT_EQ(documents.Get(Of("a")), second);
}

TEST_F(SnapshotDocumentsTest, EachEventSaysWhenItWasReceived) {
  SnapshotDocuments documents(&window_, 1'000'000);
  window_.Append(
      sse::Frame::Create({.topic = "a",
                          .key = "k",
                          .type = "alert",
                          .json = "{}",
                          .received_wall = base::WallTime(std::chrono::milliseconds(7))}));
  EXPECT_EQ(documents.Get(Of("a"))->text,
            R"({"id":"e-1","events":[{"id":"e-1","topic":"a","key":"k","type":"alert",)"
            R"("time":"1970-01-01T00:00:00.007Z","data":{}}]})");
}

TEST_F(SnapshotDocumentsTest, AreBoundedTogetherUntilTheyAreGone) {
  SnapshotDocuments documents(&window_, 2700);
  Append("a", 1000);
  auto first = documents.Get(Of("a"));
  Append("a", 1000);
  auto second = documents.Get(Of("a"));
  ASSERT_NE(second, nullptr);
  Append("a", 1000);
  EXPECT_EQ(documents.Get(Of("a")), nullptr);
  // A small one has its place still.
  EXPECT_NE(documents.Get(Of("b")), nullptr);
  first.reset();
  EXPECT_NE(documents.Get(Of("a")), nullptr);
}

TEST_F(SnapshotDocumentsTest, SharedOneCountsOnce) {
  SnapshotDocuments documents(&window_, 2700);
  Append("a", 1000);
  std::vector<std::shared_ptr<const SnapshotDocument>> held;
  for (int i = 0; i < 10; ++i) held.push_back(documents.Get(Of("a")));
  EXPECT_NE(held.back(), nullptr);
  Append("a", 1000);
  held.push_back(documents.Get(Of("a")));
  EXPECT_NE(held.back(), nullptr);
}

TEST_F(SnapshotDocumentsTest, OneAlwaysFits) {
  SnapshotDocuments documents(&window_, 1);
  Append("a", 10'000);
  auto only = documents.Get(Of("a"));
  ASSERT_NE(only, nullptr);
  EXPECT_EQ(documents.Get(Of("b")), nullptr);
  only.reset();
  EXPECT_NE(documents.Get(Of("b")), nullptr);
}

TEST_F(SnapshotDocumentsTest, AreMadeAndLetGoByManyThreadsAtATime) {
  SnapshotDocuments documents(&window_, 5000);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        const auto document = documents.Get(Of("a"));
        if (document == nullptr) continue;
        EXPECT_EQ(document->text.substr(0, 9), R"({"id":"e-)");
      }
    });
  }
  for (int i = 0; i < 2000; ++i) Append("a", 1000);
  done = true;
  for (std::thread& reader : readers) reader.join();
  // Nothing is counted any more.
  Append("a", 4000);
  EXPECT_NE(documents.Get(Of("a")), nullptr);
}

}  // namespace
}  // namespace ssegw::http
