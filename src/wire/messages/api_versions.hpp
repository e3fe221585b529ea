// ApiVersions (key 18): what the server speaks; the first request of every client (KIP-35,
// KIP-511).
//
// Traps: the response header is always v0 (wire/header.hpp). An unknown version is answered with
// the body of version 0. Before version 4 features whose minimum is 0 must be left out
// (KAFKA-17011).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct ApiVersionsRequest {
    static constexpr ApiKey api = ApiKey::api_versions;
    static constexpr std::string_view name = "ApiVersionsRequest";

    std::string client_software_name{};
    std::string client_software_version{};

    bool operator==(const ApiVersionsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("ClientSoftwareName", m.client_software_name, since(3).ignorable());
        io("ClientSoftwareVersion", m.client_software_version, since(3).ignorable());
    }
};

struct ApiVersionsResponse {
    static constexpr ApiKey api = ApiKey::api_versions;
    static constexpr std::string_view name = "ApiVersionsResponse";

    struct Api {
        int16_t api_key = 0;
        int16_t min_version = 0;
        int16_t max_version = 0;

        bool operator==(const Api&) const = default;
        static void fields(auto& m, auto& io) {
            io("ApiKey", m.api_key, since(0));
            io("MinVersion", m.min_version, since(0));
            io("MaxVersion", m.max_version, since(0));
        }
    };

    struct SupportedFeature {
        std::string name{};
        int16_t min_version = 0;
        int16_t max_version = 0;

        bool operator==(const SupportedFeature&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(3));
            io("MinVersion", m.min_version, since(3));
            io("MaxVersion", m.max_version, since(3));
        }
    };

    struct FinalizedFeature {
        std::string name{};
        int16_t max_version_level = 0;
        int16_t min_version_level = 0;

        bool operator==(const FinalizedFeature&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(3));
            io("MaxVersionLevel", m.max_version_level, since(3));
            io("MinVersionLevel", m.min_version_level, since(3));
        }
    };

    int16_t error_code = 0;
    std::vector<Api> api_keys{};
    int32_t throttle_time_ms = 0;
    std::vector<SupportedFeature> supported_features{};
    int64_t finalized_features_epoch = -1;  // -1 when unknown
    std::vector<FinalizedFeature> finalized_features{};
    bool zk_migration_ready = false;

    bool operator==(const ApiVersionsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ErrorCode", m.error_code, since(0));
        io("ApiKeys", m.api_keys, since(0));
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("SupportedFeatures", m.supported_features, since(3).tagged(0).ignorable());
        io("FinalizedFeaturesEpoch", m.finalized_features_epoch,
           since(3).defaults(-1).tagged(1).ignorable());
        io("FinalizedFeatures", m.finalized_features, since(3).tagged(2).ignorable());
        io("ZkMigrationReady", m.zk_migration_ready, since(3).tagged(3).ignorable());
    }
};

}  // namespace cambium::wire
