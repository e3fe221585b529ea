#include "quorum/batches.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "record/batch.hpp"
#include "record/builder.hpp"
#include "sim/wait.hpp"

namespace cambium::quorum {
namespace {

class Keep : public RecordSink {
public:
    std::vector<std::pair<meta::Record, Offset>> taken;
    Status take(meta::Record record, Offset offset) override {
        taken.emplace_back(std::move(record), offset);
        return {};
    }
};

std::vector<meta::Record> topics(size_t count, size_t name_bytes) {
    std::vector<meta::Record> out;
    for (size_t i = 0; i < count; ++i) {
        Uuid id;
        id.bytes[0] = static_cast<uint8_t>(i + 1);
        out.emplace_back(meta::TopicRecord{id, std::string(name_bytes, 'x')});
    }
    return out;
}

std::vector<uint8_t> batches_of(const std::vector<meta::Record>& records, size_t max_bytes,
                                std::vector<size_t>* sizes = nullptr) {
    std::vector<uint8_t> out;
    Batches batches(&records, {max_bytes, LeaderEpoch(3), Timestamp(1)});
    while (const std::optional<Buffer> batch = batches.next()) {
        out.insert(out.end(), batch->view().begin(), batch->view().end());
        if (sizes != nullptr) sizes->push_back(batch->size());
    }
    return out;
}

// Reads `bytes` as a file.
Status read(const std::vector<uint8_t>& bytes, Keep* sink) {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    node.disk().write_file("f", bytes);
    const Result<io::FileRef> file =
        sim::wait(simulation, node.world().disk.open("f", io::OpenMode::read));
    REQUIRE(file.ok());
    const ByteRange all{0, static_cast<int64_t>(bytes.size())};
    return sim::wait(simulation, read_batches(*file, all, sink));
}

TEST_CASE("records_come_back_in_their_order_whatever_the_size_of_the_batches") {
    const std::vector<meta::Record> records = topics(50, 20);
    for (const size_t max_bytes : {size_t{1}, size_t{200}, size_t{999}, max_entry_bytes}) {
        CAPTURE(max_bytes);
        std::vector<size_t> sizes;
        Keep keep;
        REQUIRE(read(batches_of(records, max_bytes, &sizes), &keep).ok());
        REQUIRE(keep.taken.size() == records.size());
        for (size_t i = 0; i < records.size(); ++i) {
            CHECK(keep.taken[i].first == records[i]);
            CHECK(keep.taken[i].second == Offset(static_cast<int64_t>(i)));
        }
        if (max_bytes == 1) CHECK(sizes.size() == records.size());
        else
            for (const size_t size : sizes) CHECK(size <= max_bytes);
    }
}

TEST_CASE("no_batch_passes_the_limit_of_an_entry_with_the_longest_records") {
    std::vector<size_t> sizes;
    const std::vector<meta::Record> records = topics(5, meta::max_record_bytes - 30);
    (void)batches_of(records, max_entry_bytes, &sizes);
    CHECK(sizes.size() == 5);
    for (const size_t size : sizes) CHECK(size <= max_entry_bytes);
}

TEST_CASE("every_damaged_byte_of_what_a_checksum_covers_is_found") {
    const std::vector<uint8_t> whole = batches_of(topics(2, 5), max_entry_bytes);
    for (size_t at = record::at::crc; at < whole.size(); ++at) {
        CAPTURE(at);
        std::vector<uint8_t> damaged = whole;
        damaged[at] ^= 0x40;
        Keep keep;
        CHECK(read(damaged, &keep).code() == Errc::corrupt_data);
    }
}

TEST_CASE("a_batch_cut_short_is_found") {
    const std::vector<uint8_t> whole = batches_of(topics(2, 5), max_entry_bytes);
    for (size_t size = 1; size < whole.size(); ++size) {
        CAPTURE(size);
        Keep keep;
        const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<int64_t>(size));
        CHECK(read(cut, &keep).code() == Errc::corrupt_data);
    }
}

TEST_CASE("a_valid_batch_of_something_else_is_refused") {
    Keep keep;
    const auto one = [](const record::BatchOptions& options, std::optional<ByteView> value) {
        const Buffer batch =
            record::single_record_batch(options, {Timestamp(1), std::nullopt, value, {}});
        return std::vector<uint8_t>(batch.view().begin(), batch.view().end());
    };
    const std::vector<uint8_t> newer{2, 1};
    record::BatchOptions control;
    control.control = true;
    CHECK(read(one({}, std::nullopt), &keep).code() == Errc::corrupt_data);
    CHECK(read(one({}, as_bytes("no record of ours")), &keep).code() != Errc::none);
    CHECK(read(one({}, ByteView(newer)), &keep).code() == Errc::unsupported_format);
    CHECK(read(one(control, ByteView(newer)), &keep).code() == Errc::corrupt_data);
    CHECK(keep.taken.empty());
}

}  // namespace
}  // namespace cambium::quorum
