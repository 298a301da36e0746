#include "gateway/config/store_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/config/parse.h"

namespace ssegw::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

ParseResult Read(const std::vector<std::string>& arguments, const char* environment = nullptr) {
  std::vector<const char*> argv = {"sse-gateway"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return Parse(static_cast<int>(argv.size()), argv.data(), [&](const char* name) {
    return std::string(name) == "SSE_GATEWAY_STORE" ? environment : nullptr;
  });
}

struct StoreCase {
  std::string name;
  std::string text;
  Store store;
  friend std::ostream& operator<<(std::ostream& out, const StoreCase& c) { return out << c.name; }
};

class GoodStoreTest : public testing::TestWithParam<StoreCase> {};

TEST_P(GoodStoreTest, IsRead) {
  const ParseResult read = Read({"--store=" + GetParam().text});
  ASSERT_THAT(read.faults, IsEmpty());
  const Store& store = read.config->store;
  EXPECT_EQ(store.servers, GetParam().store.servers);
  EXPECT_EQ(store.tls, GetParam().store.tls);
  EXPECT_EQ(store.user, GetParam().store.user);
  EXPECT_EQ(store.password, GetParam().store.password);
  EXPECT_EQ(store.is_shared(), GetParam().text != "memory");
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodStoreTest,
    testing::Values(
        StoreCase{"Memory", "memory", {}},
        StoreCase{"DefaultPort", "nats://nats", {.servers = {{.host = "nats", .port = 4222}}}},
        StoreCase{"OtherPort", "nats://nats:14222", {.servers = {{.host = "nats", .port = 14222}}}},
        StoreCase{"Tls", "tls://nats", {.servers = {{.host = "nats", .port = 4222}}, .tls = true}},
        StoreCase{"Several",
                  "nats://a,b:4223,[::1],[fd00::2]:4224",
                  {.servers = {{.host = "a", .port = 4222},
                               {.host = "b", .port = 4223},
                               {.host = "::1", .port = 4222},
                               {.host = "fd00::2", .port = 4224}}}},
        StoreCase{"User",
                  "tls://u:p@a,b",
                  {.servers = {{.host = "a", .port = 4222}, {.host = "b", .port = 4222}},
                   .tls = true,
                   .user = "u",
                   .password = "p"}},
        StoreCase{"EscapedPassword",
                  "nats://u%3a:a%40b,/:%25@a",
                  {.servers = {{.host = "a", .port = 4222}}, .user = "u:", .password = "a@b,/:%"}}),
    [](const auto& param) { return param.param.name; });

TEST(StoreOptionsTest, AnythingElseIsAFaultThatDoesNotShowThePassword) {
  const std::vector<std::string> faulty = {
      "",
      "redis://u:secret@h",
      "NATS://u:secret@h",
      "nats://",
      "nats://u:secret@",
      "nats://u:secret@h:0",
      "nats://u:secret@h:70000",
      "nats://u:secret@h/path",
      "nats://u:secret@h,,i",
      "nats://u:secret@h,nats://i",
      "nats://u:secret@h,v:secret@i",
      "nats://secret@h",
      "nats://:secret@h",
      "nats://u:secret%4@h",
      "nats://u:secret%zz@h",
  };
  for (const std::string& text : faulty) {
    EXPECT_THAT(
        Read({"--store=" + text}).faults,
        ElementsAre(AllOf(StartsWith("--store="), HasSubstr("expected"), Not(HasSubstr("secret")))))
        << text;
    if (text.empty()) continue;  // an empty variable is none
    EXPECT_THAT(Read({}, text.c_str()).faults, ElementsAre(Not(HasSubstr("secret")))) << text;
  }
}

TEST(StoreOptionsTest, BoundsAreThoseOfTheContract) {
  const std::string nats = "--store=nats://h";
  for (const std::string bad :
       {"--nats_stream=", "--nats_stream=a.b", "--nats_stream=a b", "--nats_replicas=2",
        "--nats_replicas=0", "--nats_replicas=7", "--nats_storage=disk",
        "--store_publish_timeout=999ms", "--store_ready_grace=-1s"}) {
    EXPECT_THAT(Read({nats, bad}).faults, SizeIs(1)) << bad;
  }
  EXPECT_THAT(Read({nats, "--nats_stream=" + std::string(33, 'a')}).faults, SizeIs(1));
  for (const std::string good :
       {"--nats_stream=A_b-9", "--nats_replicas=1", "--nats_replicas=3", "--nats_replicas=5",
        "--nats_storage=memory", "--store_publish_timeout=1s", "--store_ready_grace=0"}) {
    EXPECT_THAT(Read({nats, good}).faults, IsEmpty()) << good;
  }
  EXPECT_THAT(Read({nats, "--nats_stream=" + std::string(32, 'a')}).faults, IsEmpty());
}

TEST(StoreOptionsTest, RepeatsAreRememberedAsLongAsTheGatewayMaySendAgain) {
  EXPECT_THAT(Read({"--store=nats://h", "--dedup_window=19s"}).faults,
              ElementsAre("--dedup_window=19s: is less than twice store_publish_timeout 10s"));
  EXPECT_THAT(Read({"--store=nats://h", "--dedup_window=20s"}).faults, IsEmpty());
  EXPECT_THAT(Read({"--store=nats://h", "--dedup_window=20s", "--window_max_age=19s"}).faults,
              ElementsAre("--dedup_window=20s: exceeds window_max_age 19s"));
  EXPECT_THAT(Read({"--store=nats://h", "--dedup_window=20s", "--window_max_age=20s"}).faults,
              IsEmpty());
  EXPECT_THAT(Read({"--dedup_window=0", "--window_max_age=1s"}).faults, IsEmpty())
      << "in memory nothing is sent again";
}

TEST(StoreOptionsTest, FilesThatNobodyWouldReadAreFaults) {
  for (const std::string flag : {"--nats_credentials", "--nats_nkey_seed", "--nats_ca"}) {
    EXPECT_THAT(Read({flag + "=/f"}).faults,
                ElementsAre(flag + ": needs --store=nats://host or tls://host"));
    EXPECT_THAT(Read({"--store=tls://h", flag + "=/f"}).faults, IsEmpty());
  }
  EXPECT_THAT(Read({"--nats_cert=/c", "--nats_key=/k"}).faults, SizeIs(2));
  EXPECT_THAT(Read({"--store=tls://h", "--nats_cert=/c"}).faults,
              ElementsAre("--nats_cert: needs --nats_key"));
  EXPECT_THAT(Read({"--store=tls://h", "--nats_key=/k"}).faults,
              ElementsAre("--nats_key: needs --nats_cert"));
  EXPECT_THAT(Read({"--store=tls://h", "--nats_cert=/c", "--nats_key=/k"}).faults, IsEmpty());
}

TEST(StoreOptionsTest, OneWayToLogIn) {
  const std::string both =
      "--store: takes one of a user, --nats_credentials and --nats_nkey_seed, not several";
  EXPECT_THAT(Read({"--store=nats://u:p@h", "--nats_credentials=/c"}).faults, ElementsAre(both));
  EXPECT_THAT(Read({"--store=nats://h", "--nats_credentials=/c", "--nats_nkey_seed=/s"}).faults,
              ElementsAre(both));
}

}  // namespace
}  // namespace ssegw::config
