// Goal: what holds for every message in every version. Method: random messages from a printed seed,
// cut at every place and changed at random places; the address sanitizer watches.
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "wire/header.hpp"
#include "wire/messages.hpp"
#include "wire/random_message.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

constexpr uint64_t seed = 20251122;

// Calls visit(version, random message of that version) so many times for every version of M.
template <class M> void random_messages(uint64_t times, auto&& visit) {
    const ApiInfo& api = info(M::api);
    for (int version = api.versions.first; version <= api.versions.last; ++version) {
        for (uint64_t i = 0; i < times; ++i) {
            const uint64_t drawn = seed + i * 1000 + static_cast<uint64_t>(version);
            CAPTURE(M::name);
            CAPTURE(version);
            CAPTURE(drawn);
            RandomMessage random(api.form(version), drawn);
            visit(version, random.template make<M>());
        }
    }
}

template <class M> std::string encoded(const M& m, int version) {
    Buffer out;
    const Status status = encode(m, version, out);
    REQUIRE(status.ok());
    return std::string(out.text());
}

class Draws {
public:
    explicit Draws(uint64_t from) : state_(from) {}
    size_t below(size_t bound) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<size_t>(state_ >> 33) % bound;
    }

private:
    uint64_t state_;
};

TEST_CASE("every message comes back equal in every version, and its bytes too") {
    EveryMessage::each([]<class M>() {
        random_messages<M>(40, [](int version, const M& m) {
            const std::string bytes = encoded(m, version);
            const Result<M> back = decode<M>(as_bytes(bytes), version);
            REQUIRE_MESSAGE(back.ok(), hex_of(bytes));
            CHECK(*back == m);
            CHECK(hex_of(encoded(*back, version)) == hex_of(bytes));
        });
    });
}

TEST_CASE("every message cut short or continued is refused") {
    EveryMessage::each([]<class M>() {
        random_messages<M>(3, [](int version, const M& m) {
            const std::string bytes = encoded(m, version);
            size_t wrong = 0;
            for (size_t n = 0; n < bytes.size(); ++n) {
                const auto cut = as_bytes(bytes).first(n);
                if (decode<M>(cut, version).code() != Errc::malformed) ++wrong;
            }
            CHECK(wrong == 0);
            const std::string longer = bytes + '\0';
            CHECK(decode<M>(as_bytes(longer), version).code() == Errc::malformed);
        });
    });
}

TEST_CASE("a changed message is refused or is another message, within the budget") {
    EveryMessage::each([]<class M>() {
        Draws draws(seed);
        random_messages<M>(4, [&](int version, const M& m) {
            const std::string good = encoded(m, version);
            if (good.empty()) return;
            for (int i = 0; i < 100; ++i) {
                std::string bad = good;
                for (size_t left = 1 + draws.below(3); left > 0; --left) {
                    bad[draws.below(bad.size())] = static_cast<char>(draws.below(256));
                }
                const Result<M> read = decode<M>(as_bytes(bad), version, 1 << 16);
                if (!read.ok()) {
                    CHECK((read.code() == Errc::malformed || read.code() == Errc::over_budget));
                    continue;
                }
                const std::string again = encoded(*read, version);
                const Result<M> back = decode<M>(as_bytes(again), version);
                REQUIRE(back.ok());
                CHECK(*back == *read);
                CHECK(print(*read, version, 200).size() <= 200 + M::name.size() + 10);
            }
        });
    });
}

TEST_CASE("no message has a version that the table does not have") {
    EveryMessage::each([]<class M>() {
        const Versions versions = info(M::api).versions;
        Buffer out;
        for (const int version : {versions.first - 1, versions.last + 1, -1, 32767}) {
            if (versions.has(version)) continue;
            CHECK(encode(M{}, version, out).code() == Errc::unsupported_version);
            CHECK(decode<M>({}, version).code() == Errc::unsupported_version);
        }
        CHECK(out.empty());
    });
}

TEST_CASE("an answer with slots and its records put in is what a client reads") {
    random_messages<FetchedResponse>(40, [](int version, FetchedResponse whole) {
        FetchResponse sent{.throttle_time_ms = whole.throttle_time_ms,
                           .error_code = whole.error_code,
                           .session_id = whole.session_id};
        std::vector<ByteView> records;
        for (auto& topic : whole.responses) {
            auto& to = sent.responses.emplace_back();
            to.topic = topic.topic;
            to.topic_id = topic.topic_id;
            for (auto& partition : topic.partitions) {
                if (!partition.records) partition.records.emplace();
                records.push_back(partition.records->bytes);
                auto& part = to.partitions.emplace_back();
                part.partition_index = partition.partition_index;
                part.records.size = records.back().size();
                partition = {.partition_index = partition.partition_index,
                             .records = partition.records};
            }
        }
        whole.node_endpoints.clear();

        Buffer out;
        std::vector<Slot> slots;
        REQUIRE(encode_response(sent, static_cast<int16_t>(version), 7, out, &slots).ok());
        REQUIRE(slots.size() == records.size());
        std::string frame;
        size_t from = 0;
        for (size_t i = 0; i < slots.size(); ++i) {
            CHECK(slots[i].size == records[i].size());
            frame += out.text().substr(from, slots[i].position - from);
            frame += as_text(records[i]);
            from = slots[i].position;
        }
        frame += out.text().substr(from);

        Buffer expected;
        REQUIRE(encode_response(whole, static_cast<int16_t>(version), 7, expected).ok());
        CHECK(hex_of(frame) == hex_of(expected.text()));
    });
}

}  // namespace
}  // namespace cambium::wire
