// Reads every log in a directory that a real Kafka 4.3 wrote and compares it, line by line, with
// what Kafka's own dump tool printed for it. The directory lies beside the repository, not in it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "record/batch.hpp"
#include "record/control.hpp"
#include "record/record.hpp"

using namespace cambium;
using namespace cambium::record;
namespace fs = std::filesystem;

namespace {

const fs::path logs = "../shared/data/kafka-4.3-logdir";

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The segments of a partition, one after another, as its dump has them.
std::string whole_log(const fs::path& partition) {
    std::vector<fs::path> segments;
    for (const auto& entry : fs::directory_iterator(partition))
        if (entry.path().extension() == ".log") segments.push_back(entry.path());
    std::ranges::sort(segments);
    std::string bytes;
    for (const fs::path& segment : segments) bytes += contents(segment);
    return bytes;
}

std::string_view flag(bool value) { return value ? "true" : "false"; }

// A line of the dump as the dump tool builds it, but for the position, which is in its segment.
std::string shown(const BatchView& batch) {
    const bool append_time = batch.timestamp_type() == TimestampType::log_append_time;
    std::ostringstream out;
    out << "baseOffset: " << batch.base_offset().value()
        << " lastOffset: " << batch.last_offset().value() << " count: " << batch.record_count()
        << " baseSequence: " << batch.base_sequence() << " lastSequence: " << batch.last_sequence()
        << " producerId: " << batch.producer_id().value()
        << " producerEpoch: " << batch.producer_epoch().value()
        << " partitionLeaderEpoch: " << batch.leader_epoch().value()
        << " isTransactional: " << flag(batch.transactional())
        << " isControl: " << flag(batch.control())
        << (append_time ? " LogAppendTime: " : " CreateTime: ") << batch.max_timestamp().value()
        << " size: " << batch.size() << " magic: " << int{batch.magic()}
        << " compresscodec: " << name(*batch.codec()) << " crc: " << batch.crc()
        << " isvalid: " << flag(batch.checksum_ok());
    return out.str();
}

// The line without one of its "name: value" pairs.
std::string without(std::string line, std::string_view name) {
    const size_t begin = line.find(name);
    if (begin == std::string::npos) return line;
    return line.erase(begin, line.find(' ', begin + name.size()) - begin);
}

int64_t size_of(const std::optional<ByteView>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

std::string shown(const BatchView& batch, const RecordView& record) {
    const bool append_time = batch.timestamp_type() == TimestampType::log_append_time;
    const int32_t base = batch.base_sequence();
    std::ostringstream out;
    out << "| offset: " << record.offset(batch).value()
        << (append_time ? " LogAppendTime: " : " CreateTime: ") << record.timestamp(batch).value()
        << " keySize: " << size_of(record.key) << " valueSize: " << size_of(record.value)
        << " sequence: " << (base < 0 ? -1 : base + record.offset_delta) << " headerKeys: [";
    HeaderIterator headers(record);
    for (std::string_view comma; const auto header = headers.next(); comma = ",")
        out << comma << header->key;
    out << "]";
    if (batch.control()) {
        const EndTxnMarker marker = parse_end_txn_marker(record).value();
        out << " endTxnMarker: " << (marker.type == ControlType::commit ? "COMMIT" : "ABORT")
            << " coordinatorEpoch: " << marker.coordinator_epoch;
        return out.str();
    }
    if (record.key) out << " key: " << as_text(*record.key);
    if (record.value) out << " payload: " << as_text(*record.value);
    return out.str();
}

// Our dump of a log. Keys and values of internal topics are left out: Kafka shows those as JSON.
std::vector<std::string> dump(std::string_view bytes, bool internal) {
    std::vector<std::string> lines;
    BatchIterator batches(as_bytes(bytes));
    while (const auto batch = batches.next()) {
        lines.push_back(shown(*batch));
        Buffer storage;
        const Result<ByteView> plain = plain_records(*batch, storage, 1U << 20);
        REQUIRE(plain.ok());
        RecordIterator records(*plain, batch->record_count());
        while (const auto record = records.next()) {
            std::string line = shown(*batch, *record);
            if (internal && !batch->control()) line = line.substr(0, line.find(']') + 1);
            lines.push_back(line);
        }
        CHECK(records.status().ok());
    }
    CHECK(batches.status().ok());
    return lines;
}

std::vector<std::string> kafkas(const fs::path& file, bool internal) {
    std::vector<std::string> lines;
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Log starting offset") || line.starts_with("Dumping")) continue;
        line = without(without(line, " position: "), " deleteHorizonMs: ");
        if (internal && line.find(" endTxnMarker: ") == std::string::npos && line.starts_with("|"))
            line = line.substr(0, line.find(']') + 1);
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

TEST_CASE("every log that Kafka wrote reads as Kafka's own dump tool says") {
    if (!fs::exists(logs)) {
        MESSAGE("skipped: no " << logs.string());
        return;
    }
    const std::map<std::string, std::string> dumps = {{"plain-0", "plain"},
                                                      {"codecs-0", "codecs"},
                                                      {"txn-0", "txn"},
                                                      {"compacted-0", "compacted"},
                                                      {"logappend-0", "logappend"},
                                                      {"__consumer_offsets-0", "offsets"},
                                                      {"__transaction_state-0", "txnlog"}};
    for (const auto& [partition, file] : dumps) {
        CAPTURE(partition);
        const bool internal = partition.starts_with("__");
        const std::vector<std::string> ours = dump(whole_log(logs / partition), internal);
        const std::vector<std::string> theirs =
            kafkas(logs / "dumps" / ("dump-" + file + ".txt"), internal);
        REQUIRE(!ours.empty());
        REQUIRE(ours.size() == theirs.size());
        for (size_t i = 0; i < ours.size(); ++i) REQUIRE(ours[i] == theirs[i]);
    }
}
