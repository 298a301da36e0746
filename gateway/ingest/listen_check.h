#ifndef SSEGW_GATEWAY_INGEST_LISTEN_CHECK_H_
#define SSEGW_GATEWAY_INGEST_LISTEN_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace ssegw::ingest {

// Whether gRPC will be able to listen on "host:port". gRPC itself does not tell why it cannot, but
// logs it, over several lines; so it is asked only when this says yes.
//
// Errors: UNAVAILABLE "cannot listen on 0.0.0.0:50051: Address already in use".
absl::Status CheckCanListen(const std::string& listen);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_LISTEN_CHECK_H_
