#include "gateway/keys/key_intake.h"

#include <algorithm>
#include <memory>

#include "gateway/auth/key_set.h"
#include "internal/log/log.h"

namespace ssegw::keys {
namespace {

// A set of another product has a fault for each of its keys.
constexpr size_t kMaxLoggedFaults = 20;

// The kids of those that verify, with spaces between: what an operator compares with the issuer's.
std::string KidsOf(const auth::KeySet& set) {
  std::string kids;
  for (const auth::Key& key : set.keys()) {
    if (!key.verification || !key.kid) continue;
    if (!kids.empty()) kids += ' ';
    kids += *key.kid;
  }
  return kids;
}

void LogKeys(const auth::KeySet& set) {
  for (size_t i = 0; i < std::min(set.faults().size(), kMaxLoggedFaults); ++i) {
    log::Warn("key not used", {{"error", set.faults()[i]}});
  }
  log::Info("keys",
            {{"keys", set.usable()}, {"not_used", set.faults().size()}, {"kids", KidsOf(set)}});
}

}  // namespace

absl::Status KeyIntake::Take(std::string_view text, base::WallTime now) {
  if (text != taken_ || stats_.keys == 0) {
    const auto set = auth::KeySet::Parse(text, verifier_.rules().algorithms);
    if (!set.ok()) return set.status();
    LogKeys(**set);
    verifier_.SetKeys(*set);
    stats_.keys = (*set)->usable();
    taken_ = text;
  }
  stats_.read_at = now;
  return absl::OkStatus();
}

void KeyIntake::LogFailure(std::string_view error) {
  log::Error("keys not read", {{"error", error}, {"keys", stats_.keys.load()}});
}

}  // namespace ssegw::keys
