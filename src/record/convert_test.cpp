#include "record/convert.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "record/builder.hpp"
#include "record/record.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

constexpr Timestamp conversion_time{1'700'000'000'000};
constexpr Codec every_codec[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr size_t large = size_t{64} << 20;

// Records as only a test has them: keys and values that are null, empty and long, several headers,
// timestamps that go back.
Buffer converted_batch_of(int count, const BatchOptions& options) {
    BatchBuilder builder(options);
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        const std::string value(static_cast<size_t>(i % 7) * 1000, static_cast<char>('a' + i % 26));
        const std::array<HeaderEntry, 3> headers{HeaderEntry{"number", as_bytes(number)},
                                                 HeaderEntry{"", {}},
                                                 HeaderEntry{"number", as_bytes("again")}};
        NewRecord record{conversion_time - i * 3, {}, {}, {}};
        if (i % 3 != 0) record.key = as_bytes(number);
        if (i % 4 != 0) record.value = as_bytes(value);
        if (i % 2 != 0) record.headers = headers;
        REQUIRE(builder.append(record).ok());
    }
    return builder.finish().value();
}

Result<Buffer> converted(const Buffer& batch, const Conversion& conversion) {
    Decompressor decompressor;
    const Validated validated =
        validate_produced(batch.view(), {.now = conversion_time}, decompressor);
    REQUIRE_MESSAGE(validated.ok(), validated.why);
    return convert(BatchView(batch.view()), validated, conversion, decompressor);
}

std::string plain(ByteView batch) {
    Buffer storage;
    const auto records = plain_records(BatchView(batch), storage, large);
    REQUIRE(records.ok());
    return std::string(as_text(*records));
}

}  // namespace

TEST_CASE("a converted batch differs in codec, length and checksum, and in nothing else") {
    BatchOptions options;
    options.producer_id = ProducerId(77);
    options.producer_epoch = ProducerEpoch(3);
    options.base_sequence = 2'147'483'600;
    for (const Codec from : every_codec)
        for (const Codec to : every_codec) {
            CAPTURE(name(from));
            CAPTURE(name(to));
            options.codec = from;
            const Buffer before = converted_batch_of(200, options);
            const auto after = converted(before, {to, standard_level(to), large});
            REQUIRE(after.ok());
            const BatchView view(after->view());
            CHECK(view.checksum_ok());
            CHECK(view.codec() == to);
            CHECK(plain(after->view()) == plain(before.view()));
            Buffer header = Buffer::copy_of(after->view().first(header_bytes));
            for (const auto& [at, size] :
                 {std::pair{at::length, 4}, {at::crc, 4}, {at::attributes, 2}})
                std::copy_n(before.data() + at, size, header.data() + at);
            CHECK(same(header.view(), before.view().first(header_bytes)));
            Decompressor decompressor;
            CHECK(validate_produced(after->view(), {.now = conversion_time}, decompressor).ok());
        }
}

TEST_CASE("a conversion keeps whose clock the timestamps are") {
    Buffer before = converted_batch_of(5, {.codec = Codec::gzip});
    patch_timestamp(before.mutable_view(), TimestampType::log_append_time, conversion_time + 9);
    const auto after = converted(before, {Codec::zstd, 3, large});
    REQUIRE(after.ok());
    const BatchView view(after->view());
    CHECK(view.timestamp_type() == TimestampType::log_append_time);
    CHECK(view.max_timestamp() == conversion_time + 9);
}

TEST_CASE("a batch that is too large once it is converted is refused, and stops growing there") {
    const std::string value(1 << 20, 'a');
    BatchBuilder builder({.codec = Codec::zstd});
    REQUIRE(builder.append({conversion_time, {}, as_bytes(value), {}}).ok());
    const Buffer batch = builder.finish().value();
    REQUIRE(batch.size() < 1000);
    CHECK(converted(batch, {Codec::none, 0, 100'000}).code() == Errc::message_too_large);
    CHECK(converted(batch, {Codec::none, 0, large}).ok());
}

TEST_CASE("a batch is left undecided when more comes out of it than somebody has time for") {
    Decompressor decompressor;
    const Buffer batch = converted_batch_of(500, {.codec = Codec::gzip});
    const size_t size = plain(batch.view()).size();
    ProduceRules rules{.now = conversion_time, .undecided_above = size - 1};
    Validated validated = validate_produced(batch.view(), rules, decompressor);
    CHECK(validated.undecided);
    CHECK_FALSE(validated.ok());
    rules.undecided_above = size;
    validated = validate_produced(batch.view(), rules, decompressor);
    CHECK(validated.ok());
    CHECK(validated.record_bytes == size);
    // What is wrong before that point is told at once.
    rules.undecided_above = 100;
    rules.timestamp_before_max_ms = 0;
    CHECK(validate_produced(batch.view(), rules, decompressor).undecided);
    Buffer broken = Buffer::copy_of(batch.view());
    broken.data()[broken.size() - 1] ^= 1;
    CHECK(validate_produced(broken.view(), rules, decompressor).code == Errc::corrupt_message);
}
