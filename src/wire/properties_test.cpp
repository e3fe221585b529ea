// Goal: what holds for every message in every version. Method: random messages from a printed seed,
// cut at every place and changed at random places; the address sanitizer watches.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "wire/header.hpp"
#include "wire/messages.hpp"
#include "wire/random_message.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

constexpr uint64_t seed = 20251122;

// What one reading of bytes gave.
struct Reading {
    Errc code = Errc::none;
    std::string again;   // the message encoded once more
    bool stable = true;  // and that was read as the same message
    size_t printed = 0;  // characters of its print, cut at 200
};

// One message type without its type, so that each claim below is compiled once and not per message.
struct Kind {
    std::string_view name;
    const ApiInfo& api;
    // A random message as bytes; empty text and false when it does not come back equal.
    std::pair<std::string, bool> (*make)(int version, uint64_t seed);
    Reading (*read)(std::string_view bytes, int version, size_t memory);
    Errc (*encode_default)(int version, Buffer& out);
};

template <class M> std::pair<std::string, bool> made(int version, uint64_t drawn) {
    RandomMessage random(info(M::api).form(version), drawn);
    const M m = random.template make<M>();
    Buffer out;
    if (!encode(m, version, out).ok()) return {"", false};
    const Result<M> back = decode<M>(out.view(), version);
    return {std::string(out.text()), back.ok() && *back == m};
}

template <class M> Reading reading(std::string_view bytes, int version, size_t memory) {
    const Result<M> first = decode<M>(as_bytes(bytes), version, memory);
    if (!first.ok()) return {.code = first.code(), .again = {}};
    Buffer out;
    if (!encode(*first, version, out).ok()) return {.again = {}, .stable = false};
    const Result<M> second = decode<M>(out.view(), version);
    return {.again = std::string(out.text()),
            .stable = second.ok() && *second == *first,
            .printed = print(*first, version, 200).size()};
}

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = [] {
        std::vector<Kind> list;
        EveryMessage::each([&]<class M>() {
            list.push_back(
                {M::name, info(M::api), made<M>, reading<M>,
                 [](int version, Buffer& out) { return encode(M{}, version, out).code(); }});
        });
        return list;
    }();
    return all;
}

// Calls visit(kind, version, bytes of a random message) so many times for every version of every
// message.
void random_messages(uint64_t times, auto&& visit) {
    for (const Kind& kind : kinds()) {
        for (int version = kind.api.versions.first; version <= kind.api.versions.last; ++version) {
            for (uint64_t i = 0; i < times; ++i) {
                const uint64_t drawn = seed + i * 1000 + static_cast<uint64_t>(version);
                CAPTURE(kind.name);
                CAPTURE(version);
                CAPTURE(drawn);
                const auto [bytes, equal] = kind.make(version, drawn);
                REQUIRE_MESSAGE(equal, hex_of(bytes));
                visit(kind, version, bytes);
            }
        }
    }
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
    random_messages(40, [](const Kind& kind, int version, const std::string& bytes) {
        const Reading read = kind.read(bytes, version, default_decode_memory);
        CHECK(read.code == Errc::none);
        CHECK(hex_of(read.again) == hex_of(bytes));
    });
}

TEST_CASE("every message cut short is refused, and what stands behind one is let be") {
    random_messages(3, [](const Kind& kind, int version, const std::string& bytes) {
        size_t accepted = 0;
        for (size_t n = 0; n < bytes.size(); ++n) {
            const std::string cut = bytes.substr(0, n);
            if (kind.read(cut, version, default_decode_memory).code != Errc::malformed) ++accepted;
        }
        CHECK(accepted == 0);
        CHECK(kind.read(bytes + '\0', version, default_decode_memory).code == Errc::none);
    });
}

TEST_CASE("a changed message is refused or is another message, within the budget") {
    Draws draws(seed);
    random_messages(4, [&](const Kind& kind, int version, const std::string& good) {
        for (int i = 0; i < 100 && !good.empty(); ++i) {
            std::string bad = good;
            for (size_t left = 1 + draws.below(3); left > 0; --left) {
                bad[draws.below(bad.size())] = static_cast<char>(draws.below(256));
            }
            const Reading read = kind.read(bad, version, 1 << 16);
            CAPTURE(hex_of(bad));
            CHECK((read.code == Errc::none || read.code == Errc::malformed ||
                   read.code == Errc::over_budget));
            CHECK(read.stable);
            CHECK(read.printed <= 200 + kind.name.size() + 10);
        }
    });
}

TEST_CASE("no message has a version that the table does not have") {
    Buffer out;
    for (const Kind& kind : kinds()) {
        const Versions versions = kind.api.versions;
        for (const int version : {versions.first - 1, versions.last + 1, -1, 32767}) {
            CHECK(kind.encode_default(version, out) == Errc::unsupported_version);
            CHECK(kind.read("", version, 0).code == Errc::unsupported_version);
        }
    }
    CHECK(out.empty());
}

// What a sender does: the records between the bytes before and after each slot.
std::string put_in(std::string_view bytes, const std::vector<Slot>& slots,
                   const std::vector<ByteView>& records) {
    std::string frame;
    size_t from = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
        CHECK(slots[i].size == records[i].size());
        frame += bytes.substr(from, slots[i].position - from);
        frame += as_text(records[i]);
        from = slots[i].position;
    }
    return frame.append(bytes.substr(from));
}

TEST_CASE("an answer with slots and its records put in is what a client reads") {
    const ApiInfo& api = info(ApiKey::fetch);
    for (uint64_t i = 0; i < 500; ++i) {
        const int version = api.versions.first + static_cast<int>(i % 15);
        CAPTURE(i);
        RandomMessage random(api.form(version), seed + i);
        auto whole = random.make<FetchedResponse>();
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
        const std::string frame = put_in(out.text(), slots, records);

        Buffer expected;
        REQUIRE(encode_response(whole, static_cast<int16_t>(version), 7, expected).ok());
        CHECK(hex_of(frame) == hex_of(expected.text()));
    }
}

}  // namespace
}  // namespace cambium::wire
