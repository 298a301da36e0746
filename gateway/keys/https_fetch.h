#ifndef SSEGW_GATEWAY_KEYS_HTTPS_FETCH_H_
#define SSEGW_GATEWAY_KEYS_HTTPS_FETCH_H_

#include <string>

#include "gateway/keys/fetched.h"

namespace ssegw::keys {

// Fetches with libcurl: https alone, also where a redirect leads, at most 3 of them; at most
// auth::KeySet::kMaxBytes; 5 s to connect and 10 s in all. Proxies are those of the environment, as
// libcurl has it.
// ca_file: certificates (PEM) that the server is trusted by; empty: those of the system.
// Call it before other threads are started: libcurl sets itself up.
Fetch HttpsFetch(std::string url, std::string ca_file);

}  // namespace ssegw::keys

#endif  // SSEGW_GATEWAY_KEYS_HTTPS_FETCH_H_
