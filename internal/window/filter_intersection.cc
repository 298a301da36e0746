#include "internal/window/filter_intersection.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"

// Implementation notes
//
// A set of filters is a tree of tokens. Two trees are walked together: a pair of nodes stands for
// all filters of the one that begin in a way that some filter of the other allows as well, and the
// tokens so far are those of the intersection. A pair of nodes whose filters both end, or whose
// rest is open (">"), gives a filter of the result.
//
// Different pairs may give the same text ("a" and "*" against "*" and "a"), so results are kept in
// a hash set. Filters that others cover are taken out at the end, by a walk of each through the
// tree of all.

namespace ssegw::window {
namespace {

using Node = FilterTree::Node;

// Takes the first token off rest. done: it was the last one.
std::string_view TakeToken(std::string_view& rest, bool& done) {
  const size_t dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  done = dot == std::string_view::npos;
  rest = done ? std::string_view() : rest.substr(dot + 1);
  return token;
}

const std::pair<std::string_view, uint32_t>* Child(const Node& node, std::string_view token) {
  const auto child = std::lower_bound(
      node.children.begin(), node.children.end(), token,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return child != node.children.end() && child->first == token ? &*child : nullptr;
}

// Finds whether a tree has a filter that covers another one.
class CoverSearch {
 public:
  CoverSearch(const FilterTree& tree, size_t steps) : tree_(tree), steps_(steps) {}

  // Whether another filter of the tree covers inner, which is one of it. false too where there are
  // no steps left.
  bool FindsOther(std::string_view inner) { return Find(FilterTree::kRoot, inner, false); }

 private:
  // wider: the way to node has a "*" where inner has a token.
  bool Find(uint32_t index, std::string_view rest, bool wider) {
    if (steps_ == 0) return false;
    --steps_;
    const Node& node = tree_.node(index);
    bool last = false;
    const std::string_view token = TakeToken(rest, last);
    if (token == ">") return node.rest && wider;
    if (node.rest) return true;
    const auto below = [&](uint32_t child, bool child_wider) {
      return last ? tree_.node(child).ends && child_wider : Find(child, rest, child_wider);
    };
    if (node.any != FilterTree::kNone && below(node.any, wider || token != "*")) return true;
    if (token == "*") return false;
    const auto* child = Child(node, token);
    return child != nullptr && below(child->second, wider);
  }

  const FilterTree& tree_;
  size_t steps_;
};

// Up to here comparing each with each takes less than making a tree.
constexpr size_t kFewFilters = 16;

Filters WithoutCovered(const Filters& filters, size_t steps) {
  if (filters.all().size() < 2) return filters;
  std::vector<Filter> kept;
  const auto keep_unless = [&](const auto& is_covered) {
    for (const FilterView& filter : filters.all()) {
      if (!is_covered(filter)) kept.push_back(*Filter::Parse(filter.text()));
    }
  };
  if (filters.all().size() <= kFewFilters) {
    keep_unless([&](const FilterView& filter) {
      return std::any_of(filters.all().begin(), filters.all().end(), [&](const FilterView& other) {
        return other.text() != filter.text() && Covers(other, filter);
      });
    });
  } else {
    const FilterTree tree(filters);
    CoverSearch search(tree, steps);
    keep_unless([&](const FilterView& filter) { return search.FindsOther(filter.text()); });
  }
  return kept.size() == filters.all().size() ? filters : Filters(std::move(kept));
}

class Walk {
 public:
  Walk(const FilterTree& wanted, const FilterTree& granted, const IntersectionLimits& limits)
      : wanted_(wanted),
        granted_(granted),
        limits_(limits),
        ends_met_(wanted.size()),
        rest_met_(wanted.size()) {}

  // false: beyond the limits.
  bool Run() {
    Meet(FilterTree::kRoot, FilterTree::kRoot);
    return !beyond_;
  }

  Filters TakeFilters() {
    std::vector<Filter> filters;
    filters.reserve(found_.size());
    for (const std::string& text : found_) filters.push_back(*Filter::Parse(text));
    return Filters(std::move(filters));
  }

  // The first of wanted that met nothing.
  std::optional<std::string> Without() const {
    for (const FilterView& filter : wanted_.filters().all()) {
      if (!HasMet(filter.text())) return std::string(filter.text());
    }
    return std::nullopt;
  }

 private:
  // Before those that others cover are out, there may be this many times as many.
  static constexpr size_t kBeforeCover = 4;

  // The filters below both nodes.
  void Meet(uint32_t wanted, uint32_t granted) {
    if (!TakeStep()) return;
    const Node& a = wanted_.node(wanted);
    const Node& b = granted_.node(granted);
    if (b.rest) return TakeWanted(wanted);
    if (a.rest && TakeGranted(granted)) rest_met_[wanted] = true;
    if (a.any != FilterTree::kNone) {
      if (b.any != FilterTree::kNone) MeetBelow("*", a.any, b.any);
      for (const auto& [token, child] : b.children) MeetBelow(token, a.any, child);
    }
    if (b.any != FilterTree::kNone) {
      for (const auto& [token, child] : a.children) MeetBelow(token, child, b.any);
    }
    MeetSameTokens(a, b);
  }

  void MeetSameTokens(const Node& a, const Node& b) {
    auto in_a = a.children.begin();
    auto in_b = b.children.begin();
    while (in_a != a.children.end() && in_b != b.children.end()) {
      if (!TakeStep()) return;
      if (in_a->first < in_b->first) {
        ++in_a;
      } else if (in_b->first < in_a->first) {
        ++in_b;
      } else {
        MeetBelow(in_a->first, in_a->second, in_b->second);
        ++in_a;
        ++in_b;
      }
    }
  }

  void MeetBelow(std::string_view token, uint32_t wanted, uint32_t granted) {
    const size_t before = Push(token);
    if (wanted_.node(wanted).ends && granted_.node(granted).ends && Emit()) {
      ends_met_[wanted] = true;
    }
    Meet(wanted, granted);
    text_.resize(before);
  }

  // Everything below a node of wanted is granted.
  void TakeWanted(uint32_t index) {
    ForBelow(wanted_, index, [this](uint32_t node, bool rest) {
      if (Emit()) (rest ? rest_met_ : ends_met_)[node] = true;
    });
  }

  // Everything below a node of granted is wanted. Whether that is something.
  bool TakeGranted(uint32_t index) {
    bool any = false;
    ForBelow(granted_, index, [&](uint32_t, bool) { any = Emit() || any; });
    return any;
  }

  // Calls take for each filter below a node, whose text is in text_: with the node where it ends
  // or, rest, goes on with ">".
  template <typename Take>
  void ForBelow(const FilterTree& tree, uint32_t index, const Take& take) {
    if (!TakeStep()) return;
    const Node& node = tree.node(index);
    if (node.rest) {
      const size_t before = Push(">");
      take(index, true);
      text_.resize(before);
    }
    const auto below = [&](std::string_view token, uint32_t child) {
      const size_t before = Push(token);
      if (tree.node(child).ends) take(child, false);
      ForBelow(tree, child, take);
      text_.resize(before);
    };
    if (node.any != FilterTree::kNone) below("*", node.any);
    for (const auto& [token, child] : node.children) below(token, child);
  }

  size_t Push(std::string_view token) {
    const size_t before = text_.size();
    if (before > 0) text_ += '.';
    text_ += token;
    return before;
  }

  // false: no topic is that long.
  bool Emit() {
    if (text_.size() > kMaxTopicBytes) return false;
    if (!beyond_ && found_.insert(text_).second) {
      found_bytes_ += text_.size();
      beyond_ = found_.size() > kBeforeCover * limits_.filters ||
                found_bytes_ > kBeforeCover * limits_.bytes;
    }
    return true;
  }

  bool TakeStep() {
    beyond_ = beyond_ || ++steps_ > limits_.steps;
    return !beyond_;
  }

  bool HasMet(std::string_view text) const {
    uint32_t at = FilterTree::kRoot;
    for (bool last = false; !last;) {
      const std::string_view token = TakeToken(text, last);
      const Node& node = wanted_.node(at);
      if (token == ">") return rest_met_[at];
      at = token == "*" ? node.any : Child(node, token)->second;
    }
    return ends_met_[at];
  }

  const FilterTree& wanted_;
  const FilterTree& granted_;
  const IntersectionLimits& limits_;
  // By node of wanted: whether the filter that ends there, or goes on with ">", met another one.
  std::vector<bool> ends_met_;
  std::vector<bool> rest_met_;
  std::string text_;
  absl::flat_hash_set<std::string> found_;
  size_t found_bytes_ = 0;
  size_t steps_ = 0;
  bool beyond_ = false;
};

bool Within(const Filters& filters, const IntersectionLimits& limits) {
  size_t bytes = 0;
  size_t tokens = 0;
  for (const FilterView& filter : filters.all()) {
    bytes += filter.text().size();
    tokens += 1 + static_cast<size_t>(std::count(filter.text().begin(), filter.text().end(), '.'));
  }
  return filters.all().size() <= limits.filters && bytes <= limits.bytes && tokens <= limits.tokens;
}

}  // namespace

std::optional<Filter> Intersection(const FilterView& a, const FilterView& b) {
  std::string_view rest_a = a.text();
  std::string_view rest_b = b.text();
  std::string text;
  const auto add = [&](std::string_view token) {
    if (!text.empty()) text += '.';
    text += token;
  };
  bool last_a = false;
  bool last_b = false;
  while (!last_a && !last_b) {
    const std::string_view all_a = rest_a;
    const std::string_view all_b = rest_b;
    const std::string_view token_a = TakeToken(rest_a, last_a);
    const std::string_view token_b = TakeToken(rest_b, last_b);
    if (token_a == ">" || token_b == ">") {
      add(token_a == ">" ? all_b : all_a);
      last_a = last_b = true;
    } else if (token_a != "*" && token_b != "*" && token_a != token_b) {
      return std::nullopt;
    } else {
      add(token_a == "*" ? token_b : token_a);
    }
  }
  if (last_a != last_b || text.size() > kMaxTopicBytes) return std::nullopt;
  return *Filter::Parse(text);
}

bool ShareTopic(const FilterView& a, const FilterView& b) {
  std::string_view rest_a = a.text();
  std::string_view rest_b = b.text();
  bool last_a = false;
  bool last_b = false;
  while (!last_a && !last_b) {
    const std::string_view token_a = TakeToken(rest_a, last_a);
    const std::string_view token_b = TakeToken(rest_b, last_b);
    if (token_a == ">" || token_b == ">") return true;
    if (token_a != "*" && token_b != "*" && token_a != token_b) return false;
  }
  return last_a == last_b;
}

bool Covers(const FilterView& outer, const FilterView& inner) {
  std::string_view rest_outer = outer.text();
  std::string_view rest_inner = inner.text();
  bool last_outer = false;
  bool last_inner = false;
  while (!last_outer && !last_inner) {
    const std::string_view token = TakeToken(rest_outer, last_outer);
    const std::string_view other = TakeToken(rest_inner, last_inner);
    if (token == ">") return true;
    if (other == ">" || (token != "*" && token != other)) return false;
  }
  return last_outer && last_inner;
}

bool Covers(const Filters& outer, const FilterView& inner) {
  return std::any_of(outer.all().begin(), outer.all().end(),
                     [&](const FilterView& filter) { return Covers(filter, inner); });
}

Filters WithoutCovered(const Filters& filters) {
  return WithoutCovered(filters, IntersectionLimits{}.steps);
}

std::optional<SetIntersection> Intersection(const FilterTree& wanted, const FilterTree& granted,
                                            const IntersectionLimits& limits) {
  Walk walk(wanted, granted, limits);
  if (!walk.Run()) return std::nullopt;
  SetIntersection both{.filters = WithoutCovered(walk.TakeFilters(), limits.steps),
                       .without = walk.Without()};
  if (!Within(both.filters, limits)) return std::nullopt;
  return both;
}

std::optional<SetIntersection> Intersection(const Filters& wanted, const Filters& granted,
                                            const IntersectionLimits& limits) {
  // What most pages ask for, and what it gives.
  if (wanted.canonical() == ">" && !granted.all().empty() && Within(granted, limits)) {
    return SetIntersection{.filters = WithoutCovered(granted)};
  }
  return Intersection(FilterTree(wanted), FilterTree(granted), limits);
}

}  // namespace ssegw::window
