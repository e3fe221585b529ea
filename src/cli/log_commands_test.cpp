#include "cli/log_commands.hpp"

#include <string>

#include <doctest/doctest.h>

#include "cli/dump_json.hpp"
#include "record/builder.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;

std::string dumped(const Buffer& batch) {
    std::string out;
    JsonDump dump([&out](std::string_view text) { out += text; });
    dump.file("/d/t-0/0.log", {}, true);
    const record::BatchView view(batch.view());
    dump.batch(view, 12);
    record::RecordIterator records(view);
    while (const auto each = records.next()) dump.record(view, *each);
    return out;
}

TEST_CASE("a batch and its record become objects with the figures of the dump tool") {
    record::BatchOptions options;
    options.producer_id = ProducerId(7);
    options.producer_epoch = ProducerEpoch(1);
    options.base_sequence = 5;
    record::BatchBuilder builder(options);
    record::NewRecord entry;
    entry.timestamp = Timestamp(1700);
    entry.key = as_bytes("k");
    entry.value = as_bytes("\xff\x01");
    REQUIRE(builder.append(entry).ok());
    const Buffer batch = std::move(*builder.finish());
    const std::string crc = std::to_string(record::BatchView(batch.view()).crc());
    CHECK(dumped(batch) ==
          R"({"type":"batch","file":"/d/t-0/0.log","base_offset":0,"last_offset":0,"count":1,)"
          R"("base_sequence":5,"last_sequence":5,"producer_id":7,"producer_epoch":1,)"
          R"("partition_leader_epoch":-1,"is_transactional":false,"is_control":false,)"
          R"("delete_horizon_ms":null,"position":12,"create_time":1700,"size":71,"magic":2,)"
          R"("compresscodec":"none","crc":)" +
              crc + R"(,"isvalid":true})" + "\n" +
              R"({"type":"record","file":"/d/t-0/0.log","offset":0,"create_time":1700,)"
              R"("key_size":1,"value_size":2,"sequence":5,"header_keys":[],"key":"k",)"
              R"("value_hex":"ff01"})"
              "\n");
}

TEST_CASE("what a snapshot, an index and a checkpoint say becomes objects of their own") {
    std::string out;
    JsonDump dump([&out](std::string_view text) { out += text; });
    dump.file("/x", {}, true);
    dump.index_entry(Offset(3), 77);
    dump.time_index_entry(Timestamp(9), Offset(3));
    dump.epoch({LeaderEpoch(2), Offset(3)});
    dump.no_batch(5, 6);
    log::Producer producer;
    producer.epoch = ProducerEpoch(0);
    producer.last_timestamp = Timestamp(9);
    producer.add({3, Offset(3), 3, Timestamp(9)});
    dump.producer(ProducerId(1), producer, producer.newest());
    CHECK(out == R"({"type":"index_entry","file":"/x","offset":3,"position":77})"
                 "\n"
                 R"({"type":"time_index_entry","file":"/x","timestamp":9,"offset":3})"
                 "\n"
                 R"({"type":"epoch","file":"/x","epoch":2,"start_offset":3})"
                 "\n"
                 R"({"type":"no_batch","file":"/x","position":5,"bytes":6})"
                 "\n"
                 R"({"type":"producer","file":"/x","producer_id":1,"producer_epoch":0,)"
                 R"("coordinator_epoch":-1,"current_txn_first_offset":null,"last_timestamp":9,)"
                 R"("first_sequence":0,"last_sequence":3,"last_offset":3,"offset_delta":3,)"
                 R"("timestamp":9})"
                 "\n");
}

}  // namespace
