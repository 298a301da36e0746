#include "gateway/keys/key_file.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/auth/key_set.h"
#include "internal/base/concat.h"
#include "internal/base/read_file.h"

namespace ssegw::keys {
namespace {

std::string_view TextOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

std::string CannotRead(const std::string& path, const absl::Status& status) {
  return base::Concat("cannot read ", path, ": ", TextOf(status));
}

}  // namespace

absl::Status CheckKeyFile(const std::string& path, auth::AlgorithmSet algorithms) {
  const absl::StatusOr<std::string> text = base::ReadRegularFile(path, auth::KeySet::kMaxBytes);
  if (!text.ok()) return absl::InvalidArgumentError(CannotRead(path, text.status()));
  const auto set = auth::KeySet::Parse(*text, algorithms);
  if (set.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(base::Concat(path, " ", TextOf(set.status())));
}

KeyFile::KeyFile(std::string path, KeyIntake& intake)
    : file_(std::move(path), auth::KeySet::kMaxBytes), intake_(intake) {}

void KeyFile::Reread() {
  const std::optional<absl::StatusOr<std::string>> text = file_.ReadIfChanged();
  const base::WallTime now = std::chrono::system_clock::now();
  if (!text) {
    if (is_taken_) intake_.Confirm(now);
    return;
  }
  is_taken_ = false;
  if (!text->ok()) return intake_.LogFailure(CannotRead(file_.path(), text->status()));
  const absl::Status taken = intake_.Take(**text, now);
  is_taken_ = taken.ok();
  if (!taken.ok()) intake_.LogFailure(base::Concat(file_.path(), " ", TextOf(taken)));
}

}  // namespace ssegw::keys
