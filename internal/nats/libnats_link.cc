#include "internal/nats/libnats_link.h"

#include <nats/nats.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <random>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "internal/base/concat.h"
#include "internal/base/free_with.h"
#include "internal/base/read_file.h"
#include "internal/nats/nkey.h"

// Implementation notes. libnats calls back from its own threads, also while and after a connection
// is destroyed. So what it is given as a closure is a number, under which Targets has the receiver
// for as long as the link or the subscription is there; and a receiver calls its listener under a
// lock that the link's destructor takes to detach it.

namespace ssegw::nats {
namespace {

using OptionsPtr = std::unique_ptr<natsOptions, base::FreeWith<natsOptions_Destroy>>;
using ConnectionPtr = std::unique_ptr<natsConnection, base::FreeWith<natsConnection_Destroy>>;
using SubscriptionPtr = std::unique_ptr<natsSubscription, base::FreeWith<natsSubscription_Destroy>>;
using MessagePtr = std::unique_ptr<natsMsg, base::FreeWith<natsMsg_Destroy>>;

constexpr int64_t kPingIntervalMs = 1000;
constexpr int kMaxPingsOut = 2;
// A write to a server that reads nothing holds the lock that pings need too. Beyond this time
// libnats closes the connection.
constexpr int64_t kWriteDeadlineMs = 2000;
constexpr size_t kMaxCredentialsBytes = 65536;

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

std::string ReasonOf(natsConnection* connection) {
  const char* text = nullptr;
  natsConnection_GetLastError(connection, &text);
  return text == nullptr || *text == '\0' ? "the connection was closed" : text;
}

void OnMessage(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message,
               void* closure) {
  Message owned(message);
  const Target target = Targets::Get().Find(closure);
  if (target.receiver) target.receiver->OnMessage(target.subscription, std::move(owned));
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

class LibnatsLink final : public Link {
 public:
  LibnatsLink(std::shared_ptr<Receiver> receiver, std::unique_ptr<Registration> registration,
              ConnectionPtr connection, ServerInfo server)
      : receiver_(std::move(receiver)),
        registration_(std::move(registration)),
        server_(std::move(server)),
        connection_(std::move(connection)) {}
  ~LibnatsLink() override { receiver_->Detach(); }

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
    const base::MutexLock lock(mutex_);
    subscriptions_[id] = {.registration = std::move(registration), .handle = std::move(owned)};
    return absl::OkStatus();
  }

  void Unsubscribe(SubscriptionId id) override {
    const base::MutexLock lock(mutex_);
    subscriptions_.erase(id);
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
  base::Mutex mutex_;
  absl::flat_hash_map<SubscriptionId, Subscription> subscriptions_ ABSL_GUARDED_BY(mutex_);
};

// What libnats says of its last call of this thread.
std::string LastError(natsStatus status) {
  const char* const text = nats_GetLastError(nullptr);
  return text == nullptr || *text == '\0' ? natsStatus_GetText(status) : text;
}

absl::Status CheckFile(std::string_view what, natsStatus status) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Concat("cannot use the ", what, ": ", LastError(status)));
}

absl::StatusOr<std::string> ReadFile(std::string_view what, const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadRegularFile(path, kMaxCredentialsBytes);
  if (text.ok()) return text;
  return absl::FailedPreconditionError(
      base::Concat("cannot read ", what, " ", path, ": ", std::string(text.status().message())));
}

absl::Status SetCredentials(natsOptions* options, const DialOptions& from) {
  if (!from.user.empty()) {
    natsOptions_SetUserInfo(options, from.user.c_str(), from.password.c_str());
  }
  if (!from.credentials_file.empty()) {
    // libnats reads it when it connects, and then says little of what is wrong with it.
    if (auto text = ReadFile("the credentials file", from.credentials_file); !text.ok()) {
      return text.status();
    }
    natsOptions_SetUserCredentialsFromFiles(options, from.credentials_file.c_str(), nullptr);
  }
  if (!from.nkey_seed_file.empty()) {
    const auto text = ReadFile("the nkey seed file", from.nkey_seed_file);
    if (!text.ok()) return text.status();
    const auto public_key = PublicKeyOfSeedFile(*text);
    if (!public_key.ok()) {
      return absl::FailedPreconditionError(
          base::Concat("cannot use the nkey seed file ", from.nkey_seed_file, ": ",
                       std::string(public_key.status().message())));
    }
    natsOptions_SetNKeyFromSeed(options, public_key->c_str(), from.nkey_seed_file.c_str());
  }
  return absl::OkStatus();
}

absl::Status SetTls(natsOptions* options, const DialOptions& from) {
  if (!from.tls) return absl::OkStatus();
  absl::Status status = CheckFile("TLS library", natsOptions_SetSecure(options, true));
  if (status.ok() && !from.ca_file.empty()) {
    status =
        CheckFile("CA file", natsOptions_LoadCATrustedCertificates(options, from.ca_file.c_str()));
  }
  if (status.ok() && !from.certificate_file.empty()) {
    status = CheckFile("certificate and its key",
                       natsOptions_LoadCertificatesChain(options, from.certificate_file.c_str(),
                                                         from.key_file.c_str()));
  }
  return status;
}

absl::StatusOr<OptionsPtr> MakeOptions(const DialOptions& from, void* closure) {
  natsOptions* options = nullptr;
  if (natsOptions_Create(&options) != NATS_OK) {
    return absl::UnavailableError("libnats is out of memory");
  }
  OptionsPtr owned(options);
  natsOptions_SetAllowReconnect(options, false);
  natsOptions_SetIgnoreDiscoveredServers(options, true);
  natsOptions_SetSendAsap(options, true);
  natsOptions_SetPingInterval(options, kPingIntervalMs);
  natsOptions_SetMaxPingsOut(options, kMaxPingsOut);
  natsOptions_SetWriteDeadline(options, kWriteDeadlineMs);
  natsOptions_SetTimeout(
      options, std::chrono::duration_cast<std::chrono::milliseconds>(from.connect_timeout).count());
  natsOptions_SetName(options, from.name.c_str());
  natsOptions_UseGlobalMessageDelivery(options, true);
  natsOptions_SetClosedCB(options, OnClosed, closure);
  natsOptions_SetLameDuckModeCB(options, OnLameDuck, closure);
  natsOptions_SetErrorHandler(options, OnError, closure);
  if (absl::Status status = SetCredentials(options, from); !status.ok()) return status;
  if (absl::Status status = SetTls(options, from); !status.ok()) return status;
  return owned;
}

// One connect, on a thread of its own, since libnats does not let go of one: its timeout does not
// hold for the TLS handshake, which waits for ever where a server says nothing any more. A connect
// that nobody waits for any more is left behind, and ends when the connection does.
class Attempt {
 public:
  explicit Attempt(OptionsPtr options) : options_(std::move(options)) {}

  void Connect() {
    natsConnection* connected = nullptr;
    const natsStatus status = natsConnection_Connect(&connected, options_.get());
    ConnectionPtr connection(connected);
    const base::MutexLock lock(mutex_);
    result_ = ResultOf(status, std::move(connection));
    done_.notify_one();
  }

  absl::StatusOr<ConnectionPtr> Wait(const std::stop_token& stop, base::Duration timeout) {
    const base::MutexLock lock(mutex_);
    done_.wait_for(mutex_, stop, timeout,
                   [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return result_.has_value(); });
    if (result_) return *std::move(result_);
    if (stop.stop_requested()) return absl::UnavailableError("the dialling was stopped");
    return absl::UnavailableError("the server does not finish the TLS handshake");
  }

 private:
  static absl::StatusOr<ConnectionPtr> ResultOf(natsStatus status, ConnectionPtr connection) {
    if (status == NATS_OK) return connection;
    if (status == NATS_CONNECTION_AUTH_FAILED)
      return absl::PermissionDeniedError(LastError(status));
    return absl::UnavailableError(LastError(status));
  }

  const OptionsPtr options_;
  base::Mutex mutex_;
  std::condition_variable_any done_;
  std::optional<absl::StatusOr<ConnectionPtr>> result_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<ConnectionPtr> Connect(OptionsPtr options, const std::stop_token& stop,
                                      base::Duration timeout) {
  auto attempt = std::make_shared<Attempt>(std::move(options));
  std::thread([attempt] { attempt->Connect(); }).detach();
  return attempt->Wait(stop, timeout);
}

absl::StatusOr<std::unique_ptr<Link>> DialOne(const DialOptions& from, const std::string& address,
                                              const std::stop_token& stop, LinkListener& listener) {
  auto receiver = std::make_shared<Receiver>(listener);
  auto registration = std::make_unique<Registration>(Target{.receiver = receiver});
  absl::StatusOr<OptionsPtr> options = MakeOptions(from, registration->closure());
  if (!options.ok()) return options.status();
  natsOptions_SetURL(options->get(), base::Concat("nats://", address).c_str());
  absl::StatusOr<ConnectionPtr> connection =
      Connect(*std::move(options), stop, from.connect_timeout * 3 / 2);
  if (!connection.ok()) {
    return absl::Status(connection.status().code(),
                        base::Concat(address, ": ", std::string(connection.status().message())));
  }
  ServerInfo server = {
      .address = address,
      .max_payload = static_cast<size_t>(natsConnection_GetMaxPayload(connection->get()))};
  return std::make_unique<LibnatsLink>(std::move(receiver), std::move(registration),
                                       *std::move(connection), std::move(server));
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
