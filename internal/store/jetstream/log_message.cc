#include "internal/store/jetstream/log_message.h"

#include "internal/store/jetstream/epoch.h"
#include "internal/store/jetstream/stored_event.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {

LogMessage ReadLogMessage(std::string_view name, const nats::Message& message, base::Moment now) {
  if (const auto place = ParseEventSubject(name, message.subject())) {
    return {.frame = DecodeStoredEvent(place->topic, place->key, message.data(), now)};
  }
  if (message.subject() != EpochSubject(name)) return {};
  return {.generation = ParseGeneration(message.data())};
}

}  // namespace ssegw::store::jetstream
