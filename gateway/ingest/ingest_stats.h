#ifndef SSEGW_GATEWAY_INGEST_INGEST_STATS_H_
#define SSEGW_GATEWAY_INGEST_INGEST_STATS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "internal/base/enum_array.h"
#include "internal/metrics/counter.h"

namespace ssegw::ingest {

// Why a call was refused before an event of it was looked at.
enum class Refusal : uint8_t {
  kStreams,          // as many are open as may be
  kMetadata,         // more than a call may bring
  kPage,             // a browser sent it, for a page
  kEncoding,         // compressed in a way that is not taken
  kMethod,           // nobody has it
  kUnauthenticated,  // it does not show who publishes
  kLast = kUnauthenticated,
};

inline std::string_view ToString(Refusal refusal) {
  switch (refusal) {
    case Refusal::kStreams:
      return "streams";
    case Refusal::kMetadata:
      return "metadata";
    case Refusal::kPage:
      return "page";
    case Refusal::kEncoding:
      return "encoding";
    case Refusal::kMethod:
      return "method";
    case Refusal::kUnauthenticated:
      return "unauthenticated";
  }
  return "";
}

// What is asked of ConnectionService.
enum class Operation : uint8_t { kList, kGet, kSend, kClose, kLast = kClose };

inline std::string_view ToString(Operation operation) {
  switch (operation) {
    case Operation::kList:
      return "list";
    case Operation::kGet:
      return "get";
    case Operation::kSend:
      return "send";
    case Operation::kClose:
      return "close";
  }
  return "";
}

// How that ended.
enum class OperationResult : uint8_t {
  kOk,
  kInvalid,
  kNotFound,
  kExhausted,
  kExpired,
  kForbidden,
  kUnavailable,  // or a fault of our own
  kCancelled,
  kLast = kCancelled,
};

inline std::string_view ToString(OperationResult result) {
  switch (result) {
    case OperationResult::kOk:
      return "ok";
    case OperationResult::kInvalid:
      return "invalid";
    case OperationResult::kNotFound:
      return "not_found";
    case OperationResult::kExhausted:
      return "exhausted";
    case OperationResult::kExpired:
      return "expired";
    case OperationResult::kForbidden:
      return "forbidden";
    case OperationResult::kUnavailable:
      return "unavailable";
    case OperationResult::kCancelled:
      return "cancelled";
  }
  return "";
}

OperationResult ResultOf(absl::StatusCode code);

// What the metrics say of this module. Written by every gRPC thread, read at the scrape.
struct IngestStats {
  // Open calls of PublishStream and PublishBatch: a gauge.
  metrics::SharedCounter publishers;

  // Bytes of batches that wait for the store, and of answers that publishers have not taken: a
  // gauge.
  metrics::SharedCounter waiting_bytes;

  // Connections, and calls that stay open, of any of our services: gauges. Written under a lock.
  metrics::Counter connections;
  metrics::Counter streams;
  // Connections that were closed when they came, and that made place for others.
  metrics::SharedCounter connections_refused;
  metrics::SharedCounter connections_evicted;

  // Events by result. Every event received counts in exactly one.
  metrics::SharedCounter ok;
  metrics::SharedCounter duplicate;
  metrics::SharedCounter invalid;      // the event breaks a rule, or can never fit
  metrics::SharedCounter forbidden;    // its topic is not its publisher's
  metrics::SharedCounter unavailable;  // draining, the store is away, or a fault of our own
  metrics::SharedCounter exhausted;    // short of memory, or the store is full

  base::EnumArray<Refusal, metrics::SharedCounter> refusals;

  // Calls of ConnectionService that were let in.
  base::EnumArray<Operation, base::EnumArray<OperationResult, metrics::SharedCounter>> operations;

  // Serialized Event bytes received, whatever the result.
  metrics::SharedCounter event_bytes;
  // Events that were transcoded without a field that only their publisher's schema has.
  metrics::SharedCounter unknown_fields;
  // One observation an event that had a payload to transcode, refused ones too. Some events of a
  // batch share their mean, and those that it refuses have none.
  metrics::SharedHistogram transcode;
};

}  // namespace ssegw::ingest

#endif  // SSEGW_GATEWAY_INGEST_INGEST_STATS_H_
