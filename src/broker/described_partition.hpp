// A partition as clients are told of it, by Metadata and by DescribeTopicPartitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker/services.hpp"
#include "meta/image.hpp"

namespace cambium::broker {

struct DescribedPartition {
    int16_t error_code = 0;
    int32_t leader = -1;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replicas;
    std::vector<int32_t> in_sync;
    std::vector<int32_t> offline;
};

// `index` is one of the topic's.
[[nodiscard]] DescribedPartition described(const Services& services, const meta::Topic& topic,
                                           size_t index);

}  // namespace cambium::broker
