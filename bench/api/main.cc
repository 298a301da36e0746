// ssegw_bench_api: how many events a second POST /v1/publish takes over one connection that is kept
// alive, beside nginx that answers the same POST with 200 and does nothing else. The table goes to
// stdout; the exit code is 0 if all was answered with 200, 1 if not, 2 for a mistake in the
// arguments. nginx is looked for on the PATH.
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fanout/outcome.h"
#include "bench/fanout/results.h"
#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "tests/testing/failure.h"
#include "tests/testing/figures.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/issuer.h"
#include "tests/testing/tcp_socket.h"
#include "tests/testing/wait_for.h"

namespace ssegw::bench {
namespace {

using base::Concat;

constexpr size_t kEventBytes = 300;
constexpr size_t kRounds = 5;
constexpr base::Duration kRound = std::chrono::seconds(2);

// One after the other, for that long; returns how many.
size_t PostFor(testing::TcpSocket& socket, std::string_view request, base::Duration length) {
  constexpr std::string_view kStatus = "HTTP/1.1 200 ";
  constexpr std::string_view kLength = "Content-Length: ";
  size_t posted = 0;
  for (const base::TimePoint end = base::Now() + length; base::Now() < end; ++posted) {
    socket.Send(request);
    std::string answer = socket.Receive();
    size_t head = answer.find("\r\n\r\n");
    for (; head == std::string::npos; head = answer.find("\r\n\r\n")) answer += socket.Receive();
    if (!answer.starts_with(kStatus)) throw testing::Failure(Concat("answered: ", answer));
    size_t body = 0;
    const char* const digits = answer.data() + answer.find(kLength) + kLength.size();
    std::from_chars(digits, answer.data() + head, body);
    while (answer.size() < head + 4 + body) answer += socket.Receive();
  }
  return posted;
}

// nginx, as lean as it can be.
class Nginx {
 public:
  Nginx()
      : directory_(std::filesystem::temp_directory_path() / Concat("bench-api-", ::getpid())),
        address_(Concat("unix:", (directory_ / "s").string())) {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / "nginx.conf")
        // One process, so that its CPU time is the process's.
        << "daemon off; master_process off; pid nginx.pid; error_log stderr;\n"
           "events { worker_connections 64; }\n"
           "http { access_log off; keepalive_requests 1000000000; client_body_temp_path t1;\n"
           "proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
           "server { listen "
        << address_ << "; location / { return 200 '{\"ok\":true}'; } } }\n";
    const std::string command =
        Concat("exec nginx -e stderr -p ", directory_.string(), " -c nginx.conf");
    process_ =
        std::make_unique<testing::Process>("/bin/sh", std::vector<std::string>{"-c", command});
    if (!testing::WaitFor([&] { return testing::TcpSocket::CanConnect(address_); })) {
      throw testing::Failure(Concat("nginx does not start: ", process_->Stderr()));
    }
  }
  ~Nginx() {
    process_->Signal(SIGTERM);
    process_->WaitExit();
    std::filesystem::remove_all(directory_);
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  const std::string& address() const { return address_; }
  const testing::Process& process() const { return *process_; }

 private:
  const std::filesystem::path directory_;
  const std::string address_;
  std::unique_ptr<testing::Process> process_;
};

struct Taker {
  std::string name;
  std::string address;
  const testing::Process& process;
};

Outcome Measure(const std::string& name, const std::string& request,
                const std::vector<Taker>& takers) {
  Outcome outcome{.scenario = {.name = name, .what = "events over one kept-alive connection"}};
  for (const Taker& taker : takers) outcome.servers.push_back({.name = taker.name});
  std::vector<std::unique_ptr<testing::TcpSocket>> sockets;
  for (const Taker& taker : takers) {
    sockets.push_back(std::make_unique<testing::TcpSocket>(taker.address));
  }
  // The first round warms up.
  for (size_t round = 0; round <= kRounds; ++round) {
    for (size_t i = 0; i < takers.size(); ++i) {
      const size_t turn = round % 2 == 0 ? i : takers.size() - 1 - i;
      const base::Duration cpu_before = takers[turn].process.CpuTime();
      const base::TimePoint began = base::Now();
      const auto posted = static_cast<double>(PostFor(*sockets[turn], request, kRound));
      const double seconds = base::ToSeconds(base::Now() - began);
      const double cpu = base::ToSeconds(takers[turn].process.CpuTime() - cpu_before);
      if (round == 0) continue;
      outcome.servers[turn].rounds.push_back({{kEvents, posted / seconds},
                                              {kCpuPerEvent, cpu * 1e9 / posted},
                                              {kServerCores, cpu / seconds}});
    }
  }
  return outcome;
}

std::string Request(std::string_view target, std::string_view body) {
  return Concat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token\r\n",
                "Content-Type: application/json\r\nContent-Length: ", body.size(), "\r\n\r\n",
                body);
}

std::string ToTable(const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<std::string>> rows = {
      {"event", "server", "events/s", "CPU µs/event", "of the other's events/s"}};
  for (const Outcome& outcome : outcomes) {
    const ServerOutcome& other = outcome.servers.back();
    for (const ServerOutcome& server : outcome.servers) {
      rows.push_back({outcome.scenario.name, server.name,
                      testing::Number(MedianOf(server, kEvents)),
                      testing::Number(MedianOf(server, kCpuPerEvent) / 1000),
                      testing::Number(MedianRatio(server, other, kEvents))});
    }
  }
  return testing::MarkdownTable(rows);
}

int Run(const std::string& save) {
  const testing::ReplacedFile tokens("token\n");
  const std::string socket =
      (std::filesystem::temp_directory_path() / Concat("bench-api-", ::getpid(), ".s")).string();
  const testing::GatewayProcess gateway(
      {Concat("--api_listen=unix:", socket), "--api_token_file=" + tokens.path()});
  const Nginx nginx;
  const std::vector<Taker> takers = {
      {.name = "gateway", .address = gateway.api(), .process = gateway.process()},
      {.name = "nginx", .address = nginx.address(), .process = nginx.process()}};
  const std::string text(kEventBytes, 'x');
  const std::vector<Outcome> outcomes = {
      Measure("api_json", Request("/v1/publish?topic=bench.a", Concat("{\"text\":\"", text, "\"}")),
              takers),
      Measure("api_protojson",
              Request("/v1/publish", Concat("{\"topic\":\"bench.a\",\"json\":\"{\\\"text\\\":\\\"",
                                            text, "\\\"}\"}")),
              takers)};
  const Provenance provenance = ThisRun("./dev bench api", {.rounds = kRounds, .round = kRound});
  std::cout << provenance.gateway_version << ", " << testing::Describe(provenance.machine)
            << ", medians of " << kRounds << " rounds\n\n"
            << ToTable(outcomes);
  Save(save, provenance, outcomes);
  return 0;
}

int Main(int argc, char** argv) {
  constexpr std::string_view kSave = "--save=";
  const std::string_view argument = argc == 2 ? argv[1] : "";
  if (argc > 2 || (argc == 2 && !argument.starts_with(kSave))) {
    std::cerr << "usage: ssegw_bench_api [--save=FILE]\n";
    return 2;
  }
  try {
    return Run(std::string(argument.empty() ? argument : argument.substr(kSave.size())));
  } catch (const std::exception& e) {
    std::cerr << "bench: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace ssegw::bench

int main(int argc, char** argv) { return ssegw::bench::Main(argc, argv); }
