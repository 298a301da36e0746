#include "internal/window/topic_index.h"

#include <algorithm>
#include <utility>

namespace ssegw::window {

void SeqQueue::PopFront() {
  ++front_;
  if (front_ <= kSlack || front_ * 2 <= seqs_.size()) return;
  seqs_.erase(seqs_.begin(), seqs_.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
  if (seqs_.capacity() > 4 * seqs_.size() + kSlack) seqs_.shrink_to_fit();
}

const uint64_t* SeqQueue::After(uint64_t cursor) const {
  return std::upper_bound(seqs_.data() + front_, end(), cursor);
}

Topic& TopicIndex::Get(std::string_view name) {
  if (Topic* const topic = Find(name)) return *topic;
  auto made = std::make_unique<Topic>();
  made->name = name;
  // It may have been here before.
  made->evicted = evicted_of_removed_;
  made->forgotten = forgotten_of_removed_;
  Topic& topic = **by_name_.insert(std::move(made)).first;
  in_order_.insert(&topic);
  return topic;
}

Topic* TopicIndex::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->get();
}

void TopicIndex::RemoveIfEmpty(Topic& topic) {
  if (!topic.log.empty() || !topic.newest.empty()) return;
  evicted_of_removed_ = std::max(evicted_of_removed_, topic.evicted);
  forgotten_of_removed_ = std::max(forgotten_of_removed_, topic.forgotten);
  in_order_.erase(&topic);
  by_name_.erase(by_name_.find(std::string_view(topic.name)));
}

std::optional<TopicIndex::Found> TopicIndex::FindAll(const Filters& filters) const {
  Found found{.evicted = lost_of_log_, .forgotten = lost_of_newest_};
  // A filter that takes in much of what there is finds it as fast in the log itself. Topics that
  // were named one by one are that many of how many there are, and no search finds them sooner.
  const size_t max_matches =
      std::clamp<size_t>(size() / 4, kAlwaysMatches, std::max(kMaxMatches, filters.exact_count()));
  size_t visited = 0;
  for (const FilterView& filter : filters.all()) {
    if (!filter.has_wildcard()) {
      const Topic* const topic = Find(filter.text());
      found.evicted = std::max(found.evicted, topic ? topic->evicted : evicted_of_removed_);
      found.forgotten = std::max(found.forgotten, topic ? topic->forgotten : forgotten_of_removed_);
      if (topic) found.topics.push_back(topic);
      continue;
    }
    found.evicted = std::max(found.evicted, evicted_of_removed_);
    found.forgotten = std::max(found.forgotten, forgotten_of_removed_);
    const std::string_view prefix = filter.text().substr(0, filter.text().find_first_of("*>"));
    for (auto it = in_order_.lower_bound(prefix); it != in_order_.end(); ++it) {
      const Topic& topic = **it;
      if (!topic.name.starts_with(prefix)) break;
      if (++visited > kMaxVisited || found.topics.size() > max_matches) return std::nullopt;
      if (!filter.Matches(topic.name)) continue;
      found.evicted = std::max(found.evicted, topic.evicted);
      found.forgotten = std::max(found.forgotten, topic.forgotten);
      found.topics.push_back(&topic);
    }
  }
  // Two filters may match one topic.
  if (filters.all().size() > 1) {
    std::sort(found.topics.begin(), found.topics.end());
    found.topics.erase(std::unique(found.topics.begin(), found.topics.end()), found.topics.end());
  }
  if (found.topics.size() > max_matches) return std::nullopt;
  return found;
}

}  // namespace ssegw::window
