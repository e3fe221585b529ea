// A file descriptor that somebody owns.
#pragma once

#include <utility>

#include "base/result.hpp"

namespace cambium::real {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) close(), number_ = std::exchange(other.number_, -1);
        return *this;
    }
    ~Descriptor() { close(); }

    [[nodiscard]] bool valid() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    void close();

private:
    int number_ = -1;
};

// What the system's `error` (an errno) means in our table; the context is `what` and the system's
// own sentence.
[[nodiscard]] Error system_error(int error, std::string_view what);

}  // namespace cambium::real
