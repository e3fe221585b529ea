#include "wire/random_message.hpp"

namespace cambium::wire {

uint64_t RandomMessage::next() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

std::string_view RandomMessage::text() {
    const uint64_t size = below(50) == 0 ? 100 + below(200) : below(12);
    std::string& made = texts_.emplace_back(size, '\0');
    for (char& letter : made) letter = static_cast<char>(next());
    return made;
}

}  // namespace cambium::wire
