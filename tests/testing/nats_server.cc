#include "tests/testing/nats_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

std::string FindProgram() {
  if (const char* const program = std::getenv("NATS_SERVER")) return program;
  const char* const path = std::getenv("PATH");
  std::istringstream directories(base::Concat(path == nullptr ? "" : path, ":/usr/sbin"));
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string program = directory + "/nats-server";
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

// One that is free now; the kernel gives it to nobody else for a while.
uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, length) != 0 || getsockname(fd, generic, &length) != 0) {
    throw Failure("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

std::filesystem::path NewDirectory() {
  std::string path = std::filesystem::temp_directory_path() / "nats-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw Failure("mkdtemp");
  return path;
}

}  // namespace

bool NatsServer::IsInstalled() { return !FindProgram().empty(); }

std::string NatsServer::Version() {
  Process program(FindProgram(), {"--version"});
  if (program.WaitExit() != 0) throw Failure("nats-server does not tell its version");
  return program.Stdout();
}

NatsServer::NatsServer(const std::string& config, bool jetstream)
    : NatsServer(config, jetstream, "single", true) {}

NatsServer::NatsServer(const std::string& config, bool jetstream, std::string name, bool wait)
    : name_(std::move(name)), jetstream_(jetstream), directory_(NewDirectory()), port_(FreePort()) {
  Configure(config);
  Start(wait);
}

void NatsServer::Configure(const std::string& config) const {
  std::ofstream file(directory_ / "nats.conf");
  file << "listen: 127.0.0.1:" << port_ << "\nserver_name: " << name_ << "\n";
  if (jetstream_) file << "jetstream { store_dir: \"" << store_directory().string() << "\" }\n";
  file << config << "\n";
}

NatsServer::~NatsServer() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string NatsServer::address() const { return base::Concat("127.0.0.1:", port_); }

void NatsServer::Kill() {
  process_->Signal(SIGKILL);
  process_->WaitExit();
  process_.reset();
}

void NatsServer::Terminate() {
  process_->Signal(SIGTERM);
  if (!process_->WaitExit()) throw Failure("nats-server does not end:\n" + Log());
  process_.reset();
}

void NatsServer::Start(bool wait) {
  process_ = std::make_unique<Process>(
      FindProgram(), std::vector<std::string>{"-c", (directory_ / "nats.conf").string()});
  if (wait) WaitForLog("Server is ready");
}

void NatsServer::WaitForLog(const std::string& text) const {
  const auto says = [&] { return Log().find(text) != std::string::npos; };
  // What ends says nothing any more.
  WaitFor([&] { return says() || process_->WaitExit(base::Duration::zero()); });
  if (!says()) {
    throw Failure("nats-server does not say '" + text + "':\n" + Log());
  }
}

NatsCluster::NatsCluster(const std::string& config) {
  std::array<uint16_t, kServers> ports{};
  std::string routes;
  for (uint16_t& port : ports) {
    port = FreePort();
    routes += base::Concat(routes.empty() ? "" : ", ", "nats-route://127.0.0.1:", port);
  }
  for (size_t i = 0; i < kServers; ++i) {
    const std::string cluster = base::Concat("cluster { name: c, listen: 127.0.0.1:", ports[i],
                                             ", routes: [ ", routes, " ] }\n", config);
    servers_.push_back(std::unique_ptr<NatsServer>(
        new NatsServer(cluster, true, base::Concat("n", i), /*wait=*/false)));
  }
  for (const auto& server : servers_) server->WaitForLog("Server is ready");
  const auto knows_leader = [](const std::unique_ptr<NatsServer>& server) {
    const std::string log = server->Log();
    return log.find("new metadata leader") != std::string::npos ||
           log.find("Self is new JetStream cluster metadata leader") != std::string::npos;
  };
  const auto all_know = [&] { return std::all_of(servers_.begin(), servers_.end(), knows_leader); };
  // One in 15 clusters of 2.10.27 has a server that never hears of the leader until it is started
  // again.
  for (int attempt = 0; !WaitFor(all_know, std::chrono::seconds(10)); ++attempt) {
    if (attempt == 5) throw Failure("no leader:\n" + servers_[0]->Log());
    for (const auto& server : servers_) {
      if (knows_leader(server)) continue;
      server->Kill();
      server->Start();
    }
  }
}

std::vector<std::string> NatsCluster::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& server : servers_) addresses.push_back(server->address());
  return addresses;
}

std::optional<size_t> NatsCluster::IndexOf(const std::string& name) const {
  for (size_t i = 0; i < kServers; ++i) {
    if (servers_[i]->name_ == name) return i;
  }
  return std::nullopt;
}

}  // namespace ssegw::testing
