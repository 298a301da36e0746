#ifndef SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_
#define SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "internal/base/string_map.h"
#include "internal/window/filter.h"

namespace ssegw::fanout {

// Finds the values whose filters match a topic, by walking a tree of tokens: the cost grows with
// the tokens of the topic and the matches, not with the number of filters. A node stands for all
// tokens up to where filters part, so a filter that shares no token with others takes one node.
//
// Owns:     its nodes; a node without filters below is removed. The values are the caller's.
// Thread:   one.
// Cost:     at most two nodes a filter. The first takes some 45 bytes and its text, and is shared
//           by filters that begin with the same tokens.
template <typename T>
class FilterIndex {
 public:
  FilterIndex() : root_(Make({}, {})) {}

  void Add(window::FilterView filter, T* value) {
    std::string_view rest = filter.text();
    Node* node = root_.get();
    while (!rest.empty()) {
      Node* child = Find(*node, FirstToken(rest));
      if (child == nullptr) {
        child = Insert(*node, Make(rest, {}));
      } else if (const size_t common = CommonTokens(child->label(), rest);
                 common < child->label().size()) {
        child = Split(*node, *child, common);
      }
      rest = After(rest, child->label().size());
      node = child;
    }
    AddValue(*node, value);
  }

  void Remove(window::FilterView filter, T* value) { Remove(*root_, filter.text(), value); }

  // Appends the value of each filter that matches: twice, if two filters with that value do.
  void Match(std::string_view topic, std::vector<T*>& out) const { Match(*root_, topic, out); }

  // The memory that it takes, without what the allocator adds.
  size_t memory_bytes() const { return bytes_; }

 private:
  struct Node;
  struct Delete {
    void operator()(Node* node) const {
      node->~Node();
      ::operator delete(node);
    }
  };
  using NodePtr = std::unique_ptr<Node, Delete>;

  static std::string_view FirstToken(std::string_view text) {
    return text.substr(0, text.find('.'));
  }

  // By the first token of the label, in which all children of a node differ.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view token) const { return base::StringViewHash()(token); }
    size_t operator()(const NodePtr& node) const { return (*this)(node->first_token()); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const NodePtr& node, std::string_view token) const {
      return node->first_token() == token;
    }
    bool operator()(const NodePtr& a, const NodePtr& b) const {
      return (*this)(a, b->first_token());
    }
  };
  using Values = absl::InlinedVector<T*, 1>;

  struct Children {
    absl::flat_hash_set<NodePtr, Hash, Equal> named;
    NodePtr any;   // begins with "*"
    NodePtr rest;  // is ">"

    size_t size() const {
      return named.size() + (any == nullptr ? 0 : 1) + (rest == nullptr ? 0 : 1);
    }
    Node* only() const {
      if (any != nullptr) return any.get();
      return rest != nullptr ? rest.get() : named.begin()->get();
    }
    size_t bytes() const { return sizeof(Children) + named.capacity() * (sizeof(NodePtr) + 1); }
  };

  // In one allocation with its label: the tokens from the end of the parent's label up to where the
  // filters below part, joined by dots. Wildcards are tokens like others.
  struct Node {
    // The allocation has room for the text after the node.
    explicit Node(std::string_view text)
        : label_bytes(static_cast<uint8_t>(text.size())),
          first_token_bytes(static_cast<uint8_t>(FirstToken(text).size())),
          has_wildcard(text.find_first_of("*>") != std::string_view::npos) {
      text.copy(reinterpret_cast<char*>(this + 1), text.size());
    }

    std::string_view label() const {
      return {reinterpret_cast<const char*>(this + 1), label_bytes};
    }
    std::string_view first_token() const { return label().substr(0, first_token_bytes); }

    // Values of the filters that end here.
    Values values;
    std::unique_ptr<Children> children;  // nullptr: none
    const uint8_t label_bytes;
    const uint8_t first_token_bytes;
    const bool has_wildcard;
  };
  static_assert(window::kMaxTopicBytes <= UINT8_MAX, "label_bytes");

  // The part of text after that many bytes and a dot.
  static std::string_view After(std::string_view text, size_t bytes) {
    return bytes < text.size() ? text.substr(bytes + 1) : std::string_view();
  }

  // The length of the whole tokens that both begin with. They have the first token in common.
  static size_t CommonTokens(std::string_view label, std::string_view text) {
    const auto at_end = [](std::string_view s, size_t i) { return i == s.size() || s[i] == '.'; };
    size_t common = 0;
    for (size_t i = 0; i <= std::min(label.size(), text.size()); ++i) {
      if (at_end(label, i) && at_end(text, i)) common = i;
      if (i == label.size() || i == text.size() || label[i] != text[i]) break;
    }
    return common;
  }

  static size_t BytesOf(const Values& values) {
    return values.capacity() > 1 ? values.capacity() * sizeof(T*) : 0;
  }

  // With the values and children of from, which may be null.
  NodePtr Make(std::string_view label, NodePtr from) {
    void* const memory = ::operator new(sizeof(Node) + label.size());
    NodePtr node(new (memory) Node(label));
    bytes_ += sizeof(Node) + label.size();
    if (from == nullptr) return node;
    node->values = std::move(from->values);
    node->children = std::move(from->children);
    bytes_ -= sizeof(Node) + from->label_bytes;
    return node;
  }

  static Node* Find(const Node& node, std::string_view token) {
    if (node.children == nullptr) return nullptr;
    const Children& children = *node.children;
    if (token == "*") return children.any.get();
    if (token == ">") return children.rest.get();
    const auto it = children.named.find(token);
    return it == children.named.end() ? nullptr : it->get();
  }

  Node* Insert(Node& node, NodePtr child) {
    Node* const inserted = child.get();
    if (node.children == nullptr) {
      node.children = std::make_unique<Children>();
    } else {
      bytes_ -= node.children->bytes();
    }
    const std::string_view token = child->first_token();
    if (token == "*") {
      node.children->any = std::move(child);
    } else if (token == ">") {
      node.children->rest = std::move(child);
    } else {
      node.children->named.insert(std::move(child));
    }
    bytes_ += node.children->bytes();
    return inserted;
  }

  NodePtr Take(Node& node, const Node& child) {
    Children& children = *node.children;
    bytes_ -= children.bytes();
    NodePtr taken;
    if (children.any.get() == &child) {
      taken = std::move(children.any);
    } else if (children.rest.get() == &child) {
      taken = std::move(children.rest);
    } else {
      auto handle = children.named.extract(children.named.find(child.first_token()));
      taken = std::move(handle.value());
      base::ShrinkIfSparse(children.named);
    }
    if (children.size() == 0) {
      node.children = nullptr;
    } else {
      bytes_ += children.bytes();
    }
    return taken;
  }

  // Puts a node for the first bytes of child's label between node and child, and returns it.
  Node* Split(Node& node, const Node& child, size_t bytes) {
    NodePtr lower = Take(node, child);
    NodePtr upper = Make(lower->label().substr(0, bytes), {});
    const std::string_view rest = After(lower->label(), bytes);
    Insert(*upper, Make(rest, std::move(lower)));
    return Insert(node, std::move(upper));
  }

  void AddValue(Node& node, T* value) {
    bytes_ -= BytesOf(node.values);
    node.values.push_back(value);
    bytes_ += BytesOf(node.values);
  }

  void RemoveValue(Node& node, T* value) {
    const auto it = std::find(node.values.begin(), node.values.end(), value);
    if (it == node.values.end()) return;
    bytes_ -= BytesOf(node.values);
    *it = node.values.back();
    node.values.pop_back();
    if (node.values.size() <= node.values.capacity() / 4) node.values.shrink_to_fit();
    bytes_ += BytesOf(node.values);
  }

  // text: the part of the filter that is below node.
  void Remove(Node& node, std::string_view text, T* value) {
    Node* const child = Find(node, FirstToken(text));
    if (child == nullptr || CommonTokens(child->label(), text) < child->label().size()) return;
    const std::string_view rest = After(text, child->label().size());
    if (rest.empty()) {
      RemoveValue(*child, value);
    } else {
      Remove(*child, rest, value);
    }
    if (!child->values.empty()) return;
    if (child->children == nullptr) {
      bytes_ -= sizeof(Node) + child->label_bytes;
      Take(node, *child);
    } else if (child->children->size() == 1) {
      Join(node, *child);
    }
  }

  // Makes one node of child, where no filter ends, and its only child.
  void Join(Node& node, const Node& child) {
    NodePtr upper = Take(node, child);
    NodePtr lower = Take(*upper, *upper->children->only());
    bytes_ -= sizeof(Node) + upper->label_bytes;
    std::string label(upper->label());
    label += '.';
    label += lower->label();
    Insert(node, Make(label, std::move(lower)));
  }

  // topic: the part of the topic that is below node; may be empty.
  static void Match(const Node& node, std::string_view topic, std::vector<T*>& out) {
    if (topic.empty()) {
      for (T* const value : node.values) out.push_back(value);
      return;
    }
    if (node.children == nullptr) return;
    const Children& children = *node.children;
    if (children.rest != nullptr) Match(*children.rest, {}, out);
    if (children.any != nullptr) MatchLabel(*children.any, topic, out);
    if (children.named.empty()) return;
    // A single child is compared without hashing.
    const auto it = children.named.size() == 1 ? children.named.begin()
                                               : children.named.find(FirstToken(topic));
    if (it != children.named.end()) MatchLabel(**it, topic, out);
  }

  // The same, for a topic whose next tokens have yet to be compared with node's label.
  static void MatchLabel(const Node& node, std::string_view topic, std::vector<T*>& out) {
    std::string_view label = node.label();
    if (!node.has_wildcard) {
      if (!topic.starts_with(label)) return;
      if (topic.size() > label.size() && topic[label.size()] != '.') return;
      return Match(node, After(topic, label.size()), out);
    }
    while (!label.empty()) {
      if (topic.empty()) return;
      const std::string_view pattern = FirstToken(label);
      const std::string_view token = FirstToken(topic);
      // It is a filter's last token.
      if (pattern == ">") return Match(node, {}, out);
      if (pattern != "*" && pattern != token) return;
      label = After(label, pattern.size());
      topic = After(topic, token.size());
    }
    Match(node, topic, out);
  }

  size_t bytes_ = 0;
  NodePtr root_;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_FILTER_INDEX_H_
