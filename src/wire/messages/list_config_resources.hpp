// ListConfigResources (key 74): what can have settings (KIP-1000, KIP-1142).
//
// Version 0 lists subscriptions to client metrics only. No types ask for all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct ListConfigResourcesRequest {
    static constexpr ApiKey api = ApiKey::list_config_resources;
    static constexpr std::string_view name = "ListConfigResourcesRequest";

    std::vector<int8_t> resource_types{};

    bool operator==(const ListConfigResourcesRequest&) const = default;
    static void fields(auto& m, auto& io) { io("ResourceTypes", m.resource_types, since(1)); }
};

struct ListConfigResourcesResponse {
    static constexpr ApiKey api = ApiKey::list_config_resources;
    static constexpr std::string_view name = "ListConfigResourcesResponse";

    struct Resource {
        std::string resource_name{};
        int8_t resource_type = 16;

        bool operator==(const Resource&) const = default;
        static void fields(auto& m, auto& io) {
            io("ResourceName", m.resource_name, since(0));
            io("ResourceType", m.resource_type, since(1).defaults(16).ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<Resource> config_resources{};

    bool operator==(const ListConfigResourcesResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ConfigResources", m.config_resources, since(0));
    }
};

}  // namespace cambium::wire
