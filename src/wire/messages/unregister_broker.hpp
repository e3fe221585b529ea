// UnregisterBroker (key 64): forgets a node that is gone (KIP-500).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct UnregisterBrokerRequest {
    static constexpr ApiKey api = ApiKey::unregister_broker;
    static constexpr std::string_view name = "UnregisterBrokerRequest";

    int32_t broker_id = 0;

    bool operator==(const UnregisterBrokerRequest&) const = default;
    static void fields(auto& m, auto& io) { io("BrokerId", m.broker_id, since(0)); }
};

struct UnregisterBrokerResponse {
    static constexpr ApiKey api = ApiKey::unregister_broker;
    static constexpr std::string_view name = "UnregisterBrokerResponse";

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};

    bool operator==(const UnregisterBrokerResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
    }
};

}  // namespace cambium::wire
