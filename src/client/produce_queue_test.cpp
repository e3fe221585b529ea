#include "client/produce_queue.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/model_broker_test.hpp"
#include "io/random.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;
using Batch = ProduceQueue::Batch;
using Ended = ProduceQueue::Ended;

constexpr ProducerIdentity me{ProducerId(7), ProducerEpoch(0)};
constexpr io::Monotonic start{1'000'000'000};
constexpr io::Duration second{1'000'000'000};

QueueOptions small() {
    QueueOptions options;
    options.batch_bytes = 30;
    options.in_flight_max = 3;
    options.delivery_timeout = second * 100;
    return options;
}

void add(ProduceQueue& queue, int count, io::Monotonic now = start) {
    static uint64_t tag = 0;
    for (int i = 0; i < count; ++i) {
        const std::string value = std::to_string(tag);
        const record::NewRecord record{Timestamp(0), std::nullopt, as_bytes(value), {}};
        REQUIRE(queue.add(record, 10, {nullptr, tag++}, now).ok());
    }
}

// The server has taken three records, so that more than one batch may be on its way.
void introduce(ProduceQueue& queue) {
    std::vector<Ended> ended;
    add(queue, 3);
    queue.done(queue.take(start, false, me, ended), Offset(0), start, ended);
}

TEST_CASE("the first batch of an identity goes alone") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    add(queue, 9);
    Batch* const first = queue.take(start, false, me, ended);
    REQUIRE(first != nullptr);
    CHECK(queue.take(start, false, me, ended) == nullptr);
    queue.done(first, Errc::message_too_large, start, ended);
    Batch* const half = queue.take(start, false, me, ended);
    REQUIRE(half != nullptr);
    CHECK(half->receipts.size() == 1);
    queue.done(half, Offset(0), start, ended);
    Batch* const rest = queue.take(start, false, me, ended);
    REQUIRE(rest != nullptr);
    queue.done(rest, Offset(1), start, ended);
    CHECK(queue.take(start, false, me, ended) != nullptr);
    CHECK(queue.take(start, false, me, ended) != nullptr);
}

TEST_CASE("batches fill by bytes and linger by time, unless they are flushed") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    introduce(queue);
    add(queue, 2);
    CHECK(queue.take(start, false, me, ended) == nullptr);
    CHECK(queue.ready_at(false) == start + small().linger);
    CHECK(queue.take(start + small().linger, false, me, ended) != nullptr);
    add(queue, 2);
    CHECK(queue.take(start, true, me, ended) != nullptr);
    add(queue, 3);
    Batch* const full = queue.take(start, false, me, ended);
    REQUIRE(full != nullptr);
    CHECK(full->receipts.size() == 3);
    CHECK(ended.empty());
}

TEST_CASE("a batch that is too large is halved with its sequences, down to one record") {
    for (const bool idempotent : {true, false})
        for (const Codec codec : {Codec::none, Codec::lz4}) {
            QueueOptions options = small();
            options.batch_bytes = 1000;
            options.idempotent = idempotent;
            options.codec = codec;
            ProduceQueue queue(options);
            std::vector<Ended> ended;
            const std::string payload = "payload";
            const record::HeaderEntry header{"h", as_bytes(payload)};
            for (uint64_t i = 0; i < 7; ++i) {
                const std::string value = payload + std::to_string(i);
                REQUIRE(queue
                            .add({Timestamp(100 + static_cast<int64_t>(i)),
                                  {},
                                  as_bytes(value),
                                  std::span(&header, 1)},
                                 10, {nullptr, i}, start)
                            .ok());
            }
            // Two records fit, and record 5 not even alone.
            std::vector<uint64_t> delivered;
            int32_t expected = 0;
            size_t charged = 0;
            while (Batch* const batch = queue.take(start, true, me, ended)) {
                const record::BatchView view(batch->bytes.view());
                CHECK(view.checksum_ok());
                CHECK(view.codec() == codec);
                const size_t count = batch->receipts.size();
                CHECK(view.record_count() == static_cast<int32_t>(count));
                const bool with_5 = std::ranges::any_of(
                    batch->receipts, [](const Receipt& receipt) { return receipt.tag == 5; });
                if (count > 2 || with_5) {
                    if (count == 1) expected = view.base_sequence() + 1;
                    queue.done(batch, Error{Errc::message_too_large, ""}, start, ended);
                    continue;
                }
                CHECK(view.base_sequence() == (idempotent ? expected : -1));
                expected = view.base_sequence() + static_cast<int32_t>(count);
                CHECK(view.base_timestamp() ==
                      Timestamp(100 + static_cast<int64_t>(batch->receipts.front().tag)));
                Buffer storage;
                const auto plain = record::plain_records(view, storage, 10'000);
                REQUIRE(plain.ok());
                record::RecordIterator records(*plain, view.record_count());
                for (const Receipt& receipt : batch->receipts) {
                    const auto record = records.next();
                    REQUIRE(record);
                    CHECK(as_text(*record->value) == payload + std::to_string(receipt.tag));
                    CHECK(record->header_count == 1);
                    delivered.push_back(receipt.tag);
                }
                queue.done(batch, Offset(0), start, ended);
            }
            CHECK(delivered == std::vector<uint64_t>{0, 1, 2, 3, 4, 6});
            for (const Ended& each : ended) {
                charged += each.batch->charged;
                CHECK(each.result.ok() == (each.batch->receipts.front().tag != 5));
            }
            CHECK(charged == 70);
            CHECK(queue.empty());
        }
}

TEST_CASE("a batch that was sent carries identity, sequence and a checksum that fits") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    introduce(queue);
    add(queue, 6);
    for (const int32_t sequence : {3, 6}) {
        const Batch* const batch = queue.take(start, false, me, ended);
        REQUIRE(batch != nullptr);
        const record::BatchView view(batch->bytes.view());
        CHECK(view.checksum_ok());
        CHECK(view.producer_id() == me.id);
        CHECK(view.producer_epoch() == me.epoch);
        CHECK(view.base_sequence() == sequence);
        CHECK(view.record_count() == 3);
    }
}

TEST_CASE("no more batches are on their way than allowed, and nothing overtakes a retry") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    introduce(queue);
    add(queue, 15);
    std::vector<Batch*> taken;
    for (Batch* batch = nullptr; (batch = queue.take(start, false, me, ended)) != nullptr;)
        taken.push_back(batch);
    REQUIRE(taken.size() == 3);
    queue.done(taken[0], Errc::not_leader_or_follower, start, ended);
    CHECK(queue.take(start + second, false, me, ended) == nullptr);
    queue.done(taken[1], Errc::out_of_order_sequence_number, start, ended);
    CHECK_FALSE(queue.wants_identity());
    queue.done(taken[2], Errc::end_of_stream, start, ended);
    CHECK_FALSE(queue.wants_identity());
    CHECK(ended.empty());
    // One at a time, in order, with the sequences they had.
    for (Batch* const expected : taken) {
        Batch* const again = queue.take(start + second, false, me, ended);
        CHECK(again == expected);
        CHECK(queue.take(start + second, false, me, ended) == nullptr);
        queue.done(again, Offset(0), start, ended);
    }
    CHECK(ended.size() == 3);
    // Then as before.
    CHECK(queue.take(start, false, me, ended) != nullptr);
    CHECK(queue.take(start, false, me, ended) != nullptr);
}

TEST_CASE("when the oldest one's sequence does not follow, all get new ones under a new identity") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    introduce(queue);
    add(queue, 6);
    Batch* const first = queue.take(start, false, me, ended);
    Batch* const second_one = queue.take(start, false, me, ended);
    queue.done(first, Errc::out_of_order_sequence_number, start, ended);
    CHECK_FALSE(queue.wants_identity());  // the other one is still on its way
    queue.done(second_one, Errc::out_of_order_sequence_number, start, ended);
    CHECK(queue.wants_identity());
    CHECK(queue.ready_at(true) == io::Monotonic::never());
    const ProducerIdentity other{ProducerId(8), ProducerEpoch(0)};
    queue.renew(other);
    CHECK(queue.take(start, false, me, ended) == first);
    CHECK(first->sequence == 0);
    CHECK(record::BatchView(first->bytes.view()).producer_id() == other.id);
    CHECK(queue.take(start, false, me, ended) == nullptr);
    queue.done(first, Offset(3), start, ended);
    CHECK(queue.take(start, false, me, ended) == second_one);
    CHECK(second_one->sequence == 3);
}

TEST_CASE("a final refusal ends one batch and leaves no gap when it was the newest") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    add(queue, 3);
    queue.done(queue.take(start, false, me, ended), Errc::invalid_record, start, ended);
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].result.code() == Errc::invalid_record);
    add(queue, 3);
    CHECK(queue.take(start, false, me, ended)->sequence == 0);
}

TEST_CASE("after its deadline a batch is not tried again") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    add(queue, 6);
    const io::Monotonic late = start + small().delivery_timeout;
    Batch* const flying = queue.take(start, false, me, ended);
    CHECK(queue.next_deadline() == late);
    queue.expire(late, ended);
    REQUIRE(ended.size() == 1);  // the other one; this one is on its way
    CHECK(ended[0].result.code() == Errc::request_timed_out);
    queue.done(flying, Errc::end_of_stream, late, ended);
    REQUIRE(ended.size() == 2);
    CHECK(ended[1].result.code() == Errc::end_of_stream);
    CHECK(queue.empty());
}

TEST_CASE("sequences wrap from the largest number to zero") {
    ProduceQueue queue(small());
    std::vector<Ended> ended;
    Batch wrapped{record::BatchOptions{}};
    add(queue, 3);
    Batch* const batch = queue.take(start, false, me, ended);
    CHECK(batch->sequence == 0);
    // The arithmetic is that of record::HeaderView::last_sequence().
    store_big(batch->bytes.data() + record::at::base_sequence, INT32_MAX);
    CHECK(record::BatchView(batch->bytes.view()).last_sequence() == 1);
    queue.done(batch, Offset(0), start, ended);
}

// A queue against the model of a server that loses requests and answers, keeps a log and dedupes by
// sequence: every record reported delivered is in the log exactly once, and the log is in order.
TEST_CASE("what is reported delivered is in the log once and in order, whatever gets lost") {
    for (uint64_t seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        ProduceQueue queue(small());
        ModelPartition log;
        std::deque<Batch*> flying;
        std::vector<Ended> ended;
        std::vector<uint64_t> delivered;
        std::vector<uint64_t> failed;
        io::Monotonic now = start;
        uint64_t sent = 0;
        int64_t identities = 7;
        const double trouble = random.chance(0.5) ? 0.3 : 0.05;
        while (sent < 60 || !queue.empty()) {
            now = now + io::Duration(static_cast<int64_t>(random.below(50'000'000)));
            if (sent < 60 && random.chance(0.5)) {
                const std::string value = std::to_string(sent);
                const record::NewRecord record{Timestamp(0), std::nullopt, as_bytes(value), {}};
                REQUIRE(queue.add(record, 10, {nullptr, sent++}, now).ok());
            }
            if (queue.wants_identity()) queue.renew({ProducerId(++identities), ProducerEpoch(0)});
            if (Batch* batch = queue.take(now, sent == 60, me, ended)) flying.push_back(batch);
            // Answers come in order; a lost connection loses everything behind it.
            if (!flying.empty() && random.chance(0.5)) {
                Batch* const batch = flying.front();
                flying.pop_front();
                if (random.chance(trouble)) {
                    const bool applied = random.chance(0.5);
                    for (Batch* each = batch; each != nullptr;) {
                        if (applied) (void)log.append(each->bytes.view());
                        queue.done(each, Errc::connection_reset, now, ended);
                        each = flying.empty() ? nullptr : flying.front();
                        if (each != nullptr) flying.pop_front();
                    }
                } else if (random.chance(0.03)) {
                    queue.done(batch, Errc::message_too_large, now, ended);
                } else {
                    queue.done(batch, log.append(batch->bytes.view()), now, ended);
                }
            }
            queue.expire(now, ended);
            for (Ended& each : ended) {
                for (const Receipt& receipt : each.batch->receipts)
                    (each.result.ok() ? delivered : failed).push_back(receipt.tag);
            }
            ended.clear();
        }
        std::vector<uint64_t> logged;
        for (const Buffer& batch : log.batches) {
            record::RecordIterator records{record::BatchView(batch.view())};
            while (const auto record = records.next())
                logged.push_back(std::stoull(std::string(as_text(*record->value))));
        }
        CHECK(std::ranges::is_sorted(logged, std::less_equal{}));
        CHECK(std::ranges::adjacent_find(logged) == logged.end());
        std::ranges::sort(delivered);
        CHECK(std::ranges::includes(logged, delivered));
        CHECK(delivered.size() + failed.size() == 60);
    }
}

}  // namespace
