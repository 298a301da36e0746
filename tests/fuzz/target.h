#ifndef SSEGW_TESTS_FUZZ_TARGET_H_
#define SSEGW_TESTS_FUZZ_TARGET_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace ssegw::fuzz {

// One for each parser that reads strangers' bytes: takes any bytes, and ends the process where what
// README.md promises of the parser does not hold. Keeps nothing from one input to the next.
void HttpHead(std::string_view input);
void Subscription(std::string_view input);
void Fields(std::string_view input);
void Forwarded(std::string_view input);
void EventIds(std::string_view input);
void Filters(std::string_view input);
void Event(std::string_view input);
void Flags(std::string_view input);
void ProbeAnswer(std::string_view input);
void DescriptorSets(std::string_view input);
void Tokens(std::string_view input);
void Grants(std::string_view input);
void Http2(std::string_view input);
void JsonText(std::string_view input);
void NatsWire(std::string_view input);

// Ends the process and says why, where it is not so.
void Holds(bool is_so, std::string_view promise);
// The same, with the two that should be equal.
void Same(std::string_view promise, std::string_view a, std::string_view b);

// The lines of an input, without their ends; at most so many: the last one has all the rest. Where
// there are fewer, the others are empty.
std::vector<std::string_view> Lines(std::string_view input, size_t count);
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace ssegw::fuzz

#endif  // SSEGW_TESTS_FUZZ_TARGET_H_
