// The clocks of the operating system.
#pragma once

#include "io/clock.hpp"

namespace cambium::real {

class SystemClock : public io::Clock {
public:
    [[nodiscard]] io::Monotonic now() const override;
    [[nodiscard]] Timestamp wall() const override;
};

}  // namespace cambium::real
