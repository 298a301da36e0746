#ifndef SSEGW_TESTS_TESTING_CROWD_STAMP_H_
#define SSEGW_TESTS_TESTING_CROWD_STAMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssegw::testing {

// What a crowd has to know about an event that it gets. It is the id of a Dashboard, which comes
// first in the JSON, so a reader needs only the beginning of the data.
//
// Topics and keys have numbers: a topic's is its last token ("busy.17"), a key is its number.
struct Stamp {
  int64_t published_ns = 0;  // base::TimePoint: publisher and reader are on one machine
  uint32_t topic = 0;
  uint32_t key = 0;
  // The number of the event in its topic, from 1; deletions count.
  uint64_t number = 0;
};

std::string StampText(const Stamp& stamp);
// From the data of an event, or its beginning; nullopt if there is no stamp.
std::optional<Stamp> StampOf(std::string_view data);

struct DeletedKey {
  uint32_t topic = 0;
  uint32_t key = 0;
};
// From the data of gateway.deleted.
std::optional<DeletedKey> DeletedKeyOf(std::string_view data);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_CROWD_STAMP_H_
