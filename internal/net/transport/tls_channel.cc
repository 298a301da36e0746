// Implementation notes
//
// OpenSSL reads and writes through a BIO of our own, one for both ways. Its write always takes a
// record whole: to the socket, and what that does not take to unsent_. So SSL_write has never to be
// repeated, and TCP's short writes are nobody's business above.
//
//   Write ──► SSL_write ──► Send ──► socket
//                             └────► unsent_ ──► SendUnsent (epoll, or the next Write)
//
// Its read gives OpenSSL what it asks for, first the head of a record, then the record, and nothing
// is read ahead. So after SSL_read with room for a whole record OpenSSL holds no application data,
// and a level-triggered epoll set tells of whatever is left in the socket.
//
// A peer can make OpenSSL work and write without sending application data: key updates (RFC 8446
// section 4.6.3), requests to renegotiate. idle_bytes_ bounds them, and unsent_ the answers that
// nobody reads.
#include "internal/net/transport/tls_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ssegw::net {

// The BIO's methods.
struct TlsBio {
  static TlsChannel& Of(BIO* bio) { return *static_cast<TlsChannel*>(BIO_get_data(bio)); }

  static int Write(BIO* bio, const char* data, size_t size, size_t* written) {
    BIO_clear_retry_flags(bio);
    TlsChannel& channel = Of(bio);
    const size_t unsent = channel.unsent_.size() - channel.unsent_taken_;
    if (unsent > 0 && unsent + size > TlsChannel::kMaxUnsentBytes) {
      BIO_set_retry_write(bio);
      return 0;
    }
    if (!channel.Send(data, size)) return 0;
    *written = size;
    return 1;
  }

  static int Read(BIO* bio, char* data, size_t size, size_t* bytes) {
    BIO_clear_retry_flags(bio);
    TlsChannel& channel = Of(bio);
    if (!channel.Receive(data, size, *bytes)) return 0;
    if (*bytes > 0) return 1;
    if (!channel.at_end_) BIO_set_retry_read(bio);
    return 0;
  }

  static long Control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return Of(bio).at_end_ ? 1 : 0;
    // What was written is on its way.
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* New() {
    BIO_METHOD* const method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ssegw socket");
    BIO_meth_set_write_ex(method, Write);
    BIO_meth_set_read_ex(method, Read);
    BIO_meth_set_ctrl(method, Control);
    return method;
  }

  static BIO* Over(TlsChannel& channel) {
    static BIO_METHOD* const method = New();
    BIO* const bio = BIO_new(method);
    if (bio == nullptr) std::abort();  // only without memory
    BIO_set_data(bio, &channel);
    BIO_set_init(bio, 1);
    return bio;
  }
};

namespace {

// The pieces of one write, copied together into records.
class Gather {
 public:
  explicit Gather(std::span<const iovec> pieces) : pieces_(pieces) {}

  // At most that many of the next bytes; empty: there are no more. Valid until the next call.
  std::span<const char> Next(size_t max_bytes) {
    // One for each thread, as each thread writes for one channel at a time.
    thread_local std::array<char, TlsChannel::kMaxRecordBytes> buffer;
    size_t bytes = 0;
    while (!pieces_.empty() && bytes < max_bytes) {
      const iovec& piece = pieces_.front();
      const char* const from = static_cast<const char*>(piece.iov_base) + skip_;
      const size_t some = std::min(piece.iov_len - skip_, max_bytes - bytes);
      skip_ += some;
      const bool whole = skip_ == piece.iov_len;
      if (whole) {
        pieces_ = pieces_.subspan(1);
        skip_ = 0;
      }
      // Nothing has to be put together.
      if (bytes == 0 && (some == max_bytes || pieces_.empty())) return {from, some};
      std::memcpy(buffer.data() + bytes, from, some);
      bytes += some;
    }
    return {buffer.data(), bytes};
  }

 private:
  std::span<const iovec> pieces_;
  size_t skip_ = 0;  // of the first of pieces_
};

}  // namespace

TlsChannel::TlsChannel(int fd, const TlsContext& context) : ssl_(context.NewSsl()), fd_(fd) {
  BIO* const bio = TlsBio::Over(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
}

int TlsChannel::ErrorOf(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error != SSL_ERROR_SSL && error != SSL_ERROR_SYSCALL) return error;
  failed_ = true;
  const std::string reason = TakeOpenSslError();
  if (idle_bytes_ > kMaxIdleBytes) {
    failure_ = "the peer sends too much that is no data";
  } else {
    failure_ = gone_ || error == SSL_ERROR_SYSCALL ? "the peer is gone" : reason;
  }
  return error;
}

TlsChannel::Handshake TlsChannel::ShakeHands() {
  failure_ = "the peer is gone";
  if (!SendUnsent()) return Handshake::kFailed;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    idle_bytes_ = 0;
    return Handshake::kDone;
  }
  switch (ErrorOf(result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Handshake::kNeedsMore;
    default:
      return Handshake::kFailed;
  }
}

std::string_view TlsChannel::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

Received TlsChannel::Read(std::span<char> buffer, size_t& bytes) {
  bytes = 0;
  if (failed_) return Received::kBroken;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &bytes);
  if (result == 1) {
    idle_bytes_ = 0;
    return Received::kBytes;
  }
  switch (ErrorOf(result)) {
    case SSL_ERROR_WANT_READ:
      return Received::kNothing;
    case SSL_ERROR_ZERO_RETURN:
      return Received::kEnd;
    default:
      // Also where it wants to write and may not: the peer asks for more answers than it reads.
      failed_ = true;
      return Received::kBroken;
  }
}

ssize_t TlsChannel::Write(std::span<const iovec> pieces, size_t bytes_per_record) {
  if (failed_ || !SendUnsent()) return -1;
  size_t taken = 0;
  Gather gather(pieces);
  while (!has_unsent()) {
    const std::span<const char> some = gather.Next(std::min(bytes_per_record, kMaxRecordBytes));
    if (some.empty()) break;
    // An error after something was taken will be there at the next write too.
    if (!Encrypt(some)) return taken > 0 ? static_cast<ssize_t>(taken) : -1;
    taken += some.size();
  }
  return static_cast<ssize_t>(taken);
}

bool TlsChannel::Encrypt(std::span<const char> bytes) {
  size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  if (result == 1) return true;
  ErrorOf(result);
  // Nothing else is to be repeated, since Send takes everything.
  failed_ = true;
  return false;
}

void TlsChannel::EndOutput() {
  // In the midst of a handshake there is nobody to say goodbye to.
  if (failed_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0) ErrorOf(result);
}

bool TlsChannel::Receive(char* data, size_t size, size_t& bytes) {
  bytes = 0;
  if (idle_bytes_ > kMaxIdleBytes) return false;
  ssize_t n = 0;
  do {
    n = ::recv(fd_, data, size, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return true;
  if (n < 0) {
    gone_ = true;
    return false;
  }
  if (n == 0) at_end_ = true;
  bytes = static_cast<size_t>(n);
  idle_bytes_ += static_cast<uint32_t>(n);
  return true;
}

size_t TlsChannel::SendSome(const char* data, size_t size) {
  ssize_t n = 0;
  do {
    n = ::send(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN) gone_ = true;
  return static_cast<size_t>(std::max<ssize_t>(n, 0));
}

bool TlsChannel::Send(const char* data, size_t size) {
  const size_t sent = has_unsent() ? 0 : SendSome(data, size);
  if (gone_) return false;
  unsent_.append(data + sent, size - sent);
  return true;
}

bool TlsChannel::SendUnsent() {
  if (has_unsent()) {
    unsent_taken_ += static_cast<uint32_t>(
        SendSome(unsent_.data() + unsent_taken_, unsent_.size() - unsent_taken_));
  }
  if (!has_unsent() && !unsent_.empty()) {
    std::string().swap(unsent_);
    unsent_taken_ = 0;
  }
  return !gone_;
}

}  // namespace ssegw::net
