#include "internal/peers/presence.h"

namespace ssegw::peers {

std::vector<std::string> Presence::RemoveSilent(base::TimePoint before) {
  std::vector<std::string> silent;
  std::erase_if(heard_at_, [&](const auto& peer) {
    if (peer.second >= before) return false;
    silent.push_back(peer.first);
    return true;
  });
  return silent;
}

std::vector<std::string> Presence::names() const {
  std::vector<std::string> names;
  names.reserve(heard_at_.size());
  for (const auto& [name, heard_at] : heard_at_) names.push_back(name);
  return names;
}

}  // namespace ssegw::peers
