#include "bench/store/nats_writer.h"

#include <nats/nats.h>
#include <unistd.h>

#include <chrono>
#include <string_view>
#include <thread>

#include "internal/base/concat.h"
#include "internal/base/free_with.h"
#include "internal/sse/frame.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

using base::Concat;

// As many bytes of JSON as the usual Dashboard has (bench/micro/dashboards.h).
constexpr size_t kJsonBytes = 844;
constexpr size_t kKeys = 64;
constexpr int64_t kPatienceMs = 10'000;
constexpr char kName[] = "ssegw";
constexpr char kTopic[] = "bench";

void Must(natsStatus status, std::string_view what) {
  if (status != NATS_OK) {
    throw testing::Failure(Concat("libnats: ", what, ": ", natsStatus_GetText(status)));
  }
}

std::string EventBytes() {
  const base::Moment now = base::Moment::Now();
  return store::jetstream::EncodeStoredEvent(
      *sse::Frame::Create({.topic = kTopic,
                           .json = Concat('"', std::string(kJsonBytes - 2, 'x'), '"'),
                           .received_at = now.steady,
                           .received_wall = now.wall}),
      "bench");
}

}  // namespace

struct NatsWriter::Connection {
  std::unique_ptr<natsConnection, base::FreeWith<natsConnection_Destroy>> nats;
  std::unique_ptr<jsCtx, base::FreeWith<jsCtx_Destroy>> stream;
};

NatsWriter::NatsWriter(const std::string& address, Send send, size_t in_flight)
    : data_(EventBytes()), connection_(std::make_unique<Connection>()) {
  natsOptions* created = nullptr;
  Must(natsOptions_Create(&created), "options");
  const std::unique_ptr<natsOptions, base::FreeWith<natsOptions_Destroy>> options(created);
  natsOptions_SetURL(created, Concat("nats://", address).c_str());
  natsOptions_SetSendAsap(created, send == Send::kAtOnce);
  natsConnection* nats = nullptr;
  Must(natsConnection_Connect(&nats, created), address);
  connection_->nats.reset(nats);
  jsOptions js_options;
  jsOptions_Init(&js_options);
  js_options.PublishAsync.MaxPending = static_cast<int64_t>(in_flight);
  js_options.PublishAsync.StallWait = kPatienceMs;
  js_options.PublishAsync.ErrHandler = [](jsCtx* /*stream*/, jsPubAckErr* /*error*/, void* self) {
    static_cast<NatsWriter*>(self)->refused_.fetch_add(1);
  };
  js_options.PublishAsync.ErrHandlerClosure = this;
  jsCtx* stream = nullptr;
  Must(natsConnection_JetStream(&stream, nats, &js_options), "JetStream");
  connection_->stream.reset(stream);
}

NatsWriter::~NatsWriter() = default;

std::string NatsWriter::NextId() {
  return Concat("b:", getpid(), "-", reinterpret_cast<uintptr_t>(this), "-", ++published_);
}

uint64_t NatsWriter::PublishAlone(const std::string& topic, const std::string& key) {
  const std::string id = NextId();
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.c_str();
  const std::string subject = store::jetstream::EventSubject(kName, topic, key);
  jsPubAck* ack = nullptr;
  Must(js_Publish(&ack, connection_->stream.get(), subject.c_str(), data_.data(),
                  static_cast<int>(data_.size()), &options, nullptr),
       "publish");
  const uint64_t seq = ack->Sequence;
  jsPubAck_Destroy(ack);
  return seq;
}

uint64_t NatsWriter::PublishAloneFor(base::Duration length) {
  const base::TimePoint end = base::Now() + length;
  uint64_t count = 0;
  for (; base::Now() < end; ++count) PublishAlone(kTopic, Concat(count % kKeys));
  return count;
}

void NatsWriter::PublishOne(const std::string& key) {
  const std::string id = NextId();
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.c_str();
  const std::string subject = store::jetstream::EventSubject(kName, kTopic, key);
  Must(js_PublishAsync(connection_->stream.get(), subject.c_str(), data_.data(),
                       static_cast<int>(data_.size()), &options),
       "publish");
}

void NatsWriter::AwaitAcknowledged() {
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = kPatienceMs;
  Must(js_PublishAsyncComplete(connection_->stream.get(), &options), "acknowledgements");
  if (refused_ > 0) throw testing::Failure(Concat(refused_.load(), " events were refused"));
}

uint64_t NatsWriter::PublishFor(base::Duration length) {
  const base::TimePoint end = base::Now() + length;
  uint64_t count = 0;
  for (; base::Now() < end; ++count) PublishOne(Concat(count % kKeys));
  AwaitAcknowledged();
  return count;
}

void NatsWriter::Publish(size_t events, const std::function<std::string(size_t)>& key) {
  for (size_t i = 0; i < events; ++i) PublishOne(key(i));
  AwaitAcknowledged();
}

void NatsWriter::PublishAtRate(size_t events, size_t a_second) {
  const base::TimePoint begin = base::Now();
  for (size_t i = 0; i < events; ++i) {
    std::this_thread::sleep_until(begin + i * base::Duration(std::chrono::seconds(1)) / a_second);
    PublishOne(Concat(i % kKeys));
  }
  AwaitAcknowledged();
}

uint64_t NatsWriter::PublishEnd() { return PublishAlone("end", ""); }

std::string NatsWriter::Ask(const std::string& subject, const std::string& data) const {
  natsMsg* answer = nullptr;
  Must(natsConnection_Request(&answer, connection_->nats.get(), subject.c_str(), data.data(),
                              static_cast<int>(data.size()), kPatienceMs),
       subject);
  const std::unique_ptr<natsMsg, base::FreeWith<natsMsg_Destroy>> owned(answer);
  return {natsMsg_GetData(answer), static_cast<size_t>(natsMsg_GetDataLength(answer))};
}

}  // namespace ssegw::bench
