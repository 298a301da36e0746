#include "bench/fanout/peer_server.h"

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>

#include "bench/fanout/credentials.h"
#include "bench/fanout/free_ports.h"
#include "bench/fanout/payload.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using base::Concat;
using testing::Failure;

constexpr char kPath[] = "/events";
constexpr char kQuery[] = "topic=bench.";

std::string ScriptOf(const Peer& peer) {
  return Concat(SSEGW_BENCH_PEERS_DIR, '/', peer.name, "/run");
}

// What the script prints, in one line.
std::string Ask(const Peer& peer, const std::string& command) {
  testing::Process script(ScriptOf(peer), {command});
  if (script.WaitExit() != 0) {
    throw Failure(Concat(ScriptOf(peer), ' ', command, ": ", script.Stderr()));
  }
  std::string line;
  for (const char c : script.Stdout()) line += c == '\n' ? ' ' : c;
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string MakeStateDir() {
  std::string path = std::filesystem::temp_directory_path() / "ssegw-peer-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw Failure(Concat("no directory ", path));
  return path;
}

void AppendPost(PublishRequests& requests, std::string_view target, std::string_view body) {
  requests.bytes +=
      Concat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(),
             "\r\n\r\n", body);
  ++requests.count;
}

std::string TargetOf(const NumberedEvent& event) {
  return Concat("/publish?", kQuery, event.topic);
}

// Text that has nothing to escape but quotes and the ends of lines.
void AppendJsonString(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '\n') {
      json += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

}  // namespace

const std::vector<Peer>& Peers() {
  static const auto* const peers =
      new std::vector<Peer>{{.name = "nchan", .tls = true},
                            {.name = "pushpin", .form = PublishForm::kGripItems},
                            {.name = "go", .tls = true},
                            {.name = "grpc_gateway"},
                            {.name = "node"}};
  return *peers;
}

std::string MissingPackages(const Peer& peer) { return Ask(peer, "missing"); }

bool IsBuilt(const Peer& peer) { return !Ask(peer, "built").empty(); }

std::string VersionOf(const Peer& peer) { return Ask(peer, "version"); }

PublishRequests MakePublishRequests(PublishForm form, const std::vector<NumberedEvent>& events,
                                    base::TimePoint now, uint64_t first_id) {
  PublishRequests requests;
  std::string body;
  for (size_t i = 0; i < events.size(); ++i) {
    const std::string json = PayloadJson(MakePayload(events[i], now));
    switch (form) {
      case PublishForm::kEach:
        AppendPost(requests, TargetOf(events[i]), json);
        break;
      case PublishForm::kGripItems:
        body += Concat(body.empty() ? R"({"items":[)" : ",", R"({"channel":"bench.)",
                       events[i].topic, R"(","formats":{"http-stream":{"content":)");
        AppendJsonString(body, Concat("id: ", first_id + i, "\ndata: ", json, "\n\n"));
        body += "}}}";
        if (i + 1 == events.size()) AppendPost(requests, "/publish/", body + "]}");
        break;
    }
  }
  return requests;
}

PeerServer::PeerServer(const Peer& peer, bool secure)
    : PeerServer(peer, secure, FreePorts(3), MakeStateDir()) {}

PeerServer::PeerServer(const Peer& peer, bool secure, const std::vector<std::string>& ports,
                       const std::string& state_dir)
    : peer_(peer),
      secure_(secure),
      http_(Concat("127.0.0.1:", ports[0])),
      publish_(Concat("127.0.0.1:", ports[1])),
      state_dir_(state_dir),
      process_(ScriptOf(peer), {"start"},
               {{"HTTP_PORT", ports[0]},
                {"PUBLISH_PORT", ports[1]},
                {"ORIGIN_PORT", ports[2]},
                {"STATE_DIR", state_dir},
                {"TLS_CERT", secure ? BenchCertificate().cert_file() : ""},
                {"TLS_KEY", secure ? BenchCertificate().key_file() : ""},
                {"SERVER_CPUS", Concat(std::thread::hardware_concurrency())}}),
      tree_(process_.pid()) {
  bool ready = false;
  testing::WaitFor([&] {
    ready = IsReady();
    return ready || process_.WaitExit(base::Duration::zero());
  });
  if (!ready) {
    End();
    throw Failure(Concat(peer.name, " does not start: ", process_.Stderr()));
  }
  publisher_ = std::make_unique<testing::HttpConnection>(publish_);
}

PeerServer::~PeerServer() { End(); }

void PeerServer::End() {
  // Not killed at once: it has processes to end.
  process_.Signal(SIGTERM);
  process_.WaitExit(std::chrono::seconds(10));
  std::error_code ignored;
  std::filesystem::remove_all(state_dir_, ignored);
}

bool PeerServer::IsReady() const {
  if (!testing::TcpSocket::CanConnect(http_) || !testing::TcpSocket::CanConnect(publish_)) {
    return false;
  }
  // None of those has several.
  if (secure_) return true;
  // Where there are several processes, the first one answers before all of them do.
  try {
    testing::HttpConnection probe(http_);
    probe.Send(testing::RequestText("GET", Concat(kPath, '?', kQuery, 0),
                                    {{"Accept", "text/event-stream"}}));
    return probe.ReadHead().status == 200;
  } catch (const Failure&) {
    return false;
  }
}

Target PeerServer::target() const {
  return {.address = http_, .path = kPath, .query = kQuery, .carrier = {.tls = secure_}};
}

void PeerServer::Publish(const std::vector<NumberedEvent>& events) {
  const PublishRequests requests = MakePublishRequests(peer_.form, events, base::Now(), next_id_);
  next_id_ += events.size();
  publisher_->Send(requests.bytes);
  for (size_t i = 0; i < requests.count; ++i) {
    const testing::HttpResponse response = publisher_->ReadResponse();
    if (response.status / 100 != 2) {
      throw Failure(Concat(peer_.name, " refuses an event: ", response.status, ' ',
                           response.body.substr(0, 100)));
    }
    if (response.Get("Connection") == "close") {
      publisher_ = std::make_unique<testing::HttpConnection>(publish_);
    }
  }
}

}  // namespace ssegw::bench
