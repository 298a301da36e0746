#include "tests/testing/issuer.h"

#include <unistd.h>

#include <atomic>
#include <fstream>

#include "internal/base/concat.h"

namespace ssegw::testing {
namespace {

std::filesystem::path NewPath() {
  static std::atomic<int> number{0};
  return std::filesystem::temp_directory_path() /
         base::Concat("ssegw-test-", getpid(), '-', number.fetch_add(1));
}

}  // namespace

ReplacedFile::ReplacedFile(std::string_view text) : path_(NewPath()) { Write(text); }

ReplacedFile::~ReplacedFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void ReplacedFile::Write(std::string_view text) const {
  const std::filesystem::path next = path_.string() + ".next";
  std::ofstream(next) << text;
  std::filesystem::rename(next, path_);
}

Issuer::Issuer() : jwks_(KeySetOf({key_.Jwk(R"("kid":"a")")})) {}

std::vector<std::string> Issuer::Flags(const std::vector<std::string>& more) const {
  std::vector<std::string> flags = {"--auth=jwt", base::Concat("--jwt_jwks=", jwks_.path())};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

std::string Issuer::Token(std::string_view members, std::chrono::seconds good_for) const {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return key_.Token("ES256",
                    base::Concat(R"({"exp":)", (now + good_for).count(), ',', members, '}'), "a");
}

}  // namespace ssegw::testing
