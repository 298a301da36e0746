#ifndef SSEGW_GATEWAY_INGEST_WATCH_SOURCES_H_
#define SSEGW_GATEWAY_INGEST_WATCH_SOURCES_H_

#include "gateway/connections/demand.h"
#include "gateway/connections/lifecycle.h"
#include "gateway/ingest/watch_source.h"

namespace ssegw::ingest {

// What calls are told that watch; what they watch outlives them.
BeginDemand WatchDemandOf(connections::Demand& demand);
BeginLifecycle WatchLifecycleOf(connections::Lifecycle& lifecycle);

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_WATCH_SOURCES_H_
