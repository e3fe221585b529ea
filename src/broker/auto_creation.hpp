// Creates topics that clients ask for in Metadata, in the background: the request that asked is
// answered at once, without the topic, and sees it when it asks again.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "control/controller.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class AutoCreation {
public:
    // Topics under way at the same time; more are left to a later request.
    static constexpr size_t names_max = 1000;

    explicit AutoCreation(control::Controller* controller) : controller_(controller) {}

    // Names that are valid and not known. Those that are on their way already are left out.
    void want(const std::vector<std::string>& names);
    io::Task<void> close();

private:
    io::Task<void> create(std::vector<std::string> names);

    control::Controller* controller_;
    std::set<std::string, std::less<>> under_way_;
    io::Gate gate_;
};

}  // namespace cambium::broker
