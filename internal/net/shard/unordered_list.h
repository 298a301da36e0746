#ifndef SSEGW_INTERNAL_NET_SHARD_UNORDERED_LIST_H_
#define SSEGW_INTERNAL_NET_SHARD_UNORDERED_LIST_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ssegw::net {

// Where an UnorderedList keeps an item. Base class of the items.
struct Listed {
  uint32_t list_index = 0;
};

// Items by pointer, plain or shared, in no order. Adding and removing take constant time; the last
// item takes the place of one that is removed.
template <typename Pointer>
class UnorderedList {
 public:
  void Add(Pointer item) {
    item->list_index = static_cast<uint32_t>(items_.size());
    items_.push_back(std::move(item));
  }
  void Remove(const Listed& item) {
    const uint32_t index = item.list_index;
    std::swap(items_[index], items_.back());
    items_[index]->list_index = index;
    items_.pop_back();
  }

  const std::vector<Pointer>& all() const { return items_; }

 private:
  std::vector<Pointer> items_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_UNORDERED_LIST_H_
