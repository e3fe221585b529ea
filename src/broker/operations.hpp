// What a client may do, as bits by the codes of Kafka's ACL operations (KIP-430). Without an
// authorizer that is everything.
#pragma once

#include <cstdint>

namespace cambium::broker {

enum class Operation : uint8_t {
    read = 3,
    write,
    create,
    remove,
    alter,
    describe,
    cluster_action,
    describe_configs,
    alter_configs,
    idempotent_write,
};

template <class... O> [[nodiscard]] constexpr int32_t bits(O... operations) {
    return (... | (1 << static_cast<int>(operations)));
}

inline constexpr int32_t topic_operations =
    bits(Operation::read, Operation::write, Operation::create, Operation::remove, Operation::alter,
         Operation::describe, Operation::describe_configs, Operation::alter_configs);
inline constexpr int32_t cluster_operations =
    bits(Operation::create, Operation::alter, Operation::describe, Operation::cluster_action,
         Operation::describe_configs, Operation::alter_configs, Operation::idempotent_write);
inline constexpr int32_t group_operations =
    bits(Operation::read, Operation::remove, Operation::describe, Operation::describe_configs,
         Operation::alter_configs);
static_assert(topic_operations == 3576 && cluster_operations == 8096);

}  // namespace cambium::broker
