#include "coord/consumer_protocol.hpp"

#include <algorithm>

#include "bytes/buffer.hpp"
#include "bytes/cursor.hpp"

namespace cambium::coord {

namespace {

constexpr int16_t first_with_owned = 1;
constexpr int16_t first_with_generation = 2;
constexpr int16_t first_with_rack = 3;

std::string text(Reader& reader) {
    const auto length = reader.big<int16_t>();
    if (length < 0) reader.fail();
    return length < 0 ? std::string() : std::string(reader.text(static_cast<size_t>(length)));
}

std::vector<std::string> topics(Reader& reader) {
    const auto count = reader.big<int32_t>();
    if (count < 0) reader.fail();
    std::vector<std::string> out;
    for (int32_t i = 0; i < count && reader.ok(); ++i) out.push_back(text(reader));
    return out;
}

NamedPartitions partitions(Reader& reader) {
    const auto count = reader.big<int32_t>();
    if (count < 0) reader.fail();
    NamedPartitions out;
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
        std::vector<int32_t>& topic = out[text(reader)];
        const auto each = reader.big<int32_t>();
        if (each < 0) reader.fail();
        for (int32_t j = 0; j < each && reader.ok(); ++j) topic.push_back(reader.big<int32_t>());
    }
    return out;
}

void skip_user_data(Reader& reader) {
    const auto length = reader.big<int32_t>();
    if (length > 0) (void)reader.bytes(static_cast<size_t>(length));
}

}  // namespace

// Every version begins with its number and the topics.
Result<std::vector<std::string>> subscription_topics(ByteView metadata) {
    Reader reader(metadata);
    const auto version = reader.big<int16_t>();
    if (!reader.ok() || version < 0) return Error{Errc::malformed, "a subscription without topics"};
    std::vector<std::string> out = topics(reader);
    if (!reader.ok()) return Error{Errc::malformed, "a subscription is cut off"};
    return out;
}

Result<Subscription> read_subscription(ByteView metadata) {
    Reader reader(metadata);
    Subscription out;
    out.version = reader.big<int16_t>();
    if (out.version < 0) reader.fail();
    out.topics = topics(reader);
    std::ranges::sort(out.topics);
    out.topics.erase(std::ranges::unique(out.topics).begin(), out.topics.end());
    skip_user_data(reader);
    if (out.version >= first_with_owned) out.owned = partitions(reader);
    if (out.version >= first_with_generation) (void)reader.big<int32_t>();
    if (out.version >= first_with_rack) {
        const auto length = reader.big<int16_t>();
        if (length >= 0) out.rack = std::string(reader.text(static_cast<size_t>(length)));
    }
    if (!reader.ok()) return Error{Errc::malformed, "a subscription is cut off"};
    return out;
}

int16_t subscription_version(ByteView metadata) {
    Reader reader(metadata);
    const auto version = reader.big<int16_t>();
    return reader.ok() && version > 0 ? version : int16_t{0};
}

Result<NamedPartitions> read_assignment(ByteView assignment) {
    if (assignment.empty()) return NamedPartitions{};
    Reader reader(assignment);
    const auto version = reader.big<int16_t>();
    NamedPartitions out = partitions(reader);
    if (!reader.ok() || version < 0) return Error{Errc::malformed, "an assignment is cut off"};
    return out;
}

std::vector<uint8_t> assignment_bytes(int16_t version, const NamedPartitions& partitions) {
    constexpr int16_t last_version = 3;
    Buffer out;
    Writer writer(out);
    writer.big(std::min(version, last_version));
    writer.big(static_cast<int32_t>(partitions.size()));
    for (const auto& [topic, numbers] : partitions) {
        writer.big(static_cast<int16_t>(topic.size()));
        out.append(std::string_view(topic));
        writer.big(static_cast<int32_t>(numbers.size()));
        for (const int32_t number : numbers) writer.big(number);
    }
    writer.big(int32_t{-1});  // no data of the assignor's own
    const ByteView bytes = out.view();
    return {bytes.begin(), bytes.end()};
}

}  // namespace cambium::coord
