#include "real/clock.hpp"

#include <ctime>

namespace cambium::real {

io::Monotonic SystemClock::now() const {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return io::Monotonic{time.tv_sec * 1'000'000'000 + time.tv_nsec};
}

Timestamp SystemClock::wall() const {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return Timestamp(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

}  // namespace cambium::real
