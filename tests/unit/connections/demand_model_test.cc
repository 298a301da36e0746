// Browsers and watches that come and go in random order: what each watch was told last is what a
// count from the start gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gateway/connections/demand.h"
#include "internal/window/filter_intersection.h"

namespace ssegw::connections {
namespace {

using window::Filter;

struct Browser {
  window::Filters filters;
  base::Duration min_interval;
};

struct Watcher {
  std::vector<Filter> filters;
  std::unique_ptr<Demand::Watch> watch;
  std::map<std::string, DemandLevel> told;
};

class Model {
 public:
  // Where a tick has few steps, browsers come and go in the middle of a count.
  explicit Model(uint64_t seed)
      : random_(seed), demand_(seed % 2 == 0 ? 1 : Demand::kStepsPerTick) {
    for (uint64_t i = 0; seed % 2 == 0 && i < 300; ++i) Come();
  }

  void Step() {
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        Come();
        break;
      case 3:
      case 4:
        Go();
        break;
      case 5:
        Begin();
        break;
      case 6:
        if (!watchers_.empty()) watchers_.erase(watchers_.begin() + Index(watchers_.size()));
        break;
      case 7:
        Tick();
        break;
    }
  }

  void Settle() {
    for (int i = 0; i < 60; ++i) Tick();
    for (const Watcher& watcher : watchers_) {
      for (const Filter& filter : watcher.filters) {
        const auto told = watcher.told.find(filter.text());
        ASSERT_TRUE(told != watcher.told.end()) << filter.text();
        const DemandLevel counted = Count(filter);
        EXPECT_EQ(told->second.connections, counted.connections) << filter.text();
        EXPECT_NEAR(told->second.max_rate, counted.max_rate, counted.max_rate * 1e-5);
      }
    }
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  ptrdiff_t Index(size_t size) { return static_cast<ptrdiff_t>(Below(size)); }

  Filter RandomFilter() {
    static const std::vector<std::string> kTexts = {"a",   "b",   "a.a", "a.b", "b.a",   "b.b",
                                                    "*",   ">",   "a.*", "*.a", "a.>",   "*.*",
                                                    "b.>", "b.*", "*.b", "*.>", "a.b.c", "a.*.c"};
    return *Filter::Parse(kTexts[Below(kTexts.size())]);
  }

  void Come() {
    std::vector<Filter> filters;
    for (uint64_t i = 0; i <= Below(3); ++i) filters.push_back(RandomFilter());
    Browser browser = {.filters = window::Filters(std::move(filters)),
                       .min_interval = std::chrono::milliseconds(100 * Below(30))};
    demand_.Change(browser.filters, browser.min_interval, 1);
    browsers_.push_back(std::move(browser));
  }

  void Go() {
    if (browsers_.empty()) return;
    const auto browser = browsers_.begin() + Index(browsers_.size());
    demand_.Change(browser->filters, browser->min_interval, -1);
    browsers_.erase(browser);
  }

  void Begin() {
    if (watchers_.size() == 4) return;
    Watcher watcher;
    for (uint64_t i = 0; i <= Below(4); ++i) watcher.filters.push_back(RandomFilter());
    watcher.watch = *demand_.Begin(watcher.filters, [] {});
    watchers_.push_back(std::move(watcher));
  }

  void Tick() {
    now_ += std::chrono::milliseconds(100);
    demand_.Tick(now_);
    for (Watcher& watcher : watchers_) {
      while (auto level = watcher.watch->Next(now_)) watcher.told[level->filter] = *level;
    }
  }

  DemandLevel Count(const Filter& filter) const {
    DemandLevel level = {.filter = filter.text()};
    double max_rate = 0;
    bool one_has_none = false;
    for (const Browser& browser : browsers_) {
      const auto& all = browser.filters.all();
      if (std::none_of(all.begin(), all.end(), [&](const window::FilterView& other) {
            return window::Intersection(other, filter).has_value();
          })) {
        continue;
      }
      ++level.connections;
      if (browser.min_interval == base::Duration::zero()) {
        one_has_none = true;
      } else {
        max_rate = std::max(max_rate, 1 / base::ToSeconds(browser.min_interval));
      }
    }
    if (!one_has_none) level.max_rate = max_rate;
    return level;
  }

  std::mt19937_64 random_;
  Demand demand_;
  base::TimePoint now_{std::chrono::seconds(1000)};
  std::vector<Browser> browsers_;
  std::vector<Watcher> watchers_;
};

TEST(DemandModelTest, WhatIsToldIsWhatACountGives) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int i = 0; i < 200; ++i) {
      model.Step();
      if (i % 40 == 39) model.Settle();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace ssegw::connections
