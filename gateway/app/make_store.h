#ifndef SSEGW_GATEWAY_APP_MAKE_STORE_H_
#define SSEGW_GATEWAY_APP_MAKE_STORE_H_

#include <functional>
#include <memory>

#include "gateway/app/budget.h"
#include "gateway/config/config.h"
#include "internal/store/store.h"
#include "internal/window/window.h"

namespace ssegw::app {

// Makes the store that the configuration names, within the budget.
std::unique_ptr<store::Store> MakeStore(const config::Config& config, const Budget& budget,
                                        window::Window& window);

// As MakeStore; a test may make another one.
using StoreMaker = std::function<std::unique_ptr<store::Store>(
    const config::Config& config, const Budget& budget, window::Window& window)>;

}  // namespace ssegw::app

#endif  // SSEGW_GATEWAY_APP_MAKE_STORE_H_
