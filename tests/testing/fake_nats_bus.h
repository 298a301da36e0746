#ifndef SSEGW_TESTS_TESTING_FAKE_NATS_BUS_H_
#define SSEGW_TESTS_TESTING_FAKE_NATS_BUS_H_

#include <string_view>
#include <vector>

#include "tests/testing/fake_nats.h"

namespace ssegw::testing {

// A server that takes what several clients send to all of them that subscribe to it, as core NATS
// does, at once; a request that nobody hears is answered with 503.
//
// Thread: one. Lifetime: of a client from Add to Remove.
class FakeNatsBus {
 public:
  void Add(FakeNats& client);
  void Remove(FakeNats& client) { std::erase(clients_, &client); }
  // Nothing of what is sent below that subject arrives anywhere: a permission is missing.
  void Forbid(std::string_view prefix) { forbidden_ = prefix; }

 private:
  void OnSent(FakeNats& sender, const SentMessage& message);

  std::vector<FakeNats*> clients_;
  std::string_view forbidden_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_FAKE_NATS_BUS_H_
