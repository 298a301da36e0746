#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_API_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_API_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/time.h"

// The API of JetStream: subjects that are asked, requests and answers in JSON. What is used of it
// is what version 2.9 of the server has.
namespace ssegw::store::jetstream {

// Of the many codes of errors, those that mean something here. Seen with 2.9.10, 2.10.27
// and 2.15.1.
enum ApiErrorCode {
  kNoError = 0,
  kNoPeers = 10005,                 // too few servers for as many replicas; the text says why
  kTemporarilyUnavailable = 10008,  // a cluster between two leaders
  kNotLeader = 10009,
  kInsufficientResources = 10023,  // of the server or the account
  kJetStreamNotEnabledForAccount = 10039,
  kStorageResourcesExceeded = 10047,
  kMessageTooLargeForStream = 10054,
  kStreamNameInUse = 10058,  // with another configuration
  kStreamNotFound = 10059,
  kSubjectsOverlap = 10065,  // with those of another stream, or of the same one that is being made
  kWrongLastSequence = 10071,
  kJetStreamNotEnabled = 10076,
  kStoreFailed = 10077,  // the stream is full
  kHeaderTooLarge = 10097,
  kMalformed = -1,  // the answer is none of the API's
};

struct ApiError {
  int code = kNoError;
  std::string description = {};
};

// A value, or why there is none.
template <typename T>
struct ApiAnswer {
  T value = {};
  ApiError error = {};

  bool ok() const { return error.code == kNoError; }
};

// What a stream is made of. -1 and zero: no limit, as the server has it.
struct StreamConfig {
  std::string name = {};
  std::vector<std::string> subjects = {};
  std::string mirror = {};  // the stream that this one mirrors; empty: none
  // The mirror has a part of that stream only.
  bool mirror_is_partial = false;
  std::string retention = "limits";
  std::string discard = "old";
  std::string storage = "file";
  int64_t max_msgs = -1;
  int64_t max_bytes = -1;
  base::Duration max_age = {};
  int64_t max_msgs_per_subject = -1;
  int64_t max_msg_size = -1;
  base::Duration duplicate_window = {};
  int64_t replicas = 1;
  bool no_ack = false;
  bool has_sources = false;
  bool sealed = false;
};

struct StreamInfo {
  StreamConfig config = {};
  // As the server writes it: with the name, what tells one stream from another of that name.
  std::string created = {};
  base::WallTime created_at = {};
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t first_seq = 0;
  uint64_t last_seq = 0;
  std::string leader = {};  // a server's name; empty where there is no cluster
  bool has_time = false;    // the answer says when it was given, as servers from 2.10 on do
};

std::string StreamInfoSubject(std::string_view stream);
std::string StreamCreateSubject(std::string_view stream);
std::string StreamDeleteSubject(std::string_view stream);
std::string StreamCreateRequest(const StreamConfig& config);
// Of info and create.
ApiAnswer<StreamInfo> ParseStreamInfo(std::string_view json);

// What the server has of JetStream; an error where it has none.
inline constexpr std::string_view kAccountInfoSubject = "$JS.API.INFO";
// The error of an answer that has nothing else of interest: of account info, and of a deletion.
ApiError ParseError(std::string_view json);

// The answer to a message that was published to a stream.
struct PublishAck {
  uint64_t seq = 0;
  bool duplicate = false;
};
ApiAnswer<PublishAck> ParsePublishAck(std::string_view json);

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_API_H_
