#include "gateway/auth/tickets.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "gateway/auth/base64url.h"

namespace ssegw::auth {
namespace {

window::Filters Set(const std::vector<std::string>& texts) {
  std::vector<window::Filter> filters;
  for (const std::string& text : texts) filters.push_back(*window::Filter::Parse(text));
  return window::Filters(std::move(filters));
}

Ticket SomeTicket() {
  return {.origin = "https://app.example",
          .subject = "auth0|7",
          .grants = Set({"a.>", "b.*.c"}),
          .expires_at = base::WallTime(std::chrono::seconds(1'900'000'000))};
}

TEST(TicketSealerTest, OpensWhatItSealed) {
  const TicketSealer sealer({RandomTicketKey()});
  const auto opened = sealer.Open(*sealer.Seal(SomeTicket()));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->origin, "https://app.example");
  EXPECT_EQ(opened->subject, "auth0|7");
  EXPECT_EQ(opened->grants.canonical(), "a.> b.*.c");
  EXPECT_EQ(opened->expires_at, SomeTicket().expires_at);
}

TEST(TicketSealerTest, ATicketIsOpaqueAndFitForAUrl) {
  const TicketSealer sealer({RandomTicketKey()});
  std::set<std::string> tickets;
  for (int i = 0; i < 100; ++i) {
    const std::string text = *sealer.Seal(SomeTicket());
    EXPECT_EQ(
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    EXPECT_EQ(DecodeBase64Url(text)->find("auth0"), std::string::npos);
    EXPECT_TRUE(tickets.insert(text).second) << "sealed twice with one nonce";
  }
}

TEST(TicketSealerTest, RefusesATicketWithAnyBitChanged) {
  const TicketSealer sealer({RandomTicketKey()});
  const std::string sealed = *DecodeBase64Url(*sealer.Seal(SomeTicket()));
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(sealer.Open(EncodeBase64Url(changed)).has_value()) << "bit " << bit;
  }
}

TEST(TicketSealerTest, RefusesATicketWithAnyCharacterChanged) {
  const TicketSealer sealer({RandomTicketKey()});
  const std::string text = *sealer.Seal(SomeTicket());
  for (size_t at = 0; at < text.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      if (static_cast<char>(c) == text[at]) continue;
      std::string changed = text;
      changed[at] = static_cast<char>(c);
      EXPECT_FALSE(sealer.Open(changed).has_value()) << "at " << at << ": " << c;
    }
  }
}

TEST(TicketSealerTest, RefusesATicketThatIsCutOrLonger) {
  const TicketSealer sealer({RandomTicketKey()});
  const std::string text = *sealer.Seal(SomeTicket());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(sealer.Open(text.substr(0, length)).has_value()) << length;
  }
  for (const char* more : {"A", "AA", "AAA", "AAAA", "=", "=="}) {
    EXPECT_FALSE(sealer.Open(text + more).has_value()) << more;
  }
}

TEST(TicketSealerTest, OpensTicketsOfEachKeyAndSealsWithTheFirst) {
  const base::SecretKey old_key = RandomTicketKey();
  const base::SecretKey new_key = RandomTicketKey();
  TicketSealer sealer({old_key});
  const std::string of_old = *sealer.Seal(SomeTicket());
  sealer.SetKeys({new_key, old_key});
  const std::string of_new = *sealer.Seal(SomeTicket());
  EXPECT_TRUE(sealer.Open(of_old).has_value());
  EXPECT_TRUE(sealer.Open(of_new).has_value());
  sealer.SetKeys({new_key});
  EXPECT_FALSE(sealer.Open(of_old).has_value());
  EXPECT_TRUE(sealer.Open(of_new).has_value());
  EXPECT_TRUE(TicketSealer({new_key}).Open(of_new).has_value()) << "another replica";
}

// 1 KiB as text.
TEST(TicketSealerTest, ATicketHasOneKibibyteAtMost) {
  const TicketSealer sealer({RandomTicketKey()});
  Ticket ticket = SomeTicket();
  std::vector<std::string> grants;
  std::string longest;
  for (;;) {
    grants.push_back("t" + std::to_string(grants.size()) + ".>");
    ticket.grants = Set(grants);
    const auto sealed = sealer.Seal(ticket);
    if (!sealed) break;
    longest = *sealed;
    ASSERT_EQ(sealer.Open(longest)->grants.canonical(), ticket.grants.canonical());
  }
  EXPECT_LE(longest.size(), 1024U);
  EXPECT_GT(longest.size(), 1000U);
  ticket = SomeTicket();
  ticket.subject = std::string(70'000, 'x');
  EXPECT_FALSE(sealer.Seal(ticket).has_value());
}

}  // namespace
}  // namespace ssegw::auth
