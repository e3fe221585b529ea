#include "payload.hpp"

#include <cstdio>

#include "bytes/buffer.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::history {
namespace {

constexpr size_t decompressed_max = size_t{4} << 20;

Status add_records(const record::BatchView& batch, std::vector<SeenRecord>& out) {
    if (!batch.checksum_ok()) return Error{Errc::corrupt_message, "checksum"};
    if (batch.control()) return {};
    Buffer storage;
    const Result<ByteView> plain = record::plain_records(batch, storage, decompressed_max);
    if (!plain.ok()) return plain.error();
    record::RecordIterator records(*plain, batch.record_count());
    while (const auto one = records.next()) {
        const ByteView value = one->value.value_or(ByteView{});
        const auto name = name_in(value);
        if (!name) return Error{Errc::corrupt_message, "a value that nobody sent"};
        out.push_back(
            {one->offset(batch), *name, payload_hash(one->key.value_or(ByteView{}), value)});
    }
    return records.status();
}

}  // namespace

std::optional<RecordName> name_in(ByteView value) {
    const std::string text(as_text(value));
    int producer = 0;
    long long number = 0;
    if (std::sscanf(text.c_str(), "p%d n%lld ", &producer, &number) != 2) return {};
    return RecordName{producer, number};
}

Payload make_payload(const RecordName& name, io::Random& random, int64_t value_bytes_max) {
    Payload payload;
    payload.key = "k" + std::to_string(name.number % 7);
    payload.value = "p" + std::to_string(name.producer) + " n" + std::to_string(name.number) + " ";
    const auto padding = static_cast<size_t>(random.between(0, value_bytes_max));
    const auto letter = static_cast<char>('a' + random.below(26));
    payload.value.append(padding, letter);
    return payload;
}

uint64_t payload_hash(ByteView key, ByteView value) {
    uint64_t hash = 0xCBF29CE484222325;
    const auto mix = [&](ByteView bytes) {
        for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
        hash = (hash ^ 0xFF) * 0x100000001B3;
    };
    mix(key);
    mix(value);
    return hash;
}

Result<std::vector<SeenRecord>> records_in(ByteView batches) {
    std::vector<SeenRecord> out;
    record::BatchIterator iterator(batches);
    while (const auto batch = iterator.next()) {
        if (const Status status = add_records(*batch, out); !status.ok()) return status.error();
    }
    if (!iterator.status().ok()) return iterator.status().error();
    return out;
}

}  // namespace cambium::history
