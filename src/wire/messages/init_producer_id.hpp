// InitProducerId (key 22): an id for an idempotent or transactional producer (KIP-98, KIP-360).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct InitProducerIdRequest {
    static constexpr ApiKey api = ApiKey::init_producer_id;
    static constexpr std::string_view name = "InitProducerIdRequest";

    std::optional<std::string> transactional_id{};  // null: idempotent only
    int32_t transaction_timeout_ms = 0;
    int64_t producer_id = -1;
    int16_t producer_epoch = -1;

    bool operator==(const InitProducerIdRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("TransactionalId", m.transactional_id, since(0).nullable());
        io("TransactionTimeoutMs", m.transaction_timeout_ms, since(0));
        io("ProducerId", m.producer_id, since(3).defaults(-1));
        io("ProducerEpoch", m.producer_epoch, since(3).defaults(-1));
    }
};

struct InitProducerIdResponse {
    static constexpr ApiKey api = ApiKey::init_producer_id;
    static constexpr std::string_view name = "InitProducerIdResponse";

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int64_t producer_id = -1;
    int16_t producer_epoch = 0;

    bool operator==(const InitProducerIdResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("ProducerId", m.producer_id, since(0).defaults(-1));
        io("ProducerEpoch", m.producer_epoch, since(0));
    }
};

}  // namespace cambium::wire
