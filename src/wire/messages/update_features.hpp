// UpdateFeatures (key 57): the finalised levels of features (KIP-584).
//
// Traps: up to version 1 every feature has an answer, from 2 on only the whole request has.
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

struct UpdateFeaturesRequest {
    static constexpr ApiKey api = ApiKey::update_features;
    static constexpr std::string_view name = "UpdateFeaturesRequest";

    struct Update {
        std::string feature{};
        int16_t max_version_level = 0;
        bool allow_downgrade = false;
        int8_t upgrade_type = 1;

        bool operator==(const Update&) const = default;
        static void fields(auto& m, auto& io) {
            io("Feature", m.feature, since(0));
            io("MaxVersionLevel", m.max_version_level, since(0));
            io("AllowDowngrade", m.allow_downgrade, since(0, 0));
            io("UpgradeType", m.upgrade_type, since(1).defaults(1));
        }
    };

    int32_t timeout_ms = 60000;
    std::vector<Update> feature_updates{};
    bool validate_only = false;

    bool operator==(const UpdateFeaturesRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("timeoutMs", m.timeout_ms, since(0).defaults(60000));
        io("FeatureUpdates", m.feature_updates, since(0));
        io("ValidateOnly", m.validate_only, since(1));
    }
};

struct UpdateFeaturesResponse {
    static constexpr ApiKey api = ApiKey::update_features;
    static constexpr std::string_view name = "UpdateFeaturesResponse";

    struct Result {
        std::string feature{};
        int16_t error_code = 0;
        std::optional<std::string> error_message{};

        bool operator==(const Result&) const = default;
        static void fields(auto& m, auto& io) {
            io("Feature", m.feature, since(0));
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(0).nullable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    std::vector<Result> results{};

    bool operator==(const UpdateFeaturesResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("Results", m.results, since(0, 1).ignorable());
    }
};

}  // namespace cambium::wire
