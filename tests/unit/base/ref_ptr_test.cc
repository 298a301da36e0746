#include "internal/base/ref_ptr.h"

#include <gtest/gtest.h>

#include <utility>

namespace ssegw::base {
namespace {

struct Counted {
  explicit Counted(int* destroyed_count) : destroyed(destroyed_count) {}
  void Ref() const { ++references; }
  void Unref() const {
    if (--references == 0) {
      ++*destroyed;
      delete this;
    }
  }
  mutable int references = 1;
  int* destroyed;
};

TEST(RefPtrTest, DestroysTheObjectWithTheLastReference) {
  int destroyed = 0;
  {
    auto first = RefPtr<Counted>::Adopt(new Counted(&destroyed));
    RefPtr<const Counted> second = first;
    EXPECT_EQ(first->references, 2);
    first = nullptr;
    EXPECT_EQ(destroyed, 0);
    EXPECT_TRUE(second);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(RefPtrTest, MovingKeepsTheCount) {
  int destroyed = 0;
  auto first = RefPtr<Counted>::Adopt(new Counted(&destroyed));
  RefPtr<Counted> second = std::move(first);
  EXPECT_EQ(second->references, 1);
  const auto shared = RefPtr<Counted>::Share(second.get());
  EXPECT_EQ(second->references, 2);
}

}  // namespace
}  // namespace ssegw::base
