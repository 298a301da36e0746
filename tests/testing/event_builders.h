#ifndef SSEGW_TESTS_TESTING_EVENT_BUILDERS_H_
#define SSEGW_TESTS_TESTING_EVENT_BUILDERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ssegateway/v1/publisher.pb.h"
#include "tests/testing/sse_parser.h"

namespace ssegw::testing {

// A Dashboard whose id is key and whose user is number (1 or more), so that a test knows it again;
// title_bytes make it as large as wanted.
ssegateway::v1::Event NumberedEvent(const std::string& topic, const std::string& key,
                                    uint32_t number, size_t title_bytes = 0);

ssegateway::v1::Event Deletion(const std::string& topic, const std::string& key);

// The key and the number of a NumberedEvent that a connection got, with or without envelope.
std::string KeyOf(const SseBlock& event);
uint32_t NumberOf(const SseBlock& event);
std::vector<uint32_t> NumbersOf(const std::vector<SseBlock>& events);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_EVENT_BUILDERS_H_
