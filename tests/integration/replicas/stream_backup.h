#ifndef SSEGW_TESTS_INTEGRATION_REPLICAS_STREAM_BACKUP_H_
#define SSEGW_TESTS_INTEGRATION_REPLICAS_STREAM_BACKUP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "internal/nats/dial_options.h"

namespace ssegw::testing {

// A stream as `nats stream backup` reads it.
struct StreamBackup {
  std::string name;
  std::string description;  // JSON: its config and state
  std::vector<std::string> chunks;
};

// What NATS's own tool does with the streams of a server.
//
// Errors: Failure.
class StreamTool {
 public:
  explicit StreamTool(const std::string& server);
  explicit StreamTool(nats::DialOptions options);
  ~StreamTool();

  StreamBackup Backup(const std::string& stream);
  void Restore(const StreamBackup& backup);
  void Remove(const std::string& stream);
  // All that read the stream; how many there were.
  size_t RemoveConsumers(const std::string& stream);
  uint64_t LastSeq(const std::string& stream);
  // The name of the server of a cluster that leads the stream; empty: none.
  std::string LeaderOf(const std::string& stream);
  // A message that a stream takes.
  void Publish(const std::string& subject, const std::string& data);

 private:
  class Connection;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_REPLICAS_STREAM_BACKUP_H_
