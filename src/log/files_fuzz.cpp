// Any bytes as any of the small files of a data directory: they are refused, or what was read
// survives being written and read again. Files with a checksum are also tried with the right one.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "bytes/crc32c.hpp"
#include "bytes/endian.hpp"
#include "log/clean_stop.hpp"
#include "log/durable_ends.hpp"
#include "log/epochs.hpp"
#include "log/index.hpp"
#include "log/names.hpp"
#include "log/partition_metadata.hpp"
#include "log/producer_snapshot.hpp"
#include "log/time_index.hpp"

using namespace cambium;
using namespace cambium::log;

namespace {

void read_durable_ends(ByteView bytes) {
    const auto read = decode_durable_ends(bytes);
    if (!read) return;
    const auto again = decode_durable_ends(encode(*read).view());
    check(again.ok() && *again == *read);
}

void read_clean_stop(ByteView bytes) {
    const auto read = decode_clean_stop(bytes);
    if (!read) return;
    const auto again = decode_clean_stop(encode(*read).view());
    check(again.ok() && *again == *read);
}

void read_producers(ByteView bytes) {
    const auto read = decode_producers(bytes);
    if (!read) return;
    const Buffer written = encode_producers(*read);
    const auto again = decode_producers(written.view());
    check(again.ok() && same(encode_producers(*again).view(), written.view()));
}

void read_epochs(ByteView bytes) {
    const auto read = EpochCache::parse(as_text(bytes));
    if (!read) return;
    const auto again = EpochCache::parse(read->text().text());
    check(again.ok() && *again == *read);
}

void read_indexes(ByteView bytes) {
    int64_t last = -1;
    for (const IndexEntry& entry : decode_index(bytes, int64_t{1} << 30)) {
        check(entry.offset > last, entry.offset, last);
        last = entry.offset;
    }
    last = -1;
    for (const TimeIndexEntry& entry : decode_time_index(bytes)) {
        check(entry.offset > last, entry.offset, last);
        last = entry.offset;
    }
}

void read_names(ByteView bytes) {
    const std::string_view name = as_text(bytes);
    const FileName file = parse_file(name);
    if (file.kind != FileKind::other) check(segment_file(file.base, file.kind) == name);
    if (const auto log = parse_log_directory(name)) check(log->text() == name);
    const auto topic = parse_partition_metadata(name);
    if (topic) check(*parse_partition_metadata(partition_metadata_text(*topic)) == *topic);
}

// Sets the checksum at `at` over everything from `from` on.
std::vector<uint8_t> sealed(ByteView bytes, size_t at, size_t from) {
    std::vector<uint8_t> out(bytes.begin(), bytes.end());
    if (out.size() >= from) store_big(out.data() + at, crc32c(ByteView(out).subspan(from)));
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView bytes(data, size);
    read_durable_ends(bytes);
    read_durable_ends(sealed(bytes, 0, 4));
    read_clean_stop(bytes);
    read_clean_stop(sealed(bytes, 0, 4));
    read_producers(bytes);
    read_producers(sealed(bytes, 2, 6));
    read_epochs(bytes);
    read_indexes(bytes);
    read_names(bytes);
    return 0;
}
