// Goal: cleaning begins when it is worth it, leaves out what is younger, and is given up when a
// write was refused. Method: by hand, without a log.
#include "coord/cleaning.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "coord/batches.hpp"
#include "record/batch.hpp"
#include "record/builder.hpp"
#include "record/record.hpp"

namespace cambium::coord {
namespace {

Record offset_record(const std::string& group, int64_t offset) {
    return OffsetRecord{{group, "t", 0}, OffsetCommitValue{.offset = offset}};
}

// Reads the records as they lie in a log.
void read_into(LogReader& reader, const std::vector<Record>& records) {
    const auto batches = batches_of(records, Timestamp(5));
    REQUIRE(batches.ok());
    for (const Buffer& batch : *batches) {
        Buffer numbered = Buffer::copy_of(batch.view());
        record::patch(numbered.mutable_view(), reader.position(), {});
        REQUIRE(reader.take(numbered.view()).ok());
    }
}

std::vector<Record> written_anew(const Cleaning& cleaning, const LogReader& reader) {
    LogReader back(nullptr);
    std::string after;
    while (true) {
        Result<Buffer> batch = cleaning.next_batch(reader.newest(), &after, Timestamp(9));
        REQUIRE(batch.ok());
        if (batch->empty()) break;
        record::patch(batch->mutable_view(), back.position(), {});
        REQUIRE(back.take(batch->view()).ok());
    }
    std::vector<Record> out;
    REQUIRE(back.deliver([&out](const Record& record) { out.push_back(record); }).ok());
    return out;
}

TEST_CASE("cleaning_is_due_when_as_much_was_added_as_counts_and_not_little") {
    Cleaning cleaning({.dirty_bytes = 100});
    CHECK(!cleaning.due());
    cleaning.added(99);
    CHECK(!cleaning.due());
    cleaning.added(1);
    CHECK(cleaning.due());
    cleaning.loaded(1'000, 600);
    CHECK(!cleaning.due());
    cleaning.added(199);
    CHECK(!cleaning.due());
    cleaning.added(1);
    CHECK(cleaning.due());
    cleaning.begin(1 << 20);
    CHECK(!cleaning.due());
    cleaning.added(700);  // 600 written anew, and a commit
    cleaning.done(600);
    CHECK(!cleaning.due());
    cleaning.added(500);
    CHECK(cleaning.due());
    cleaning.begin(1 << 20);
    cleaning.not_worth(1'200);
    cleaning.added(1'199);
    CHECK(!cleaning.due());
    cleaning.added(1);
    CHECK(cleaning.due());
}

TEST_CASE("what_counts_is_written_anew_without_what_was_taken_back_or_written_since") {
    LogReader reader(nullptr);
    read_into(reader, {offset_record("a", 1), offset_record("b", 1), offset_record("c", 1),
                       offset_record("d", 1), offset_record("a", 2),
                       OffsetRecord{{"b", "t", 0}, std::nullopt}});
    Cleaning cleaning({.batch_bytes = 150});
    cleaning.begin(1 << 20);
    REQUIRE(cleaning.wrote(offset_record("c", 7)).ok());
    REQUIRE(cleaning.wrote(OffsetRecord{{"d", "t", 0}, std::nullopt}).ok());
    REQUIRE(cleaning.wrote(offset_record("new", 7)).ok());
    CHECK(written_anew(cleaning, reader) == std::vector<Record>{offset_record("a", 2)});
    cleaning.given_up();
    cleaning.begin(1 << 20);
    CHECK(written_anew(cleaning, reader).size() == 3);
}

TEST_CASE("many_records_are_written_anew_in_batches_of_a_bounded_size_at_a_bounded_rate") {
    LogReader reader(nullptr);
    std::vector<Record> records;
    records.reserve(500);
    for (int i = 0; i < 500; ++i) records.push_back(offset_record("g" + std::to_string(i), i));
    read_into(reader, records);
    Cleaning cleaning({.batch_bytes = 1 << 20, .bytes_per_second = 1'000'000});
    cleaning.begin(8'192);
    CHECK(written_anew(cleaning, reader).size() == 500);
    std::string after;
    const Result<Buffer> batch = cleaning.next_batch(reader.newest(), &after, Timestamp(9));
    REQUIRE(batch.ok());
    CHECK(batch->size() < 5'000);
    CHECK(cleaning.pause(50'000) == std::chrono::milliseconds(50));
}

TEST_CASE("a_refused_write_spoils_the_round_and_not_the_next") {
    Cleaning cleaning({});
    cleaning.begin(1 << 20);
    CHECK(!cleaning.spoiled());
    cleaning.refused();
    CHECK(cleaning.spoiled());
    cleaning.given_up();
    cleaning.begin(1 << 20);
    CHECK(!cleaning.spoiled());
}

TEST_CASE("a_log_is_worth_cleaning_when_more_than_half_of_it_is_dead") {
    LogReader alive(nullptr);
    std::vector<Record> records;
    records.reserve(100);
    for (int i = 0; i < 100; ++i) records.push_back(offset_record("g" + std::to_string(i), i));
    read_into(alive, records);
    CHECK(!Cleaning::worth_it(alive));
    LogReader half(nullptr);
    read_into(half, records);
    read_into(half, records);
    read_into(half, records);
    CHECK(Cleaning::worth_it(half));
}

TEST_CASE("of_both_old_kinds_of_keys_the_younger_record_counts") {
    LogReader reader(nullptr);
    read_into(reader, {offset_record("a", 1)});
    const auto encoded = encode_record(offset_record("a", 2));
    REQUIRE(encoded.ok());
    Buffer key = Buffer::copy_of(encoded->key.view());
    key.mutable_view()[1] = 0;
    record::BatchBuilder builder;
    REQUIRE(builder
                .append({.timestamp = Timestamp(5),
                         .key = key.view(),
                         .value = encoded->value->view(),
                         .headers = {}})
                .ok());
    Result<Buffer> batch = builder.finish();
    REQUIRE(batch.ok());
    record::patch(batch->mutable_view(), reader.position(), {});
    REQUIRE(reader.take(batch->view()).ok());
    std::vector<Record> out;
    REQUIRE(reader.deliver([&out](const Record& record) { out.push_back(record); }).ok());
    CHECK(out == std::vector<Record>{offset_record("a", 2)});
}

}  // namespace
}  // namespace cambium::coord
