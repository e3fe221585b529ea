#include "wire/codec.hpp"

namespace cambium::wire {

std::string titled(std::string_view message, int version) {
    return std::string(message) + " v" + std::to_string(version) + " ";
}

Error no_such_version(std::string_view message, int version) {
    return {Errc::unsupported_version, titled(message, version) + "does not exist"};
}

}  // namespace cambium::wire
