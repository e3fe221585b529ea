// AlterConfigs (key 33, KIP-133) and IncrementalAlterConfigs (key 44, KIP-339): settings that are
// changed while servers run.
//
// AlterConfigs replaces everything that was set on a resource; IncrementalAlterConfigs changes what
// it names and leaves the rest.
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

struct AlterConfigsRequest {
    static constexpr ApiKey api = ApiKey::alter_configs;
    static constexpr std::string_view name = "AlterConfigsRequest";

    struct Resource {
        struct Config {
            std::string name{};
            std::optional<std::string> value{};

            bool operator==(const Config&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(0));
                io("Value", m.value, since(0).nullable());
            }
        };

        int8_t resource_type = 0;  // 2 topic, 4 broker
        std::string resource_name{};
        std::vector<Config> configs{};

        bool operator==(const Resource&) const = default;
        static void fields(auto& m, auto& io) {
            io("ResourceType", m.resource_type, since(0));
            io("ResourceName", m.resource_name, since(0));
            io("Configs", m.configs, since(0));
        }
    };

    std::vector<Resource> resources{};
    bool validate_only = false;

    bool operator==(const AlterConfigsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Resources", m.resources, since(0));
        io("ValidateOnly", m.validate_only, since(0));
    }
};

// What both answers say of one resource.
struct AlteredResource {
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    int8_t resource_type = 0;
    std::string resource_name{};

    bool operator==(const AlteredResource&) const = default;
    static void fields(auto& m, auto& io) {
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("ResourceType", m.resource_type, since(0));
        io("ResourceName", m.resource_name, since(0));
    }
};

struct AlterConfigsResponse {
    static constexpr ApiKey api = ApiKey::alter_configs;
    static constexpr std::string_view name = "AlterConfigsResponse";

    int32_t throttle_time_ms = 0;
    std::vector<AlteredResource> responses{};

    bool operator==(const AlterConfigsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Responses", m.responses, since(0));
    }
};

struct IncrementalAlterConfigsRequest {
    static constexpr ApiKey api = ApiKey::incremental_alter_configs;
    static constexpr std::string_view name = "IncrementalAlterConfigsRequest";

    struct Resource {
        struct Config {
            std::string name{};
            int8_t config_operation = 0;  // 0 set, 1 delete, 2 append, 3 subtract
            std::optional<std::string> value{};

            bool operator==(const Config&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(0));
                io("ConfigOperation", m.config_operation, since(0));
                io("Value", m.value, since(0).nullable());
            }
        };

        int8_t resource_type = 0;
        std::string resource_name{};
        std::vector<Config> configs{};

        bool operator==(const Resource&) const = default;
        static void fields(auto& m, auto& io) {
            io("ResourceType", m.resource_type, since(0));
            io("ResourceName", m.resource_name, since(0));
            io("Configs", m.configs, since(0));
        }
    };

    std::vector<Resource> resources{};
    bool validate_only = false;

    bool operator==(const IncrementalAlterConfigsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Resources", m.resources, since(0));
        io("ValidateOnly", m.validate_only, since(0));
    }
};

struct IncrementalAlterConfigsResponse {
    static constexpr ApiKey api = ApiKey::incremental_alter_configs;
    static constexpr std::string_view name = "IncrementalAlterConfigsResponse";

    int32_t throttle_time_ms = 0;
    std::vector<AlteredResource> responses{};

    bool operator==(const IncrementalAlterConfigsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Responses", m.responses, since(0));
    }
};

}  // namespace cambium::wire
