// Which versions of each API both sides speak (KIP-35).
//
// Values only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "wire/api.hpp"
#include "wire/messages/api_versions.hpp"

namespace cambium::client {

class Versions {
public:
    // What the server says, cut to what this program knows.
    void apply(const wire::ApiVersionsResponse& response);
    // The highest common version that is not above `at_most`; empty when there is none.
    [[nodiscard]] std::optional<int16_t> highest(wire::ApiKey api,
                                                 int16_t at_most = wire::latest) const;

private:
    std::map<wire::ApiKey, wire::Versions> common_;
};

}  // namespace cambium::client
