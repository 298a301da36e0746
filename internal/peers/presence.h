#ifndef SSEGW_INTERNAL_PEERS_PRESENCE_H_
#define SSEGW_INTERNAL_PEERS_PRESENCE_H_

#include <map>
#include <string>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::peers {

// Who has been heard of lately.
//
// Thread: one.
class Presence {
 public:
  // True: it was not there before.
  bool Hear(const std::string& name, base::TimePoint now) {
    const auto [at, is_new] = heard_at_.insert_or_assign(name, now);
    return is_new;
  }
  // True: it was there.
  bool Remove(const std::string& name) { return heard_at_.erase(name) != 0; }
  // Removes those that were heard of before that, and returns them.
  std::vector<std::string> RemoveSilent(base::TimePoint before);
  std::vector<std::string> names() const;

 private:
  std::map<std::string, base::TimePoint> heard_at_;
};

}  // namespace ssegw::peers

#endif  // SSEGW_INTERNAL_PEERS_PRESENCE_H_
