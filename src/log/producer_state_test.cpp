#include "log/producer_state.hpp"

#include <chrono>
#include <map>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/hex_test.hpp"
#include "log/producer_snapshot.hpp"
#include "record/control.hpp"

namespace cambium::log::test {
namespace {

struct Send {
    int32_t sequence;
    int32_t count = 1;
    int16_t epoch = 0;
    int64_t id = 7;
};

// A log of nothing but producers.
struct Producers {
    ProducerState state;
    Offset end{0};

    explicit Producers(size_t limit = producers_max) : state(limit) {}

    static Buffer made(const Send& send, Offset base) {
        Buffer bytes = batch({base.value(), send.count, 0, ProducerId(send.id),
                              ProducerEpoch(send.epoch), send.sequence});
        record::patch(bytes.mutable_view(), base, LeaderEpoch(0));
        return bytes;
    }
    io::Monotonic now{};

    // The error, or "new", or the offset of the original.
    Errc send(const Send& send, std::optional<Offset> expect_duplicate_of = std::nullopt) {
        const Buffer bytes = made(send, end);
        const record::HeaderView header(bytes.view());
        const auto judged = state.judge(header);
        if (!judged) return judged.code();
        CHECK(judged->has_value() == expect_duplicate_of.has_value());
        if (*judged) {
            CHECK((*judged)->first_offset() == *expect_duplicate_of);
            return Errc::none;
        }
        state.appended(header, now);
        end = header.next_offset();
        return Errc::none;
    }
};

}  // namespace

TEST_CASE("a producer's batches follow each other, and the last five are known again") {
    Producers log;
    for (int32_t i = 0; i < 7; ++i) CHECK(log.send({i * 2, 2}) == Errc::none);
    for (int32_t i = 2; i < 7; ++i) CHECK(log.send({i * 2, 2}, Offset(i * 2)) == Errc::none);
    // Older ones cannot be told from a gap, nor can another cut of the same records.
    CHECK(log.send({2, 2}) == Errc::out_of_order_sequence_number);
    CHECK(log.send({12, 1}) == Errc::out_of_order_sequence_number);
    CHECK(log.send({15, 1}) == Errc::out_of_order_sequence_number);
    CHECK(log.send({14, 1}) == Errc::none);
}

TEST_CASE("an unknown producer begins anywhere, a new epoch at 0, an old epoch never") {
    Producers log;
    CHECK(log.send({41, 1, 3}) == Errc::none);
    CHECK(log.send({42, 1, 3}) == Errc::none);
    CHECK(log.send({43, 1, 4}) == Errc::out_of_order_sequence_number);
    CHECK(log.send({0, 1, 4}) == Errc::none);
    CHECK(log.send({43, 1, 3}) == Errc::invalid_producer_epoch);
    CHECK(log.send({42, 1, 3}) == Errc::invalid_producer_epoch);
    CHECK(log.send({0, 1, 4}, Offset(2)) == Errc::none);
    CHECK(log.send({1, 1, 4}) == Errc::none);
}

TEST_CASE("a producer whose first batch was refused or taken back begins with that one") {
    Producers log;
    const Buffer first = Producers::made({4, 2}, Offset(0));
    log.state.refused(record::HeaderView(first.view()), log.now);
    CHECK(log.send({6, 1}) == Errc::out_of_order_sequence_number);
    CHECK(log.send({4, 2}) == Errc::none);
    CHECK(log.send({6, 1}) == Errc::none);
    log.state.take_back(Offset(0));
    log.end = Offset(0);
    CHECK(log.send({6, 1}) == Errc::out_of_order_sequence_number);
    // A new epoch of it begins anew.
    CHECK(log.send({0, 1, 1}) == Errc::none);
    CHECK(log.send({1, 1, 1}) == Errc::none);
}

TEST_CASE("sequences wrap from 2^31-1 to 0, within a batch and between batches") {
    Producers log;
    CHECK(log.send({INT32_MAX - 1, 4}) == Errc::none);  // ends with sequence 1
    CHECK(log.send({INT32_MAX - 1, 4}, Offset(0)) == Errc::none);
    CHECK(log.send({2, 1}) == Errc::none);
    Producers other;
    CHECK(other.send({INT32_MAX, 1}) == Errc::none);
    CHECK(other.send({1, 1}) == Errc::out_of_order_sequence_number);
    CHECK(other.send({0, 1}) == Errc::none);
    CHECK(other.send({INT32_MAX, 1}, Offset(0)) == Errc::none);
}

TEST_CASE("what is taken back was never sent") {
    Producers log;
    for (int32_t i = 0; i < 3; ++i) CHECK(log.send({i}) == Errc::none);
    log.state.settle(Offset(2));
    const Buffer before = encode_producers(log.state);
    CHECK(log.send({3}) == Errc::none);
    CHECK(log.send({0, 1, 1}) == Errc::none);
    CHECK(log.send({0, 1, 0, 8}) == Errc::none);
    log.state.take_back(Offset(3));
    CHECK(copied(encode_producers(log.state).view()) == copied(before.view()));
    log.state.take_back(Offset(2));
    log.end = Offset(2);
    CHECK(log.send({2}) == Errc::none);
    // What is written stays, whatever is taken back.
    log.state.settle(Offset(3));
    log.state.take_back(Offset(0));
    CHECK(log.send({2}, Offset(2)) == Errc::none);
}

TEST_CASE(
    "above the limit the producer that was silent longest is forgotten, and can be taken back") {
    Producers log(2);
    CHECK(log.send({5, 1, 0, 1}) == Errc::none);
    CHECK(log.send({5, 1, 0, 2}) == Errc::none);
    CHECK(log.send({6, 1, 0, 1}) == Errc::none);
    CHECK(log.send({5, 1, 0, 3}) == Errc::none);
    CHECK(log.state.producers().size() == 2);
    CHECK_FALSE(log.state.producers().contains(ProducerId(2)));
    log.state.take_back(Offset(3));
    CHECK(log.state.producers().contains(ProducerId(2)));
    CHECK_FALSE(log.state.producers().contains(ProducerId(3)));
}

TEST_CASE("replay gives the state of the live appends") {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        Producers live(4);
        ProducerState replayed(4);
        std::map<int64_t, int32_t> next;
        for (int i = 0; i < 200; ++i) {
            const int64_t id = random.between(1, 6);
            const Send send{next[id], static_cast<int32_t>(random.between(1, 3)), 0, id};
            const Buffer bytes = Producers::made(send, live.end);
            if (live.send(send) != Errc::none) continue;
            next[id] += send.count;
            replayed.replayed(record::HeaderView(bytes.view()));
        }
        CHECK(live.state == replayed);
        const auto decoded = decode_producers(encode_producers(replayed).view());
        REQUIRE(decoded.ok());
        CHECK(copied(encode_producers(*decoded).view()) ==
              copied(encode_producers(replayed).view()));
    }
}

TEST_CASE("a producer that is silent for too long is forgotten, an active one never") {
    using std::chrono::seconds;
    const ProducerState::Expiry expiry{seconds(100), seconds(10)};
    Producers log;
    log.state.restore(ProducerId(1), {});  // from a snapshot: its time begins now
    log.now = {5'000'000'000'000};
    const io::Monotonic start = log.now;
    const auto at = [&](int64_t second) {
        log.now = start + seconds(second);
        log.state.expire(log.now, expiry, log.end);
    };
    const auto knows = [&](int64_t id) { return log.state.producers().contains(ProducerId(id)); };
    at(0);
    CHECK(log.send({0, 1, 0, 2}) == Errc::none);
    CHECK(log.send({0, 1, 0, 3}) == Errc::none);
    for (int32_t i = 1; i <= 9; ++i) {
        at(i * 11);
        CHECK(log.send({i, 1, 0, 3}) == Errc::none);
    }
    CHECK(knows(1));
    at(110);
    CHECK_FALSE(knows(1));
    CHECK_FALSE(knows(2));
    CHECK(knows(3));
    CHECK(log.send({9, 1, 0, 3}, log.end - 1) == Errc::none);
    at(198);
    CHECK(knows(3));
    at(209);
    CHECK_FALSE(knows(3));
}

TEST_CASE("a producer that tries in vain to append is not silent") {
    using std::chrono::seconds;
    const ProducerState::Expiry expiry{seconds(100), seconds(1)};
    for (const bool staged : {true, false}) {
        CAPTURE(staged);
        Producers log;
        log.state.expire(log.now, expiry, log.end);
        CHECK(log.send({0}) == Errc::none);
        CHECK(log.send({1}) == Errc::none);
        log.state.settle(log.end);
        // The disk is full for long.
        for (int32_t second = 60; second < 600; second += 60) {
            log.now = io::Monotonic{} + seconds(second);
            log.state.expire(log.now, expiry, log.end);
            const Buffer bytes = Producers::made({2}, log.end);
            if (staged) log.state.appended(record::HeaderView(bytes.view()), log.now);
            else log.state.refused(record::HeaderView(bytes.view()), log.now);
            log.state.take_back(log.end);
        }
        CHECK(log.send({2}) == Errc::none);
        CHECK(log.send({0}, Offset(0)) == Errc::none);
    }
}

TEST_CASE("nobody is forgotten whose newest batch is not durable, or who has a transaction open") {
    const ProducerState::Expiry expiry{std::chrono::seconds(1), std::chrono::seconds(1)};
    Producers log;
    log.state.expire(log.now, expiry, Offset(0));
    CHECK(log.send({0, 1, 0, 2}) == Errc::none);
    Producer open;
    open.transaction_start = Offset(0);
    log.state.restore(ProducerId(9), open);
    log.now = log.now + std::chrono::seconds(50);
    log.state.expire(log.now, expiry, Offset(0));
    CHECK(log.state.producers().size() == 2);
    log.now = log.now + std::chrono::seconds(50);
    log.state.expire(log.now, expiry, Offset(1));
    CHECK(log.state.producers().size() == 1);
    CHECK(log.state.producers().contains(ProducerId(9)));
}

TEST_CASE("what is left after expiry, wraps and new epochs is what a rebuild from the log has") {
    const ProducerState::Expiry expiry{std::chrono::seconds(3), std::chrono::seconds(1)};
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        Producers live;
        ProducerState rebuilt;
        std::map<int64_t, Send> next;
        for (int i = 0; i < 300; ++i) {
            const int64_t id = random.between(1, 8);
            const auto [known, fresh] = next.try_emplace(id, Send{INT32_MAX - 5, 1, 0, id});
            Send& send = known->second;
            send.count = static_cast<int32_t>(random.between(1, 4));
            if (random.chance(0.05))
                send = {0, send.count, static_cast<int16_t>(send.epoch + 1), id};
            live.now = live.now + std::chrono::milliseconds(random.between(0, 300));
            live.state.expire(live.now, expiry, live.end);
            const Buffer bytes = Producers::made(send, live.end);
            REQUIRE(live.send(send) == Errc::none);
            send.sequence = static_cast<int32_t>(
                (static_cast<uint32_t>(send.sequence) + static_cast<uint32_t>(send.count)) &
                0x7fffffffU);
            rebuilt.replayed(record::HeaderView(bytes.view()));
            // Who was forgotten and came back has fewer batches that are known; those are the same.
            for (const auto& [each, producer] : live.state.producers()) {
                const Producer& whole = rebuilt.producers().at(each);
                REQUIRE(producer.epoch == whole.epoch);
                REQUIRE(producer.touched == whole.touched);
                REQUIRE(producer.last_timestamp == whole.last_timestamp);
                REQUIRE(producer.count <= whole.count);
                for (size_t back = 1; back <= producer.count; ++back)
                    REQUIRE(producer.batches[producer.count - back] ==
                            whole.batches[whole.count - back]);
            }
        }
        CHECK(live.state.producers().size() <= rebuilt.producers().size());
    }
}

TEST_CASE("transactions open with their first batch and end with their marker") {
    ProducerState state;
    record::BatchOptions options;
    options.producer_id = ProducerId(5);
    options.producer_epoch = ProducerEpoch(0);
    options.base_sequence = 0;
    options.transactional = true;
    options.base_offset = Offset(10);
    const std::string value = "v";
    record::NewRecord entry;
    entry.value = as_bytes(value);
    state.replayed(record::HeaderView(record::single_record_batch(options, entry).view()));
    CHECK(state.producers().at(ProducerId(5)).transaction_start == Offset(10));
    const record::MarkerPlace place{ProducerId(5), ProducerEpoch(1), Timestamp(9), Offset(11)};
    state.replayed(record::HeaderView(record::end_txn_batch(place, {}).view()));
    const Producer& after = state.producers().at(ProducerId(5));
    CHECK(after.transaction_start == Offset());
    CHECK(after.epoch == ProducerEpoch(1));
    CHECK(after.count == 0);
}

TEST_CASE("a snapshot has the bytes of its page") {
    const std::vector<uint8_t> bytes = from_hex(
        "0001 3c286177 00000002"
        "0000000000000007 0002 00000004 000000000000000e 00000004 00000000000003e8 ffffffff "
        "ffffffffffffffff"
        "0000000000000007 0002 00000005 000000000000000f 00000000 00000000000003e9 ffffffff "
        "ffffffffffffffff");
    const auto state = decode_producers(bytes);
    REQUIRE(state.ok());
    REQUIRE(state->producers().size() == 1);
    const Producer& producer = state->producers().at(ProducerId(7));
    CHECK(producer.epoch == ProducerEpoch(2));
    CHECK(producer.last_timestamp == Timestamp(1001));
    REQUIRE(producer.count == 2);
    CHECK(producer.batches[0] == ProducerBatch{4, Offset(14), 4, Timestamp(1000)});
    CHECK(producer.batches[0].first_sequence() == 0);
    CHECK(producer.batches[0].first_offset() == Offset(10));
    CHECK(producer.batches[1] == ProducerBatch{5, Offset(15), 0, Timestamp(1001)});
    CHECK(copied(encode_producers(*state).view()) == bytes);
}

TEST_CASE("Kafka's own snapshot reads and writes back byte for byte") {
    // txn-0/00000000000000000004.snapshot: producer 5 in a transaction that began at offset 0.
    const std::vector<uint8_t> bytes = from_hex(
        "0001 fbdba8c6 00000001 0000000000000005 0000 00000003 0000000000000003 00000003"
        "0000018bcfe573bb ffffffff 0000000000000000");
    const auto state = decode_producers(bytes);
    REQUIRE(state.ok());
    const Producer& producer = state->producers().at(ProducerId(5));
    CHECK(producer.transaction_start == Offset(0));
    CHECK(producer.newest()->first_sequence() == 0);
    CHECK(copied(encode_producers(*state).view()) == bytes);
}

TEST_CASE("a snapshot that is cut, changed or newer is refused") {
    const Buffer good = [] {
        Producers log;
        for (int32_t i = 0; i < 6; ++i) CHECK(log.send({i}) == Errc::none);
        return encode_producers(log.state);
    }();
    for (size_t size = 0; size < good.size(); ++size)
        CHECK(decode_producers(good.view().first(size)).code() == Errc::corrupt_data);
    for (size_t bit = 16; bit < good.size() * 8; bit += 7) {
        std::vector<uint8_t> bad = copied(good.view());
        bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        CHECK(decode_producers(bad).code() == Errc::corrupt_data);
    }
    std::vector<uint8_t> newer = copied(good.view());
    newer[1] = 2;
    CHECK(decode_producers(newer).code() == Errc::unsupported_format);
}

}  // namespace cambium::log::test
