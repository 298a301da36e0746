#ifndef SSEGW_TESTS_TESTING_NATS_SERVER_H_
#define SSEGW_TESTS_TESTING_NATS_SERVER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/process.h"

namespace ssegw::testing {

// A real nats-server with JetStream, on a port of 127.0.0.1 and in a directory of its own, which
// both stay over a restart.
//
// Lifetime: the process and the directory end with it. Errors: Failure.
class NatsServer {
 public:
  // Whether there is a nats-server: the file that NATS_SERVER names in the environment, or one in
  // PATH or /usr/sbin. Tests skip themselves without one.
  static bool IsInstalled();
  // "nats-server: v2.9.10", in its own words.
  static std::string Version();

  // config: more of its configuration file. It is running, and has JetStream if that is not turned
  // off there.
  explicit NatsServer(const std::string& config = "", bool jetstream = true);
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  // "127.0.0.1:4222".
  std::string address() const;
  std::string url() const { return "nats://" + address(); }
  // Where its streams are.
  std::filesystem::path store_directory() const { return directory_ / "js"; }
  // For files that the configuration names.
  const std::filesystem::path& directory() const { return directory_; }

  // SIGKILL, and it is gone.
  void Kill();
  // SIGTERM, and it is gone.
  void Terminate();
  // Of the next start, in place of the config that it was made with.
  void Configure(const std::string& config) const;
  // Again, after Kill or Terminate. Without waiting: it may find no others of its cluster yet.
  void Start(bool wait = true);
  // SIGSTOP, SIGCONT, SIGUSR2 (lame duck).
  void Signal(int signal) const { process_->Signal(signal); }
  bool running() const { return process_ != nullptr; }

  std::string Log() const { return process_ == nullptr ? "" : process_->Stderr(); }
  // Until its log has the text.
  void WaitForLog(const std::string& text) const;

 private:
  friend class NatsCluster;
  NatsServer(const std::string& config, bool jetstream, std::string name, bool wait);

  const std::string name_;
  const bool jetstream_;
  const std::filesystem::path directory_;
  const uint16_t port_;
  std::unique_ptr<Process> process_;
};

// Three of them that are one cluster.
class NatsCluster {
 public:
  static constexpr size_t kServers = 3;

  // They have a leader of JetStream, and all know it.
  explicit NatsCluster(const std::string& config = "");

  NatsServer& server(size_t index) { return *servers_.at(index); }
  // Of all three.
  std::vector<std::string> addresses() const;
  // The index of the server with that name, as the JetStream API gives the leader of a stream.
  std::optional<size_t> IndexOf(const std::string& name) const;

 private:
  std::vector<std::unique_ptr<NatsServer>> servers_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_NATS_SERVER_H_
