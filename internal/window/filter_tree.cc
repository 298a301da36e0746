#include "internal/window/filter_tree.h"

#include <algorithm>
#include <cstddef>

namespace ssegw::window {

FilterTree::FilterTree(Filters filters) : filters_(std::move(filters)), nodes_(1) {
  for (const FilterView& filter : filters_.all()) Add(filter.text());
}

void FilterTree::Add(std::string_view text) {
  uint32_t at = 0;
  for (bool more = true; more;) {
    const size_t dot = text.find('.');
    const std::string_view token = text.substr(0, dot);
    more = dot != std::string_view::npos;
    if (more) text.remove_prefix(dot + 1);
    if (token == ">") {
      nodes_[at].rest = true;
      return;
    }
    uint32_t next = kNone;
    const auto made = static_cast<uint32_t>(nodes_.size());
    if (token == "*") {
      next = nodes_[at].any;
      if (next == kNone) nodes_[at].any = made;
    } else {
      auto& children = nodes_[at].children;
      const auto child = std::lower_bound(
          children.begin(), children.end(), token,
          [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
      if (child != children.end() && child->first == token) {
        next = child->second;
      } else {
        children.emplace(child, token, made);
      }
    }
    if (next == kNone) {
      next = made;
      nodes_.emplace_back();
    }
    at = next;
  }
  nodes_[at].ends = true;
}

bool FilterTree::Matches(uint32_t index, std::string_view topic) const {
  const Node& node = nodes_[index];
  if (node.rest) return true;
  const size_t dot = topic.find('.');
  const bool last = dot == std::string_view::npos;
  const auto matches_below = [&](uint32_t child) {
    return last ? nodes_[child].ends : Matches(child, topic.substr(dot + 1));
  };
  if (node.any != kNone && matches_below(node.any)) return true;
  const std::string_view token = topic.substr(0, dot);
  const auto child = std::lower_bound(
      node.children.begin(), node.children.end(), token,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return child != node.children.end() && child->first == token && matches_below(child->second);
}

}  // namespace ssegw::window
