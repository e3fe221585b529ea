#include "wire/messages/describe_topic_partitions.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeTopicPartitionsRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeTopicPartitionsResponse);
