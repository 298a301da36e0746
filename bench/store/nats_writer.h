#ifndef SSEGW_BENCH_STORE_NATS_WRITER_H_
#define SSEGW_BENCH_STORE_NATS_WRITER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "internal/base/time.h"

namespace ssegw::bench {

// Publishes events to the log of gateways by libnats' own layer of JetStream, as fast as that is
// without a gateway: the bytes that a gateway would store, with a message id each.
//
// Thread: one at a time. Errors: Failure: where something is refused or has no answer.
class NatsWriter {
 public:
  // What libnats does with what is to be sent.
  enum class Send {
    kAtOnce,   // as the gateway has it
    kGathers,  // its default: waits for up to a millisecond for more
  };

  // address: "127.0.0.1:4222". in_flight: of asynchronous publishes.
  NatsWriter(const std::string& address, Send send, size_t in_flight = 256);
  ~NatsWriter();
  NatsWriter(const NatsWriter&) = delete;
  NatsWriter& operator=(const NatsWriter&) = delete;

  // One after the other, each when the last was acknowledged. Returns how many.
  uint64_t PublishAloneFor(base::Duration length);
  // With so many in flight as it was made for, until all are acknowledged. Returns how many.
  uint64_t PublishFor(base::Duration length);
  // key: of the event of that number.
  void Publish(size_t events, const std::function<std::string(size_t)>& key);
  // So many a second.
  void PublishAtRate(size_t events, size_t a_second);

  // One event of the topic "end". Returns its seq.
  uint64_t PublishEnd();

  // A request of the API and its answer.
  std::string Ask(const std::string& subject, const std::string& data = "") const;

 private:
  struct Connection;

  std::string NextId();
  uint64_t PublishAlone(const std::string& topic, const std::string& key);
  void PublishOne(const std::string& key);
  void AwaitAcknowledged();

  const std::string data_;
  const std::unique_ptr<Connection> connection_;
  std::atomic<uint64_t> refused_{0};
  uint64_t published_ = 0;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_STORE_NATS_WRITER_H_
