#include "client/consumer_protocol.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "bytes/buffer.hpp"
#include "bytes/cursor.hpp"

namespace cambium::client {
namespace {

constexpr int16_t owned_since = 1;
constexpr int16_t generation_since = 2;
constexpr int16_t rack_since = 3;

void put_text(Writer& out, std::string_view text) {
    out.big(static_cast<int16_t>(text.size()));
    out.text(text);
}

void put_partitions(Writer& out, const std::vector<TopicPartition>& partitions) {
    std::map<std::string_view, std::vector<int32_t>> by_topic;
    for (const TopicPartition& each : partitions)
        by_topic[each.topic].push_back(each.partition.value());
    out.big(static_cast<int32_t>(by_topic.size()));
    for (const auto& [topic, indexes] : by_topic) {
        put_text(out, topic);
        out.big(static_cast<int32_t>(indexes.size()));
        for (const int32_t index : indexes) out.big(index);
    }
}

// Nothing is sent as null, as Kafka's clients do.
void put_user_data(Writer& out, const std::vector<uint8_t>& bytes) {
    out.big(bytes.empty() ? int32_t{-1} : static_cast<int32_t>(bytes.size()));
    out.bytes(bytes);
}

std::vector<uint8_t> taken(const Buffer& buffer) {
    const ByteView bytes = buffer.view();
    return {bytes.begin(), bytes.end()};
}

// Every read stops at the first error, so a count that lies ends with the bytes.
std::string take_text(Reader& in) {
    const auto length = in.big<int16_t>();
    if (length < 0) in.fail();
    return std::string(in.text(static_cast<size_t>(std::max<int16_t>(length, 0))));
}

int32_t take_count(Reader& in) {
    const auto count = in.big<int32_t>();
    if (count < 0) in.fail();
    return count;
}

std::vector<uint8_t> take_user_data(Reader& in) {
    const auto length = in.big<int32_t>();
    if (length < 0) return {};
    const ByteView bytes = in.bytes(static_cast<size_t>(length));
    return {bytes.begin(), bytes.end()};
}

std::vector<TopicPartition> take_partitions(Reader& in) {
    std::vector<TopicPartition> out;
    const int32_t topics = take_count(in);
    for (int32_t i = 0; i < topics && in.ok(); ++i) {
        const std::string topic = take_text(in);
        const int32_t count = take_count(in);
        for (int32_t j = 0; j < count && in.ok(); ++j) {
            const auto index = in.big<int32_t>();
            if (index < 0) in.fail();
            if (in.ok()) out.push_back({topic, PartitionIndex(index)});
        }
    }
    std::ranges::sort(out);
    return out;
}

int16_t take_version(Reader& in) {
    const auto version = in.big<int16_t>();
    if (version < 0) in.fail();
    return version;
}

}  // namespace

std::vector<uint8_t> encoded(const Subscription& subscription, int16_t version) {
    Buffer buffer;
    Writer out(buffer);
    out.big(version);
    out.big(static_cast<int32_t>(subscription.topics.size()));
    for (const std::string& topic : subscription.topics) put_text(out, topic);
    put_user_data(out, subscription.user_data);
    if (version >= owned_since) put_partitions(out, subscription.owned);
    if (version >= generation_since) out.big(subscription.generation);
    if (version >= rack_since) {
        if (subscription.rack) put_text(out, *subscription.rack);
        else out.big(int16_t{-1});
    }
    return taken(buffer);
}

Result<Subscription> decoded_subscription(ByteView bytes) {
    Reader in(bytes);
    Subscription out;
    const int16_t version = take_version(in);
    const int32_t topics = take_count(in);
    for (int32_t i = 0; i < topics && in.ok(); ++i) out.topics.push_back(take_text(in));
    out.user_data = take_user_data(in);
    if (version >= owned_since) out.owned = take_partitions(in);
    if (version >= generation_since) out.generation = in.big<int32_t>();
    if (version >= rack_since) {
        const auto length = in.big<int16_t>();
        if (length >= 0) out.rack = std::string(in.text(static_cast<size_t>(length)));
    }
    if (!in.ok()) return Error{Errc::malformed, "a member's subscription"};
    return out;
}

std::vector<uint8_t> encoded_assignment(const std::vector<TopicPartition>& partitions,
                                        int16_t version) {
    Buffer buffer;
    Writer out(buffer);
    out.big(version);
    put_partitions(out, partitions);
    put_user_data(out, {});
    return taken(buffer);
}

Result<std::vector<TopicPartition>> decoded_assignment(ByteView bytes) {
    if (bytes.empty()) return std::vector<TopicPartition>{};
    Reader in(bytes);
    (void)take_version(in);
    std::vector<TopicPartition> out = take_partitions(in);
    (void)take_user_data(in);
    if (!in.ok()) return Error{Errc::malformed, "a member's assignment"};
    return out;
}

}  // namespace cambium::client
