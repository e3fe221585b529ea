// FindCoordinator (key 10): who coordinates a group or a transactional id.
//
// Up to version 3 one key is asked and answered at the top level, from 4 on many (KIP-699).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct FindCoordinatorRequest {
    static constexpr ApiKey api = ApiKey::find_coordinator;
    static constexpr std::string_view name = "FindCoordinatorRequest";

    std::string key{};
    int8_t key_type = 0;  // 0 group, 1 transaction, 2 share (6)
    std::vector<std::string> coordinator_keys{};

    bool operator==(const FindCoordinatorRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Key", m.key, since(0, 3));
        io("KeyType", m.key_type, since(1));
        io("CoordinatorKeys", m.coordinator_keys, since(4));
    }
};

struct FindCoordinatorResponse {
    static constexpr ApiKey api = ApiKey::find_coordinator;
    static constexpr std::string_view name = "FindCoordinatorResponse";

    struct Coordinator {
        std::string key{};
        int32_t node_id = 0;
        std::string host{};
        int32_t port = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message{};

        bool operator==(const Coordinator&) const = default;
        static void fields(auto& m, auto& io) {
            io("Key", m.key, since(4));
            io("NodeId", m.node_id, since(4));
            io("Host", m.host, since(4));
            io("Port", m.port, since(4));
            io("ErrorCode", m.error_code, since(4));
            io("ErrorMessage", m.error_message, since(4).nullable().ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    int32_t node_id = 0;
    std::string host{};
    int32_t port = 0;
    std::vector<Coordinator> coordinators{};

    bool operator==(const FindCoordinatorResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(0, 3));
        io("ErrorMessage", m.error_message, since(1, 3).nullable().ignorable());
        io("NodeId", m.node_id, since(0, 3));
        io("Host", m.host, since(0, 3));
        io("Port", m.port, since(0, 3));
        io("Coordinators", m.coordinators, since(4));
    }
};

}  // namespace cambium::wire
