#include "coord/consumer_topics.hpp"

#include <memory>
#include <string_view>

#include <re2/re2.h>

namespace cambium::coord {

namespace {

// An expression that needs more than this is refused: it comes from the network.
constexpr int64_t regex_memory_max = int64_t{1} << 20;

re2::RE2::Options options() {
    re2::RE2::Options out;
    out.set_log_errors(false);
    out.set_max_mem(regex_memory_max);
    return out;
}

// FNV-1a, 64 bits.
class Hash {
public:
    void put(std::string_view text) {
        put(static_cast<int64_t>(text.size()));
        for (const char one : text) byte(static_cast<uint8_t>(one));
    }
    void put(int64_t number) {
        for (int shift = 0; shift < 64; shift += 8)
            byte(static_cast<uint8_t>(static_cast<uint64_t>(number) >> shift));
    }
    void put(const Uuid& id) {
        for (const uint8_t one : id.bytes) byte(one);
    }
    [[nodiscard]] int64_t value() const { return static_cast<int64_t>(hash_); }

private:
    void byte(uint8_t one) { hash_ = (hash_ ^ one) * 0x100000001B3U; }
    uint64_t hash_ = 0xCBF29CE484222325U;
};

}  // namespace

int64_t metadata_hash(const ConsumerGroup::TopicNames& topics, const meta::Image& image) {
    Hash hash;
    bool any = false;
    for (const std::string& name : topics) {
        const meta::TopicRef topic = image.topic(name);
        if (topic == nullptr) continue;
        any = true;
        hash.put(topic->id);
        hash.put(std::string_view(name));
        hash.put(static_cast<int64_t>(topic->partitions.size()));
    }
    if (!any) return 0;
    return hash.value() == 0 ? 1 : hash.value();
}

Status check_regex(const std::string& regex) {
    const re2::RE2 compiled(regex, options());
    if (compiled.ok()) return {};
    return Error{Errc::invalid_regular_expression,
                 "SubscribedTopicRegex `" + regex +
                     "` is not a valid regular expression: " + compiled.error() + "."};
}

std::vector<std::string> topics_matching(const std::string& regex, const meta::Image& image) {
    std::vector<std::string> out;
    const re2::RE2 compiled(regex, options());
    if (!compiled.ok()) return out;
    for (const auto& [name, topic] : image.topics)
        if (re2::RE2::FullMatch(name, compiled)) out.push_back(name);
    return out;
}

}  // namespace cambium::coord
