#include "internal/window/merged_topics.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"

namespace ssegw::window {
namespace {

constexpr size_t kMaxVisits = 2048;

// Visits the elements of ascending sequences in the order of their seqs, until visit returns false.
// Returns whether it has visited all.
template <typename Iterator, typename SeqOf, typename Visit>
bool VisitMerged(std::vector<std::pair<Iterator, Iterator>>& ranges, SeqOf seq_of, Visit visit) {
  std::erase_if(ranges, [](const auto& range) { return range.first == range.second; });
  const auto later = [&](const auto& a, const auto& b) {
    return seq_of(a.first) > seq_of(b.first);
  };
  std::make_heap(ranges.begin(), ranges.end(), later);
  while (!ranges.empty()) {
    std::pop_heap(ranges.begin(), ranges.end(), later);
    auto& [next, end] = ranges.back();
    if (!visit(next)) return false;
    if (++next == end) {
      ranges.pop_back();
    } else {
      std::push_heap(ranges.begin(), ranges.end(), later);
    }
  }
  return true;
}

}  // namespace

MergedEvents MergeEvery(const TopicIndex::Topics& topics, const EventLog& log, uint64_t cursor,
                        size_t max_frames) {
  MergedEvents merged{.cursor = cursor};
  std::vector<std::pair<const uint64_t*, const uint64_t*>> ranges;
  for (const Topic* topic : topics) {
    ranges.emplace_back(topic->log.After(cursor), topic->log.end());
  }
  const auto seq_of = [](const uint64_t* seq) { return *seq; };
  merged.all = VisitMerged(ranges, seq_of, [&](const uint64_t* seq) {
    if (merged.frames.size() == max_frames) return false;
    merged.frames.push_back(log.At(*seq));
    merged.cursor = *seq;
    return true;
  });
  return merged;
}

MergedEvents MergeNewest(const TopicIndex::Topics& topics, uint64_t cursor,
                         uint64_t tombstones_after, size_t max_frames) {
  MergedEvents merged{.cursor = cursor};
  using Iterator = absl::btree_map<uint64_t, const sse::Frame*>::const_iterator;
  std::vector<std::pair<Iterator, Iterator>> ranges;
  for (const Topic* topic : topics) {
    ranges.emplace_back(topic->newest.upper_bound(cursor), topic->newest.end());
  }
  size_t visits = 0;
  const auto seq_of = [](const Iterator& it) { return it->first; };
  merged.all = VisitMerged(ranges, seq_of, [&](const Iterator& it) {
    if (merged.frames.size() == max_frames || ++visits > kMaxVisits) return false;
    const auto& [seq, frame] = *it;
    merged.cursor = seq;
    if (!frame->deleted() || seq > tombstones_after) {
      merged.frames.push_back(sse::FramePtr::Share(frame));
    }
    return true;
  });
  return merged;
}

}  // namespace ssegw::window
