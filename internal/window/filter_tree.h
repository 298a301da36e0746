#ifndef SSEGW_INTERNAL_WINDOW_FILTER_TREE_H_
#define SSEGW_INTERNAL_WINDOW_FILTER_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/window/filter.h"

namespace ssegw::window {

// Filters as a tree of tokens, for whoever holds many topics against them.
//
// Owns:   the filters, which the tokens are views into.
// Thread: any; immutable.
// Cost:   to make: that of sorting the tokens. Matches: a few steps for each token of the topic,
//         whatever the number of filters (64 of "*.*.*.x": a tenth of Filters::Matches). Some 50
//         bytes a token.
class FilterTree {
 public:
  explicit FilterTree(Filters filters);
  FilterTree(const FilterTree&) = delete;
  FilterTree& operator=(const FilterTree&) = delete;

  bool Matches(std::string_view topic) const { return Matches(0, topic); }

  const Filters& filters() const { return filters_; }

  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNone = 0;  // the root is no node's child
  struct Node {
    // By token.
    std::vector<std::pair<std::string_view, uint32_t>> children = {};
    uint32_t any = kNone;  // "*"
    bool ends = false;     // a filter ends here
    bool rest = false;     // one goes on with ">"
  };
  // For whoever walks the tree; every node without children ends a filter.
  const Node& node(uint32_t index) const { return nodes_[index]; }
  size_t size() const { return nodes_.size(); }

 private:
  void Add(std::string_view text);
  bool Matches(uint32_t index, std::string_view topic) const;

  const Filters filters_;
  std::vector<Node> nodes_;
};

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_FILTER_TREE_H_
