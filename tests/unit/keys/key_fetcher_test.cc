#include "gateway/keys/key_fetcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/testing/token_signer.h"
#include "tests/testing/wait_for.h"

namespace ssegw::keys {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::KeySetOf;
using testing::SigningKey;

constexpr base::WallTime kNow{seconds(1'800'000'000)};

// A server of keys in this process.
class Server {
 public:
  Fetch AsFetch() {
    return [this](const GoesOn& goes_on) { return Answer(goes_on); };
  }
  void Serve(std::string body, base::Duration max_age = hours(1)) {
    const base::MutexLock lock(mutex_);
    answer_ = Fetched{.body = std::move(body), .max_age = max_age};
  }
  void Fail() {
    const base::MutexLock lock(mutex_);
    answer_.reset();
  }
  void Hang(bool hangs) { hangs_ = hangs; }

  int fetches() const { return fetches_; }

 private:
  absl::StatusOr<Fetched> Answer(const GoesOn& goes_on) {
    ++fetches_;
    while (hangs_) {
      if (!goes_on()) return absl::CancelledError("is not asked any more");
      std::this_thread::sleep_for(milliseconds(1));
    }
    const base::MutexLock lock(mutex_);
    // Made anew: ThreadSanitizer does not see how threads count a status that they share, which is
    // in abseil's library.
    if (!answer_) return absl::UnavailableError("answered with 503");
    return *answer_;
  }

  base::Mutex mutex_;
  std::optional<Fetched> answer_;
  std::atomic<bool> hangs_ = false;
  std::atomic<int> fetches_ = 0;
};

class KeyFetcherTest : public ::testing::Test {
 protected:
  // Never by itself, unless a test says so.
  static KeyFetcherOptions Options() {
    return {.min_age = hours(1),
            .max_age = hours(1),
            .first_retry = milliseconds(1),
            .last_retry = milliseconds(8),
            .ask_interval = hours(1),
            .patience = minutes(1)};
  }
  bool Verifies(const SigningKey& key) {
    return std::holds_alternative<auth::TokenPtr>(
        verifier_.Verify(key.Token("ES256", R"({"exp":1800000600})"), kNow));
  }
  static bool WaitFor(const std::function<bool()>& condition) {
    return testing::WaitFor(condition, seconds(20));
  }

  const SigningKey first_ = SigningKey::P256();
  const SigningKey second_ = SigningKey::P256();
  Server server_;
  auth::Verifier verifier_{auth::TokenRules()};
  KeyStats stats_;
  KeyIntake intake_{verifier_, stats_};
};

// The defaults are those of DESIGN 5.7.
TEST(KeyFetcherOptionsTest, AreWhatIsPromised) {
  const KeyFetcherOptions options;
  EXPECT_EQ(options.min_age, minutes(1));
  EXPECT_EQ(options.max_age, hours(1));
  EXPECT_EQ(options.first_retry, seconds(1));
  EXPECT_EQ(options.last_retry, seconds(10));
  EXPECT_EQ(options.ask_interval, seconds(30));
  EXPECT_EQ(options.patience, seconds(2));
}

TEST_F(KeyFetcherTest, TriesUntilThereIsAFirstSet) {
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, Options());
  fetcher.Start();
  ASSERT_TRUE(WaitFor([&] { return server_.fetches() > 5; }));
  EXPECT_EQ(stats_.keys, 0U);
  server_.Serve(KeySetOf({first_.Jwk()}));
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 1; }));
  EXPECT_TRUE(Verifies(first_));
}

TEST_F(KeyFetcherTest, FetchesAgainWhenTheSetIsTooOld) {
  KeyFetcherOptions options = Options();
  options.min_age = milliseconds(1);
  server_.Serve(KeySetOf({first_.Jwk()}), seconds(0));
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, options);
  fetcher.Start();
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 1; }));
  server_.Serve(KeySetOf({first_.Jwk(), second_.Jwk()}), seconds(0));
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 2; }));
  EXPECT_TRUE(Verifies(second_));
}

// A server says what it likes: no more often than min_age, no more seldom than max_age.
TEST_F(KeyFetcherTest, TheServersAgeHasBounds) {
  KeyFetcherOptions options = Options();
  options.min_age = milliseconds(300);
  options.max_age = milliseconds(300);
  for (const base::Duration age : {base::Duration(0), base::Duration(hours(10'000))}) {
    Server server;
    server.Serve(KeySetOf({first_.Jwk()}), age);
    KeyFetcher fetcher("keys", server.AsFetch(), intake_, options);
    const base::TimePoint start = base::Now();
    fetcher.Start();
    ASSERT_TRUE(WaitFor([&] { return server.fetches() == 2; }));
    EXPECT_GE(base::Now() - start, milliseconds(300));
  }
}

TEST_F(KeyFetcherTest, TheLastGoodSetServesOn) {
  KeyFetcherOptions options = Options();
  options.min_age = milliseconds(1);
  server_.Serve(KeySetOf({first_.Jwk()}), seconds(0));
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, options);
  fetcher.Start();
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 1; }));
  const auto goes_on_through = [&](const auto& change) {
    change();
    const int before = server_.fetches();
    ASSERT_TRUE(WaitFor([&] { return server_.fetches() > before + 2; }));
    EXPECT_TRUE(Verifies(first_));
    EXPECT_EQ(stats_.keys, 1U);
  };
  goes_on_through([&] { server_.Fail(); });
  goes_on_through([&] { server_.Serve("<html>", seconds(0)); });
  goes_on_through([&] { server_.Serve(KeySetOf({}), seconds(0)); });
  server_.Serve(KeySetOf({second_.Jwk()}), seconds(0));
  ASSERT_TRUE(WaitFor([&] { return Verifies(second_); }));
}

TEST_F(KeyFetcherTest, WhoAsksWaitsForTheNewKeys) {
  server_.Serve(KeySetOf({first_.Jwk()}));
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, Options());
  fetcher.Start();
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 1; }));
  server_.Serve(KeySetOf({first_.Jwk(), second_.Jwk()}));
  std::atomic<bool> had_second = false;
  // The first of them may still be answered by the first fetch.
  ASSERT_TRUE(WaitFor([&] {
    fetcher.Ask([&] { had_second = had_second || Verifies(second_); });
    return had_second.load();
  }));
  EXPECT_EQ(server_.fetches(), 2);
}

TEST_F(KeyFetcherTest, ManyWhoAskAreOneFetch) {
  server_.Serve(KeySetOf({first_.Jwk()}));
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, Options());
  server_.Hang(true);
  fetcher.Start();
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(fetcher.Ask([&] { ++answers; }));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answers, 0);
  server_.Hang(false);
  ASSERT_TRUE(WaitFor([&] { return answers == 400; }));
  EXPECT_EQ(server_.fetches(), 1);
}

// 30 s (DESIGN 5.7): tokens with made-up kids must not make the gateway a flood.
TEST_F(KeyFetcherTest, AsksNoMoreOftenThanTheInterval) {
  KeyFetcherOptions options = Options();
  options.ask_interval = milliseconds(500);
  server_.Serve(KeySetOf({first_.Jwk()}));
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, options);
  fetcher.Start();
  ASSERT_TRUE(WaitFor([&] { return stats_.keys == 1; }));
  const base::TimePoint start = base::Now();
  while (base::Now() - start < milliseconds(1'400)) {
    fetcher.Ask([] {});
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_LE(server_.fetches(), 4);  // the first, and one at 0, 0.5 and 1 s
  EXPECT_GE(server_.fetches(), 3);
}

TEST_F(KeyFetcherTest, NobodyWaitsLongerForASlowServer) {
  KeyFetcherOptions options = Options();
  options.patience = milliseconds(50);
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, options);
  server_.Hang(true);
  fetcher.Start();
  std::atomic<bool> answered = false;
  const base::TimePoint start = base::Now();
  ASSERT_TRUE(fetcher.Ask([&] { answered = true; }));
  ASSERT_TRUE(WaitFor([&] { return answered.load(); }));
  EXPECT_GE(base::Now() - start, milliseconds(50));
  EXPECT_EQ(server_.fetches(), 1);  // which still hangs
}

TEST_F(KeyFetcherTest, SoManyWaitAndNoMore) {
  KeyFetcherOptions options = Options();
  options.max_waiting = 10;
  KeyFetcher fetcher("keys", server_.AsFetch(), intake_, options);
  server_.Hang(true);
  fetcher.Start();
  std::atomic<int> answers = 0;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(fetcher.Ask([&] { ++answers; }));
  EXPECT_FALSE(fetcher.Ask([&] { ++answers; }));
  server_.Hang(false);
  ASSERT_TRUE(WaitFor([&] { return answers == 10; }));
}

TEST_F(KeyFetcherTest, ItsEndAnswersWhoWaits) {
  std::atomic<int> answers = 0;
  {
    KeyFetcher fetcher("keys", server_.AsFetch(), intake_, Options());
    EXPECT_FALSE(fetcher.Ask([&] { ++answers; }));  // it has not begun
    server_.Hang(true);
    fetcher.Start();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(fetcher.Ask([&] { ++answers; }));
  }
  EXPECT_EQ(answers, 5);
}

}  // namespace
}  // namespace ssegw::keys
