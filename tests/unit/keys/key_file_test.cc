#include "gateway/keys/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include "internal/base/concat.h"
#include "tests/testing/token_signer.h"

namespace ssegw::keys {
namespace {

using ::testing::HasSubstr;
using testing::KeySetOf;
using ::testing::Not;
using testing::SigningKey;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view kClaims = R"({"exp":1800000600})";
constexpr auth::AlgorithmSet kAllowed = auth::TokenRules().algorithms;

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest()
      : path_(base::Concat(std::filesystem::temp_directory_path().string(), "/keys-", ::getpid())) {
  }
  ~KeyFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  bool Verifies(const SigningKey& key) {
    return std::holds_alternative<auth::TokenPtr>(
        verifier_.Verify(key.Token("ES256", kClaims), kNow));
  }

  const std::string path_;
  const SigningKey first_ = SigningKey::P256();
  const SigningKey second_ = SigningKey::P256();
  auth::Verifier verifier_{auth::TokenRules()};
  KeyStats stats_;
  KeyIntake intake_{verifier_, stats_};
};

TEST_F(KeyFileTest, OtherKeysAreTakenOver) {
  KeyFile file(path_, intake_);
  Write(KeySetOf({first_.Jwk()}));
  file.Reread();
  EXPECT_TRUE(Verifies(first_));
  EXPECT_FALSE(Verifies(second_));
  EXPECT_EQ(stats_.keys, 1U);
  Write(KeySetOf({first_.Jwk(), second_.Jwk()}));
  file.Reread();
  EXPECT_TRUE(Verifies(first_));
  EXPECT_TRUE(Verifies(second_));
  EXPECT_EQ(stats_.keys, 2U);
  const base::WallTime read_at = stats_.read_at.load();
  EXPECT_NE(read_at, base::WallTime());
  file.Reread();  // there is nothing else
  EXPECT_GT(stats_.read_at.load(), read_at);
  Write("{");
  file.Reread();
  const base::WallTime last_good = stats_.read_at.load();
  file.Reread();
  EXPECT_EQ(stats_.read_at.load(), last_good);  // it is not what serves
}

TEST_F(KeyFileTest, AFaultyFileChangesNothing) {
  KeyFile file(path_, intake_);
  Write(KeySetOf({first_.Jwk()}));
  file.Reread();
  for (const std::string& text :
       {std::string(), std::string("{"), KeySetOf({}),
        KeySetOf({SigningKey::Secret(std::string(32, 's')).Jwk()}), std::string(70'000, ' ')}) {
    Write(text);
    file.Reread();
    EXPECT_TRUE(Verifies(first_)) << text.substr(0, 50);
    EXPECT_EQ(stats_.keys, 1U);
  }
  std::filesystem::remove(path_);
  file.Reread();
  EXPECT_TRUE(Verifies(first_));
  Write(KeySetOf({second_.Jwk()}));
  file.Reread();
  EXPECT_TRUE(Verifies(second_));
  EXPECT_FALSE(Verifies(first_));  // its key has gone
}

// A look at an unchanged file costs no token its place in the cache.
TEST_F(KeyFileTest, TheSameKeysAgainChangeNothing) {
  const std::string keys = KeySetOf({first_.Jwk()});
  ASSERT_TRUE(intake_.Take(keys, kNow).ok());
  ASSERT_TRUE(Verifies(first_));
  EXPECT_EQ(verifier_.cache().entries(), 1U);
  ASSERT_TRUE(intake_.Take(keys, kNow + std::chrono::seconds(60)).ok());
  EXPECT_EQ(verifier_.cache().entries(), 1U);
  EXPECT_EQ(stats_.read_at.load(), kNow + std::chrono::seconds(60));
}

TEST_F(KeyFileTest, SaysWhatKeepsAStartFromIt) {
  const auto fault = [&] { return std::string(CheckKeyFile(path_, kAllowed).message()); };
  EXPECT_THAT(fault(), HasSubstr(base::Concat("cannot read ", path_, ": No such file")));
  Write("{");
  EXPECT_THAT(fault(), HasSubstr(base::Concat(path_, " is not a JSON object")));
  const std::string secret(32, 's');
  Write(KeySetOf({SigningKey::Secret(secret).Jwk()}));  // HS256 is not allowed
  EXPECT_THAT(fault(), HasSubstr("jwt_algorithms"));
  EXPECT_THAT(fault(), Not(HasSubstr("c3Nz")));  // nothing of the secret
  Write(KeySetOf({first_.Jwk()}));
  EXPECT_EQ(fault(), "");
}

}  // namespace
}  // namespace ssegw::keys
