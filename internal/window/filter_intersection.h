#ifndef SSEGW_INTERNAL_WINDOW_FILTER_INTERSECTION_H_
#define SSEGW_INTERNAL_WINDOW_FILTER_INTERSECTION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "internal/window/filter.h"
#include "internal/window/filter_tree.h"

namespace ssegw::window {

// The filter that matches the topics that both a and b match. It always is one filter: each of its
// tokens is that of a or b which says more. nullopt: there is no such topic, also because it would
// be longer than a topic may be.
std::optional<Filter> Intersection(const FilterView& a, const FilterView& b);

// Whether there is a topic that both match. Goes by their tokens, without the greatest length of a
// topic.
//
// Cost: allocates nothing.
bool ShareTopic(const FilterView& a, const FilterView& b);

// Whether outer matches every topic that inner matches. Goes by their tokens: what only follows
// from the greatest length of a topic does not count.
bool Covers(const FilterView& outer, const FilterView& inner);
// The same for one of the outer ones.
bool Covers(const Filters& outer, const FilterView& inner);

// filters without those that another one covers. It matches the same topics.
Filters WithoutCovered(const Filters& filters);

// How far an intersection of sets may go.
struct IntersectionLimits {
  // What the result may have: filters, their bytes, their tokens.
  size_t filters;
  size_t bytes;
  size_t tokens;
  // Of work, in pairs of tokens looked at. 65,536 of them take some milliseconds.
  size_t steps = 65'536;
};

struct SetIntersection {
  // Matches exactly the topics that both sets match; none of its filters covers another one, unless
  // to find that takes too many steps.
  Filters filters;
  // A filter of wanted that shares no topic with any filter of granted; the first by text.
  std::optional<std::string> without = {};
};

// nullopt: it would go beyond limits. It never is less than the whole intersection.
//
// Cost: walks both trees at the same time, so filters that share no beginning cost nothing: 64
//       against 256 take some 0.2 ms. The worst sets are those whose every pair has an
//       intersection of its own, and they end at limits: 1,000 against 1,000 after some 2 ms.
std::optional<SetIntersection> Intersection(const FilterTree& wanted, const FilterTree& granted,
                                            const IntersectionLimits& limits);

// The same without trees at hand: makes them where it needs them.
std::optional<SetIntersection> Intersection(const Filters& wanted, const Filters& granted,
                                            const IntersectionLimits& limits);

}  // namespace ssegw::window

#endif  // SSEGW_INTERNAL_WINDOW_FILTER_INTERSECTION_H_
