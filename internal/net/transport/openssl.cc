#include "internal/net/transport/openssl.h"

#include <openssl/err.h>

namespace ssegw::net {

std::string TakeOpenSslError() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  // Of what the system refused the code is errno's, which has no text there.
  if (reason == nullptr && ERR_SYSTEM_ERROR(error)) reason = "system error";
  std::string text = reason == nullptr ? "unknown error" : reason;
  ERR_clear_error();
  return text;
}

}  // namespace ssegw::net
