#ifndef SSEGW_INTERNAL_NET_STREAM_SHARD_CONNECTIONS_H_
#define SSEGW_INTERNAL_NET_STREAM_SHARD_CONNECTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "internal/fanout/message.h"
#include "internal/net/stream/connection_info.h"
#include "internal/window/filter.h"

namespace ssegw::net {

// Which connections are meant: those that fit all that is given.
struct ConnectionCriteria {
  // One of its filters shares a topic with it.
  std::optional<window::Filter> filter = {};
  std::string subject = {};  // whom it is for; empty: anybody
  std::string address = {};  // without port; empty: any
};

// A page of connections: the first, in the order of their ids as text, after a given id.
struct PageWanted {
  ConnectionCriteria criteria = {};
  std::string after = {};  // empty: from the first on
  size_t size = 0;         // at least 1
};

// Which connections have to leave: those with these numbers, and those that fit the criteria.
struct LeavingWanted {
  std::vector<uint64_t> numbers = {};
  std::optional<ConnectionCriteria> criteria = {};
  // When they are to come back, jittered by half; nullopt: --retry.
  std::optional<std::chrono::milliseconds> retry = {};
};

// The connections of one shard, for whoever asks about them and sends to them. What may take long
// is done in slices of some 0.1 ms, with turns for others in between.
//
// Thread: any. Each done is called on the shard's thread, or where the shard is destroyed before
//         it came to it, not at all; it must not block.
class ShardConnections {
 public:
  // The ids of its connections are this and a number.
  virtual const std::string& connection_id_prefix() const = 0;

  using FoundPage = absl::AnyInvocable<void(std::vector<ConnectionInfo>) &&>;
  virtual void FindPage(PageWanted wanted, FoundPage done) = 0;
  // nullopt: there is no connection of that number.
  using Described = absl::AnyInvocable<void(std::optional<ConnectionInfo>) &&>;
  virtual void Describe(uint64_t number, Described done) = 0;
  // Sends the connection of that number a message, after those that were sent to it before. The
  // message hears of its fate in any case.
  virtual void Send(uint64_t number, fanout::Message message) = 0;
  // Ends connections with gateway.bye "closed". done: with how many; one that was leaving already
  // is none of them.
  using Left = absl::AnyInvocable<void(uint64_t closed) &&>;
  virtual void SendAway(LeavingWanted wanted, Left done) = 0;

  // Calls work on the shard's thread, again and again until it returns false. Each call takes some
  // 0.1 ms at most.
  virtual void Work(std::function<bool()> work) = 0;

 protected:
  ~ShardConnections() = default;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_STREAM_SHARD_CONNECTIONS_H_
