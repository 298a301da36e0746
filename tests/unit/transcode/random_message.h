#ifndef SSEGW_TESTS_UNIT_TRANSCODE_RANDOM_MESSAGE_H_
#define SSEGW_TESTS_UNIT_TRANSCODE_RANDOM_MESSAGE_H_

#include <google/protobuf/message.h>

#include <random>
#include <string>
#include <string_view>

namespace ssegw::transcode {

using Random = std::mt19937_64;

// Fills message with fields chosen at random, values at the edges of their ranges among them. All
// of it has a JSON form: no times out of range, no Any of an unknown type, no key twice. Groups
// only where the type has them.
void FillAtRandom(google::protobuf::Message& message, Random& random);

// The same message with its top-level fields in another order and unknown fields between them.
// Fields of the same number keep their order, so no meaning changes. Not for groups.
std::string ShuffleFields(std::string_view wire, Random& random);

// wire with some bytes changed, inserted or removed.
std::string Damage(std::string wire, Random& random);

}  // namespace ssegw::transcode

#endif  // SSEGW_TESTS_UNIT_TRANSCODE_RANDOM_MESSAGE_H_
