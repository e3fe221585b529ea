// Any bytes, read in every way that this room has. What validation accepts, everything else must be
// able to read, with the same records, and convert.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "bytes/buffer.hpp"
#include "bytes/crc32c.hpp"
#include "record/batch.hpp"
#include "record/control.hpp"
#include "record/convert.hpp"
#include "record/legacy.hpp"
#include "record/record.hpp"
#include "record/validate.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

constexpr size_t cap = size_t{1} << 20;
constexpr size_t largest_batch = cap / decompression_factor;

// The number of records that read well.
int32_t walk(const BatchView& batch) {
    Buffer storage;
    const Result<ByteView> plain = plain_records(batch, storage, cap);
    if (!plain) return -1;
    RecordIterator records(*plain, batch.record_count());
    int32_t seen = 0;
    for (; const auto record = records.next(); ++seen) {
        HeaderIterator headers(*record);
        int32_t count = 0;
        while (headers.next()) ++count;
        check(count == record->header_count, count, record->header_count);
        if (batch.control()) (void)parse_end_txn_marker(*record).ok();
        (void)record->offset(batch);
        (void)record->timestamp(batch);
    }
    return records.status().ok() ? seen : -1;
}

void read_as_log(ByteView bytes) {
    BatchIterator batches(bytes);
    while (const auto batch = batches.next()) {
        (void)batch->checksum_ok();
        (void)walk(*batch);
    }
    check(batches.position() <= bytes.size());
    for (size_t at = 0; at < bytes.size();) {
        const Result<MessageView> message = parse_message(bytes.subspan(at));
        if (!message) break;
        (void)message->checksum_ok();
        Buffer storage;
        (void)inner_messages(*message, storage, cap).ok();
        at += message->size;
    }
}

// Whatever was accepted can be stored with every codec, at whatever level, and has the same records
// then. The checksum draws which one it is: all of them for every input take too long.
void convert_to_another(const BatchView& batch, const Validated& judgement,
                        Decompressor& decompressor) {
    Buffer storage;
    const Result<ByteView> plain = plain_records(batch, storage, cap);
    check(plain.ok() && plain->size() == judgement.record_bytes, judgement.record_bytes);
    const uint32_t draw = batch.computed_crc();
    if (draw % 4 != 0) return;
    const auto codec = static_cast<Codec>(draw / 4 % codec_count);
    const int level = (draw >> 31U) != 0 ? 1 : standard_level(codec);
    const Conversion conversion{codec, level, 2 * cap};
    const Result<Buffer> converted = convert(batch, judgement, conversion, decompressor);
    check(converted.ok());
    const Result<BatchView> after = parse_batch(converted->view());
    check(after.ok() && after->checksum_ok() && after->codec() == codec);
    Buffer after_storage;
    const Result<ByteView> same_records = plain_records(*after, after_storage, cap);
    check(same_records.ok() && same(*same_records, *plain));
    const Conversion tight{codec, level, batch.size() / 2};
    const Result<Buffer> bounded = convert(batch, judgement, tight, decompressor);
    check(bounded.ok() ? bounded->size() <= tight.batch_bytes_max
                       : bounded.code() == Errc::message_too_large);
}

void judge(ByteView bytes) {
    static Decompressor decompressor;
    const ProduceRules rules{.max_message_bytes = largest_batch,
                             .decompressed_max_bytes = cap,
                             .now = Timestamp(1'700'000'000'000)};
    const Validated judgement = validate_produced(bytes, rules, decompressor);
    check(judgement.ok() == judgement.why.empty());
    if (!judgement.ok()) return;
    const Result<BatchView> batch = parse_batch(bytes);
    check(batch.ok() && batch->checksum_ok() && batch->size() == bytes.size());
    check(walk(*batch) == batch->record_count(), batch->record_count());
    Buffer settled = Buffer::copy_of(bytes);
    settle_timestamps(settled.mutable_view(), rules, judgement);
    check(validate_produced(settled.view(), rules, decompressor).ok());
    convert_to_another(*batch, judgement, decompressor);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView bytes(data, size);
    read_as_log(bytes);
    judge(bytes);
    if (size < header_bytes) return 0;
    // No chance writes a length, a magic and a checksum: set those.
    Buffer sealed = Buffer::copy_of(bytes);
    store_big(sealed.data() + at::base_offset, int64_t{0});
    store_big(sealed.data() + at::length, static_cast<int32_t>(size - length_overhead));
    store_big(sealed.data() + at::magic, magic_v2);
    store_big(sealed.data() + at::crc, crc32c(sealed.view().subspan(at::attributes)));
    read_as_log(sealed.view());
    judge(sealed.view());
    return 0;
}
