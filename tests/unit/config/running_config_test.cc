#include "gateway/config/running_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "gateway/config/options.h"

namespace ssegw::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

ParseResult Read(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"sse-gateway"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ParseResult result = Parse(static_cast<int>(argv.size()), argv.data(),
                             [](const char*) -> const char* { return nullptr; });
  EXPECT_THAT(result.faults, IsEmpty());
  return result;
}

TEST(RunningConfigTest, TakesOverWhatCanChangeAndNamesWhatCannot) {
  RunningConfig running(Read({"--retry=3s", "--threads=2"}));
  const Changes changes = running.Update(Read(
      {"--retry=4s", "--threads=3", "--log_level=debug", "--allow_origins=https://a.example"}));
  EXPECT_THAT(changes.made, ElementsAre(FlagChange{"retry", "3s", "4s"},
                                        FlagChange{"allow_origins", "*", "https://a.example"},
                                        FlagChange{"log_level", "info", "debug"}));
  EXPECT_THAT(changes.need_restart, ElementsAre(FlagChange{"threads", "2", "3"}));
  EXPECT_EQ(running.config().retry, 4s);
  EXPECT_EQ(running.config().log_level, log::Level::kDebug);
  EXPECT_THAT(running.config().allow_origins, ElementsAre("https://a.example"));
  EXPECT_EQ(running.config().threads, 2U);
}

TEST(RunningConfigTest, ComparesWithWhatRuns) {
  RunningConfig running(Read({"--retry=3s", "--threads=2"}));
  running.Update(Read({"--retry=4s", "--threads=3"}));
  const Changes again = running.Update(Read({"--retry=4s", "--threads=3"}));
  EXPECT_THAT(again.made, IsEmpty());
  EXPECT_THAT(again.need_restart, ElementsAre(FlagChange{"threads", "2", "3"}));
  const Changes back = running.Update(Read({"--retry=3s", "--threads=2"}));
  EXPECT_THAT(back.made, ElementsAre(FlagChange{"retry", "4s", "3s"}));
  EXPECT_THAT(back.need_restart, IsEmpty());
}

TEST(RunningConfigTest, SameValueInOtherWordsIsNoChange) {
  RunningConfig running(Read({"--retry=2s", "--console=true"}));
  const Changes changes = running.Update(Read({"--retry=2000ms", "--console"}));
  EXPECT_THAT(changes.made, IsEmpty());
  EXPECT_THAT(changes.need_restart, IsEmpty());
}

TEST(RunningConfigTest, FlagThatIsTakenAwayGoesBackToItsDefault) {
  RunningConfig running(Read({"--max_connections=5"}));
  EXPECT_THAT(running.Update(Read({})).made, ElementsAre(FlagChange{"max_connections", "5", "0"}));
  EXPECT_EQ(running.config().max_connections, 0U);
}

// Whatever option there is: a change of it is either made or named, and never lost.
TEST(RunningConfigTest, NoChangeOfAnyOptionIsLost) {
  const std::vector<std::string> others = {"--http_listen=127.0.0.1:1",
                                           "--grpc_listen=127.0.0.1:2",
                                           "--admin_listen=127.0.0.1:3",
                                           "--api_listen=127.0.0.1:4",
                                           "--api_token_file=/api_tokens",
                                           "--api_credentials_file=/api_keys",
                                           "--threads=4",
                                           "--http_tls_cert_file=/cert",
                                           "--http_tls_key_file=/key",
                                           "--tls_min_version=1.3",
                                           "--tls_ticket_key_file=/tls_tickets",
                                           "--tls_handshake_rate=28",
                                           "--http2_max_streams=7",
                                           "--send_queue_bytes=7000",
                                           "--grpc_tls_cert_file=/grpc_cert",
                                           "--grpc_tls_key_file=/grpc_key",
                                           "--grpc_client_ca_file=/grpc_ca",
                                           "--store=nats://other:4223",
                                           "--window_max_events=5",
                                           "--window_max_bytes=6000000",
                                           "--window_max_age=4m",
                                           "--snapshot_max_keys=8",
                                           "--max_event_bytes=9",
                                           "--dedup_window=100s",
                                           "--default_ttl=26s",
                                           "--memory_limit=1000000000",
                                           "--nats_stream=other",
                                           "--nats_replicas=3",
                                           "--nats_storage=memory",
                                           "--nats_credentials=/creds",
                                           "--nats_nkey_seed=/seed",
                                           "--nats_ca=/nats_ca",
                                           "--nats_cert=/nats_cert",
                                           "--nats_key=/nats_key",
                                           "--store_publish_timeout=29s",
                                           "--store_ready_grace=31s",
                                           "--default_mode=all",
                                           "--heartbeat_interval=11s",
                                           "--retry=12s",
                                           "--max_connections=13",
                                           "--max_connections_per_ip=14",
                                           "--connect_rate=15",
                                           "--request_rate=150",
                                           "--trusted_proxies=10.0.0.0/8",
                                           "--max_connection_age=16s",
                                           "--max_publisher_connections=23",
                                           "--max_publisher_streams=24",
                                           "--max_publisher_age=25s",
                                           "--request_header_timeout=17s",
                                           "--keepalive_timeout=22s",
                                           "--write_stall_timeout=18s",
                                           "--drain_delay=19s",
                                           "--drain_window=21s",
                                           "--shed_hold=3s",
                                           "--lifecycle_linger=4s",
                                           "--allow_origins=https://a.example",
                                           "--allowed_hosts=a.example",
                                           "--console=false",
                                           "--operator_actions=true",
                                           "--auth=jwt",
                                           "--jwt_jwks=/keys",
                                           "--jwt_jwks_ca_file=/ca",
                                           "--jwt_issuer=i",
                                           "--jwt_audience=a",
                                           "--jwt_leeway=27s",
                                           "--jwt_algorithms=HS256",
                                           "--topics_claim=t",
                                           "--granted_topics=a.>",
                                           "--anonymous_topics=b.>",
                                           "--auth_cookie=c",
                                           "--ticket_key_file=/tickets",
                                           "--publisher_auth=jwt",
                                           "--publish_claim=p",
                                           "--publisher_grants_file=/grants",
                                           "--descriptor_set=a.binpb",
                                           "--json_field_names=proto",
                                           "--json_defaults=emit",
                                           "--json_enums=number",
                                           "--json_int64=number",
                                           "--log_level=debug",
                                           "--log_format=json"};
  // Without keys auth is a fault, and so are half of a pair and files for a log that is not there.
  const std::vector<std::string> needed = {
      "--store=nats://host",         "--nats_cert=/other",           "--nats_key=/other",
      "--jwt_jwks=/other",           "--http_tls_cert_file=/other",  "--http_tls_key_file=/other",
      "--grpc_tls_cert_file=/other", "--grpc_tls_key_file=/other",   "--api_listen=127.0.0.1:5",
      "--api_token_file=/other",     "--api_credentials_file=/other"};
  for (const std::string& other : others) {
    std::vector<std::string> changed = needed;
    changed.push_back(other);
    RunningConfig running(Read(needed));
    const Changes changes = running.Update(Read(changed));
    EXPECT_EQ(changes.made.size() + changes.need_restart.size(), 1U) << other;
    const std::string name = other.substr(2, other.find('=') - 2);
    const Option* option = FindOption(name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(changes.made.size(), option->at_run_time ? 1U : 0U) << name;
    // What was made is in the configuration.
    EXPECT_EQ(option->is_same(running.config(), *Read(changed).config), option->at_run_time)
        << name;
  }
  // All others have one value, or say what to do with the configuration.
  const std::vector<std::string> none = {"check_config", "flagfile", "probe", "help", "version"};
  EXPECT_EQ(others.size() + none.size(), Options().size());
}

TEST(RunningConfigTest, ShowsNoPassword) {
  EXPECT_EQ(Read({"--descriptor_set=https://u:secret@h/a"}).texts.at("descriptor_set"),
            "https://***@h/a");
  EXPECT_EQ(Read({"--store=nats://u:secret@h:4222,i"}).texts.at("store"), "nats://***@h:4222,i");
}

}  // namespace
}  // namespace ssegw::config
