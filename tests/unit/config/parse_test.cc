#include "gateway/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/config/options.h"

namespace ssegw::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

using Environment = std::map<std::string, std::string>;

ParseResult ParseArguments(const std::vector<std::string>& arguments,
                           const Environment& environment = {}) {
  std::vector<const char*> argv = {"sse-gateway"};
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return Parse(static_cast<int>(argv.size()), argv.data(), [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

// Of arguments that have no fault.
Config ConfigOf(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  const ParseResult result = ParseArguments(arguments, environment);
  EXPECT_THAT(result.faults, IsEmpty());
  return result.config.value_or(Config{});
}

TEST(ParseTest, DefaultsAreThoseOfTheContract) {
  const Config config = ConfigOf({});
  EXPECT_EQ(config.http_listen, (Address{"", 8080}));
  EXPECT_EQ(config.grpc_listen, (Address{"", 50051}));
  EXPECT_EQ(config.admin_listen, (Address{"", 9090}));
  EXPECT_EQ(config.threads, 0U);
  EXPECT_EQ(config.window_max_events, 100'000U);
  EXPECT_EQ(config.window_max_bytes, 67'108'864U);
  EXPECT_EQ(config.window_max_age, 5min);
  EXPECT_EQ(config.snapshot_max_keys, 100'000U);
  EXPECT_EQ(config.max_event_bytes, 262'144U);
  EXPECT_EQ(config.dedup_window, 2min);
  EXPECT_FALSE(config.store.is_shared());
  EXPECT_EQ(config.nats_stream, "ssegw");
  EXPECT_EQ(config.nats_replicas, 1U);
  EXPECT_EQ(config.nats_storage, NatsStorage::kFile);
  EXPECT_EQ(config.store_publish_timeout, 10s);
  EXPECT_EQ(config.store_ready_grace, 30s);
  EXPECT_EQ(config.default_mode, Mode::kLatest);
  EXPECT_EQ(config.heartbeat_interval, 15s);
  EXPECT_EQ(config.retry, 2s);
  EXPECT_EQ(config.max_connections, 0U);
  EXPECT_EQ(config.max_connections_per_ip, 0U);
  EXPECT_EQ(config.connect_rate, 0U);
  EXPECT_EQ(config.request_rate, 0U);
  EXPECT_THAT(config.trusted_proxies, IsEmpty());
  EXPECT_EQ(config.max_connection_age, 0s);
  EXPECT_EQ(config.request_header_timeout, 10s);
  EXPECT_EQ(config.write_stall_timeout, 60s);
  EXPECT_EQ(config.drain_delay, 5s);
  EXPECT_EQ(config.drain_window, 20s);
  EXPECT_THAT(config.allow_origins, ElementsAre("*"));
  EXPECT_THAT(config.allowed_hosts, IsEmpty());
  EXPECT_TRUE(config.console);
  EXPECT_THAT(config.descriptor_set, IsEmpty());
  EXPECT_EQ(config.json_field_names, JsonFieldNames::kJson);
  EXPECT_EQ(config.json_defaults, JsonDefaults::kOmit);
  EXPECT_EQ(config.json_enums, JsonEnums::kName);
  EXPECT_EQ(config.json_int64, JsonInt64::kString);
  EXPECT_EQ(config.log_level, log::Level::kInfo);
  EXPECT_EQ(config.log_format, log::Format::kLogfmt);
}

TEST(ParseTest, EveryFlagSetsItsOwnMember) {
  const Config config = ConfigOf({"--http_listen=127.0.0.1:1",
                                  "--grpc_listen=[::1]:2",
                                  "--admin_listen=:3",
                                  "--threads=4",
                                  "--store=memory",
                                  "--window_max_events=5",
                                  "--window_max_bytes=6000",
                                  "--window_max_age=7s",
                                  "--snapshot_max_keys=8",
                                  "--max_event_bytes=9",
                                  "--dedup_window=10s",
                                  "--default_mode=all",
                                  "--heartbeat_interval=11s",
                                  "--retry=12s",
                                  "--max_connections=13",
                                  "--max_connections_per_ip=14",
                                  "--connect_rate=15",
                                  "--request_rate=150",
                                  "--trusted_proxies=10.0.0.0/8,::1",
                                  "--max_connection_age=16s",
                                  "--request_header_timeout=17s",
                                  "--write_stall_timeout=18s",
                                  "--drain_delay=19s",
                                  "--drain_window=20ms",
                                  "--allow_origins=https://a.example,https://b.example",
                                  "--allowed_hosts=A.example,*.b.example:80",
                                  "--noconsole",
                                  "--descriptor_set=a.binpb,b.binpb",
                                  "--json_field_names=proto",
                                  "--json_defaults=emit",
                                  "--json_enums=number",
                                  "--json_int64=number",
                                  "--log_level=debug",
                                  "--log_format=json"});
  EXPECT_EQ(config.http_listen, (Address{"127.0.0.1", 1}));
  EXPECT_EQ(config.grpc_listen, (Address{"::1", 2}));
  EXPECT_EQ(config.admin_listen, (Address{"", 3}));
  EXPECT_EQ(config.threads, 4U);
  EXPECT_EQ(config.window_max_events, 5U);
  EXPECT_EQ(config.window_max_bytes, 6000U);
  EXPECT_EQ(config.window_max_age, 7s);
  EXPECT_EQ(config.snapshot_max_keys, 8U);
  EXPECT_EQ(config.max_event_bytes, 9U);
  EXPECT_EQ(config.dedup_window, 10s);
  EXPECT_EQ(config.default_mode, Mode::kAll);
  EXPECT_EQ(config.heartbeat_interval, 11s);
  EXPECT_EQ(config.retry, 12s);
  EXPECT_EQ(config.max_connections, 13U);
  EXPECT_EQ(config.max_connections_per_ip, 14U);
  EXPECT_EQ(config.connect_rate, 15U);
  EXPECT_EQ(config.request_rate, 150U);
  EXPECT_THAT(config.trusted_proxies,
              ElementsAre(base::IpPrefix::Parse("10.0.0.0/8"), base::IpPrefix::Parse("::1")));
  EXPECT_EQ(config.max_connection_age, 16s);
  EXPECT_EQ(config.request_header_timeout, 17s);
  EXPECT_EQ(config.write_stall_timeout, 18s);
  EXPECT_EQ(config.drain_delay, 19s);
  EXPECT_EQ(config.drain_window, 20ms);
  EXPECT_THAT(config.allow_origins, ElementsAre("https://a.example", "https://b.example"));
  EXPECT_THAT(config.allowed_hosts, ElementsAre("a.example", "*.b.example:80"));
  EXPECT_FALSE(config.console);
  EXPECT_THAT(config.descriptor_set, ElementsAre("a.binpb", "b.binpb"));
  EXPECT_EQ(config.json_field_names, JsonFieldNames::kProto);
  EXPECT_EQ(config.json_defaults, JsonDefaults::kEmit);
  EXPECT_EQ(config.json_enums, JsonEnums::kNumber);
  EXPECT_EQ(config.json_int64, JsonInt64::kNumber);
  EXPECT_EQ(config.log_level, log::Level::kDebug);
  EXPECT_EQ(config.log_format, log::Format::kJson);
}

TEST(ParseTest, RunsUnlessToldOtherwise) {
  EXPECT_EQ(ParseArguments({}).action, Action::kRun);
  EXPECT_EQ(ParseArguments({"--check_config=false"}).action, Action::kRun);
  EXPECT_EQ(ParseArguments({"--check_config"}).action, Action::kCheck);
  EXPECT_EQ(ParseArguments({}, {{"SSE_GATEWAY_CHECK_CONFIG", "true"}}).action, Action::kCheck);
}

TEST(ParseTest, ProbesWhereATargetIsGiven) {
  const ParseResult result = ParseArguments({"--probe=readyz", "--admin_listen=:7"});
  EXPECT_EQ(result.action, Action::kProbe);
  EXPECT_EQ(result.probe, (ProbeTarget{{}, "/readyz"}));
  EXPECT_EQ(result.config.value().admin_listen, (Address{"", 7}));
  EXPECT_THAT(ParseArguments({"--probe="}).faults, ElementsAre(StartsWith("--probe=: expected ")));
  EXPECT_EQ(ParseArguments({}, {{"SSE_GATEWAY_PROBE", "readyz"}}).action, Action::kRun);
}

TEST(ParseTest, KnowsWhatEachOptionWasGiven) {
  const ParseResult result =
      ParseArguments({"--retry=1500ms", "--noconsole"}, {{"SSE_GATEWAY_DRAIN_DELAY", "9s"}});
  EXPECT_EQ(result.texts.size(), Options().size());
  EXPECT_EQ(result.texts.at("retry"), "1500ms");
  EXPECT_EQ(result.texts.at("console"), "false");
  EXPECT_EQ(result.texts.at("drain_delay"), "9s");
  EXPECT_EQ(result.texts.at("drain_window"), "20s");
  EXPECT_EQ(result.texts.at("trusted_proxies"), "");
}

TEST(ParseTest, KnowsWhetherThereIsAFlagfile) {
  const std::string file = testing::TempDir() + "/parse_test_has.flags";
  std::ofstream(file) << "# nothing\n";
  EXPECT_TRUE(ParseArguments({"--flagfile=" + file}).has_flagfile);
  EXPECT_FALSE(ParseArguments({"--retry=1s"}).has_flagfile);
  EXPECT_FALSE(ParseArguments({"--flagfile="}).has_flagfile);
  std::remove(file.c_str());
}

TEST(ParseTest, FlagIsStrongerThanEnvironmentWhichIsStrongerThanDefault) {
  EXPECT_EQ(ConfigOf({}, {{"SSE_GATEWAY_RETRY", "3s"}}).retry, 3s);
  EXPECT_EQ(ConfigOf({"--retry=4s"}, {{"SSE_GATEWAY_RETRY", "3s"}}).retry, 4s);
  EXPECT_EQ(ConfigOf({"--noconsole"}, {{"SSE_GATEWAY_CONSOLE", "true"}}).console, false);
}

TEST(ParseTest, FlagOfItsDefaultsValueIsStillStrongerThanEnvironment) {
  EXPECT_EQ(ConfigOf({"--retry=2s"}, {{"SSE_GATEWAY_RETRY", "3s"}}).retry, 2s);
}

TEST(ParseTest, LastOfSeveralFlagsCounts) {
  EXPECT_EQ(ConfigOf({"--retry=3s", "--retry=4s"}).retry, 4s);
  EXPECT_TRUE(ConfigOf({"--noconsole", "--console"}).console);
}

TEST(ParseTest, FlagInAFlagfileIsStrongerThanEnvironment) {
  const std::string file = testing::TempDir() + "/parse_test.flags";
  std::ofstream(file) << "--retry=5s\n";
  EXPECT_EQ(ConfigOf({"--flagfile=" + file}, {{"SSE_GATEWAY_RETRY", "3s"}}).retry, 5s);
  EXPECT_EQ(ConfigOf({"--flagfile=" + file, "--retry=6s"}).retry, 6s);
  std::remove(file.c_str());
}

TEST(ParseTest, FaultInAFlagfileNamesFileAndLine) {
  const std::string file = testing::TempDir() + "/parse_test_fault.flags";
  std::ofstream(file) << "\n--retry=soon\n";
  EXPECT_THAT(ParseArguments({"--flagfile=" + file}).faults,
              ElementsAre(StartsWith(file + ":2: --retry=soon: expected a duration")));
  std::remove(file.c_str());
}

TEST(ParseTest, EveryOptionButThoseOfTheCommandLineHasItsEnvironmentVariable) {
  for (const Option& option : Options()) {
    const ParseResult result = ParseArguments({}, {{option.EnvironmentName(), "?,"}});
    if (option.in_environment) {
      EXPECT_THAT(result.faults, ElementsAre(StartsWith(option.EnvironmentName() + "=?,: ")));
    } else {
      EXPECT_THAT(result.faults, IsEmpty()) << option.name;
    }
  }
}

// Kubernetes puts SSE_GATEWAY_PORT, SSE_GATEWAY_SERVICE_HOST and more of these two beginnings into
// the environment of every pod beside a Service named sse-gateway.
TEST(ParseTest, NoEnvironmentVariableIsOneThatKubernetesSets) {
  for (const Option& option : Options()) {
    EXPECT_FALSE(option.EnvironmentName().starts_with("SSE_GATEWAY_PORT")) << option.name;
    EXPECT_FALSE(option.EnvironmentName().starts_with("SSE_GATEWAY_SERVICE")) << option.name;
  }
}

TEST(ParseTest, EmptyEnvironmentVariableIsNone) {
  EXPECT_EQ(ConfigOf({}, {{"SSE_GATEWAY_RETRY", ""}}).retry, 2s);
}

TEST(ParseTest, EnvironmentThatAFlagOverridesIsNotLookedAt) {
  EXPECT_EQ(ConfigOf({"--retry=4s"}, {{"SSE_GATEWAY_RETRY", "soon"}}).retry, 4s);
}

TEST(ParseTest, ReportsEveryFaultAtOnce) {
  const ParseResult result =
      ParseArguments({"--retry=soon", "--colour=red", "--threads=1025", "run", "--retry=1s"},
                     {{"SSE_GATEWAY_LOG_LEVEL", "loud"}, {"SSE_GATEWAY_DRAIN_DELAY", "-1s"}});
  EXPECT_EQ(result.config, std::nullopt);
  EXPECT_THAT(
      result.faults,
      testing::UnorderedElementsAre(
          "--retry=soon: expected a duration in 1ms..24h, such as 15s or 1m30s",
          "--colour: unknown flag; --help lists them all",
          "--threads=1025: expected an integer in 0..1024",
          "run: unexpected argument; flags begin with --",
          "SSE_GATEWAY_LOG_LEVEL=loud: expected one of debug, info, warn, error",
          "SSE_GATEWAY_DRAIN_DELAY=-1s: expected a duration in 0..24h, such as 15s or 1m30s"));
}

TEST(ParseTest, CheckReportsTheSameFaultsAsRun) {
  const ParseResult check = ParseArguments({"--check_config", "--retry=soon", "--x"});
  EXPECT_EQ(check.action, Action::kCheck);
  EXPECT_EQ(check.faults, ParseArguments({"--retry=soon", "--x"}).faults);
  EXPECT_THAT(check.faults, testing::SizeIs(2));
}

TEST(ParseTest, FaultIsOneLineWhateverTheValue) {
  for (const std::string& fault :
       ParseArguments({"--retry=\n", "\n", "--\n"}, {{"SSE_GATEWAY_CONSOLE", "a\nb"}}).faults) {
    EXPECT_EQ(fault.find('\n'), std::string::npos) << fault;
  }
}

TEST(ParseTest, LeavesNothingBehindForTheNextCall) {
  ParseArguments({"--retry=4s", "--x", "--check_config"});
  const ParseResult result = ParseArguments({});
  EXPECT_EQ(result.action, Action::kRun);
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_EQ(ConfigOf({}).retry, 2s);
}

struct RangeCase {
  std::string name;
  std::string flag;
  bool taken;
};

void PrintTo(const RangeCase& c, std::ostream* out) { *out << c.flag; }

class RangeTest : public testing::TestWithParam<RangeCase> {};

TEST_P(RangeTest, IsHeld) {
  const ParseResult result = ParseArguments({GetParam().flag});
  if (GetParam().taken) {
    EXPECT_THAT(result.faults, IsEmpty());
  } else {
    EXPECT_THAT(result.faults, ElementsAre(StartsWith(GetParam().flag + ": ")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Flags, RangeTest,
    testing::Values(RangeCase{"ThreadsLowest", "--threads=0", true},
                    RangeCase{"ThreadsHighest", "--threads=1024", true},
                    RangeCase{"ThreadsTooHigh", "--threads=1025", false},
                    RangeCase{"ThreadsNegative", "--threads=-1", false},
                    RangeCase{"WindowOfNoEvents", "--window_max_events=0", false},
                    RangeCase{"WindowOfOneEvent", "--window_max_events=1", true},
                    RangeCase{"WindowOfNoBytes", "--window_max_bytes=0", false},
                    RangeCase{"WindowOfNoAge", "--window_max_age=0", false},
                    RangeCase{"WindowOfAYear", "--window_max_age=8760h", true},
                    RangeCase{"SnapshotOfNoKeys", "--snapshot_max_keys=0", false},
                    RangeCase{"EventOfNoBytes", "--max_event_bytes=0", false},
                    RangeCase{"NoDedup", "--dedup_window=0", true},
                    RangeCase{"NegativeDedup", "--dedup_window=-1s", false},
                    RangeCase{"NoHeartbeat", "--heartbeat_interval=0", false},
                    RangeCase{"ShortestHeartbeat", "--heartbeat_interval=1ms", true},
                    RangeCase{"NoRetry", "--retry=0s", false},
                    RangeCase{"RetryBelowAMillisecond", "--retry=999us", false},
                    RangeCase{"RetryTooLong", "--retry=25h", false},
                    RangeCase{"AnyNumberOfConnections", "--max_connections=0", true},
                    RangeCase{"NegativeConnections", "--max_connections=-1", false},
                    RangeCase{"ConnectionsInWords", "--max_connections=many", false},
                    RangeCase{"FractionOfAConnection", "--connect_rate=0.5", false},
                    RangeCase{"NoTrustedProxies", "--trusted_proxies=", true},
                    RangeCase{"TrustedProxyByName", "--trusted_proxies=localhost", false},
                    RangeCase{"TrustedPrefixTooLong", "--trusted_proxies=10.0.0.0/33", false},
                    RangeCase{"EmptyTrustedProxy", "--trusted_proxies=::1,,::2", false},
                    RangeCase{"NoMaxAge", "--max_connection_age=0s", true},
                    RangeCase{"InfiniteMaxAge", "--max_connection_age=inf", false},
                    RangeCase{"NoHeaderTimeout", "--request_header_timeout=0", false},
                    RangeCase{"NoStallTimeout", "--write_stall_timeout=0", false},
                    RangeCase{"NoDrainDelay", "--drain_delay=0", true},
                    RangeCase{"NoDrainWindow", "--drain_window=0", true},
                    RangeCase{"BytesWithUnit", "--window_max_bytes=64MiB", false},
                    RangeCase{"ModeInCapitals", "--default_mode=LATEST", false},
                    RangeCase{"EmptyMode", "--default_mode=", false},
                    RangeCase{"HostWithPath", "--allowed_hosts=a.example/b", false},
                    RangeCase{"HostWithScheme", "--allowed_hosts=http://a.example", false},
                    RangeCase{"AnyHostAndMore", "--allowed_hosts=*,a.example", false},
                    RangeCase{"AnyHost", "--allowed_hosts=*", true},
                    RangeCase{"OriginWithPath", "--allow_origins=https://a.example/b", false},
                    RangeCase{"EmptyBool", "--console=", false},
                    RangeCase{"AnyFreePorts", "--http_listen=0.0.0.0:0", true},
                    RangeCase{"OtherStore", "--store=redis://h", false}),
    [](const auto& param) { return param.param.name; });

TEST(ParseTest, OneFileOfAPairWithoutTheOtherIsAFault) {
  EXPECT_THAT(ParseArguments({"--http_tls_cert_file=/c"}).faults,
              ElementsAre("--http_tls_cert_file: needs --http_tls_key_file"));
  EXPECT_THAT(ParseArguments({"--grpc_tls_key_file=/k"}).faults,
              ElementsAre("--grpc_tls_key_file: needs --grpc_tls_cert_file"));
  EXPECT_THAT(ParseArguments({"--tls_ticket_key_file=/t", "--grpc_client_ca_file=/ca"}).faults,
              ElementsAre("--tls_ticket_key_file: needs --http_tls_cert_file",
                          "--grpc_client_ca_file: needs --grpc_tls_cert_file"));
  EXPECT_THAT(ParseArguments({"--http_tls_cert_file=/c", "--http_tls_key_file=/k",
                              "--tls_ticket_key_file=/t", "--grpc_tls_cert_file=/c",
                              "--grpc_tls_key_file=/k", "--grpc_client_ca_file=/ca"})
                  .faults,
              IsEmpty());
}

TEST(ParseTest, TokensNeedKeysAndGrantSomething) {
  EXPECT_THAT(ParseArguments({"--auth=jwt"}).faults, ElementsAre("--auth=jwt: needs --jwt_jwks"));
  EXPECT_THAT(ParseArguments({"--auth=jwt", "--jwt_jwks=/k", "--topics_claim="}).faults,
              ElementsAre("--auth=jwt: grants nothing without --topics_claim, --granted_topics or "
                          "--anonymous_topics"));
  EXPECT_THAT(ParseArguments({"--auth=jwt", "--jwt_jwks=/k"}).faults, IsEmpty());
  EXPECT_THAT(
      ParseArguments({"--auth=jwt", "--jwt_jwks=/k", "--topics_claim=", "--granted_topics=a.>"})
          .faults,
      IsEmpty());
}

// A set of keys that came in the clear could be anybody's.
TEST(ParseTest, KeysComeFromAFileOrByHttps) {
  for (const char* place :
       {"http://issuer.example/keys", "file:///keys", "HTTPS://issuer.example"}) {
    EXPECT_EQ(ParseArguments({"--jwt_jwks", place}).faults.size(), 1U) << place;
  }
  EXPECT_THAT(ParseArguments({"--jwt_jwks=https://issuer.example/keys"}).faults, IsEmpty());
}

TEST(ParseTest, AlgorithmsAreThoseOfTheList) {
  for (const char* text : {"", "none", "RS256,none", "es256", "HS512"}) {
    EXPECT_EQ(ParseArguments({"--jwt_algorithms", text}).faults.size(), 1U) << text;
  }
  EXPECT_THAT(ParseArguments({"--jwt_algorithms=HS256,ES384"}).faults, IsEmpty());
}

TEST(ParseTest, ACookieHasTheNameOfOne) {
  EXPECT_EQ(ParseArguments({"--auth_cookie=a=b"}).faults.size(), 1U);
  EXPECT_THAT(ParseArguments({"--auth_cookie=__Host-token"}).faults, IsEmpty());
}

TEST(ParseTest, EventMustFitIntoTheWindow) {
  EXPECT_THAT(ParseArguments({"--max_event_bytes=1001", "--window_max_bytes=1000"}).faults,
              ElementsAre("--max_event_bytes=1001: exceeds window_max_bytes 1000"));
  EXPECT_THAT(ParseArguments({"--window_max_bytes=1000"}).faults,
              ElementsAre("--max_event_bytes=262144: exceeds window_max_bytes 1000"));
  EXPECT_THAT(ParseArguments({"--max_event_bytes=1000", "--window_max_bytes=1000"}).faults,
              IsEmpty());
}

TEST(ParseTest, OptionsWithFaultsOfTheirOwnAreNotComparedWithOthers) {
  EXPECT_THAT(ParseArguments({"--max_event_bytes=x", "--window_max_bytes=1000"}).faults,
              ElementsAre(StartsWith("--max_event_bytes=x: ")));
}

TEST(ParseTest, TheApiNeedsCredentialsAndCredentialsTheApi) {
  EXPECT_EQ(ConfigOf({}).api_listen, std::nullopt);
  EXPECT_EQ(ConfigOf({"--api_listen="}).api_listen, std::nullopt);
  EXPECT_EQ(ConfigOf({"--api_listen=:7", "--api_token_file=/t"}).api_listen, (Address{"", 7}));
  EXPECT_EQ(ConfigOf({"--api_listen=unix:/s", "--api_credentials_file=/c"}).api_credentials_file,
            "/c");
  EXPECT_THAT(ParseArguments({"--api_listen=:7"}).faults,
              ElementsAre("--api_listen: needs --api_token_file or --api_credentials_file"));
  EXPECT_THAT(ParseArguments({"--api_token_file=/t"}).faults,
              ElementsAre("--api_token_file: needs --api_listen"));
  EXPECT_THAT(ParseArguments({"--api_credentials_file=/t"}).faults,
              ElementsAre("--api_credentials_file: needs --api_listen"));
  EXPECT_THAT(ParseArguments({"--api_listen=:8080", "--api_token_file=/t"}).faults,
              ElementsAre("--api_listen=:8080: takes the port of http_listen :8080"));
}

struct ListenersCase {
  std::string name;
  std::string http;
  std::string admin;
  bool collide;
};

void PrintTo(const ListenersCase& c, std::ostream* out) { *out << c.name; }

class ListenersTest : public testing::TestWithParam<ListenersCase> {};

TEST_P(ListenersTest, CannotShareAPort) {
  const ParseResult result =
      ParseArguments({"--http_listen=" + GetParam().http, "--admin_listen=" + GetParam().admin});
  if (GetParam().collide) {
    EXPECT_THAT(result.faults, ElementsAre("--admin_listen=" + GetParam().admin +
                                           ": takes the port of http_listen " + GetParam().http));
  } else {
    EXPECT_THAT(result.faults, IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, ListenersTest,
    testing::Values(ListenersCase{"Same", "127.0.0.1:80", "127.0.0.1:80", true},
                    ListenersCase{"OtherPort", "127.0.0.1:80", "127.0.0.1:81", false},
                    ListenersCase{"OtherHost", "127.0.0.1:80", "127.0.0.2:80", false},
                    ListenersCase{"AnyFreePort", "127.0.0.1:0", "127.0.0.1:0", false},
                    ListenersCase{"AllAndOne", "0.0.0.0:80", "127.0.0.1:80", true},
                    ListenersCase{"OneAndAll", "127.0.0.1:80", "0.0.0.0:80", true},
                    ListenersCase{"EmptyHost", ":80", "127.0.0.1:80", true},
                    ListenersCase{"AllOfIpv6CoverIpv4", "[::]:80", "127.0.0.1:80", true},
                    ListenersCase{"AllOfIpv4AndOneOfIpv6", "0.0.0.0:80", "[::1]:80", false},
                    ListenersCase{"SameUnix", "unix:/a", "unix:/a", true},
                    ListenersCase{"OtherUnix", "unix:/a", "unix:/b", false}),
    [](const auto& param) { return param.param.name; });

TEST(ParseTest, VersionIsPrinted) {
  const ParseResult result = ParseArguments({"--version"});
  EXPECT_EQ(result.action, Action::kPrint);
  EXPECT_EQ(result.text, "sse-gateway " SSEGW_PROJECT_VERSION "\n");
}

TEST(ParseTest, HelpAndVersionArePrintedWhateverElseIsWrong) {
  for (const std::string flag : {"--help", "--version"}) {
    const ParseResult result = ParseArguments({"--retry=soon", flag, "--x"});
    EXPECT_EQ(result.action, Action::kPrint);
    EXPECT_THAT(result.faults, IsEmpty());
    EXPECT_EQ(result.config, std::nullopt);
  }
}

}  // namespace
}  // namespace ssegw::config
