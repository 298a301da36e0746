#ifndef SSEGW_INTERNAL_NET_SHARD_NUMBERED_LIST_H_
#define SSEGW_INTERNAL_NET_SHARD_NUMBERED_LIST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "internal/base/string_map.h"
#include "internal/net/shard/unordered_list.h"

namespace ssegw::net {

// Items in no order, each of which is found by its number(), which no other one has. An Item is
// Listed.
//
// Cost: an item takes a pointer in the list, and 10 to 21 bytes in the table, which asks each item
//       for its number when it grows: 14,000 of them take half a millisecond.
template <typename Item>
class NumberedList {
 public:
  void Add(Item* item) {
    list_.Add(item);
    by_number_.insert(item);
  }
  void Remove(Item& item) {
    list_.Remove(item);
    by_number_.erase(&item);
    base::ShrinkIfSparse(by_number_);
  }

  // nullptr: there is none.
  Item* Find(uint64_t number) const {
    const auto it = by_number_.find(number);
    return it == by_number_.end() ? nullptr : *it;
  }
  const std::vector<Item*>& all() const { return list_.all(); }

 private:
  struct ByNumber {
    using is_transparent = void;
    static uint64_t Of(uint64_t number) { return number; }
    static uint64_t Of(const Item* item) { return item->number(); }
    size_t operator()(const auto& key) const { return absl::Hash<uint64_t>()(Of(key)); }
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };

  UnorderedList<Item*> list_;
  absl::flat_hash_set<Item*, ByNumber, ByNumber> by_number_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_NUMBERED_LIST_H_
