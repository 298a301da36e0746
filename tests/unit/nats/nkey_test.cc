#include "internal/nats/nkey.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::nats {
namespace {

// A pair of
// https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth.
constexpr char kSeed[] = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
constexpr char kPublicKey[] = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

TEST(NkeyTest, FindsThePublicKeyOfASeed) {
  for (const std::string& text :
       {std::string(kSeed), std::string("# mine\r\n  ") + kSeed + "\r\n"}) {
    const auto key = PublicKeyOfSeedFile(text);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(*key, kPublicKey);
  }
}

TEST(NkeyTest, TakesNothingElse) {
  std::string changed = kSeed;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  std::string account = kSeed;
  account[1] = 'A';
  for (const std::string& text :
       {std::string(), std::string("\n\n"), changed, account, std::string(kPublicKey),
        std::string(kSeed).substr(1), std::string(kSeed) + "A", std::string("SU")}) {
    const auto key = PublicKeyOfSeedFile(text);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(key.status().ToString().find("SUACS"), std::string::npos) << "it is a secret";
  }
}

}  // namespace
}  // namespace ssegw::nats
