#ifndef SSEGW_INTERNAL_BASE_FREE_WITH_H_
#define SSEGW_INTERNAL_BASE_FREE_WITH_H_

namespace ssegw::base {

// Deletes objects of a C library with its own function: std::unique_ptr<BIO, FreeWith<BIO_free>>.
template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace ssegw::base

#endif  // SSEGW_INTERNAL_BASE_FREE_WITH_H_
