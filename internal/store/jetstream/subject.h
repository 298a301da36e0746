#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_SUBJECT_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_SUBJECT_H_

#include <optional>
#include <string>
#include <string_view>

// What streams and subjects are called. Everything begins with the name that the gateways of one
// log have in common (--nats_stream). Public: others may read the log.
namespace ssegw::store::jetstream {

inline std::string LogStream(std::string_view name) { return std::string(name) + "_log"; }
inline std::string KeysStream(std::string_view name) { return std::string(name) + "_keys"; }

// All events; all that is not one.
inline std::string EventSubjects(std::string_view name) { return std::string(name) + ".e.>"; }
inline std::string MetaSubjects(std::string_view name) { return std::string(name) + ".meta.>"; }
// The generation of the log.
inline std::string EpochSubject(std::string_view name) { return std::string(name) + ".meta.epoch"; }

// "<name>.e.<topic>.~<key>". A server takes any byte in a subject but white space, and "*", ">" and
// "." mean something; so every byte of a key but [A-Za-z0-9_-] is "=XX". At most 1,060 bytes.
std::string EventSubject(std::string_view name, std::string_view topic, std::string_view key);

struct TopicAndKey {
  std::string_view topic;
  std::string key;
};

// nullopt: not what EventSubject makes of a valid topic and key. The topic is a view into subject.
std::optional<TopicAndKey> ParseEventSubject(std::string_view name, std::string_view subject);

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_SUBJECT_H_
