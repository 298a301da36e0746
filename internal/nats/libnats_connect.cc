// Implementation notes. libnats can leave reading and writing to an event loop of its caller's,
// which it gives the socket once it has signed in, before it has read anything that comes after.
// Here the "loop" keeps a descriptor of its own of that socket, and the connection of libnats is
// closed at once, which closes libnats' descriptor and sends nothing. libnats itself cannot be read
// from such a loop, see docs/adr/0025-one-log-in-jetstream.md.
#include "internal/nats/libnats_connect.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/base/read_file.h"
#include "internal/nats/nkey.h"

namespace ssegw::nats {
namespace {

constexpr size_t kMaxCredentialsBytes = 65536;

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

struct Connected {
  ConnectionPtr connection;
  base::FileDescriptor socket;  // none: libnats has it
};

// One connect.
class Attempt {
 public:
  Attempt(OptionsPtr options, bool take_socket)
      : options_(std::move(options)), take_socket_(take_socket) {}

  void Connect() {
    base::FileDescriptor socket;
    if (take_socket_) {
      natsOptions_SetEventLoop(options_.get(), &socket, TakeSocket, DoNothing, DoNothing, Leave);
    }
    natsConnection* connected = nullptr;
    const natsStatus status = natsConnection_Connect(&connected, options_.get());
    ConnectionPtr connection(connected);
    absl::StatusOr<Connected> result = ResultOf(status, std::move(connection), std::move(socket));
    const base::MutexLock lock(mutex_);
    result_ = std::move(result);
    done_.notify_one();
  }

  absl::StatusOr<Connected> Wait(const std::stop_token& stop, base::Duration timeout) {
    const base::MutexLock lock(mutex_);
    done_.wait_for(mutex_, stop, timeout,
                   [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return result_.has_value(); });
    if (result_) return *std::move(result_);
    if (stop.stop_requested()) return absl::UnavailableError("the dialling was stopped");
    return absl::UnavailableError("the server does not finish the TLS handshake");
  }

 private:
  // Called within natsConnection_Connect.
  static natsStatus TakeSocket(void** /*data*/, void* loop, natsConnection* /*connection*/,
                               natsSock socket) {
    base::FileDescriptor& taken = *static_cast<base::FileDescriptor*>(loop);
    taken = base::FileDescriptor(fcntl(socket, F_DUPFD_CLOEXEC, 0));
    return taken.get() < 0 ? NATS_SYS_ERROR : NATS_OK;
  }
  static natsStatus DoNothing(void* /*data*/, bool /*add*/) { return NATS_OK; }
  static natsStatus Leave(void* /*data*/) { return NATS_OK; }

  static absl::StatusOr<Connected> ResultOf(natsStatus status, ConnectionPtr connection,
                                            base::FileDescriptor socket) {
    if (status == NATS_OK) {
      return Connected{.connection = std::move(connection), .socket = std::move(socket)};
    }
    if (status == NATS_CONNECTION_AUTH_FAILED)
      return absl::PermissionDeniedError(LastError(status));
    return absl::UnavailableError(LastError(status));
  }

  const OptionsPtr options_;
  const bool take_socket_;
  base::Mutex mutex_;
  std::condition_variable_any done_;
  std::optional<absl::StatusOr<Connected>> result_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Connected> Connect(OptionsPtr options, bool take_socket, const std::stop_token& stop,
                                  base::Duration timeout) {
  auto attempt = std::make_shared<Attempt>(std::move(options), take_socket);
  std::thread([attempt] { attempt->Connect(); }).detach();
  return attempt->Wait(stop, timeout);
}

}  // namespace

absl::StatusOr<OptionsPtr> MakeLibnatsOptions(const DialOptions& from, const std::string& address) {
  natsOptions* options = nullptr;
  if (natsOptions_Create(&options) != NATS_OK) {
    return absl::UnavailableError("libnats is out of memory");
  }
  OptionsPtr owned(options);
  natsOptions_SetURL(options, base::Concat("nats://", address).c_str());
  natsOptions_SetAllowReconnect(options, false);
  natsOptions_SetIgnoreDiscoveredServers(options, true);
  natsOptions_SetSendAsap(options, true);
  // None by itself.
  natsOptions_SetPingInterval(options, 0);
  natsOptions_SetTimeout(
      options, std::chrono::duration_cast<std::chrono::milliseconds>(from.connect_timeout).count());
  natsOptions_SetName(options, from.name.c_str());
  if (absl::Status status = SetCredentials(options, from); !status.ok()) return status;
  if (absl::Status status = SetTls(options, from); !status.ok()) return status;
  return owned;
}

absl::StatusOr<ConnectionPtr> ConnectLibnats(OptionsPtr options, const std::stop_token& stop,
                                             base::Duration timeout) {
  absl::StatusOr<Connected> connected =
      Connect(std::move(options), /*take_socket=*/false, stop, timeout);
  if (!connected.ok()) return connected.status();
  return std::move(connected->connection);
}

absl::StatusOr<SignedInSocket> SignInWithLibnats(OptionsPtr options, const std::stop_token& stop,
                                                 base::Duration timeout) {
  absl::StatusOr<Connected> connected =
      Connect(std::move(options), /*take_socket=*/true, stop, timeout);
  if (!connected.ok()) return connected.status();
  // libnats has it closed with a reset, which takes with it what has not been sent yet.
  const linger none = {.l_onoff = 0, .l_linger = 0};
  setsockopt(connected->socket.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  return SignedInSocket{.socket = std::move(connected->socket),
                        .max_payload = static_cast<size_t>(
                            natsConnection_GetMaxPayload(connected->connection.get()))};
}

}  // namespace ssegw::nats
