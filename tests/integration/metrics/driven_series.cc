#include "tests/integration/metrics/driven_series.h"

#include <map>
#include <string_view>

#include "tests/testing/gateway_process.h"

namespace ssegw::testing {
namespace {

// What cannot be driven from outside, and why.
const std::map<std::string, std::string_view>& NotDriven() {
  static const std::map<std::string, std::string_view> not_driven = [] {
    std::map<std::string, std::string_view> all = {
        {R"(connections_closed_total{reason="shutdown"})",
         "by then nobody is left to ask; shard_thread_test counts it"},
        {R"(connections_closed_total{reason="closed"})", "connection_service_test does"},
        {"send_queue_bytes", "connection_service_test does"},
        {R"(memory_bytes{class="send_queues"})", "what send_queue_bytes has"},
        {R"(publisher_calls_refused_total{reason="page"})", "grpc_tls_test does"},
        {R"(tls_handshakes_refused_total{reason="room"})",
         "needs a thousand handshakes under way; handshake_queue_test has them"},
        {R"(memory_bytes{class="frames"})", "memory_test.mjs of the operations tests does"},
        {R"(memory_bytes{class="transcoding"})", "it is over before anybody asks"},
    };
    for (const std::string route : {"post_to_connection", "get_connection", "delete_connection"}) {
      all.emplace(R"(api_requests_total{route=")" + route + R"(",code="503"})",
                  "another gateway that does not answer; api_service_test counts it");
    }
    all.emplace(R"(api_requests_total{route="post_to_connection",code="429"})",
                "needs a browser that takes nothing; api_connections_test.mjs has one");
    all.emplace(R"(api_requests_total{route="publish",code="429"})",
                "needs a process short of memory; publish_calls_test has it");
    all.emplace(R"(api_requests_total{route="publish",code="503"})",
                "needs a gateway that leaves; api_publish_test.mjs has one");
    for (const std::string kind : {"reset", "settings", "ping", "continuation", "empty_data",
                                   "window_update", "priority", "header_list", "sessions"}) {
      all.emplace(R"(http2_floods_total{kind=")" + kind + R"("})", "http2_flood_test does");
    }
    for (const std::string result : {"delivered", "expired", "gone", "not_found", "full"}) {
      all.emplace(R"(messages_sent_total{result=")" + result + R"("})",
                  "connection_service_test does");
    }
    for (const std::string call : {"list", "get", "send", "close"}) {
      for (const std::string result : {"ok", "invalid", "not_found", "exhausted", "expired",
                                       "forbidden", "unavailable", "cancelled"}) {
        all.emplace(R"(connection_calls_total{call=")" + call + R"(",result=")" + result + R"("})",
                    "connection_service_test does, where there is such a result");
      }
    }
    for (const std::string result : {"anonymous", "ticket", "origin"}) {
      all.emplace(R"(auth_total{side="publisher",result=")" + result + R"("})",
                  "publishers have no tickets, no pages, and always a name");
    }
    return all;
  }();
  return not_driven;
}

std::string WithoutBound(std::string series) {
  const size_t le = series.find("{le=");
  return le == std::string::npos ? series : series.substr(0, le);
}

std::map<std::string, double> Fresh() {
  constexpr std::string_view kPrefix = "sse_gateway_";
  const GatewayProcess gateway({"--threads=1"});
  const Metrics metrics = gateway.Scrape();
  std::map<std::string, double> fresh;
  for (const auto& [name, value] : metrics.all()) {
    fresh[WithoutBound(name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name)] = value;
  }
  return fresh;
}

// After all tests: what they have not driven.
class EverySeriesIsDriven final : public ::testing::Environment {
 public:
  void TearDown() override {
    const ::testing::UnitTest& run = *::testing::UnitTest::GetInstance();
    const bool all_ran = run.test_to_run_count() == run.total_test_count();
    if (!all_ran || run.failed_test_count() > 0) return;
    EXPECT_THAT(DrivenSeries::Get().Missing(), ::testing::IsEmpty())
        << "no test compares these with what really happened";
  }
};

const ::testing::Environment* const kEverySeriesIsDriven =
    ::testing::AddGlobalTestEnvironment(new EverySeriesIsDriven);

}  // namespace

DrivenSeries& DrivenSeries::Get() {
  static DrivenSeries driven;
  return driven;
}

DrivenSeries::DrivenSeries() : fresh_(Fresh()) {}

void DrivenSeries::Compared(const std::string& series, double value) {
  const auto it = fresh_.find(WithoutBound(series));
  if (it == fresh_.end() || it->second != value) driven_.insert(WithoutBound(series));
}

void DrivenSeries::ComparedConstant(const std::string& series) { driven_.insert(series); }

std::set<std::string> DrivenSeries::Missing() {
  std::set<std::string> missing;
  for (const auto& [series, value] : fresh_) {
    const bool driven = driven_.contains(series);
    const bool excused = NotDriven().contains(series);
    EXPECT_FALSE(driven && excused) << series << " can be driven after all";
    if (!driven && !excused) missing.insert(series);
  }
  return missing;
}

}  // namespace ssegw::testing
