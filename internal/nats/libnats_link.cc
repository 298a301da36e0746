// Implementation notes, for links by TLS. libnats calls back from its own threads, also while and
// after a connection is destroyed. So what it is given as a closure is a number, under which
// Targets has the receiver for as long as the link or the subscription is there; and a receiver
// calls its listener under a lock that the link's destructor takes to detach it.
//
// libnats before 3.6.1 looks a subscription up in its reading thread, and uses it without holding
// it: one that is destroyed meanwhile ends the process (abort, in pthread_mutex_lock). So none is
// destroyed before its connection is closed, which waits for that thread.
#include "internal/nats/libnats_link.h"

#include <nats/nats.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "absl/container/flat_hash_map.h"
#include "internal/base/concat.h"
#include "internal/base/free_with.h"
#include "internal/nats/libnats_connect.h"
#include "internal/nats/socket_link.h"

namespace ssegw::nats {
namespace {

using SubscriptionPtr = std::unique_ptr<natsSubscription, base::FreeWith<natsSubscription_Destroy>>;
using MessagePtr = std::unique_ptr<natsMsg, base::FreeWith<natsMsg_Destroy>>;

constexpr int64_t kPingIntervalMs = 1000;
constexpr int kMaxPingsOut = 2;
// A write to a server that reads nothing holds the lock that pings need too. Beyond this time
// libnats closes the connection.
constexpr int64_t kWriteDeadlineMs = 2000;

// Hears of one connection, and tells its listener until the end.
class Receiver {
 public:
  explicit Receiver(LinkListener& listener) : listener_(&listener) {}

  void OnMessage(SubscriptionId subscription, Message message) {
    const base::MutexLock lock(mutex_);
    if (listener_ != nullptr) listener_->OnMessage(subscription, std::move(message));
  }
  void OnRefused(std::string_view text) {
    const base::MutexLock lock(mutex_);
    if (listener_ != nullptr) listener_->OnRefused(text);
  }
  void OnClosed(std::string_view reason) {
    const base::MutexLock lock(mutex_);
    if (listener_ != nullptr) std::exchange(listener_, nullptr)->OnClosed(reason);
  }
  void Detach() {
    const base::MutexLock lock(mutex_);
    listener_ = nullptr;
  }
  bool closed() const {
    const base::MutexLock lock(mutex_);
    return listener_ == nullptr;
  }

 private:
  mutable base::Mutex mutex_;
  LinkListener* listener_ ABSL_GUARDED_BY(mutex_);
};

struct Target {
  std::shared_ptr<Receiver> receiver;
  SubscriptionId subscription = 0;
};

class Targets {
 public:
  // The closure under which Find has the target.
  void* Add(const Target& target) {
    const base::MutexLock lock(mutex_);
    targets_.emplace(++last_, target);
    return reinterpret_cast<void*>(last_);  // NOLINT(performance-no-int-to-ptr): never followed
  }
  void Remove(void* closure) {
    const base::MutexLock lock(mutex_);
    targets_.erase(reinterpret_cast<uintptr_t>(closure));
  }
  // Without a receiver if it has been removed.
  Target Find(void* closure) const {
    const base::MutexLock lock(mutex_);
    const auto at = targets_.find(reinterpret_cast<uintptr_t>(closure));
    return at == targets_.end() ? Target() : at->second;
  }

  static Targets& Get() {
    static auto& targets = *new Targets;
    return targets;
  }

 private:
  mutable base::Mutex mutex_;
  uintptr_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uintptr_t, Target> targets_ ABSL_GUARDED_BY(mutex_);
};

// In Targets for as long as it lives.
class Registration {
 public:
  explicit Registration(const Target& target) : closure_(Targets::Get().Add(target)) {}
  ~Registration() { Targets::Get().Remove(closure_); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  void* closure() const { return closure_; }

 private:
  void* const closure_;
};

// For a dial, whose handshake libnats does not bound.
base::Duration PatienceOf(const DialOptions& options) { return options.connect_timeout * 3 / 2; }

std::string ReasonOf(natsConnection* connection) {
  const char* text = nullptr;
  natsConnection_GetLastError(connection, &text);
  return text == nullptr || *text == '\0' ? "the connection was closed" : text;
}

struct FreeNames {
  void operator()(const char** names) const { free(static_cast<void*>(names)); }
};

// As it was on the wire; libnats has made fields of the first line.
std::string HeaderOf(natsMsg* message) {
  const char** names = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &names, &count) != NATS_OK) return "";
  const std::unique_ptr<const char*[], FreeNames> owned(names);
  std::string status;
  std::string description;
  std::string fields;
  for (int i = 0; i < count; ++i) {
    const std::string_view name = names[i];
    const char* value = nullptr;
    if (natsMsgHeader_Get(message, names[i], &value) != NATS_OK || value == nullptr) continue;
    if (name == "Status") {
      status = base::Concat(" ", value);
    } else if (name == "Description") {
      description = base::Concat(" ", value);
    } else {
      fields += base::Concat(name, ": ", value, "\r\n");
    }
  }
  return base::Concat(kHeaderVersion, status, description, "\r\n", fields, "\r\n");
}

Message MessageOf(natsMsg* message) {
  const char* const reply = natsMsg_GetReply(message);
  return {natsMsg_GetSubject(message), reply == nullptr ? "" : reply, HeaderOf(message),
          std::string_view(natsMsg_GetData(message),
                           static_cast<size_t>(natsMsg_GetDataLength(message)))};
}

void OnMessage(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message,
               void* closure) {
  const MessagePtr owned(message);
  const Target target = Targets::Get().Find(closure);
  if (target.receiver) target.receiver->OnMessage(target.subscription, MessageOf(message));
}

void OnClosed(natsConnection* connection, void* closure) {
  const Target target = Targets::Get().Find(closure);
  if (target.receiver) target.receiver->OnClosed(ReasonOf(connection));
}

void OnLameDuck(natsConnection* /*connection*/, void* closure) {
  const Target target = Targets::Get().Find(closure);
  if (target.receiver) target.receiver->OnClosed("the server is about to go (lame duck)");
}

void OnError(natsConnection* connection, natsSubscription* /*subscription*/, natsStatus error,
             void* closure) {
  if (error != NATS_NOT_PERMITTED) return;
  const Target target = Targets::Get().Find(closure);
  if (target.receiver) target.receiver->OnRefused(ReasonOf(connection));
}

class TlsLink final : public Link {
 public:
  TlsLink(std::shared_ptr<Receiver> receiver, std::unique_ptr<Registration> registration,
          ConnectionPtr connection, ServerInfo server)
      : receiver_(std::move(receiver)),
        registration_(std::move(registration)),
        server_(std::move(server)),
        connection_(std::move(connection)) {}
  ~TlsLink() override {
    receiver_->Detach();
    natsConnection_Close(connection_.get());
  }

  // libnats reads and writes.
  void Start(Loop& /*loop*/) override {}

  absl::Status Publish(const OutgoingMessage& message) override {
    if (receiver_->closed()) return absl::UnavailableError("the connection is closed");
    const natsStatus status = Send(message);
    if (status == NATS_OK) return absl::OkStatus();
    if (status == NATS_MAX_PAYLOAD) {
      return absl::InvalidArgumentError(
          base::Concat("larger than the server's max_payload ", server_.max_payload));
    }
    return absl::UnavailableError(natsStatus_GetText(status));
  }

  absl::Status Subscribe(SubscriptionId id, std::string_view subject) override {
    auto registration =
        std::make_unique<Registration>(Target{.receiver = receiver_, .subscription = id});
    natsSubscription* subscription = nullptr;
    natsStatus status =
        natsConnection_Subscribe(&subscription, connection_.get(), std::string(subject).c_str(),
                                 OnMessage, registration->closure());
    SubscriptionPtr owned(subscription);
    // Nothing is dropped: who subscribes bounds what comes.
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription, -1, -1);
    if (status != NATS_OK) return absl::UnavailableError(natsStatus_GetText(status));
    subscriptions_[id] = {.registration = std::move(registration), .handle = std::move(owned)};
    return absl::OkStatus();
  }

  void Unsubscribe(SubscriptionId id) override {
    const auto at = subscriptions_.find(id);
    if (at == subscriptions_.end()) return;
    natsSubscription_Unsubscribe(at->second.handle.get());
    ended_.push_back(std::move(at->second.handle));
    subscriptions_.erase(at);
  }

  const ServerInfo& server() const override { return server_; }

 private:
  struct Subscription {
    std::unique_ptr<Registration> registration;
    SubscriptionPtr handle;
  };

  natsStatus Send(const OutgoingMessage& message) {
    natsMsg* created = nullptr;
    const std::string reply(message.reply);
    natsStatus status = natsMsg_Create(&created, std::string(message.subject).c_str(),
                                       reply.empty() ? nullptr : reply.c_str(), message.data.data(),
                                       static_cast<int>(message.data.size()));
    const MessagePtr owned(created);
    for (const HeaderField& field : message.header) {
      if (status != NATS_OK) break;
      status = natsMsgHeader_Set(created, std::string(field.name).c_str(),
                                 std::string(field.value).c_str());
    }
    return status == NATS_OK ? natsConnection_PublishMsg(connection_.get(), created) : status;
  }

  const std::shared_ptr<Receiver> receiver_;
  const std::unique_ptr<Registration> registration_;
  const ServerInfo server_;
  const ConnectionPtr connection_;
  absl::flat_hash_map<SubscriptionId, Subscription> subscriptions_;
  std::vector<SubscriptionPtr> ended_;
};

// libnats reads, delivers and writes.
absl::StatusOr<std::unique_ptr<Link>> DialWithTls(const DialOptions& from,
                                                  const std::string& address,
                                                  const std::stop_token& stop,
                                                  LinkListener& listener) {
  auto receiver = std::make_shared<Receiver>(listener);
  auto registration = std::make_unique<Registration>(Target{.receiver = receiver});
  absl::StatusOr<OptionsPtr> made = MakeLibnatsOptions(from, address);
  if (!made.ok()) return made.status();
  natsOptions* const options = made->get();
  natsOptions_SetPingInterval(options, kPingIntervalMs);
  natsOptions_SetMaxPingsOut(options, kMaxPingsOut);
  natsOptions_SetWriteDeadline(options, kWriteDeadlineMs);
  natsOptions_UseGlobalMessageDelivery(options, true);
  natsOptions_SetClosedCB(options, OnClosed, registration->closure());
  natsOptions_SetLameDuckModeCB(options, OnLameDuck, registration->closure());
  natsOptions_SetErrorHandler(options, OnError, registration->closure());
  absl::StatusOr<ConnectionPtr> connection =
      ConnectLibnats(*std::move(made), stop, PatienceOf(from));
  if (!connection.ok()) return connection.status();
  ServerInfo server = {
      .address = address,
      .max_payload = static_cast<size_t>(natsConnection_GetMaxPayload(connection->get()))};
  return std::make_unique<TlsLink>(std::move(receiver), std::move(registration),
                                   *std::move(connection), std::move(server));
}

absl::StatusOr<std::unique_ptr<Link>> DialPlain(const DialOptions& from, const std::string& address,
                                                const std::stop_token& stop,
                                                LinkListener& listener) {
  absl::StatusOr<OptionsPtr> options = MakeLibnatsOptions(from, address);
  if (!options.ok()) return options.status();
  absl::StatusOr<SignedInSocket> signed_in =
      SignInWithLibnats(*std::move(options), stop, PatienceOf(from));
  if (!signed_in.ok()) return signed_in.status();
  return std::make_unique<SocketLink>(
      std::move(signed_in->socket),
      ServerInfo{.address = address, .max_payload = signed_in->max_payload}, listener);
}

absl::StatusOr<std::unique_ptr<Link>> DialOne(const DialOptions& from, const std::string& address,
                                              const std::stop_token& stop, LinkListener& listener) {
  absl::StatusOr<std::unique_ptr<Link>> link = from.tls ? DialWithTls(from, address, stop, listener)
                                                        : DialPlain(from, address, stop, listener);
  // What is wrong with this side's files has no address.
  if (link.ok() || absl::IsFailedPrecondition(link.status())) return link;
  return absl::Status(link.status().code(),
                      base::Concat(address, ": ", std::string(link.status().message())));
}

}  // namespace

std::vector<std::string> LibnatsDialer::DrawOrder() {
  std::vector<std::string> order = options_.servers;
  std::shuffle(order.begin(), order.end(), std::mt19937(std::random_device()()));
  const base::MutexLock lock(mutex_);
  std::partition(order.begin(), order.end(),
                 [this](const std::string& server)
                     ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return server != last_; });
  return order;
}

absl::StatusOr<std::unique_ptr<Link>> LibnatsDialer::Dial(LinkListener& listener) {
  const std::stop_token stop = stop_.get_token();
  absl::Status failure = absl::UnavailableError("there is no server to dial");
  for (const std::string& server : DrawOrder()) {
    if (stop.stop_requested()) break;
    absl::StatusOr<std::unique_ptr<Link>> link = DialOne(options_, server, stop, listener);
    if (link.ok()) {
      const base::MutexLock lock(mutex_);
      last_ = server;
      return link;
    }
    // The worst is told: a server that refuses is none that is away.
    if (failure.code() == absl::StatusCode::kUnavailable) failure = link.status();
  }
  return failure;
}

}  // namespace ssegw::nats
