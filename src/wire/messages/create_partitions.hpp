// CreatePartitions (key 37): more partitions for topics that are there (KIP-195).
//
// Traps: `count` is what the topic shall have then, not what is added; an assignment names only the
// partitions that are added.
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

struct CreatePartitionsRequest {
    static constexpr ApiKey api = ApiKey::create_partitions;
    static constexpr std::string_view name = "CreatePartitionsRequest";

    struct Topic {
        struct Assignment {
            std::vector<int32_t> broker_ids{};

            bool operator==(const Assignment&) const = default;
            static void fields(auto& m, auto& io) { io("BrokerIds", m.broker_ids, since(0)); }
        };

        std::string name{};
        int32_t count = 0;
        std::optional<std::vector<Assignment>> assignments{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Count", m.count, since(0));
            io("Assignments", m.assignments, since(0).nullable());
        }
    };

    std::vector<Topic> topics{};
    int32_t timeout_ms = 0;
    bool validate_only = false;

    bool operator==(const CreatePartitionsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(0));
        io("TimeoutMs", m.timeout_ms, since(0));
        io("ValidateOnly", m.validate_only, since(0));
    }
};

struct CreatePartitionsResponse {
    static constexpr ApiKey api = ApiKey::create_partitions;
    static constexpr std::string_view name = "CreatePartitionsResponse";

    struct Result {
        std::string name{};
        int16_t error_code = 0;
        std::optional<std::string> error_message{};

        bool operator==(const Result&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(0).nullable());
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Result> results{};

    bool operator==(const CreatePartitionsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Results", m.results, since(0));
    }
};

}  // namespace cambium::wire
