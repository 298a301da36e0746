#ifndef SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_
#define SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "internal/base/string_map.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

// Finds, for a topic, the values whose filters match it, by walking a tree of tokens: the cost
// grows with the tokens of the topic and the matches, not with the filters.
//
// Owns:     its nodes; a node without filters below is removed. The values are the caller's.
// Thread:   one.
template <typename T>
class FilterIndex {
 public:
  void Add(const window::Filter& filter, T* value) {
    Node* node = &root_;
    ForEachToken(filter.text(),
                 [&](std::string_view token) {
                   if (token == ">") {
                     node->rest.push_back(value);
                     return false;
                   }
                   auto& child = token == "*" ? node->any : node->children[token];
                   if (child == nullptr) child = std::make_unique<Node>();
                   node = child.get();
                   return true;
                 }) &&
        (node->here.push_back(value), true);
  }

  void Remove(const window::Filter& filter, T* value) { Remove(root_, filter.text(), value); }

  // Appends the value of each filter that matches: of two filters with the same value, twice.
  void Match(std::string_view topic, std::vector<T*>& out) const { Match(root_, topic, out); }

  bool empty() const { return root_.empty(); }

 private:
  struct Node {
    base::StringMap<std::unique_ptr<Node>> children;
    std::unique_ptr<Node> any;  // "*"
    std::vector<T*> here;       // filters that end here
    std::vector<T*> rest;       // filters that end here with ">"
    bool empty() const {
      return children.empty() && any == nullptr && here.empty() && rest.empty();
    }
  };

  // Calls f with each token until it returns false; true if it never did.
  template <typename F>
  static bool ForEachToken(std::string_view text, F f) {
    for (;;) {
      const size_t dot = text.find('.');
      if (!f(text.substr(0, dot))) return false;
      if (dot == std::string_view::npos) return true;
      text.remove_prefix(dot + 1);
    }
  }

  static void Erase(std::vector<T*>& values, T* value) {
    for (T*& entry : values) {
      if (entry != value) continue;
      entry = values.back();
      values.pop_back();
      return;
    }
  }

  // text: what is left of the filter below node.
  static void Remove(Node& node, std::string_view text, T* value) {
    const size_t dot = text.find('.');
    const std::string_view token = text.substr(0, dot);
    if (token == ">") return Erase(node.rest, value);
    const auto descend = [&](Node& child) {
      if (dot == std::string_view::npos) {
        Erase(child.here, value);
      } else {
        Remove(child, text.substr(dot + 1), value);
      }
      return child.empty();
    };
    if (token == "*") {
      if (node.any != nullptr && descend(*node.any)) node.any.reset();
    } else if (const auto it = node.children.find(token); it != node.children.end()) {
      if (descend(*it->second)) node.children.erase(it);
    }
  }

  static void Match(const Node& node, std::string_view topic, std::vector<T*>& out) {
    out.insert(out.end(), node.rest.begin(), node.rest.end());
    const size_t dot = topic.find('.');
    const auto descend = [&](const Node& child) {
      if (dot == std::string_view::npos) {
        out.insert(out.end(), child.here.begin(), child.here.end());
      } else {
        Match(child, topic.substr(dot + 1), out);
      }
    };
    if (node.any != nullptr) descend(*node.any);
    if (const auto it = node.children.find(topic.substr(0, dot)); it != node.children.end()) {
      descend(*it->second);
    }
  }

  Node root_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_
