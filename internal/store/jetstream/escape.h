#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_

#include <string>

#include "internal/base/hex.h"

namespace ssegw::store::jetstream {

// "=XX", with capitals.
inline void AppendEscaped(std::string& out, char c) {
  out += '=';
  base::AppendHex(out, c);
}

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_ESCAPE_H_
