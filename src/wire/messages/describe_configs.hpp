// DescribeConfigs (key 32): the settings of topics and brokers (KIP-133, KIP-226).
//
// Null keys ask for all settings. Documentation is null unless asked for.
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

struct DescribeConfigsRequest {
    static constexpr ApiKey api = ApiKey::describe_configs;
    static constexpr std::string_view name = "DescribeConfigsRequest";

    struct Resource {
        int8_t resource_type = 0;  // 2 topic, 4 broker, 8 broker logger
        std::string resource_name{};
        std::optional<std::vector<std::string>> configuration_keys{};

        bool operator==(const Resource&) const = default;
        static void fields(auto& m, auto& io) {
            io("ResourceType", m.resource_type, since(0));
            io("ResourceName", m.resource_name, since(0));
            io("ConfigurationKeys", m.configuration_keys, since(0).nullable());
        }
    };

    std::vector<Resource> resources{};
    bool include_synonyms = false;
    bool include_documentation = false;

    bool operator==(const DescribeConfigsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Resources", m.resources, since(0));
        io("IncludeSynonyms", m.include_synonyms, since(1));
        io("IncludeDocumentation", m.include_documentation, since(3));
    }
};

struct DescribeConfigsResponse {
    static constexpr ApiKey api = ApiKey::describe_configs;
    static constexpr std::string_view name = "DescribeConfigsResponse";

    struct Resource {
        struct Config {
            struct Synonym {
                std::string name{};
                std::optional<std::string> value{};
                int8_t source = 0;

                bool operator==(const Synonym&) const = default;
                static void fields(auto& m, auto& io) {
                    io("Name", m.name, since(1));
                    io("Value", m.value, since(1).nullable(0));
                    io("Source", m.source, since(1));
                }
            };

            std::string name{};
            std::optional<std::string> value{};
            bool read_only = false;
            int8_t config_source = -1;
            bool is_sensitive = false;
            std::vector<Synonym> synonyms{};
            int8_t config_type = 0;
            std::optional<std::string> documentation{};

            bool operator==(const Config&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(0));
                io("Value", m.value, since(0).nullable());
                io("ReadOnly", m.read_only, since(0));
                io("ConfigSource", m.config_source, since(1).defaults(-1).ignorable());
                io("IsSensitive", m.is_sensitive, since(0));
                io("Synonyms", m.synonyms, since(1).ignorable());
                io("ConfigType", m.config_type, since(3).ignorable());
                io("Documentation", m.documentation, since(3).nullable(0).ignorable());
            }
        };

        int16_t error_code = 0;
        std::optional<std::string> error_message{};
        int8_t resource_type = 0;
        std::string resource_name{};
        std::vector<Config> configs{};

        bool operator==(const Resource&) const = default;
        static void fields(auto& m, auto& io) {
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(0).nullable());
            io("ResourceType", m.resource_type, since(0));
            io("ResourceName", m.resource_name, since(0));
            io("Configs", m.configs, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Resource> results{};

    bool operator==(const DescribeConfigsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Results", m.results, since(0));
    }
};

}  // namespace cambium::wire
