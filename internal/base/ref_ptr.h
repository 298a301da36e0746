#ifndef SSEGW_INTERNAL_BASE_REF_PTR_H_
#define SSEGW_INTERNAL_BASE_REF_PTR_H_

#include <cstddef>
#include <type_traits>
#include <utility>

namespace ssegw::base {

// A shared pointer whose count lives in the object: one word, one allocation. T has Ref() and
// Unref() const, both safe from any thread; the last Unref destroys it.
template <typename T>
class RefPtr {
 public:
  RefPtr() = default;
  RefPtr(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  // Takes over the one reference that a new object has.
  static RefPtr Adopt(T* object) {
    RefPtr ptr;
    ptr.object_ = object;
    return ptr;
  }

  // Adds a reference to an object that somebody else holds.
  static RefPtr Share(T* object) {
    object->Ref();
    return Adopt(object);
  }

  RefPtr(const RefPtr& other) : object_(other.object_) {
    if (object_ != nullptr) object_->Ref();
  }
  RefPtr(RefPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  // From a pointer to non-const.
  template <typename U>
    requires(std::is_convertible_v<U*, T*> && !std::is_same_v<U, T>)
  RefPtr(RefPtr<U> other) : object_(other.Release()) {}  // NOLINT(google-explicit-constructor)
  RefPtr& operator=(RefPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~RefPtr() {
    if (object_ != nullptr) object_->Unref();
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Gives the reference to the caller.
  [[nodiscard]] T* Release() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_REF_PTR_H_
