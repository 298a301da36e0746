#include "gateway/app/make_store.h"

#include "gateway/app/part_options.h"
#include "internal/store/memory_store.h"

namespace ssegw::app {

std::unique_ptr<store::Store> MakeStore(const config::Config& config, const Budget& budget,
                                        window::Window& window) {
  return std::make_unique<store::MemoryStore>(window, StoreOptionsOf(config, budget));
}

}  // namespace ssegw::app
