#ifndef SSEGW_GATEWAY_CONNECTIONS_CROSSINGS_H_
#define SSEGW_GATEWAY_CONNECTIONS_CROSSINGS_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "internal/base/string_map.h"
#include "internal/window/filter.h"

namespace ssegw::connections {

// Finds, among many filters, those that share a topic with a given one, by walking a tree of
// tokens. Goes by tokens alone: that a topic could get longer than topics may be does not count.
//
// Owns:   its nodes; the values are the caller's, one for each filter.
// Thread: one.
// Cost:   of a search: the nodes that it comes to, at most all of them. Some 150 bytes a token.
template <typename T>
class Crossings {
 public:
  void Add(window::FilterView filter, T* value) { Find(root_, filter.text()) = value; }
  void Remove(window::FilterView filter) { Remove(root_, filter.text()); }

  // Calls found with the value of each filter that shares a topic with it. Returns how many nodes
  // it has come to.
  template <typename Found>
  size_t ForEach(window::FilterView filter, const Found& found) const {
    size_t steps = 0;
    Walk(root_, filter.text(), steps, found);
    return steps;
  }

 private:
  struct Node {
    base::StringMap<std::unique_ptr<Node>> children = {};  // by token
    std::unique_ptr<Node> any = nullptr;                   // "*"
    T* ends = nullptr;                                     // of the filter that ends here
    T* rest = nullptr;                                     // of the one that goes on with ">"

    bool empty() const {
      return children.empty() && any == nullptr && ends == nullptr && rest == nullptr;
    }
  };

  // The first token, and what follows its dot.
  static std::pair<std::string_view, std::string_view> Split(std::string_view text) {
    const size_t dot = text.find('.');
    if (dot == std::string_view::npos) return {text, {}};
    return {text.substr(0, dot), text.substr(dot + 1)};
  }

  static T*& Find(Node& node, std::string_view text) {
    if (text.empty()) return node.ends;
    const auto [token, after] = Split(text);
    if (token == ">") return node.rest;
    std::unique_ptr<Node>& child = token == "*" ? node.any : node.children[token];
    if (child == nullptr) child = std::make_unique<Node>();
    return Find(*child, after);
  }

  static void Remove(Node& node, std::string_view text) {
    const auto [token, after] = Split(text);
    if (text.empty()) {
      node.ends = nullptr;
    } else if (token == ">") {
      node.rest = nullptr;
    } else if (token == "*") {
      if (node.any == nullptr) return;
      Remove(*node.any, after);
      if (node.any->empty()) node.any = nullptr;
    } else if (const auto child = node.children.find(token); child != node.children.end()) {
      Remove(*child->second, after);
      if (!child->second->empty()) return;
      node.children.erase(child);
      base::ShrinkIfSparse(node.children);
    }
  }

  template <typename Found>
  static void Walk(const Node& node, std::string_view text, size_t& steps, Found& found) {
    ++steps;
    if (text.empty()) {
      if (node.ends != nullptr) found(*node.ends);
      return;
    }
    if (node.rest != nullptr) found(*node.rest);
    const auto [token, after] = Split(text);
    if (token == ">" || token == "*") {
      for (const auto& [name, child] : node.children) {
        token == ">" ? All(*child, steps, found) : Walk(*child, after, steps, found);
      }
      if (node.any == nullptr) return;
      token == ">" ? All(*node.any, steps, found) : Walk(*node.any, after, steps, found);
      return;
    }
    if (const auto child = node.children.find(token); child != node.children.end()) {
      Walk(*child->second, after, steps, found);
    }
    if (node.any != nullptr) Walk(*node.any, after, steps, found);
  }

  template <typename Found>
  static void All(const Node& node, size_t& steps, Found& found) {
    ++steps;
    if (node.ends != nullptr) found(*node.ends);
    if (node.rest != nullptr) found(*node.rest);
    for (const auto& [name, child] : node.children) All(*child, steps, found);
    if (node.any != nullptr) All(*node.any, steps, found);
  }

  Node root_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_CROSSINGS_H_
